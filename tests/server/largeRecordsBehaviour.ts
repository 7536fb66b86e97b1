import { beforeAll, expect, test } from 'vitest';
import { createHttpCloudDatabase, overFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { testContainer } from '../helpers/testServer.ts';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';
import type { Person } from './behaviourKit.ts';

const count = 13;
/** One answer is made of 8 MB of stored fields, the record that reaches them included. */
const mostPerAnswer = 9;

/** Records of almost a megabyte each: many more of them than one answer may hold in memory. */
export function largeRecordsBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create } = kit;
  let ana: Person;
  const names = Array.from({ length: count }, (_, index) => `r${String(index).padStart(2, '0')}`);

  const fill = async (zoneName: string): Promise<void> => {
    await makeZone(ana, zoneName);
    for (const [index, name] of names.entries()) {
      const text = `${index % 3}${'x'.repeat(1_000_000)}`;
      await save(ana, 'private', { zoneName }, [
        create(name, { text: { value: text }, rank: { value: 100 - index } }),
        create(`small-${name}`, { rank: { value: index } }, 'Tag'),
      ]);
    }
  };
  beforeAll(async () => {
    ana = await meet('ana');
    await fill('one');
    await fill('two');
  });

  const large = (records: readonly Wire[]): string[] =>
    records.map((record) => record.recordName as string).filter((name) => !name.startsWith('small'));

  test('a zone of large records is read in pages that end early, every record once and in order', async () => {
    const read: string[] = [];
    let syncToken: string | undefined;
    for (let pages = 1; ; pages += 1) {
      const answer = await ok(
        ana.call('private', 'changes/zone', {
          zones: [{ zoneID: { zoneName: 'one' }, ...(syncToken === undefined ? {} : { syncToken }) }],
        }),
      );
      const page = answer.zones[0];
      expect(large(page.records).length).toBeLessThanOrEqual(mostPerAnswer);
      read.push(...large(page.records));
      syncToken = page.syncToken;
      if (page.moreComing === false) break;
      expect(page.records.length).toBeGreaterThan(0);
      expect(pages).toBeLessThan(10);
    }
    expect(read).toEqual(names);
  });

  test('a page that ends with the last record by its bytes says that nothing more is coming', async () => {
    const zoneID = { zoneName: 'exact' };
    await makeZone(ana, 'exact');
    for (const name of names.slice(0, mostPerAnswer)) {
      await save(ana, 'private', zoneID, [create(name, { text: { value: 'x'.repeat(1_000_000) } })]);
    }
    const answer = await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID }] }));
    expect(large(answer.zones[0].records)).toHaveLength(mostPerAnswer);
    expect(answer.zones[0].moreComing).toBe(false);
  });

  test('several zones of one request share the bytes of one answer, and the later ones come with the next', async () => {
    const wanted = new Map<string, string | undefined>([
      ['one', undefined],
      ['two', undefined],
      ['empty', undefined],
    ]);
    await makeZone(ana, 'empty');
    const read: string[] = [];
    for (let requests = 1; wanted.size > 0; requests += 1) {
      expect(requests).toBeLessThan(10);
      const answer = await ok(
        ana.call('private', 'changes/zone', {
          zones: [...wanted].map(([zoneName, syncToken]) => ({
            zoneID: { zoneName },
            ...(syncToken === undefined ? {} : { syncToken }),
          })),
        }),
      );
      expect(large(answer.zones.flatMap((zone: Wire) => zone.records)).length).toBeLessThanOrEqual(mostPerAnswer);
      for (const zone of answer.zones) {
        const { zoneName } = zone.zoneID;
        read.push(...large(zone.records).map((name) => `${zoneName} ${name}`));
        if (zone.moreComing === true) wanted.set(zoneName, zone.syncToken);
        else wanted.delete(zoneName);
      }
    }
    expect(read.toSorted()).toEqual(['one', 'two'].flatMap((zone) => names.map((name) => `${zone} ${name}`)));
  });

  test.each([
    ['by type', { recordType: 'Photo' }, names],
    [
      'with a filter',
      {
        recordType: 'Photo',
        filterBy: [{ fieldName: 'text', comparator: 'BEGINS_WITH', fieldValue: { value: '1' } }],
      },
      names.filter((_, index) => index % 3 === 1),
    ],
    ['sorted', { recordType: 'Photo', sortBy: [{ fieldName: 'rank', ascending: true }] }, names.toReversed()],
  ])('large records queried %s come in pages that end early, every record once', async (_, query, expected) => {
    const read: string[] = [];
    let continuationMarker: string | undefined;
    for (let pages = 1; ; pages += 1) {
      expect(pages).toBeLessThan(10);
      const answer = await ok(
        ana.call('private', 'records/query', {
          zoneID: { zoneName: 'one' },
          query,
          ...(continuationMarker === undefined ? {} : { continuationMarker }),
        }),
      );
      expect(answer.records.length).toBeLessThanOrEqual(mostPerAnswer);
      read.push(...large(answer.records));
      continuationMarker = answer.continuationMarker;
      if (continuationMarker === undefined) break;
    }
    expect(read).toEqual(expected);
  });

  test('a look-up of more than one answer holds is refused with a number that fits, and the client gets them all', async () => {
    const refused = await ana.call('private', 'records/lookup', {
      zoneID: { zoneName: 'one' },
      records: names.map((recordName) => ({ recordName })),
    });
    expect(refused.body).toMatchObject({ serverErrorCode: 'BAD_REQUEST', limit: 'records', maximum: 8 });
    const twice = await ana.call('private', 'records/lookup', {
      zoneID: { zoneName: 'one' },
      records: Array.from({ length: 50 }, () => ({ recordName: names[0] })),
    });
    expect(twice.body).toMatchObject({ limit: 'records', maximum: 8 });
    const cloud = createHttpCloudDatabase({
      fetch: overFetch(fetch),
      server: kit.server.origin,
      container: testContainer,
      environment: 'development',
      token: () => ana.token,
      newKey: () => 'not used',
    });
    const found = await cloud.lookupRecords('private', { zoneName: 'one' }, [...names, 'nowhere']);
    expect(found.map(({ recordName, serverErrorCode }) => serverErrorCode ?? recordName)).toEqual([
      ...names,
      'NOT_FOUND',
    ]);
  });

  test('a batch that would answer with more than one answer holds is refused as a whole, with a number that fits', async () => {
    const zoneID = { zoneName: 'batch' };
    await fill('batch');
    const { syncToken } = (await ok(ana.call('private', 'zones/lookup', { zones: [zoneID] }))).zones[0];
    for (const [operationType, outcome] of [
      ['create', 'EXISTS'],
      ['delete', 'CONFLICT'],
      ['forceUpdate', undefined],
    ]) {
      const operations = names.map((recordName) => ({
        operationType,
        record: { recordName, recordType: 'Photo', recordChangeTag: 'stale', fields: { note: { value: 'x' } } },
      }));
      const refused = await ana.call('private', 'records/modify', { zoneID, operations, atomic: false });
      expect(refused.body).toMatchObject({ serverErrorCode: 'BAD_REQUEST', limit: 'operations', maximum: 8 });
      const changes = await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] }));
      expect(changes.zones[0].records).toEqual([]);
      for (const number of [8, 1]) {
        const answers = await save(ana, 'private', zoneID, operations.slice(0, number), { atomic: false });
        expect(answers.map(({ serverErrorCode }) => serverErrorCode)).toEqual(Array(number).fill(outcome));
      }
    }
  });

  test('a batch of as many ordinary records as a request may name is saved at once', async () => {
    const zoneID = { zoneName: 'ordinary' };
    await makeZone(ana, 'ordinary');
    const all = Array.from({ length: 200 }, (_, index) => `r${index}`);
    const text = { text: { value: 'x'.repeat(5000) } };
    await save(
      ana,
      'private',
      zoneID,
      all.map((name) => create(name, text)),
    );
    const updates = all.map((recordName) => ({ operationType: 'forceUpdate', record: { recordName, fields: text } }));
    const saved = await save(ana, 'private', zoneID, updates);
    expect(saved.map(({ recordName, serverErrorCode }) => serverErrorCode ?? recordName)).toEqual(all);
  });
}
