import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Violation } from './invariants.ts';
import { makePlan, type Profile } from './plan.ts';
import { createSimulator } from './world.ts';

/** Which seeds to run, and how. */
export interface Campaign {
  readonly from: number;
  readonly seeds: number;
  readonly steps: number;
  readonly profile: Profile;
  /** Every so many seeds one is run twice, and its two traces have to be equal; 0: never. */
  readonly twiceEvery: number;
  /** Ends the campaign at the first broken rule. */
  readonly stopAtFirst: boolean;
  /** No new seed is begun after this many minutes. */
  readonly minutes: number;
}

export interface BrokenSeed {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** What a campaign, or one job of it, found. */
export interface Findings {
  readonly seeds: number;
  readonly twice: number;
  readonly seconds: number;
  readonly fired: Readonly<Record<string, number>>;
  readonly broken: readonly BrokenSeed[];
  /** Seeds whose two traces differed. */
  readonly uneven: readonly number[];
}

/** Seeds after which a job says how far it is. */
const reportEvery = 20;

/**
 * Runs the seeds `from + job`, `from + job + jobs`, … of a campaign in this process.
 * @param report told of what was found so far, now and then and with every broken seed
 */
export async function runJob(
  campaign: Campaign,
  job: number,
  jobs: number,
  report: (findings: Findings) => void,
): Promise<Findings> {
  const simulator = await createSimulator();
  const started = performance.now();
  const fired: Record<string, number> = {};
  const broken: BrokenSeed[] = [];
  const uneven: number[] = [];
  let seeds = 0;
  let twice = 0;
  const findings = (): Findings => ({
    seeds,
    twice,
    seconds: (performance.now() - started) / 1_000,
    fired,
    broken,
    uneven,
  });
  for (let seed = campaign.from + job; seed < campaign.from + campaign.seeds; seed += jobs) {
    if (performance.now() - started > campaign.minutes * 60_000) break;
    const plan = makePlan(seed, campaign.steps, campaign.profile);
    const result = await simulator.run(plan);
    seeds += 1;
    for (const [fault, times] of result.fired) fired[fault] = (fired[fault] ?? 0) + times;
    if (campaign.twiceEvery > 0 && (seeds - 1) % campaign.twiceEvery === 0) {
      twice += 1;
      if ((await simulator.run(plan)).traceHash !== result.traceHash) uneven.push(seed);
    }
    if (result.violations.length > 0) {
      broken.push({ seed, violations: result.violations });
      report(findings());
      if (campaign.stopAtFirst) break;
    } else if (seeds % reportEvery === 0) report(findings());
  }
  return findings();
}

/** Runs a campaign in child processes of this program (`--job N`), one per core to use, and adds up what they find. */
export async function runJobs(
  program: string,
  campaign: Campaign,
  jobs: number,
  report: (findings: Findings) => void,
): Promise<Findings> {
  const started = performance.now();
  const latest = new Map<number, Findings>();
  const children = new Set<ReturnType<typeof spawn>>();
  const merged = (): Findings => {
    const all = [...latest.values()];
    const fired: Record<string, number> = {};
    for (const one of all)
      for (const [fault, times] of Object.entries(one.fired)) fired[fault] = (fired[fault] ?? 0) + times;
    const sum = (of: (findings: Findings) => number) => all.reduce((total, one) => total + of(one), 0);
    return {
      seeds: sum((one) => one.seeds),
      twice: sum((one) => one.twice),
      seconds: (performance.now() - started) / 1_000,
      fired,
      broken: all.flatMap((one) => one.broken).toSorted((a, b) => a.seed - b.seed),
      uneven: all.flatMap((one) => one.uneven),
    };
  };
  const run = async (job: number): Promise<void> => {
    const child = spawn(
      process.execPath,
      [program, '--job', `${job}/${jobs}`, '--campaign', JSON.stringify(campaign)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    children.add(child);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    });
    for await (const line of createInterface({ input: child.stdout })) {
      latest.set(job, JSON.parse(line) as Findings);
      const found = merged();
      report(found);
      if (campaign.stopAtFirst && found.broken.length > 0) for (const other of children) other.kill();
    }
    children.delete(child);
    const code = await ended;
    const stopped = campaign.stopAtFirst && merged().broken.length > 0;
    if (code !== 0 && !stopped) throw new Error(`Job ${job} of the campaign ended with ${code ?? 'a signal'}`);
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => run(job)));
  return merged();
}
