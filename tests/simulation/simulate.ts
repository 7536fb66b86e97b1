import { parseArgs } from 'node:util';
import { runJob, runJobs, type Campaign, type Findings } from './campaign.ts';
import { networkFaults } from './network.ts';
import { describePlan, makePlan, profiles, worldFaults } from './plan.ts';
import { shrink } from './shrink.ts';
import { shareOperationWeights } from './sharingOperations.ts';
import { createSimulator } from './world.ts';

/**
 * `npm run simulate -- --seeds N --steps M [--jobs J] [--profile sharing|tags] [--twice-every N] [--keep-going]`: runs seeds
 * until one breaks a rule, prints it made short, and the table of faults that were fired.
 * `npm run simulate -- --seed S --steps M` runs that one and prints its trace.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    steps: { type: 'string', default: '200' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    /** mixed, sharing or tags */
    profile: { type: 'string', default: 'mixed' },
    /** Child processes to spread the seeds over. */
    jobs: { type: 'string', default: '1' },
    /** Every Nth seed runs twice and has to leave the same trace; 1: all of them, 0: none. */
    'twice-every': { type: 'string', default: '50' },
    /** No seed is begun after this many minutes. */
    minutes: { type: 'string', default: '100000' },
    quiet: { type: 'boolean', default: false },
    /** Runs all seeds and lists those that break a rule. */
    'keep-going': { type: 'boolean', default: false },
    /** How a child process is told what to do. */
    job: { type: 'string' },
    campaign: { type: 'string' },
  },
});
const profile = profiles.find((one) => one === values.profile);
if (profile === undefined) throw new Error(`There is no profile ${values.profile}; there are ${profiles.join(', ')}`);
const steps = Number(values.steps);

if (values.job !== undefined && values.campaign !== undefined) {
  const [job = 0, jobs = 1] = values.job.split('/').map(Number);
  const say = (findings: Findings) => process.stdout.write(`${JSON.stringify(findings)}\n`);
  say(await runJob(JSON.parse(values.campaign) as Campaign, job, jobs, say));
} else if (values.seed !== undefined) {
  await runOne(Number(values.seed));
} else {
  await runMany({
    from: Number(values.from),
    seeds: Number(values.seeds),
    steps,
    profile,
    twiceEvery: Number(values['twice-every']),
    stopAtFirst: !values['keep-going'],
    minutes: Number(values.minutes),
  });
}

async function runOne(seed: number): Promise<void> {
  const plan = makePlan(seed, steps, profile);
  const { trace, violations } = await (await createSimulator()).run(plan);
  if (!values.quiet) console.log(trace.join('\n'));
  await explain(
    seed,
    violations.map((one) => `${one.invariant}: ${one.message}`),
    violations[0]?.invariant,
  );
}

async function runMany(campaign: Campaign): Promise<void> {
  const jobs = Number(values.jobs);
  let said = performance.now();
  const progress = ({ seeds, seconds, broken }: Findings) => {
    if (values.quiet || performance.now() - said < 30_000) return;
    said = performance.now();
    console.error(`${seeds} seeds, ${(seeds / seconds).toFixed(1)} a second, ${broken.length} broken`);
  };
  const findings =
    jobs > 1 ? await runJobs(import.meta.filename, campaign, jobs, progress) : await runJob(campaign, 0, 1, progress);
  printTable(campaign, findings);
  if (findings.uneven.length > 0) {
    console.error(`not deterministic: seeds ${findings.uneven.join(' ')}`);
    process.exitCode = 1;
  }
  const [first] = findings.broken;
  if (first === undefined) return;
  if (campaign.stopAtFirst) {
    await explain(
      first.seed,
      first.violations.map((one) => `${one.invariant}: ${one.message}`),
      first.violations[0]?.invariant,
    );
    return;
  }
  process.exitCode = 1;
  for (const { seed, violations } of findings.broken.slice(0, 200)) {
    console.log(`seed ${seed}: ${violations[0]?.invariant ?? '?'} ${violations[0]?.message.slice(0, 300) ?? ''}`);
  }
}

/** Says which rule a seed breaks and makes it short. */
async function explain(seed: number, messages: readonly string[], invariant: string | undefined): Promise<void> {
  if (invariant === undefined) return;
  process.exitCode = 1;
  for (const message of messages) console.error(`seed ${seed} breaks ${message}`);
  if (values.quiet) return;
  const simulator = await createSimulator();
  const short = await shrink(simulator, makePlan(seed, steps, profile), invariant);
  const rerun = await simulator.run(short);
  console.error(`\nmade short (${short.steps.length} steps):\n${describePlan(short)}`);
  console.error(rerun.trace.map((line) => `  ${line}`).join('\n'));
  console.error(rerun.violations.map((one) => `  => ${one.invariant}: ${one.message}`).join('\n'));
}

function printTable({ steps: length }: Campaign, { seeds, seconds, twice, fired, broken }: Findings): void {
  console.log(
    `${seeds} seeds x ${length} steps in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(2)} a second), ${twice} of them twice, ${broken.length} broke a rule`,
  );
  const byRule = new Map<string, number[]>();
  for (const { seed, violations } of broken) {
    const rule = violations[0]?.invariant ?? '?';
    byRule.set(rule, [...(byRule.get(rule) ?? []), seed]);
  }
  for (const [rule, some] of byRule) console.log(`${rule}: ${some.length} seeds, first ${some.slice(0, 8).join(' ')}`);
  console.log('faults fired:');
  const shares = Object.keys(shareOperationWeights).map((operation) => `share:${operation}`);
  for (const fault of [...networkFaults, ...worldFaults, 'staleBuild', ...shares]) {
    console.log(`  ${fault.padEnd(20)} ${fired[fault] ?? 0}`);
  }
}
