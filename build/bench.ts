import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorFlags } from '../electron/core/workers/spawnWorkers.ts';

// `npm run bench`: every benchmark in turn, each a program that prints its figures beside the raw limit of the same run.
// `npm run bench -- library` runs those whose name contains the word.
const folder = join(import.meta.dirname, '..', 'tests', 'bench');
const [wanted = '', ...flags] = process.argv.slice(2);
// One of the two computers is the program itself: with the flags of the app's own process.
const heapFlags = (name: string): readonly string[] => (name === 'sync.bench.ts' ? mirrorFlags : []);
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts') && file.includes(wanted))
  .toSorted()) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, [...heapFlags(name), join(folder, name), ...flags], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
