import { readFileSync } from 'node:fs';
import { assertNever } from '../../../shared/assertNever.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import { createCaller, workerGone, type Caller, type WorkerPort } from '../workers/channel.ts';
import type { Format } from './formats.ts';
import type { MediaJobs } from './mediaJobs.ts';

/** Which work goes first: what a person is looking at, then new files, then what nobody waits for. */
export type Priority = 'now' | 'soon' | 'later';

export interface MediaPool {
  /**
   * Runs a job in a media worker. A crash, a hang or too much memory loses this file only: the job is tried once more
   * in a fresh process, then refused for good.
   * @throws AppError as the job threw; fileUnreadable after two crashes; timedOut after two hangs, as what may pass
   *   (`mayPass`) when it was the disk that did not answer; cancelled.
   */
  run<N extends PoolJob>(
    name: N,
    params: Parameters<MediaJobs[N]>[0],
    options?: { readonly priority?: Priority; readonly signal?: AbortSignal },
  ): Promise<Awaited<ReturnType<MediaJobs[N]>>>;
  /** Starts workers for so many jobs that are about to come: they start while the jobs are being made out. */
  warm(jobs: number): void;
  /** How many workers were ended because they crashed, hung or grew too large. */
  readonly lost: number;
  /** Process ids of the workers alive now. */
  pids(): readonly number[];
  dispose(): Promise<void>;
}

/** Jobs the pool hands out; the others are its own housekeeping. */
type PoolJob = Exclude<keyof MediaJobs, 'memory' | 'progress' | 'end'>;

export interface MediaPoolDependencies {
  /** Makes one worker: a child process, Electron's utilityProcess, or an in-process stand-in for tests. */
  readonly spawn: () => WorkerPort;
  /** Workers at once, each with one job: a crash then names its file. */
  readonly workers?: number;
  /**
   * Most processor time a job may take, in ms; long files get one second more per 20 MB. Six times that by the clock on the
   * wall, counted anew whenever reading or copying gets on: a slow card is no hang.
   */
  readonly watchdogMs?: number;
  /** A worker above this is ended at once, with its job. Bytes. */
  readonly memoryLimit?: number;
  /** A worker above this is replaced when it falls idle: decoders keep memory they once needed. Bytes. */
  readonly recycleAbove?: number;
  /** Idle workers end after this many ms. */
  readonly idleMs?: number;
}

interface Job {
  readonly name: PoolJob;
  readonly params: unknown;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  crashes: number;
}

/** Why a worker ended over its job: `disk` when it waited for one that did not answer, `time` when it was busy. */
type Reason = 'crash' | 'time' | 'disk' | 'memory';

interface Slot {
  readonly caller: Caller<MediaJobs>;
  jobs: number;
  idleSince: number;
  running: Job | undefined;
  /** Sent before the running job is done, so that the worker need not wait for this process between two files. */
  ahead: Sent | undefined;
}

/** A job on its way: a worker does one after another. */
interface Sent {
  readonly job: Job;
  readonly answer: Promise<unknown>;
}

/** Files up to this size are sent ahead: about a tenth of a second's work. In bytes. */
const largestAhead = 16 * 1024 * 1024;
/** How often a worker is asked for its memory, in jobs. */
const jobsBetweenChecks = 32;

const order: readonly Priority[] = ['now', 'soon', 'later'];
const checkMs = 250;
/** How much longer than its processor time a job may take by the clock on the wall. */
const wallFactor = 6;
/** A full-size render works through every pixel in strips, a film is copied whole; a hang shows elsewhere. */
const exportMs = 300_000;
const exportJobs: ReadonlySet<PoolJob> = new Set(['renderFile', 'strippedVideo']);
const bytesPerExtraSecond = 20 * 1024 * 1024;

