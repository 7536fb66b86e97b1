import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database, Sql } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';

/* PostgreSQL restarts, fails over, and its administrators end sessions: one request may fail of it, never the process. */

let postgres: TestPostgres;
let database: Database;
/** A second way in, for whoever ends the connections of the first. */
let administrator: Database;
const reports: string[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  const url = await postgres.newDatabase();
  database = await openPostgresDatabase({ url, poolSize: 2, report: (message) => reports.push(message) });
  administrator = await openPostgresDatabase({ url, poolSize: 2 });
  await database.write((sql) => sql.run('CREATE TABLE kept (n BIGINT)'));
});
beforeEach(() => {
  reports.length = 0;
});
afterAll(async () => {
  await database?.dispose();
  await administrator?.dispose();
  await postgres?.stop();
});

const session = async (sql: Sql): Promise<number> =>
  (await sql.get<{ pid: number }>('SELECT pg_backend_pid() AS pid'))?.pid ?? 0;
const end = (pid: number): Promise<unknown> =>
  administrator.read((sql) => sql.get('SELECT pg_terminate_backend(?::int)', [pid]));
const isSleeping = (pid: number): Promise<boolean> =>
  administrator.read(
    async (sql) =>
      (await sql.get(`SELECT 1 FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'`, [pid])) !== undefined,
  );
/** More than the pool holds, so that a connection that was not given back would be missed. */
const goesOn = async (): Promise<void> => {
  for (let n = 0; n < 5; n += 1) await database.write((sql) => sql.run('INSERT INTO kept (n) VALUES (?)', [n]));
  expect(await database.read((sql) => sql.get('SELECT count(*) AS rows FROM kept'))).toEqual({ rows: 5 });
  await database.write((sql) => sql.run('DELETE FROM kept'));
};

test('a connection lost between two statements of a transaction costs that transaction and nothing else', async () => {
  const failed = database.write(async (sql) => {
    await sql.run('INSERT INTO kept (n) VALUES (99)');
    await end(await session(sql));
    await expect.poll(() => reports.length).toBeGreaterThan(0);
    await sql.run('INSERT INTO kept (n) VALUES (100)');
  });
  await expect(failed).rejects.toThrow(/connection/i);
  expect(reports[0]).toMatch(/^Database connection lost during a transaction: /);
  await goesOn();
});

test('a connection lost in the middle of a statement costs its transaction and nothing else', async () => {
  const failed = database.write(async (sql) => {
    const pid = await session(sql);
    const sleeping = sql.get('SELECT pg_sleep(30)');
    sleeping.catch(() => undefined);
    await expect.poll(() => isSleeping(pid)).toBe(true);
    await end(pid);
    await sleeping;
  });
  await expect(failed).rejects.toThrow(/terminating connection/);
  expect(reports).toContainEqual(expect.stringMatching(/^Database connection lost during a transaction: /));
  await goesOn();
});
