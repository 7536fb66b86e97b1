import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres, type TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson } from '../helpers/testServer.ts';
import { createWireClient, sendInto, type Wire, type WireClient } from '../helpers/wireClient.ts';

/* What a change reads of records it does not name: whether they are there and whose, but nothing of what they hold. */

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

const large = 'x'.repeat(40_000);
const count = 60;

describe.each([
  ['SQLite', async () => openSqliteDatabase({ path: ':memory:' })],
  ['PostgreSQL', async () => openPostgresDatabase({ url: await postgres.newDatabase() })],
] as const)('on %s', (_, open) => {
  let container: ContainerServer;
  let ana: WireClient;
  let ben: WireClient;
  /** Characters of stored fields that transactions were given. */
  let held: number;

  const watched = (database: Database): Database => ({
    ...database,
    write: (work) =>
      database.write((sql) =>
        work({
          ...sql,
          all: async <T>(text: string, parameters?: Parameters<typeof sql.all>[1]) => {
            const rows = await sql.all<T & { fields?: string }>(text, parameters);
            for (const { fields } of rows) held += fields?.length ?? 0;
            return rows;
          },
        }),
      ),
  });

  beforeEach(async () => {
    container = await createTestContainer({
      database: watched(await open()),
      clock: () => 1_750_000_000_000,
    });
    ana = createWireClient(sendInto(container), (await makePerson(container, 'Ana')).token);
    ben = createWireClient(sendInto(container), (await makePerson(container, 'Ben')).token);
    await ana.call('private', 'zones/modify', {
      operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'trip' } } }],
    });
    held = 0;
  });
  afterEach(() => container.dispose());

  const names = Array.from({ length: count }, (_unused, index) => `r${index}`);
  const modify = async (
    operations: Wire[],
    person = ana,
    database: 'private' | 'shared' = 'private',
    zoneID: Wire = {},
  ): Promise<Wire[]> => {
    const body = { zoneID: { zoneName: 'trip', ...zoneID }, operations };
    const answer = await person.call(database, 'records/modify', body);
    expect(answer.status).toBe(200);
    expect(answer.body.records.filter((record: Wire) => record.serverErrorCode !== undefined)).toEqual([]);
    return answer.body.records;
  };
  const create = (recordName: string, fields: Wire): Wire => ({
    operationType: 'create',
    record: { recordName, recordType: 'Photo', fields },
  });
  const pointing = (action: string): Wire => ({ value: { recordName: 'target', action }, type: 'REFERENCE' });
  const living = async (): Promise<string[]> => {
    const rows = await container.services.database.read((sql) =>
      sql.all<{ record_name: string }>('SELECT record_name FROM records WHERE deleted = 0 ORDER BY record_name'),
    );
    return rows.map((row) => row.record_name);
  };

  test('a record is deleted with many large ones that asked for it, without holding what is in them', async () => {
    await modify([create('target', {})]);
    for (const [index, name] of names.entries()) {
      const deep = index === 0 ? {} : { text: { value: large } };
      await modify([create(name, { up: pointing('DELETE_SELF'), ...deep })]);
    }
    held = 0;
    await modify([{ operationType: 'forceDelete', record: { recordName: 'target' } }]);
    expect(await living()).toEqual([]);
    expect(held).toBeLessThan(1000);
  });

  test('a record that refers to many large ones is checked without holding what is in them', async () => {
    for (const name of names) await modify([create(name, { text: { value: large } })]);
    held = 0;
    const value = names.map((recordName) => ({ recordName, action: 'VALIDATE' }));
    await modify([create('source', { all: { value, type: 'REFERENCE_LIST' } })]);
    expect(await living()).toHaveLength(count + 1);
    expect(held).toBeLessThan(1000);
  });

  test('who leaves takes many large records along without the server holding what is in them', async () => {
    const [share] = await modify([
      {
        operationType: 'create',
        record: {
          recordType: 'cloudkit.share',
          recordName: 'cloudkit.zoneshare',
          fields: {},
          publicPermission: 'READ_WRITE',
          publicRights: ['ADD'],
          departureRule: 'GO',
        },
      },
      create('hers', {}),
    ]);
    const shared = { ownerRecordName: '_ana' };
    expect((await ben.call('public', 'records/accept', { shortGUIDs: [{ value: share.shortGUID }] })).status).toBe(200);
    for (const name of names) await modify([create(name, { text: { value: large } })], ben, 'shared', shared);
    held = 0;
    const leaving = { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare' } };
    await modify([leaving], ben, 'shared', shared);
    expect(await living()).toEqual(['cloudkit.zoneshare', 'hers']);
    expect(held).toBeLessThan(1000);
  });
});
