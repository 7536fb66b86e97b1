import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrations } from '../../electron/core/store/migrations/all.ts';
import { migrate } from '../../electron/core/store/migrator.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';

const root = join(import.meta.dirname, '../..');

interface Snapshot {
  readonly migrations: readonly string[];
  /** Table to its columns, each with its type. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** What the migrations make now. Shadow tables of the full-text index are SQLite's own business. */
function currentSchema(): Snapshot {
  const database = new BetterSqlite3(':memory:');
  migrate(database, migrations);
  const names = database
    .prepare<[], { name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_text%' ORDER BY name`,
    )
    .all();
  const columns = database.prepare<[string], { name: string; type: string }>(
    'SELECT name, type FROM pragma_table_xinfo(?) ORDER BY cid',
  );
  const tables = Object.fromEntries(
    names.map(({ name }) => [name, columns.all(name).map((column) => `${column.name} ${column.type}`)]),
  );
  database.close();
  return { migrations: migrations.map(({ number, name }) => `${number} ${name}`), tables };
}

const snapshotFile = join(import.meta.dirname, 'schema.snapshot.json');

test('what was released stays: no table, column or migration of the snapshot is changed or gone', () => {
  const released = JSON.parse(readFileSync(snapshotFile, 'utf8')) as Snapshot;
  const now = currentSchema();
  expect(now.migrations.slice(0, released.migrations.length)).toEqual(released.migrations);
  for (const [table, columns] of Object.entries(released.tables)) {
    expect(now.tables[table], `table ${table}`).toBeDefined();
    expect(now.tables[table], `columns of ${table}`).toEqual(expect.arrayContaining([...columns]));
  }
});

test('what is new is in the snapshot too: `npm run schema` writes it down', () => {
  expect(currentSchema()).toEqual(JSON.parse(readFileSync(snapshotFile, 'utf8')));
});

test('the row types are those of the migrations', () => {
  const folder = temporaryFolder('schema');
  const target = join(folder.path, 'schema.ts');
  execFileSync(process.execPath, [join(root, 'build/schema-types.ts'), target], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` },
  });
  const made = readFileSync(target, 'utf8');
  folder.dispose();
  expect(made.replaceAll(/\s+/g, ' ')).toBe(
    readFileSync(join(root, 'electron/core/store/schema.ts'), 'utf8').replaceAll(/\s+/g, ' '),
  );
});
