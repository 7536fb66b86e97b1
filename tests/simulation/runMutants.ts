import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';

/**
 * `npm run simulate:mutants -- [--seeds 200] [--steps 150] [--only TEXT]`: plants each bug in a copy of the source, runs
 * the simulator on it, and says which were found within how many seeds. The product itself has no hooks for this.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    steps: { type: 'string', default: '150' },
    from: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    /** Seconds one mutant may take before it counts as missed. */
    limit: { type: 'string', default: '600' },
  },
});
const root = resolve(import.meta.dirname, '..', '..');
const copy = mkdtempSync(join(tmpdir(), 'shoebox-mutants-'));
for (const part of ['shared', 'electron/core', 'server', 'tests/simulation', 'package.json']) {
  cpSync(join(root, part), join(copy, part), { recursive: true });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

const chosen = mutants.filter(({ name }) => name.includes(values.only));
const missed: string[] = [];
for (const { name, file, from, to } of chosen) {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (original.split(from).length !== 2) throw new Error(`"${name}" does not fit ${file} any more`);
  writeFileSync(
    path,
    original.replace(from, () => to),
  );
  const { status, stderr, signal } = spawnSync(
    process.execPath,
    [
      join(copy, 'tests/simulation/simulate.ts'),
      '--seeds',
      values.seeds,
      '--steps',
      values.steps,
      '--from',
      values.from,
      '--quiet',
    ],
    { encoding: 'utf8', timeout: Number(values.limit) * 1_000 },
  );
  writeFileSync(path, original);
  const found = /seed (\d+) breaks (\w+)/.exec(stderr);
  if (found !== null) console.log(`found   ${name}: seed ${found[1] ?? '?'}, ${found[2] ?? '?'}`);
  else if (status !== 0 && signal === null) console.log(`found   ${name}: the run itself fails`);
  else {
    missed.push(name);
    console.log(`MISSED  ${name}`);
  }
}
rmSync(copy, { recursive: true, force: true });
console.log(`\n${chosen.length - missed.length} of ${chosen.length} planted bugs found`);
if (missed.length > 0) process.exitCode = 1;
