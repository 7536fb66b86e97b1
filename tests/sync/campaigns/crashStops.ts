import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { firstDifference } from '../../simulation/invariants.ts';
import { catchUp, cutCalls, startTarget, takeUp, type TakenUp } from './crashPoints.ts';
import type { CrashStep } from './crashScript.ts';
import {
  examineBoth,
  examineRemains,
  makeCrashWorld,
  type CrashPlace,
  type CrashWorld,
  type EndState,
  type LiveCrashPlace,
} from './crashWorld.ts';

/*
 * What a killed process leaves is what lay on the disk at that moment. So one undisturbed run is stopped after every call
 * that writes, in whatever thread, and everything (library and server) is copied there and taken up again. That reaches all points of a run in the time in which a few dozen runs could be killed.
 */

export interface CrashStops {
  /** How often the run was stopped, by the name of the call. */
  readonly stops: ReadonlyMap<string, number>;
  /** Stops at which something lay on a disk that had not lain there before in this way; each was taken up again. */
  readonly states: number;
  readonly broken: readonly string[];
}

export interface CrashStopOptions {
  /** Which steps of the run to look into, so that several processes can share them: `part` from 0, of `parts`. */
  readonly part?: number;
  readonly parts?: number;
  /** Looks at every so many-th stop only. */
  readonly every?: number;
  /** Ends the run, and every process of it. */
  readonly signal?: AbortSignal;
  readonly onBroken?: (line: string) => void;
  readonly onProgress?: (stops: number, states: number, done: number) => void;
}

/** Stops a run of `steps` steps (at least four) after every writing call. @throws Error when the run itself does not come to its end */
export async function stopEverywhere(
  seed: number,
  steps: number,
  { part = 0, parts = 1, every = 1, signal, onBroken, onProgress }: CrashStopOptions = {},
): Promise<CrashStops> {
  const world = await makeCrashWorld(seed, steps);
  const cache = mkdtempSync(join(tmpdir(), 'shoebox-crash-code-'));
  const broken: string[] = [];
  const note = (line: string): void => {
    broken.push(line);
    onBroken?.(line);
  };
  const stops = new Map<string, number>();
  let count = 0;
  let states = 0;
  try {
    await world.enterApart(async (place) => {
      const known = new Set<string>();
      const { steps: script } = world.scripts;
      const judge = createJudge(world, note);
      // By threes: every fiftieth step is a sync, which takes the longest.
      const isOurs = (step: number): boolean => Math.floor(step / 3) % parts === part;
      const leaveAlone = () => place.hold(() => place.fork((copy) => takeUp(copy.a, copy.account, [])));
      const lookAt = async (name: string, done: number): Promise<void> => {
        const state = stateOf(place);
        // Pages that are brought home from the write-ahead log change no row; they must leave a whole database as well.
        const file = `${state} ${listing(join(place.a, 'library.sqlite'))}`;
        if (!known.has(file)) for (const line of examineRemains(place.a)) note(`${name}: ${line}`);
        known.add(file);
        if (known.has(state)) return;
        known.add(state);
        states += 1;
        const begun = script.slice(done, done + 1);
        const isDeep = states % 8 === 0;
        judge.keep(
          name,
          await place.fork((copy) => (isDeep ? takeUpBoth(copy, begun) : takeUp(copy.a, copy.account, begun))),
        );
        if (states % 50 === 0) onProgress?.(count, states, done);
      };
      await eachStop({ world, place, steps, cache, note, signal }, async ({ call, done }) => {
        count += 1;
        stops.set(call, (stops.get(call) ?? 0) + 1);
        const name = `stop ${count}, after a ${call} of step ${done}`;
        if (judge.isDue(done)) {
          judge.settle(done, isOurs(done - 1) ? await leaveAlone() : undefined);
        }
        if (!isOurs(done) || count % every !== 0) return;
        await quiet(place);
        await place.hold(() =>
          // What cannot be opened, read or gone on with is what is looked for here: the other stops are looked at all the same.
          lookAt(name, done).catch((error: unknown) => note(`${name}: ${inWords(error)}`)),
        );
      });
      judge.settle(script.length, await leaveAlone());
    }, signal);
  } finally {
    world.dispose();
    rmSync(cache, { recursive: true, force: true });
  }
  return { stops, states, broken };
}

const inWords = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Takes A up, and looks at B and at the files as well. */
async function takeUpBoth(place: CrashPlace, steps: readonly CrashStep[]): Promise<TakenUp> {
  const end = await takeUp(place.a, place.account, steps);
  const onB = await catchUp(place.b, place.account);
  const broken = [...end.broken];
  for (const what of ['rows', 'files'] as const) {
    if (onB[what] !== end[what]) broken.push(`B has other ${what}: ${firstDifference(onB[what], end[what])}`);
  }
  return { ...end, broken: [...broken, ...examineBoth(place, end)] };
}

/**
 * However a step was cut, doing it again must end in what it ends in uncut. That is known once the run itself has done it:
 * until then what the cuts ended in is kept.
 */
