// Cuts a script of store writes, sync and files at its system calls: `npm run crash:points -- --every 25 --minutes 30`.
import '../../../build/check-node.mjs';
import { parseArgs } from 'node:util';
import { createCrashPoints, cutCalls, cutModes, obstacle, type CutPoint } from './crashPoints.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '500' },
    /** Every k-th point of each call and mode. */
    every: { type: 'string', default: '1' },
    /** The first point of each; so that several runs with different ones cover more. */
    from: { type: 'string', default: '1' },
    modes: { type: 'string', default: cutModes.join(',') },
    calls: { type: 'string', default: cutCalls.join(',') },
    /** Errors only: every so many-th call of a run fails; one run for each place to begin at. */
    together: { type: 'string' },
    /** Of these, the share of one process: `0/2` and `1/2` for two side by side. */
    share: { type: 'string', default: '0/1' },
    /** One point alone, as it is printed: `SIGKILL:pwrite64:1234`. */
    point: { type: 'string' },
    /** Stops after this long. */
    minutes: { type: 'string' },
  },
});

const reason = obstacle();
if (reason !== undefined) {
  console.error(`Not run: ${reason}.`);
  process.exit(2);
}
const [seed, steps, every, from] = [values.seed, values.steps, values.every, values.from].map(Number);
if (![seed, steps, every, from].every((number) => number !== undefined && Number.isSafeInteger(number) && number > 0)) {
  console.error('--seed, --steps, --every and --from are whole numbers above 0.');
  process.exit(2);
}

const started = performance.now();
const points = await createCrashPoints(seed ?? 1, steps ?? 500);
const end = values.minutes === undefined ? Number.POSITIVE_INFINITY : started + Number(values.minutes) * 60_000;
console.log(`seed ${values.seed}, ${values.steps} steps; calls of an undisturbed run, the most by one thread:`);
console.log(cutCalls.map((call) => `${call} ${points.counts[call]}`).join(', '));

if (values.together !== undefined) {
  try {
    await runTogether(Number(values.together), values.share);
  } finally {
    points.dispose();
  }
  process.exit();
}

const wantedModes = values.modes.split(',');
const wantedCalls = values.calls.split(',');
const plan: CutPoint[] = [];
for (const mode of cutModes.filter((one) => wantedModes.includes(one))) {
  for (const call of cutCalls.filter((one) => wantedCalls.includes(one))) {
    // A call that is rare is cut every time: it is where a step ends.
    const step = points.counts[call] <= 40 ? 1 : (every ?? 1);
    for (let at = step === 1 ? 1 : (from ?? 1); at <= points.counts[call]; at += step) plan.push({ mode, call, at });
  }
}
if (values.point !== undefined) {
  const [mode, call, at] = values.point.split(':');
  const found = {
    mode: cutModes.find((one) => one === mode),
    call: cutCalls.find((one) => one === call),
    at: Number(at),
  };
  if (found.mode === undefined || found.call === undefined || !Number.isSafeInteger(found.at)) {
    console.error(`"${values.point}" is no point. They look like SIGKILL:pwrite64:1234.`);
    process.exit(2);
  }
  plan.splice(0, plan.length, { mode: found.mode, call: found.call, at: found.at });
}
const order = spread(plan);

const tally = new Map<string, { covered: number; broken: number; killed: number; wentOn: number; gaveUp: number }>();
const lines: string[] = [];
let covered = 0;
for (const point of order) {
  if (performance.now() > end) break;
  const name = `${point.mode}:${point.call}:${point.at}`;
  const { ended, broken, done } = await points.run(point).catch((error: unknown) => ({
    ended: 'gave up' as const,
    done: 0,
    broken: [`the library could not be taken up again: ${inWords(error)}`],
  }));
  const key = `${point.mode} ${point.call}`;
  const row = tally.get(key) ?? { covered: 0, broken: 0, killed: 0, wentOn: 0, gaveUp: 0 };
  tally.set(key, {
    covered: row.covered + 1,
    broken: row.broken + (broken.length > 0 ? 1 : 0),
    killed: row.killed + (ended === 'killed' ? 1 : 0),
    wentOn: row.wentOn + (ended === 'went on' ? 1 : 0),
    gaveUp: row.gaveUp + (ended === 'gave up' ? 1 : 0),
  });
  covered += 1;
  for (const line of broken) {
    lines.push(`${name}, after step ${done}: ${line}`);
    console.log(`BROKEN ${name}, after step ${done}: ${line}`);
  }
  if (covered % 10 === 0) {
    const seconds = Math.round((performance.now() - started) / 1_000);
    console.log(`${covered} of ${order.length} points, ${lines.length} violations, ${seconds} s`);
  }
}
points.dispose();

