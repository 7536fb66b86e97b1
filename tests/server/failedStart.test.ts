import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import performanceHooks from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { startServer } from '../../server/startServer.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { freePort } from '../helpers/freePort.ts';
import { quickPasswords } from '../helpers/testServer.ts';

/* A server that cannot start must end, so that whoever looks after it starts it again, and must leave nothing open. */

let postgres: TestPostgres;
let folder: string;
/** Somebody else's. */
let taken: Server;
let takenPort: number;
beforeAll(async () => {
  [postgres, folder] = await Promise.all([startTestPostgres(), mkdtemp(join(tmpdir(), 'shoebox-start-'))]);
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  takenPort = (taken.address() as AddressInfo).port;
});
afterAll(async () => {
  taken?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the program to its end; one that has none is killed, and has no exit code then. */
async function run(args: readonly string[]): Promise<{ readonly code: number | null; readonly complaint: string }> {
  const child = spawn(
    process.execPath,
    ['server/main.ts', '--data', join(folder, 'data'), '--host', '127.0.0.1', '--log-level', 'error', ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
      env: { ...process.env, SHOEBOX_S3_ACCESS_KEY: 'key', SHOEBOX_S3_SECRET_KEY: 'secret' },
    },
  );
  let complaint = '';
  child.stderr.on('data', (part) => (complaint += String(part)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, complaint };
}

const newerDatabase = async (): Promise<string> => {
  const url = await postgres.newDatabase();
  const database = await openPostgresDatabase({ url });
  await database.migrate();
  await database.write((sql) => sql.run('INSERT INTO schema_version (version) VALUES (9999)'));
  await database.dispose();
  return url;
};

test('a server on PostgreSQL whose S3 store cannot be reached ends with an error', async () => {
  const database = ['--port', String(await freePort()), '--database-url', await postgres.newDatabase()];
  const store = ['--s3-endpoint', `http://127.0.0.1:${await freePort()}`, '--s3-bucket', 'photos'];
  const { code, complaint } = await run([...database, ...store]);
  expect(complaint).not.toBe('');
  expect(code).toBe(1);
});

test('a server on PostgreSQL whose port is taken ends with an error', async () => {
  const { code, complaint } = await run(['--port', String(takenPort), '--database-url', await postgres.newDatabase()]);
  expect(complaint).toContain('EADDRINUSE');
  expect(code).toBe(1);
});

test.each([
  ['server', []],
  ['command', ['stats']],
] as const)('a %s on a PostgreSQL database of a newer server ends with an error', async (_, words) => {
  const database = ['--port', String(await freePort()), '--database-url', await newerDatabase()];
  const { code, complaint } = await run([...database, ...words]);
  expect(complaint).toContain('newer than this program');
  expect(code).toBe(1);
});

test('a server whose port is taken lets go of its SQLite file, and watches the process no longer', async () => {
  const observers = vi.spyOn(performanceHooks, 'PerformanceObserver');
  const data = join(folder, 'household');
  const begin = (port: number): Promise<{ stop(): Promise<void> }> =>
    startServer(
      { dataFolder: data, host: '127.0.0.1', port, logLevel: 'silent' },
      { passwords: quickPasswords, mail: { send: async () => undefined } },
    );
  await expect(begin(takenPort)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(observers).not.toHaveBeenCalled();
  // The write-ahead log goes with the last connection.
  const files = await readdir(data);
  expect(files.filter((name) => name.startsWith('container.sqlite'))).toEqual(['container.sqlite']);
  // Where the port is free again, nothing of the first attempt is in the way.
  const running = await begin(0);
  expect(observers).toHaveBeenCalled();
  await running.stop();
  observers.mockRestore();
});
