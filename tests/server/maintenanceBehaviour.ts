import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import { someBytes } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';
import type { Person } from './behaviourKit.ts';

/** Clean-up that takes more than one step, on whatever the server stores in. */
export function maintenanceBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, upload } = kit;

  const fill = async (person: Person, zoneName: string, count: number): Promise<void> => {
    await makeZone(person, zoneName);
    const names = Array.from({ length: count }, (_, index) => `r${index}`);
    for (let from = 0; from < count; from += 200) {
      await save(
        person,
        'private',
        { zoneName },
        names.slice(from, from + 200).map((name) => create(name)),
      );
    }
  };
  const removeZone = (person: Person, zoneName: string): Promise<Wire> =>
    ok(
      person.call('private', 'zones/modify', {
        operations: [{ operationType: 'delete', zone: { zoneID: { zoneName } } }],
      }),
    );
  const left = (person: Person): Promise<{ name: string; records: number }[]> =>
    kit.server.container.services.database.read((sql) =>
      sql.all<{ name: string; records: number }>(
        `SELECT z.name, count(*) AS records FROM records r JOIN zones z ON z.zone_id = r.zone_id
          WHERE z.owner = ? GROUP BY z.name ORDER BY z.name`,
        [person.userName],
      ),
    );

  test('deleted zones of more rows than a step takes are emptied, and those beside them stay as they are', async () => {
    const ana = await meet('ana');
    await fill(ana, 'before', 3);
    await fill(ana, 'gone', 450);
    await fill(ana, 'between', 5);
    await fill(ana, 'small', 2);
    const asset = await upload(ana, 'private', { zoneName: 'gone' }, 'photo', someBytes(1000));
    await save(ana, 'private', { zoneName: 'gone' }, [create('photo', { data: { value: asset } })]);
    const bytes = async (): Promise<number | undefined> =>
      (
        await kit.server.container.services.database.read((sql) =>
          sql.get<{ bytes: number }>('SELECT bytes FROM owners WHERE user_name = ? AND bytes >= 0', [ana.userName]),
        )
      )?.bytes;
    expect(await bytes()).toBe(1000);
    await removeZone(ana, 'gone');
    await removeZone(ana, 'small');
    const report = await kit.server.container.maintain();
    expect(report.purgedRecords).toBe(453);
    expect(await left(ana)).toEqual([
      { name: 'before', records: 3 },
      { name: 'between', records: 5 },
    ]);
    expect(await bytes()).toBe(0);
    expect((await kit.server.container.maintain()).purgedRecords).toBe(0);
  });

  test('forgotten deletions of several zones expire the tokens from before them, in each of those zones', async () => {
    const ana = await meet('ana');
    const tokens = new Map<string, string>();
    for (const zoneName of ['a', 'b']) {
      await fill(ana, zoneName, 150);
      const feed = await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID: { zoneName } }] }));
      tokens.set(zoneName, feed.zones[0].syncToken);
      await save(
        ana,
        'private',
        { zoneName },
        Array.from({ length: 149 }, (_, index) => ({
          operationType: 'forceDelete',
          record: { recordName: `r${index}` },
        })),
      );
    }
    await kit.server.container.services.database.write((sql) =>
      sql.run(
        `UPDATE records SET modified_at = 0 WHERE deleted = 1 AND zone_id IN
           (SELECT zone_id FROM zones WHERE owner = '${ana.userName}')`,
      ),
    );
    expect((await kit.server.container.maintain()).purgedTombstones).toBe(298);
    for (const [zoneName, syncToken] of tokens) {
      const feed = await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID: { zoneName }, syncToken }] }));
      expect(feed.zones[0]).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'RETENTION' });
    }
    expect(await left(ana)).toEqual([
      { name: 'a', records: 1 },
      { name: 'b', records: 1 },
    ]);
  });

  test('bytes nothing refers to are found behind thousands that are referred to', async () => {
    const { database } = kit.server.container.services;
    const digests = Array.from({ length: 2500 }, () => someBytes(32).toString('base64')).toSorted();
    const unused = new Set([digests[0], digests[2499]]);
    await database.write(async (sql) => {
      for (const sha256 of digests) {
        await sql.run('INSERT INTO blobs (sha256, size, created_at) VALUES (?, 1, 0)', [sha256]);
        if (unused.has(sha256)) continue;
        await sql.run(
          `INSERT INTO record_assets (zone_id, record_name, field, position, owner, sha256, size)
           VALUES (0, ?, 'data', 0, 'nobody', ?, 1)`,
          [sha256, sha256],
        );
      }
    });
    expect((await kit.server.container.maintain()).removedBlobs).toBe(2);
    const kept = await database.read((sql) =>
      sql.all<{ n: number }>('SELECT count(*) AS n FROM blobs WHERE sha256 IN (?*)', [digests]),
    );
    expect(kept).toEqual([{ n: 2498 }]);
  });
}
