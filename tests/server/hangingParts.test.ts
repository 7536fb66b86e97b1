import { createServer as createHTTPServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openS3Storage } from '../../server/assets/s3Storage.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { startTestS3 } from '../helpers/testS3.ts';
import { createTestContainer, someBytes, startTestServer } from '../helpers/testServer.ts';

/* Databases and stores that take a connection and then say nothing. */

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

/** Closed after each test, last first. */
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A way to a server that can go silent: what comes after that is taken, and passed on when it speaks again. */
async function quietWay(target: string): Promise<{ readonly port: number; setSilent(silent: boolean): void }> {
  const { hostname, port: targetPort } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let silent = false;
  const server = createServer((from) => {
    const to = connect(Number(targetPort), hostname);
    const pair = [from, to] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [to, from] as const]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
      one.on('data', (part: Buffer) => other.write(part));
      if (silent) one.pause();
    }
  });
  const port = await listening(server);
  open.push(() => {
    server.close();
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  });
  return {
    port,
    setSilent(next) {
      silent = next;
      for (const socket of [...pairs].flat()) {
        if (silent) socket.pause();
        else socket.resume();
      }
    },
  };
}

test('a server whose PostgreSQL says nothing any more calls itself unwell within seconds, and well again afterwards', async () => {
  const url = new URL(await postgres.newDatabase());
  const way = await quietWay(url.href);
  url.port = String(way.port);
  const server = await startTestServer({ databaseURL: url.href });
  open.push(() => server.stop());
  const health = async (): Promise<number> =>
    (await fetch(`${server.origin}/healthz`, { signal: AbortSignal.timeout(20_000) })).status;
  expect(await health()).toBe(200);
  way.setSilent(true);
  expect(await health()).toBe(503);
  way.setSilent(false);
  await expect.poll(health).toBe(200);
});

test('a PostgreSQL that takes the connection and says nothing is given up', async () => {
  const silent = createServer(() => undefined);
  const port = await listening(silent);
  open.push(() => silent.close());
  await expect(openPostgresDatabase({ url: `postgres://a:b@127.0.0.1:${port}/c` })).rejects.toThrow(/timeout/);
});

test('an S3 store that says nothing is given up where it is asked, listed or told to remove something', async () => {
  const s3 = await startTestS3();
  open.push(() => s3.stop());
  const way = await quietWay(s3.settings.endpoint);
  const storage = await openS3Storage({ ...s3.settings, endpoint: `http://127.0.0.1:${way.port}` }, { answer: 500 });
  const name = someBytes(32).toString('hex');
  await storage.remove(name);
  way.setSilent(true);
  await expect(storage.exists(name)).rejects.toThrow(/timeout/);
  await expect(storage.remove(name)).rejects.toThrow(/timeout/);
  await expect(storage.unfinished()).rejects.toThrow(/timeout/);
  await expect(storage.received('an-upload')).rejects.toThrow(/timeout/);
});

test('a store that does not say whether it has what it removes is believed, and removing what is not there is nothing', async () => {
  const answers = [404, 204, 500];
  const asked: string[] = [];
  const store = createHTTPServer((request, response) => {
    if (request.method === 'HEAD') return response.end();
    asked.push(request.method ?? '');
    response.statusCode = answers.shift() ?? 500;
    return response.end();
  });
  const port = await listening(store);
  open.push(() => store.close());
  const settings = { bucket: 'photos', region: 'us-east-1', accessKey: 'a', secretKey: 'b' };
  const storage = await openS3Storage({ ...settings, endpoint: `http://127.0.0.1:${port}` });
  const name = someBytes(32).toString('hex');
  await storage.remove(name);
  await storage.remove(name);
  await expect(storage.remove(name)).rejects.toThrow('500');
  expect(asked).toEqual(['DELETE', 'DELETE', 'DELETE']);
});

test('while a clean-up asks a store that says nothing, SQLite goes on answering', async () => {
  const s3 = await startTestS3();
  open.push(() => s3.stop());
  const way = await quietWay(s3.settings.endpoint);
  const storage = await openS3Storage({ ...s3.settings, endpoint: `http://127.0.0.1:${way.port}` }, { answer: 2000 });
  const asking = Promise.withResolvers<void>();
  const container = await createTestContainer({
    database: openSqliteDatabase({ path: ':memory:' }),
    assets: {
      ...storage,
      unfinished: async () => [],
      exists: (digest) => {
        asking.resolve();
        return storage.exists(digest);
      },
      remove: (digest) => {
        asking.resolve();
        return storage.remove(digest);
      },
    },
  });
  open.push(() => container.dispose());
  const { database } = container.services;
  const sha256 = someBytes(32).toString('base64');
  await database.write((sql) => sql.run('INSERT INTO blobs (sha256, size, created_at) VALUES (?, 1, 0)', [sha256]));
  way.setSilent(true);
  const order: string[] = [];
  const round = container.maintain().then(
    () => order.push('cleaned up'),
    () => order.push('clean-up given up'),
  );
  await asking.promise;
  await database.write((sql) => sql.run('UPDATE blobs SET size = 2'));
  order.push('written');
  await round;
  expect(order).toEqual(['written', 'clean-up given up']);
  // Nothing was forgotten: the next round removes it.
  way.setSilent(false);
  expect(await container.maintain()).toMatchObject({ removedBlobs: 1 });
});
