import { expect, test } from 'vitest';
import type { Database, WriteOptions } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const relaxed: WriteOptions = { kept: 'untilPowerFails' };

/** What each kind of write runs under, before and after one of the relaxed ones failed. */
async function settingsSeen(database: Database, question: string): Promise<readonly unknown[]> {
  const ask = (options?: WriteOptions) =>
    database.write(async (sql) => Object.values((await sql.get<Record<string, unknown>>(question)) ?? {})[0], options);
  const before = [await ask(), await ask(relaxed), await ask()];
  const failing = database.write(() => Promise.reject(new Error('refused')), relaxed);
  await expect(failing).rejects.toThrow('refused');
  return [...before, await ask()];
}

test('SQLite waits for the disk at every write but those that may be lost, also after one of them failed', async () => {
  const folder = temporaryFolder('kept-writes');
  const database = openSqliteDatabase({ path: `${folder.path}/server.sqlite` });
  const [full, normal] = [2, 1];
  expect(await settingsSeen(database, 'SELECT * FROM pragma_synchronous')).toEqual([full, normal, full, full]);
  await database.dispose();
  folder.dispose();
});

test('PostgreSQL waits for the disk at every write but those that may be lost, also after one of them failed', async () => {
  const postgres = await startTestPostgres();
  const database = await openPostgresDatabase({ url: await postgres.newDatabase(), poolSize: 1 });
  expect(await settingsSeen(database, 'SHOW synchronous_commit')).toEqual(['on', 'off', 'on', 'on']);
  await database.dispose();
  await postgres.stop();
}, 60_000);