console.log(
  `\n${'call'.padEnd(12)}${'mode'.padEnd(10)}${['points', 'covered', 'killed', 'went on', 'gave up', 'broken'].map((head) => head.padStart(9)).join('')}`,
);
for (const call of cutCalls) {
  for (const mode of cutModes) {
    const row = tally.get(`${mode} ${call}`);
    if (row === undefined) continue;
    const numbers = [points.counts[call], row.covered, row.killed, row.wentOn, row.gaveUp, row.broken];
    console.log(`${call.padEnd(12)}${mode.padEnd(10)}${numbers.map((number) => String(number).padStart(9)).join('')}`);
  }
}
const all = cutCalls.reduce((sum, call) => sum + points.counts[call], 0) * cutModes.length;
console.log(
  `\n${covered} of ${all} points cut in ${Math.round((performance.now() - started) / 60_000)} min, ${lines.length} violations`,
);
process.exitCode = lines.length === 0 ? 0 : 1;

/** Every call of every kind fails in one of these runs. Those that write into files are rare, and have their own. */
async function runTogether(every: number, share: string): Promise<void> {
  const [mine, shares] = share.split('/').map(Number) as [number, number];
  if (!Number.isSafeInteger(every) || every < 1 || !(mine >= 0 && mine < shares)) {
    throw new Error('--together is a whole number above 0, --share looks like 0/2.');
  }
  const groups = [cutCalls.filter((call) => call !== 'write'), ['write'] as const];
  const plan = (['EIO', 'ENOSPC'] as const).flatMap((mode) =>
    groups.flatMap((calls) => {
      const apart = calls.length === 1 ? Math.min(every, 12) : every;
      return Array.from({ length: apart }, (_, index) => ({ mode, calls, at: index + 1, every: apart }));
    }),
  );
  const cuts = new Map<string, number>();
  let violations = 0;
  let restarts = 0;
  let runs = 0;
  for (const [index, series] of spread(plan).entries()) {
    if (index % shares !== mine || performance.now() > end) continue;
    const result = await points.runSeries(series).catch((error: unknown) => ({
      cuts: new Map<string, number>(),
      restarts: 0,
      broken: [`it could not be taken up again: ${inWords(error)}`],
    }));
    runs += 1;
    restarts += result.restarts;
    for (const [call, count] of result.cuts) {
      const key = `${call} ${series.mode}`;
      cuts.set(key, (cuts.get(key) ?? 0) + count);
    }
    for (const line of result.broken) {
      violations += 1;
      console.log(`BROKEN ${series.mode} of ${series.calls.join(',')}, ${series.at}+${series.every}: ${line}`);
    }
    const total = [...cuts.values()].reduce((sum, count) => sum + count, 0);
    const seconds = Math.round((performance.now() - started) / 1_000);
    if (runs % 5 === 0)
      console.log(`${runs} runs, ${total} failed calls, ${restarts} restarts, ${violations} violations, ${seconds} s`);
  }
  for (const [key, count] of [...cuts].toSorted()) console.log(`${key.padEnd(22)}${String(count).padStart(9)}`);
  console.log(`${runs} of ${plan.length} runs, ${violations} violations`);
  process.exitCode = violations === 0 && cuts.size > 0 ? 0 : 1;
}

/** In an order in which a campaign that is stopped early has been everywhere. */
function spread<T>(plan: readonly T[]): readonly T[] {
  const order = plan.map((what, index) => ({ what, place: (index * 0.618_033_988_75) % 1 }));
  return order.toSorted((one, other) => one.place - other.place).map(({ what }) => what);
}

function inWords(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