function createJudge(world: CrashWorld, note: (line: string) => void) {
  let kept: { readonly name: string; readonly ended: TakenUp }[] = [];
  let settled = 0;
  const compare = (name: string, mine: EndState, other: EndState): void => {
    for (const what of ['rows', 'files'] as const) {
      if (mine[what] !== other[what])
        note(`${name}: other ${what} than uncut: ${firstDifference(mine[what], other[what])}`);
    }
  };
  return {
    /** The run has done another step since the last settlement. */
    isDue: (done: number): boolean => done > settled,
    keep: (name: string, ended: TakenUp): void => {
      for (const line of ended.broken) note(`${name}: ${line}`);
      kept.push({ name, ended });
    },
    /** @param uncut what the run ends in when it is left alone from here; undefined when nothing of this step was looked at */
    settle: (done: number, uncut: TakenUp | undefined): void => {
      for (const line of uncut?.broken ?? []) note(`after step ${done}: ${line}`);
      if (uncut !== undefined) for (const { name, ended } of kept) compare(name, ended, uncut);
      if (uncut !== undefined && done === world.scripts.steps.length) compare('at the end', uncut, world.expected);
      kept = [];
      settled = done;
    },
  };
}

interface Stop {
  /** The call that was made last. */
  readonly call: string;
  /** Steps the run has said it did. */
  readonly done: number;
}

interface StoppedRun {
  readonly world: CrashWorld;
  readonly place: LiveCrashPlace;
  readonly steps: number;
  readonly cache: string;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Runs the target, stopped after every writing call; it goes on when `work` has ended. */
async function eachStop(run: StoppedRun, work: (stop: Stop) => Promise<void>): Promise<void> {
  const { signal } = run;
  const calls = cutCalls.join(',');
  // The bytes themselves say nothing here.
  const tracing = ['-s', '0', '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGSTOP`];
  signal?.throwIfAborted();
  const child = startTarget(run.world, run.place, run.steps, run.cache, tracing);
  const closed = new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code));
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let found = 0;
  const pid = (): number => {
    found ||= Number(readFileSync(`/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`, 'utf8').trim());
    return found;
  };
  const end = (): void => {
    try {
      // Without strace it would stand still for ever.
      if (found > 0) process.kill(found, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', end);

  let call = '';
  let standing = 0;
  const other: string[] = [];
  try {
    for await (const line of linesOf(child.stderr)) {
      const made = /^(?:\[pid +\d+\] )?(?:<\.\.\. )?(\w+)(?:\(| resumed)/u.exec(line)?.[1];
      if (line.includes('--- stopped by SIGSTOP ---')) standing += 1;
      else if (made !== undefined) call = made;
      else if (!/(?:^| )(?:---|\+\+\+) /u.test(line)) other.push(line);
      // A signal stops the threads one after the other. One that is just ending does not stop: it is gone with the line
      // that says so, which may be the last one to come.
      if (standing === 0 || standing < readdirSync(`/proc/${pid()}/task`).length) continue;
      // What it said last is in the pipe by now.
      await delay(1);
      await work({ call, done: said.split('\n').filter((word) => word.startsWith('DONE')).length });
      signal?.throwIfAborted();
      standing = 0;
      process.kill(pid(), 'SIGCONT');
    }
  } catch (error) {
    end();
    await closed;
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
  const code = await closed;
  for (const line of said.split('\n')) {
    if (/^(?:BROKE|ROUGH|ESCAPED|GAVE UP|LEFT .)/u.test(line)) run.note(`the run itself: ${line}`);
  }
  if (!said.includes('\nEND'))
    throw new Error(`The run ended with ${code}: ${other.slice(-5).join('\n')}${said.slice(-500)}`);
}

async function* linesOf(stream: Readable): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** The server may still be at work on what it was asked; once it is done its answer is on the way. */
async function quiet(place: LiveCrashPlace): Promise<void> {
  for (let before = ''; ;) {
    const now = listing(join(place.directory, 'server'));
    if (now === before) return;
    before = now;
    await delay(2);
  }
}

/**
 * What a process that took up here would find, as text to compare: the rows of the recovered database, the files beside
 * it, the server's data.
 */
function stateOf(place: LiveCrashPlace): string {
  const files = ['originals', 'cache', 'downloads'].map((name) => listing(join(place.a, name)));
  return [rowsOf(place.a), ...files, listing(join(place.directory, 'server'))].join('\n');
}

/** Names, sizes and times of a file, or of all files in a folder. */
function listing(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return '';
  if (!found.isDirectory()) return `${path} ${found.size} ${found.mtimeNs}`;
  return entriesOf(path)
    .toSorted()
    .map((name) => listing(join(path, name)))
    .join('\n');
}

/** A server at work may have taken the folder away again. */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** A hash over every row of the database as recovery leaves it; of a copy, for looking would recover the original. */
function rowsOf(directory: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'shoebox-stop-'));
  try {
    for (const name of ['library.sqlite', 'library.sqlite-wal']) {
      if (existsSync(join(directory, name))) copyFileSync(join(directory, name), join(copy, name));
    }
    if (!existsSync(join(copy, 'library.sqlite'))) return 'none';
    const database = new BetterSqlite3(join(copy, 'library.sqlite'));
    try {
      const hash = createHash('sha256');
      const tables = database
        .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`)
        .pluck()
        .all() as string[];
      for (const table of tables) {
        hash.update(table);
        for (const row of database.prepare(`SELECT * FROM "${table}"`).raw().iterate())
          hash.update(JSON.stringify(row));
      }
      return hash.digest('hex');
    } finally {
      database.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
