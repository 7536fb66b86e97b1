import { expect, test } from 'vitest';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { createTestContainer, makePerson, startTestServer } from '../helpers/testServer.ts';
import { createWireClient, sendInto, type Wire, type WireClient } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';

/* Sorting reads all records of a zone. Whoever asks for something else meanwhile does not wait for the last of them. */

const count = 60_000;
/** Puts records beside the one that is there, straight into the database, behind no token; the last by name ranks first. */
const filled = `INSERT INTO records SELECT r.zone_id, 'n' || (100000 + n), r.record_type, r.tag, -n,
    '{"rank":{"value":' || (${count} - n) || ',"type":"INT64"}}', r.parent, r.flags, 0, r.created_at, r.created_by, NULL,
    r.modified_at, r.modified_by, NULL
  FROM (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${count}) SELECT n FROM c),
    (SELECT * FROM records WHERE record_name = 'first') r`;
const query = { recordType: 'Photo', sortBy: [{ fieldName: 'rank', ascending: true }] };

const kit = createBehaviourKit(() => startTestServer());

test('requests are answered between the steps of a sorted query over a large zone', async () => {
  const { meet, ok, makeZone, save, create } = kit;
  const ana = await meet('ana');
  const ben = await meet('ben');
  const zoneID = { zoneName: 'large' };
  await makeZone(ana, 'large');
  await save(ana, 'private', zoneID, [create('first', { rank: { value: count } })]);
  await kit.server.container.services.database.write((sql) => sql.run(filled));
  const order: string[] = [];
  const ask = async (more: Wire): Promise<Wire> => {
    const answer = await ok(ana.call('private', 'records/query', { zoneID, query, resultsLimit: 2, ...more }));
    order.push('query');
    return answer;
  };
  const [page] = await Promise.all([
    ask({}),
    ok(ben.call('private', 'zones/list', {})).then(() => order.push('another’s zones')),
  ]);
  expect(order).toEqual(['another’s zones', 'query']);
  const names = (answer: Wire): string[] => answer.records.map((record: Wire) => record.recordName);
  expect(names(page)).toEqual([`n${100_000 + count}`, `n${100_000 + count - 1}`]);
  const next = await ask({ continuationMarker: page.continuationMarker });
  expect(names(next)).toEqual([`n${100_000 + count - 2}`, `n${100_000 + count - 3}`]);
});

test('who loses a zone while a query of theirs is being sorted is told nothing of it', async () => {
  /** What happens once, when others are given a turn. */
  let meanwhile: (() => Promise<void>) | undefined;
  let turns = 0;
  const container = await createTestContainer({
    database: openSqliteDatabase({ path: ':memory:' }),
    timers: {
      setTimeout: (run, ms) => {
        const first = meanwhile;
        if (ms === 0) {
          turns += 1;
          meanwhile = undefined;
        }
        return ms === 0 && first !== undefined ? void first().then(run) : setTimeout(run, ms);
      },
      clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
    },
  });
  const [ana, ben] = await Promise.all(
    ['Ana', 'Ben'].map(async (name) =>
      createWireClient(sendInto(container), (await makePerson(container, name)).token),
    ),
  );
  const say = async (
    person: WireClient | undefined,
    database: 'private' | 'shared' | 'public',
    path: string,
    body: Wire,
  ): Promise<Wire> => (await person?.call(database, path, body))?.body;
  const zoneID = { zoneName: 'large' };
  const share = { recordType: 'cloudkit.share', recordName: 'cloudkit.zoneshare' };
  await say(ana, 'private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
  const made = await say(ana, 'private', 'records/modify', {
    zoneID,
    operations: [
      { operationType: 'create', record: { recordName: 'first', recordType: 'Photo', fields: { rank: { value: 1 } } } },
      { operationType: 'create', record: { ...share, fields: {}, publicPermission: 'READ_ONLY' } },
    ],
  });
  await say(ben, 'public', 'records/accept', { shortGUIDs: [{ value: made.records[1].shortGUID }] });
  await container.services.database.write((sql) => sql.run(filled));
  const wide = { query, resultsLimit: 2, zoneWide: true };
  const one = { query, resultsLimit: 2, zoneID: { ...zoneID, ownerRecordName: '_ana' } };
  const stop = async (): Promise<void> => {
    await say(ana, 'private', 'records/modify', {
      zoneID,
      operations: [{ operationType: 'forceDelete', record: share }],
    });
  };

  expect((await say(ben, 'shared', 'records/query', one)).records).toHaveLength(2);
  expect((await say(ben, 'shared', 'records/query', wide)).records).toHaveLength(2);
  expect(turns).toBeGreaterThan(100);
  meanwhile = stop;
  expect(await say(ben, 'shared', 'records/query', one)).toMatchObject({ serverErrorCode: 'ZONE_NOT_FOUND' });
  const again = await say(ana, 'private', 'records/modify', {
    zoneID,
    operations: [{ operationType: 'create', record: { ...share, fields: {}, publicPermission: 'READ_ONLY' } }],
  });
  await say(ben, 'public', 'records/accept', { shortGUIDs: [{ value: again.records[0].shortGUID }] });
  meanwhile = stop;
  expect((await say(ben, 'shared', 'records/query', wide)).records).toEqual([]);
  await container.dispose();
});
