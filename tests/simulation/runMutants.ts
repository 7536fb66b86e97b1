import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { foundFaults } from './foundFaults.ts';
import { mutants, type Mutant } from './mutants.ts';
import { makePlantedCopy, type PlantedCopy } from './plantedCopy.ts';

/**
 * `npm run simulate:mutants -- [--seeds 200] [--steps 150] [--jobs 2] [--kind made|found] [--only TEXT]`: plants each bug
 * in a copy of the source, runs the simulator on it until a rule breaks, and says which were found by which seed. First all
 * of them meet a few seeds, then those not found meet ever more, up to `--seeds`, each time in the mixed profile and then
 * among shares.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    steps: { type: 'string', default: '150' },
    from: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    /** made: those of mutants.ts; found: faults the simulator once found, planted again (foundFaults.ts). */
    kind: { type: 'string', default: 'all' },
    /** Mutants tried at the same time. */
    jobs: { type: 'string', default: '2' },
    /** Minutes one mutant may take, in each profile, before it counts as missed. */
    minutes: { type: 'string', default: '60' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'shoebox-mutants-'));
const isFound = new Set(foundFaults);
const chosen = mutants.filter(
  (mutant) =>
    mutant.name.includes(values.only) && (values.kind === 'all' || (values.kind === 'found') === isFound.has(mutant)),
);

interface Range {
  readonly from: number;
  readonly seeds: number;
}

/** All seeds that were asked for, in pieces that grow. */
function ranges(): Range[] {
  const end = Number(values.from) + Number(values.seeds);
  const found: Range[] = [];
  for (let from = Number(values.from), seeds = 50; from < end; from += seeds, seeds = Math.min(seeds * 4, 2_000)) {
    found.push({ from, seeds: Math.min(seeds, end - from) });
  }
  return found;
}

interface Outcome {
  readonly mutant: Mutant;
  readonly found: string | undefined;
  readonly seconds: number;
}

/** @returns how the simulator noticed; undefined when it did not */
async function look(copy: PlantedCopy, profile: string, { from, seeds }: Range): Promise<string | undefined> {
  const program = copy.program('simulate.ts');
  const { steps, minutes } = values;
  const child = spawn(
    process.execPath,
    [program, '--seeds', String(seeds), '--steps', steps, '--from', String(from), '--profile', profile].concat([
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

async function plant(copy: PlantedCopy, mutant: Mutant, range: Range): Promise<Outcome> {
  const started = performance.now();
  const found = await copy.withBug(
    mutant,
    async () => (await look(copy, 'mixed', range)) ?? (await look(copy, 'sharing', range)),
  );
  return { mutant, found, seconds: (performance.now() - started) / 1_000 };
}

const copies = Array.from({ length: Number(values.jobs) }, (_, job) => makePlantedCopy(join(folder, String(job))));
const seconds = new Map<Mutant, number>();
const outcomes: Outcome[] = [];
let missed: readonly Mutant[] = chosen;
for (const range of ranges()) {
  if (missed.length === 0) break;
  const [control] = copies;
  if (control === undefined) throw new Error('--jobs must be at least 1');
  // What breaks without any planted bug would make every one of them look found.
  const broken = (await look(control, 'mixed', range)) ?? (await look(control, 'sharing', range));
  if (broken !== undefined) throw new Error(`The source as it is breaks a rule on these seeds: ${broken}`);
  console.log(`seeds ${range.from} to ${range.from + range.seeds - 1}: the source as it is breaks no rule`);
  const queue = [...missed];
  const left: Mutant[] = [];
  await Promise.all(
    copies.map(async (copy) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const outcome = await plant(copy, mutant, range);
        const spent = (seconds.get(mutant) ?? 0) + outcome.seconds;
        seconds.set(mutant, spent);
        if (outcome.found === undefined) left.push(mutant);
        else {
          outcomes.push(outcome);
          console.log(`found  ${mutant.name}: ${outcome.found} (${spent.toFixed(0)} s)`);
        }
      }
    }),
  );
  missed = chosen.filter((mutant) => left.includes(mutant));
  console.log(`${outcomes.length} of ${chosen.length} found; not yet: ${missed.map(({ name }) => name).join(', ')}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${outcomes.length} of ${chosen.length} planted bugs found`);
for (const mutant of missed) console.log(`  missed: ${mutant.name} (${mutant.file})`);
if (missed.length > 0) process.exitCode = 1;
