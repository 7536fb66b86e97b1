import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mutants, type Mutant } from './mutants.ts';

/**
 * `npm run simulate:mutants -- [--seeds 200] [--steps 150] [--jobs 2] [--only TEXT]`: plants each bug in a copy of the
 * source, runs the simulator on it until a rule breaks, and says which were found by which seed. The product itself has
 * no hooks for this. Even seeds run the mixed profile first, and who is not found there is looked for among shares.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    steps: { type: 'string', default: '150' },
    from: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    /** Mutants tried at the same time. */
    jobs: { type: 'string', default: '2' },
    /** Minutes one mutant may take, in each profile, before it counts as missed. */
    minutes: { type: 'string', default: '60' },
  },
});
const root = resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'shoebox-mutants-'));
const chosen = mutants.filter(({ name }) => name.includes(values.only));

interface Outcome {
  readonly mutant: Mutant;
  readonly found: string | undefined;
  readonly seconds: number;
}

/** A copy of everything the simulator runs, in which bugs are planted one after the other. */
function makeCopy(job: number): string {
  const copy = join(folder, String(job));
  for (const part of ['shared', 'electron/core', 'server', 'tests/simulation', 'package.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** @returns how the simulator noticed; undefined when it did not */
async function look(copy: string, profile: string): Promise<string | undefined> {
  const program = join(copy, 'tests/simulation/simulate.ts');
  const { seeds, steps, from, minutes } = values;
  const child = spawn(
    process.execPath,
    [program, '--seeds', seeds, '--steps', steps, '--from', from, '--profile', profile].concat([
      '--twice-every',
      '0',
      '--minutes',
      minutes,
      '--quiet',
    ]),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  // One endless loop inside a seed is a failure too, and one that would never end.
  const stuck = setTimeout(() => child.kill('SIGKILL'), (2 * Number(minutes) + 1) * 60_000);
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', (status) => done(status));
  });
  clearTimeout(stuck);
  const broken = /seed (\d+) breaks (\w+)/.exec(said);
  if (broken !== null) return `${profile} seed ${broken[1] ?? '?'}, ${broken[2] ?? '?'}`;
  if (code === null) return `${profile}, a seed that never ends`;
  return code === 0 ? undefined : `${profile}, the run itself fails`;
}

async function plant(copy: string, mutant: Mutant): Promise<Outcome> {
  const started = performance.now();
  const path = join(copy, mutant.file);
  const original = readFileSync(path, 'utf8');
  if (original.split(mutant.from).length !== 2)
    throw new Error(`"${mutant.name}" does not fit ${mutant.file} any more`);
  writeFileSync(
    path,
    original.replace(mutant.from, () => mutant.to),
  );
  const found = (await look(copy, 'mixed')) ?? (await look(copy, 'sharing'));
  writeFileSync(path, original);
  return { mutant, found, seconds: (performance.now() - started) / 1_000 };
}

// What breaks without any planted bug would make every one of them look found.
const control = makeCopy(0);
const broken = (await look(control, 'mixed')) ?? (await look(control, 'sharing'));
if (broken !== undefined) throw new Error(`The source as it is breaks a rule on these seeds: ${broken}`);
console.log('the source as it is breaks no rule on these seeds');

const queue = [...chosen];
const outcomes: Outcome[] = [];
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async (_, job) => {
    const copy = job === 0 ? control : makeCopy(job);
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const outcome = await plant(copy, mutant);
      outcomes.push(outcome);
      const { found, seconds } = outcome;
      console.log(
        `${found === undefined ? 'MISSED' : 'found '} ${mutant.name}: ${found ?? '-'} (${seconds.toFixed(0)} s)`,
      );
    }
  }),
);
rmSync(folder, { recursive: true, force: true });
const missed = outcomes.filter(({ found }) => found === undefined);
console.log(`\n${outcomes.length - missed.length} of ${outcomes.length} planted bugs found`);
for (const { mutant } of missed) console.log(`  missed: ${mutant.name} (${mutant.file})`);
if (missed.length > 0) process.exitCode = 1;