/** Runs media jobs in crash-isolated workers, two by default. Workers start at the first job. */
export function createMediaPool(deps: MediaPoolDependencies): MediaPool {
  const { spawn, workers = 2, watchdogMs = 20_000, idleMs = 30_000 } = deps;
  const { memoryLimit = 1_000_000_000, recycleAbove = 380_000_000 } = deps;
  const queues: Record<Priority, Job[]> = { now: [], soon: [], later: [] };
  const idle: Slot[] = [];
  const alive = new Set<Slot>();
  let lost = 0;
  let disposed = false;

  const reaper = setInterval(
    () => {
      const limit = performance.now() - idleMs;
      for (const slot of idle.filter((one) => one.idleSince < limit)) end(slot);
    },
    Math.min(idleMs, 10_000),
  );
  reaper.unref();

  return {
    get lost() {
      return lost;
    },
    pids: () => [...alive].flatMap(({ caller }) => (caller.pid === undefined ? [] : [caller.pid])),
    run: (name, params, { priority = 'soon', signal } = {}) =>
      new Promise((resolve, reject) => {
        if (disposed) return reject(new AppError('cancelled', 'Shoebox is closing.'));
        if (signal?.aborted === true) return reject(new AppError('cancelled', 'The work was cancelled.'));
        queues[priority].push({ name, params, signal, resolve, reject, crashes: 0 });
        dispatch();
      }),
    warm: (jobs) => {
      while (!disposed && alive.size < Math.min(jobs, workers)) {
        const slot = start();
        slot.idleSince = performance.now();
        idle.push(slot);
      }
    },
    dispose: async () => {
      disposed = true;
      clearInterval(reaper);
      for (const priority of order) {
        for (const job of queues[priority].splice(0)) job.reject(new AppError('cancelled', 'Shoebox is closing.'));
      }
      const gone = [...alive].map(({ caller }) => caller.exited);
      for (const slot of alive) end(slot);
      for (const { ahead } of alive) ahead?.job.reject(new AppError('cancelled', 'Shoebox is closing.'));
      // Idle workers do not hold this process; until they are gone, this does.
      const hold = setInterval(() => undefined, 1_000);
      await Promise.all(gone).finally(() => clearInterval(hold));
    },
  };

  function dispatch(): void {
    while (!disposed && (idle.length > 0 || alive.size < workers)) {
      const job = take();
      if (job === undefined) return;
      void work(idle.pop() ?? start(), job);
    }
    for (const slot of alive) sendAhead(slot);
  }

  /** Only files being taken in: they come by the thousand and are done within each other's shadow. */
  function sendAhead(slot: Slot): void {
    if (disposed || slot.running?.name !== 'content' || slot.ahead !== undefined) return;
    // A second try goes alone: what is read ahead (a disk that does not answer) may have been what held up the first.
    if (slot.running.crashes > 0) return;
    if ((slot.jobs + 1) % jobsBetweenChecks === 0) return;
    const [next] = queues.soon;
    if (queues.now.length > 0 || next?.name !== 'content' || next.signal?.aborted === true) return;
    // What takes long is not put before what a person may ask for meanwhile.
    if (isHeavy(next.params) || fileSize(next.params) > largestAhead) return;
    queues.soon.shift();
    slot.ahead = send(slot, next);
  }

  function send({ caller }: Slot, job: Job): Sent {
    const answer = caller.call(job.name, job.params as never, job.signal);
    // Looked at when its turn has come; until then a refusal is nobody's mistake.
    answer.catch(() => undefined);
    return { job, answer };
  }

  function take(): Job | undefined {
    for (const priority of order) {
      for (;;) {
        const job = queues[priority].shift();
        if (job === undefined) break;
        if (job.signal?.aborted !== true) return job;
        job.reject(new AppError('cancelled', 'The work was cancelled.'));
      }
    }
    return undefined;
  }

  function start(): Slot {
    const slot: Slot = {
      caller: createCaller<MediaJobs>(spawn()),
      jobs: 0,
      idleSince: 0,
      running: undefined,
      ahead: undefined,
    };
    alive.add(slot);
    void slot.caller.exited.then(() => {
      alive.delete(slot);
      const at = idle.indexOf(slot);
      if (at >= 0) idle.splice(at, 1);
      dispatch();
    });
    return slot;
  }

  function end(slot: Slot): void {
    const at = idle.indexOf(slot);
    if (at >= 0) idle.splice(at, 1);
    // A worker asked to end takes its exiftool along; one that does not answer is killed.
    const kill = setTimeout(() => slot.caller.kill(), 1_000);
    kill.unref();
    void slot.caller
      .call('end', undefined)
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(kill);
        slot.caller.kill();
      });
  }

  async function work(slot: Slot, first: Job): Promise<void> {
    for (let sent: Sent | undefined = send(slot, first); sent !== undefined;) {
      const { job, answer }: Sent = sent;
      slot.running = job;
      sendAhead(slot);
      const guard = watch(slot, job);
      let gone = false;
      try {
        const value = await answer;
        slot.jobs += 1;
        job.resolve(value as never);
      } catch (error) {
        gone = isAppError(error) && error.data[workerGone] === true;
        if (gone) crashed(job, guard.reason());
        else job.reject(error);
      } finally {
        guard.stop();
      }
      const { ahead } = slot;
      slot.running = undefined;
      slot.ahead = undefined;
      sent = gone ? undefined : ahead;
      // It was at most read: the crash was not its own.
      if (gone && ahead !== undefined) queues.soon.unshift(ahead.job);
      if (sent === undefined && !gone) await release(slot, job);
    }
    dispatch();
  }

  /** Ends a worker whose job takes too long or too much memory; `reason` then says which. */
  function watch(slot: Slot, job: Job) {
    let why: Reason = 'crash';
    const endWith = (reason: Reason) => {
      why = reason;
      slot.caller.kill();
    };
    const extra = (fileSize(job.params) / bytesPerExtraSecond) * 1_000;
    const allowed = (exportJobs.has(job.name) ? exportMs : watchdogMs) + extra;
    // Processor time where the system tells it: on a busy machine a sound file must not look like a hanging one. A job
    // that waits for ever uses none, so the clock on the wall has the last word.
    let spent = processorMs(slot.caller.pid);
    /** Looks since the job began or last got on; a computer that slept in between has not waited. */
    let looks = 0;
    let seen: Awaited<ReturnType<MediaJobs['progress']>> = { steps: 0, isReading: false };
    let isAsked = false;
    const ask = () => {
      isAsked = true;
      void slot.caller
        .call('progress', undefined)
        .then(
          (now) => {
            if (now.steps !== seen.steps) looks = 0;
            seen = now;
          },
          () => undefined,
        )
        .finally(() => {
          isAsked = false;
        });
    };
    const check = setInterval(() => {
      // Known a moment after the start, where the process is one of Electron's.
      const { pid } = slot.caller;
      const now = processorMs(pid);
      spent ??= now;
      looks += 1;
      if (pid !== undefined && residentBytes(pid) > memoryLimit) endWith('memory');
      else if (now !== undefined && spent !== undefined && now - spent > allowed) endWith('time');
      // One that has not answered since the last look is busy: it does not wait for a disk.
      else if (looks * checkMs > allowed * wallFactor) endWith(seen.isReading && !isAsked ? 'disk' : 'time');
      else if (job.name === 'content' && !isAsked) ask();
    }, checkMs);
    check.unref();
    return { reason: () => why, stop: () => clearInterval(check) };
  }

  function crashed(job: Job, why: Reason): void {
    lost += 1;
    job.crashes += 1;
    if (disposed) return job.reject(new AppError('cancelled', 'Shoebox is closing.'));
    // Memory is no accident: the same file needs the same again.
    if (job.crashes < 2 && why !== 'memory') {
      queues.later.push(job);
      return;
    }
    job.reject(lossOf(why));
  }

  async function release(slot: Slot, job: Job): Promise<void> {
    if (disposed) return;
    if (slot.jobs % jobsBetweenChecks === 0 || isHeavy(job.params)) {
      const rss = await memoryOf(slot);
      if (rss > recycleAbove) return end(slot);
    }
    if (!alive.has(slot)) return;
    slot.idleSince = performance.now();
    idle.push(slot);
  }

  async function memoryOf({ caller }: Slot): Promise<number> {
    // In process there is nothing to recycle, and its memory is everybody's.
    if (caller.pid === undefined) return 0;
    return caller.call('memory', undefined).then(
      ({ rss }) => rss,
      () => 0,
    );
  }
}

function lossOf(why: Reason): AppError {
  switch (why) {
    case 'time':
      return new AppError('timedOut', 'Reading the file took too long twice; it is left out.');
    case 'disk':
      return new AppError('timedOut', 'Reading the file took too long twice: its disk or card did not answer.', {
        // As the system itself says it of a network disk: see `mayPass`.
        system: 'ETIMEDOUT',
      });
    case 'memory':
      return new AppError('fileTooLarge', 'Reading the file would take more than 1 GB of memory.');
    case 'crash':
      return new AppError('fileUnreadable', 'Reading the file crashed the decoder twice; it is left out.');
    default:
      return assertNever(why, 'reason');
  }
}

/** Formats whose decoders keep memory after use. */
function isHeavy(params: unknown): boolean {
  const format = (params as { format?: Format | null }).format;
  return format !== undefined && format !== null && format !== 'jpeg';
}

function fileSize(params: unknown): number {
  const { byteSize } = params as { byteSize?: number };
  return byteSize ?? 0;
}

/** Processor time of a process so far, in ms, where the system tells (Linux, in ticks of 10 ms). */
function processorMs(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process, where the system tells (Linux); elsewhere the recycling alone bounds it. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4_096;
  } catch {
    return 0;
  }
}
