// Writes electron/core/store/schema.ts, the row types of the library, from the migrations, and the snapshot that later
// migrations are held to (tests/store/schema.test.ts): `npm run schema`. With a path, writes only the types, there.
import './check-node.mjs';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { migrations } from '../electron/core/store/migrations/all.ts';
import { migrate } from '../electron/core/store/migrator.ts';

const directory = mkdtempSync(join(tmpdir(), 'shoebox-schema-'));
const database = new BetterSqlite3(join(directory, 'library.sqlite'));
migrate(database, migrations);
database.close();
const target = process.argv[2] ?? 'electron/core/store/schema.ts';
const generated = join(directory, 'schema.ts');
execFileSync(
  'kysely-codegen',
  [
    '--dialect',
    'sqlite',
    '--url',
    join(directory, 'library.sqlite'),
    '--out-file',
    generated,
    '--log-level',
    'error',
    '--exclude-pattern',
    'search_text*',
  ],
  {
    stdio: 'inherit',
  },
);
writeFileSync(target, readFileSync(generated, 'utf8'));
rmSync(directory, { recursive: true });
execFileSync('oxfmt', ['-c', 'build/oxfmtrc.json', target], { stdio: 'inherit' });

if (process.argv[2] === undefined) {
  const snapshot = new BetterSqlite3(':memory:');
  migrate(snapshot, migrations);
  const names = snapshot
    .prepare<[], { name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_text%' ORDER BY name`,
    )
    .all();
  const columns = snapshot.prepare<[string], { name: string; type: string }>(
    'SELECT name, type FROM pragma_table_xinfo(?) ORDER BY cid',
  );
  const tables = Object.fromEntries(
    names.map(({ name }) => [name, columns.all(name).map((column) => `${column.name} ${column.type}`)]),
  );
  const numbered = migrations.map(({ number, name }) => `${number} ${name}`);
  const file = 'tests/store/schema.snapshot.json';
  writeFileSync(file, `${JSON.stringify({ migrations: numbered, tables }, null, 1)}\n`);
  execFileSync('oxfmt', ['-c', 'build/oxfmtrc.json', file], { stdio: 'inherit' });
}
