import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { picturePath } from '../../../electron/core/media/thumbnailCache.ts';
import { firstDifference } from '../../simulation/invariants.ts';
import { openCrashLibrary } from './crashLibrary.ts';
import type { CrashStep } from './crashScript.ts';
import {
  endState,
  examineBoth,
  examineRemains,
  makeCrashWorld,
  type CrashPlace,
  type CrashWorld,
  type EndState,
} from './crashWorld.ts';

/** The calls that change what is on a disk. Each of them, each time, is a point at which a process may end. */
export const cutCalls = [
  'pwrite64',
  'write',
  'fdatasync',
  'fsync',
  'rename',
  'unlink',
  'link',
  'ftruncate',
  'mkdir',
] as const;
export type CutCall = (typeof cutCalls)[number];

/** What happens at the point: the process dies before the call, or the call answers that error. */
export const cutModes = ['SIGKILL', 'EIO', 'ENOSPC'] as const;
export type CutMode = (typeof cutModes)[number];

/** The n-th time a thread makes a call, from 1. */
export interface CutPoint {
  readonly mode: CutMode;
  readonly call: CutCall;
  readonly at: number;
}

/** Errors only, many in one run: for each of the calls the n-th by a thread, and every `every`-th after it. */
export interface CutSeries {
  readonly mode: Exclude<CutMode, 'SIGKILL'>;
  readonly calls: readonly CutCall[];
  readonly at: number;
  readonly every: number;
}

export interface CutResult {
  /** How the process ended: `killed`, `went on` to the end of the script, or `gave up` with a sentence. */
  readonly ended: 'killed' | 'went on' | 'gave up';
  /** Steps it had said it did. */
  readonly done: number;
  readonly broken: readonly string[];
}

export interface CutSeriesResult {
  /** How often each call was answered with the error. */
  readonly cuts: ReadonlyMap<string, number>;
  /** How often the process gave up and was started again. */
  readonly restarts: number;
  readonly broken: readonly string[];
}

/** Why crash points cannot be made here; undefined when they can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'crash points need Linux and strace';
  const { status } = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO', 'true']);
  return status === 0 ? undefined : 'strace is not installed, or may not trace here';
}

export interface CrashPoints {
  /** How often each call is made by an undisturbed run: the most by any one thread. */
  readonly counts: Readonly<Record<CutCall, number>>;
  run(point: CutPoint): Promise<CutResult>;
  runSeries(series: CutSeries): Promise<CutSeriesResult>;
  dispose(): void;
}

export async function createCrashPoints(seed: number, steps: number): Promise<CrashPoints> {
  const world = await makeCrashWorld(seed, steps);
  const cache = mkdtempSync(join(tmpdir(), 'shoebox-crash-code-'));
  // Twice: the first run fills the cache of compiled code, whose writes are no part of the program.
  await countCalls(world, steps, cache);
  const counts = await countCalls(world, steps, cache);
  return {
    counts,
    run: (point) => runPoint(world, steps, cache, point),
    runSeries: (series) => runSeries(world, steps, cache, series),
    dispose: () => {
      world.dispose();
      rmSync(cache, { recursive: true, force: true });
    },
  };
}

