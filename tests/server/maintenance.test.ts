import type BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { AssetStorage } from '../../server/assets/assetStorage.ts';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { createTestContainer, someBytes, startTestServer } from '../helpers/testServer.ts';
import type { TestServer } from '../helpers/testServer.ts';

/** A deleted zone with this many records, straight in the database. */
async function deletedZone(server: TestServer, records: number): Promise<void> {
  await server.container.services.database.write(async (sql) => {
    await sql.run(
      `INSERT INTO zones (zone_id, realm, owner, name, incarnation, last_seq, deleted_at) VALUES (900, 'r', 'o', 'z', 'i', 1, 1)`,
    );
    for (let seq = 1; seq <= records; seq += 1) {
      await sql.run(
        `INSERT INTO records (zone_id, record_name, record_type, tag, seq, fields, flags, deleted, created_at, created_by,
           modified_at, modified_by) VALUES (900, ?, 'Photo', 't', ?, '{}', 0, 0, 1, 'o', 1, 'o')`,
        [`r${seq}`, seq],
      );
    }
  });
}

/** A container over nothing but memory, without a socket or a timer. */
function createQuietContainer(
  assets: AssetStorage,
  database = openSqliteDatabase({ path: ':memory:' }),
): Promise<ContainerServer> {
  return createTestContainer({ database, assets });
}

test('no step of the clean-up looks through all records, zones or bytes', async () => {
  let connection: BetterSqlite3.Database | undefined;
  const database = openSqliteDatabase({ path: ':memory:', onOpen: (opened) => (connection = opened) });
  const container = await createQuietContainer(createMemoryStorage(), database);
  const open = connection;
  if (open === undefined) throw new Error('The database was not opened');
  // One of everything, so that every statement of a round is reached.
  open.exec(`
    INSERT INTO zones (zone_id, realm, owner, name, incarnation, last_seq, deleted_at)
      VALUES (1, 'r', 'o', 'gone', 'i', 1, 1), (2, 'r', 'o', 'alive', 'i', 1, NULL);
    INSERT INTO records (zone_id, record_name, record_type, tag, seq, fields, flags, deleted, created_at, created_by,
      modified_at, modified_by) VALUES (1, 'a', 'Photo', 't', 1, '{}', 1, 0, 1, 'o', 1, 'o'), (2, 'b', 'Photo', 't', 2, '{}', 0, 1, 1, 'o', 1, 'o');
    INSERT INTO blobs (sha256, size, created_at) VALUES ('AAAA', 1, 0);
    INSERT INTO record_assets (zone_id, record_name, field, position, owner, sha256, size) VALUES (1, 'a', 'f', 0, 'o', 'AAAA', 1);
    INSERT INTO owner_assets (realm, owner, sha256, size, refs) VALUES ('r', 'o', 'AAAA', 1, 1);
    INSERT INTO owners (realm, user_name, seq, bytes) VALUES ('r', 'o', 2, 1);`);
  const statements = new Set<string>();
  const prepare = open.prepare.bind(open);
  Object.assign(open, {
    prepare: (sql: string) => {
      statements.add(sql);
      return prepare(sql);
    },
  });
  expect(await container.maintain()).toMatchObject({ purgedRecords: 1, purgedTombstones: 1, removedBlobs: 1 });
  const scans: string[] = [];
  for (const sql of statements) {
    const parameters = (sql.match(/\?/g) ?? []).map(() => null);
    const plan = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    // The rest of what has an end (sessions, letters' tokens, rate limits) is counted by people, and looked through once.
    const large = /^SCAN (zones|records|record_assets|record_refs|blobs|owners|owner_assets|uploads|[zrbau])\b/;
    scans.push(...plan.filter(({ detail }) => large.test(detail)).map(({ detail }) => `${detail}: ${sql}`));
  }
  expect(statements.size).toBeGreaterThan(15);
  expect(scans).toEqual([]);
  await container.dispose();
});

test('requests are answered between the steps of a long clean-up', async () => {
  const server = await startTestServer();
  try {
    await deletedZone(server, 8000);
    const order: string[] = [];
    await Promise.all([
      server.container.maintain().then(({ purgedRecords }) => order.push(`clean-up of ${purgedRecords}`)),
      fetch(`${server.origin}/healthz`).then(({ status }) => order.push(`answer ${status}`)),
    ]);
    expect(order).toEqual(['answer 200', 'clean-up of 8000']);
  } finally {
    await server.stop();
  }
});

test('a server that is stopped during its clean-up waits for one step and leaves the rest', async () => {
  const server = await startTestServer();
  await deletedZone(server, 8000);
  const round = server.container.maintain();
  await server.stop();
  expect((await round).purgedRecords).toBeLessThan(8000);
});

test('a round that is asked for while one is running is that round; the next one is its own', async () => {
  const server = await startTestServer();
  try {
    await deletedZone(server, 500);
    const [first, second] = await Promise.all([server.container.maintain(), server.container.maintain()]);
    expect(first.purgedRecords).toBe(500);
    expect(second).toBe(first);
    expect((await server.container.maintain()).purgedRecords).toBe(0);
  } finally {
    await server.stop();
  }
});

test('a round that fails is told to all who asked for it, and does not stand in the way of the next', async () => {
  const storage = createMemoryStorage();
  let failures = 1;
  const unfinished = async (): Promise<string[]> => {
    failures -= 1;
    if (failures >= 0) throw new Error('the disk is away');
    return [];
  };
  const container = await createQuietContainer({ ...storage, unfinished });
  const rounds = await Promise.allSettled([container.maintain(), container.maintain()]);
  expect(rounds.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await container.maintain()).toMatchObject({ abandonedUploads: 0 });
  await container.dispose();
});

test('a round removes a bounded number of files, and the next ones the rest', async () => {
  const storage = createMemoryStorage();
  let removals = 0;
  const container = await createQuietContainer({
    ...storage,
    remove: async (name) => {
      removals += 1;
      await storage.remove(name);
    },
  });
  await container.services.database.write(async (sql) => {
    for (let index = 0; index < 4500; index += 1) {
      const sha256 = someBytes(32).toString('base64');
      await sql.run('INSERT INTO blobs (sha256, size, created_at) VALUES (?, 1, 0)', [sha256]);
    }
  });
  for (const removed of [2000, 2000, 500, 0]) {
    removals = 0;
    expect((await container.maintain()).removedBlobs).toBe(removed);
    expect(removals).toBe(removed);
  }
  await container.dispose();
});
