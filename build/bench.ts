import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

// `npm run bench`: every benchmark in turn, each a program that prints its figures beside the raw limit of the same run.
// `npm run bench -- library` runs those whose name contains the word.
const folder = join(import.meta.dirname, '..', 'tests', 'bench');
const [wanted = '', ...flags] = process.argv.slice(2);
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts') && file.includes(wanted))
  .toSorted()) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, [join(folder, name), ...flags], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