interface TargetRun {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** @param tracing arguments of strace @param taking the step to begin with, and how often one is tried */
export function startTarget(
  world: CrashWorld,
  place: { readonly a: string; readonly account: unknown },
  steps: number,
  cache: string,
  tracing: readonly string[],
  taking: readonly number[] = [],
): ChildProcessByStdio<null, Readable, Readable> {
  const target = join(import.meta.dirname, 'crashTarget.ts');
  const args = [place.a, JSON.stringify(place.account), ...[world.seed, steps, ...taking].map(String)];
  // Not quieter: that a thread has ended is told as well.
  return spawn('strace', ['-f', '-q', ...tracing, process.execPath, target, ...args], {
    env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '1', NODE_COMPILE_CACHE: cache, HOME: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the target under strace. One file thread: with four, which of them makes the n-th call is a matter of luck. */
function runTarget(...run: Parameters<typeof startTarget>): Promise<TargetRun> {
  return new Promise((done, fail) => {
    const child = startTarget(...run);
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, lines: out.split('\n'), errors }));
  });
}

/**
 * `write` is also how a program prints, talks to others and wakes its own threads. Only what goes into these files is cut:
 * those of A's new photos in the making, and of downloads.
 */
function writtenFiles(world: CrashWorld, directory: string): readonly string[] {
  const hash = (...parts: readonly Uint8Array[]): string => {
    const made = createHash('sha256');
    for (const part of parts) made.update(part);
    return made.digest('hex');
  };
  const files = [join(directory, 'lock-owner.json')];
  for (const step of world.scripts.steps) {
    if (step.kind !== 'photo') continue;
    files.push(join(directory, 'originals', '.incoming', `${step.id}.jpg`));
    files.push(`${picturePath(join(directory, 'cache'), hash(step.file), 'thumb')}.crash.tmp`);
  }
  for (const step of world.scripts.elsewhere) {
    if (step.kind !== 'photo') continue;
    const sealed = hash(step.picture, Buffer.from('SBX1'), createHash('sha256').update(step.picture).digest());
    for (const sha256 of [hash(step.file), sealed]) files.push(join(directory, 'downloads', `${sha256}.part`));
  }
  return files;
}

const onlyFiles = (world: CrashWorld, directory: string, call: CutCall): readonly string[] =>
  call === 'write' ? writtenFiles(world, directory).flatMap((path) => ['-P', path]) : [];

async function countCalls(world: CrashWorld, steps: number, cache: string): Promise<Record<CutCall, number>> {
  const counts = Object.fromEntries(cutCalls.map((call) => [call, 0])) as Record<CutCall, number>;
  for (const calls of [cutCalls.filter((call) => call !== 'write'), ['write'] as const]) {
    const log = join(cache, 'calls');
    await world.enter(async (place) => {
      const only = onlyFiles(world, place.a, calls[0] ?? 'write');
      const tracing = ['--seccomp-bpf', '-o', log, '-e', `trace=${calls.join(',')}`, ...only];
      const run = await runTarget(world, place, steps, cache, tracing);
      if (!run.lines.includes('END')) {
        throw new Error(`The undisturbed run ended with ${run.code}: ${run.errors}${run.lines.slice(-5).join('\n')}`);
      }
    });
    const perThread = new Map<string, number>();
    for (const line of readFileSync(log, 'utf8').split('\n')) {
      const found = /^(\d+) +(\w+)\(/u.exec(line);
      const call = calls.find((one) => one === found?.[2]);
      if (found?.[1] === undefined || call === undefined) continue;
      const key = `${found[1]} ${call}`;
      const count = (perThread.get(key) ?? 0) + 1;
      perThread.set(key, count);
      counts[call] = Math.max(counts[call], count);
    }
  }
  return counts;
}

/** Cuts a run at one point, then opens the library again, goes on with the script, and looks at everything. */
function runPoint(world: CrashWorld, steps: number, cache: string, point: CutPoint): Promise<CutResult> {
  const injected = point.mode === 'SIGKILL' ? 'signal=SIGKILL' : `error=${point.mode}`;
  return world.enter(async (place) => {
    const broken: string[] = [];
    const run = await runTarget(world, place, steps, cache, [
      // Calls that are not traced run at full speed with it; but then no signal arrives (strace 6.1).
      ...(point.mode === 'SIGKILL' ? [] : ['--seccomp-bpf']),
      '-o',
      '/dev/null',
      '-e',
      `trace=${point.call}`,
      '-e',
      `inject=${point.call}:${injected}:when=${point.at}`,
      ...onlyFiles(world, place.a, point.call),
    ]);
    const said = (word: string): readonly string[] => run.lines.filter((line) => line.startsWith(word));
    const done = said('DONE').length;
    const ended = run.lines.includes('END') ? 'went on' : run.code === 3 ? 'gave up' : 'killed';
    if (point.mode !== 'SIGKILL' && ended === 'killed') {
      broken.push(`the process ended with ${run.code ?? run.signal ?? '?'}: ${run.errors.slice(-600)}`);
    }
    broken.push(...said('BROKE'), ...said('ROUGH'), ...said('ESCAPED'));
    broken.push(...said('LEFT').filter((line) => line.trim() !== 'LEFT'));
    // Now and then a computer that starts from nothing: what the server holds must make the same library.
    broken.push(...(await finish(world, place, done, point.at % 16 === 0)));
    return { ended, done, broken };
  });
}

/** A process that gives up is started again at most so often. */
const mostRestarts = 12;

/** Lets many calls of one run fail; whoever gives up begins again, and goes on failing. */
function runSeries(world: CrashWorld, steps: number, cache: string, series: CutSeries): Promise<CutSeriesResult> {
  const log = join(cache, `series-${series.mode}-${series.at}`);
  const { calls, mode, at, every } = series;
  return world.enter(async (place) => {
    const broken: string[] = [];
    const cuts = new Map<string, number>();
    let done = 0;
    let restarts = 0;
    for (;;) {
      const injected = `inject=${calls.join(',')}:error=${mode}:when=${at}+${every}`;
      const tracing = ['--seccomp-bpf', '-s', '0', '-o', log, '-e', `trace=${calls.join(',')}`, '-e', injected];
      if (calls.includes('write')) tracing.push(...onlyFiles(world, place.a, 'write'));
      // A step of many calls fails more than once, and gets a little further each time.
      const run = await runTarget(world, place, steps, cache, tracing, [done, 12]);
      for (const line of readFileSync(log, 'utf8').split('\n')) {
        const call = line.includes('(INJECTED)') ? /(\w+)(?:\(| resumed)/u.exec(line)?.[1] : undefined;
        if (call !== undefined) cuts.set(call, (cuts.get(call) ?? 0) + 1);
      }
      const said = (word: string): readonly string[] => run.lines.filter((line) => line.startsWith(word));
      broken.push(...said('BROKE'), ...said('ROUGH'), ...said('ESCAPED'));
      done += said('DONE').length;
      const hasEnded = run.lines.includes('END');
      if (!hasEnded && run.code !== 3) {
        broken.push(`the process ended with ${run.code ?? run.signal ?? '?'}: ${run.errors.slice(-600)}`);
      }
      if (hasEnded || restarts === mostRestarts) break;
      restarts += 1;
    }
    rmSync(log, { force: true });
    broken.push(...(await finish(world, place, done, true)));
    return { cuts, restarts, broken };
  });
}

/** Opens what was left, goes on with the script after `done` steps, and looks at everything. @returns what is wrong */
async function finish(world: CrashWorld, place: CrashPlace, done: number, afresh: boolean): Promise<readonly string[]> {
  const broken: string[] = [...examineRemains(place.a)];
  const onA = await takeUp(place.a, place.account, world.scripts.steps.slice(done));
  broken.push(...onA.broken.map((line) => `A: ${line}`));
  const onB = await catchUp(place.b, place.account);

  const compare = (what: string, mine: string, other: string): void => {
    if (mine !== other) broken.push(`${what}: ${firstDifference(mine, other)}`);
  };
  compare('A has other rows than an undisturbed run', onA.rows, world.expected.rows);
  compare('A has other files than an undisturbed run', onA.files, world.expected.files);
  compare('B has other rows than A', onB.rows, onA.rows);
  compare('B has other files than A', onB.files, onA.files);
  broken.push(...examineBoth(place, onA));
  if (afresh) {
    compare('a fresh computer has other rows than A', (await catchUp(place.c, place.account)).rows, onA.rows);
  }
  return broken;
}

/** How a library ends, and what went wrong on the way. */
export interface TakenUp extends EndState {
  readonly broken: readonly string[];
}

/** Opens what was left, does these steps, and brings everything to its end. */
export async function takeUp(
  directory: string,
  account: CrashPlace['account'],
  steps: readonly CrashStep[],
): Promise<TakenUp> {
  const library = openCrashLibrary(directory, account);
  try {
    for (const step of steps) await library.run(step);
    const left = await library.syncToTheEnd();
    const broken = library.escaped.map((error) => `an error escaped: ${String(error)}`);
    return { ...endState(library.store), broken: left === '' ? broken : [`it never finishes: ${left}`, ...broken] };
  } finally {
    // The next state is laid out at the same place.
    library.close();
  }
}

/** What a computer shows once it has heard everything. */
export async function catchUp(directory: string, account: CrashPlace['account']): Promise<EndState> {
  const { rows, files, broken } = await takeUp(directory, account, []);
  return { rows: [...broken, rows].join('\n'), files };
}
