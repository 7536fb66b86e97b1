import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database, Sql } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { startTestPostgres, type TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson } from '../helpers/testServer.ts';
import { createWireClient, sendInto, type Wire, type WireClient } from '../helpers/wireClient.ts';

/* Old deletions are forgotten while others read and write. On PostgreSQL alone: SQLite does one thing at a time. */

const day = 24 * 60 * 60_000;
let postgres: TestPostgres;
let container: ContainerServer;
let ana: WireClient;
let now = 1_750_000_000_000;
let zones = 0;
let zoneID: Wire;
/** What happens once, before or after a statement that begins like this. */
let meanwhile:
  | { readonly when: 'before' | 'after'; readonly statement: RegExp; readonly run: () => Promise<void> }
  | undefined;

function interruptible(database: Database): Database {
  const watch = <S extends Sql>(sql: S): S => ({
    ...sql,
    all: async <T>(text: string, parameters?: Parameters<Sql['all']>[1]): Promise<T[]> => {
      const interruption = meanwhile?.statement.test(text) === true ? meanwhile : undefined;
      if (interruption === undefined) return sql.all<T>(text, parameters);
      meanwhile = undefined;
      if (interruption.when === 'before') await interruption.run();
      const rows = await sql.all<T>(text, parameters);
      if (interruption.when === 'after') await interruption.run();
      return rows;
    },
  });
  return {
    ...database,
    read: (work) => database.read((sql) => work(watch(sql))),
    write: (work) => database.write((sql) => work(watch(sql))),
  };
}

beforeAll(async () => {
  postgres = await startTestPostgres();
  container = await createTestContainer({
    database: interruptible(await openPostgresDatabase({ url: await postgres.newDatabase() })),
    clock: () => now,
    config: { publicURL: 'http://server.test', tombstoneDays: 10 },
  });
});
afterAll(async () => {
  await container?.dispose();
  await postgres?.stop();
});
beforeEach(async () => {
  zones += 1;
  zoneID = { zoneName: `trip${zones}` };
  meanwhile = undefined;
  // A session of its own for each test: the days that pass in one are more than a few of them last.
  ana = createWireClient(sendInto(container), (await makePerson(container, 'Ana')).token);
  await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
});

const modify = async (operationType: string, recordName: string): Promise<void> => {
  const record = { recordName, recordType: 'Photo', ...(operationType === 'create' ? { fields: {} } : {}) };
  const answer = await ana.call('private', 'records/modify', { zoneID, operations: [{ operationType, record }] });
  expect(answer.body.records[0].serverErrorCode).toBeUndefined();
};
const changes = async (syncToken?: string): Promise<Wire> =>
  (
    await ana.call('private', 'changes/zone', {
      zones: [{ zoneID, ...(syncToken === undefined ? {} : { syncToken }) }],
    })
  ).body.zones[0];

test('a deletion that is forgotten while its zone is being read is not stepped over', async () => {
  await modify('create', 'gone');
  await modify('create', 'stays');
  const { syncToken } = await changes();
  await modify('forceDelete', 'gone');
  now += 11 * day;
  let purged = 0;
  meanwhile = {
    when: 'before',
    statement: /^SELECT \* FROM records WHERE zone_id = \? AND seq > \?/,
    run: async () => void (purged = (await container.maintain()).purgedTombstones),
  };
  const page = await changes(syncToken);
  expect(purged).toBe(1);
  expect(page).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'RETENTION' });
  // Nor are later readings in the way of it: one from the beginning is as good as ever.
  const again = await changes();
  expect(again.records).toMatchObject([{ recordName: 'stays' }]);
  expect(await changes(again.syncToken)).toMatchObject({ records: [], moreComing: false });
});

test('a reading from the beginning goes on when deletions are forgotten before its first page', async () => {
  await modify('create', 'gone');
  await modify('create', 'a');
  await modify('create', 'b');
  await modify('forceDelete', 'gone');
  await modify('create', 'c');
  now += 11 * day;
  meanwhile = {
    when: 'before',
    statement: /^SELECT \* FROM records WHERE zone_id = \? AND seq > \?/,
    run: async () => void (await container.maintain()),
  };
  const whole = await changes();
  expect(whole.records).toMatchObject([{ recordName: 'a' }, { recordName: 'b' }, { recordName: 'c' }]);
  expect(await changes(whole.syncToken)).toMatchObject({ records: [], moreComing: false });
});

test('a record that is made and deleted again while its old deletion is being forgotten keeps its new one', async () => {
  await modify('create', 'back');
  await modify('forceDelete', 'back');
  await modify('create', 'old');
  await modify('forceDelete', 'old');
  now += 11 * day;
  let syncToken = '';
  meanwhile = {
    when: 'after',
    statement: /^SELECT zone_id, record_name, seq FROM records WHERE deleted = 1/,
    run: async () => {
      await modify('create', 'back');
      ({ syncToken } = await changes());
      await modify('forceDelete', 'back');
    },
  };
  expect((await container.maintain()).purgedTombstones).toBe(1);
  expect((await changes(syncToken)).records).toMatchObject([{ recordName: 'back', deleted: true }]);
});
