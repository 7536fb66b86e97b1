// Writes electron/core/store/schema.ts, the row types of the library, from the migrations: `npm run schema`.
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
