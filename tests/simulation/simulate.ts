import { parseArgs } from 'node:util';
import { networkFaults } from './network.ts';
import { shrink } from './shrink.ts';
import { describePlan, makePlan, runPlan, worldFaults } from './world.ts';

/**
 * `npm run simulate -- --seeds N --steps M [--seed S] [--twice]`: runs seeds until one breaks a rule, prints it made
 * short, and the table of faults that were fired. `--seed S` runs that one and prints its trace.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    steps: { type: 'string', default: '200' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    twice: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
});
const length = Number(values.steps);
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const fired = new Map<string, number>();
const failures = new Map<string, number[]>();
const started = performance.now();

for (let seed = first; seed < first + count; seed += 1) {
  const plan = makePlan(seed, length);
  const result = await runPlan(plan);
  for (const [fault, times] of result.fired) fired.set(fault, (fired.get(fault) ?? 0) + times);
  if (values.seed !== undefined && !values.quiet) console.log(result.trace.join('\n'));
  if (values.twice) {
    const again = await runPlan(plan);
    if (again.traceHash !== result.traceHash) {
      console.error(`seed ${seed} is not deterministic: ${result.traceHash} and ${again.traceHash}`);
      process.exitCode = 1;
    }
  }
  const [violation] = result.violations;
  if (violation === undefined) continue;
  process.exitCode = 1;
  failures.set(violation.invariant, [...(failures.get(violation.invariant) ?? []), seed]);
  if (values['keep-going']) continue;
  for (const one of result.violations) console.error(`seed ${seed} breaks ${one.invariant}: ${one.message}`);
  if (!values.quiet) {
    const short = await shrink(plan, violation.invariant);
    console.error(`\nmade short (${short.steps.length} steps):\n${describePlan(short)}`);
    const rerun = await runPlan(short);
    console.error(rerun.trace.map((line) => `  ${line}`).join('\n'));
    console.error(rerun.violations.map((one) => `  => ${one.invariant}: ${one.message}`).join('\n'));
  }
  break;
}

const seconds = (performance.now() - started) / 1_000;
console.log(`${count} seeds x ${length} steps in ${seconds.toFixed(1)} s`);
for (const [invariant, seeds] of failures)
  console.log(`${invariant}: ${seeds.length} seeds, first ${seeds.slice(0, 8).join(' ')}`);
console.log('faults fired:');
for (const fault of [...networkFaults, ...worldFaults]) console.log(`  ${fault.padEnd(18)} ${fired.get(fault) ?? 0}`);
