import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { readPicture } from '../../../electron/core/media/thumbnailCache.ts';
import type { Store } from '../../../electron/core/store/store.ts';
import { entities } from '../../../electron/core/store/entities.ts';
import { makePerson, quickPasswords } from '../../helpers/testServer.ts';
import { startServer, type RunningServer } from '../../../server/startServer.ts';
import { openCrashLibrary, type CrashAccount } from './crashLibrary.ts';
import { makeCrashScripts, type CrashScripts } from './crashScript.ts';

const container = 'iCloud.org.example.shoebox';

/** A server and two computers of one person, before anything is cut: what every point starts from a copy of. */
export interface CrashWorld {
  readonly scripts: CrashScripts;
  readonly seed: number;
  /** What an undisturbed run ends in. */
  readonly expected: EndState;
  /** Copies everything, starts the server, and hands it to `work`. */
  enter<T>(work: (place: CrashPlace) => Promise<T>): Promise<T>;
  /** The same with the server in a process of its own, which `signal` ends. */
  enterApart<T>(work: (place: LiveCrashPlace) => Promise<T>, signal?: AbortSignal): Promise<T>;
  dispose(): void;
}

/** A copy of the world with its own server; one at a time. */
export interface CrashPlace {
  readonly a: string;
  readonly b: string;
  readonly c: string;
  readonly account: CrashAccount;
}

export interface LiveCrashPlace extends CrashPlace {
  /** Where all of it lies: the libraries, and the server's data in `server`. */
  readonly directory: string;
  /** Lets the server stand still until `meanwhile` has ended. */
  hold<T>(meanwhile: () => Promise<T>): Promise<T>;
  /**
   * Hands `work` a copy of everything as it is now, at the same path and with a server of its own, as if all had been
   * killed at this moment. Until that has ended the original lies elsewhere, so its server must be held, and whoever else
   * works there must stand still.
   */
  fork<T>(work: (place: CrashPlace) => Promise<T>): Promise<T>;
}

/** The rows of a library and the files of its photos, comparable between computers. */
export interface EndState {
  readonly rows: string;
  readonly files: string;
}

/** @param steps how many steps computer A makes */
export async function makeCrashWorld(seed: number, steps: number): Promise<CrashWorld> {
  const scripts = makeCrashScripts(seed, steps);
  const base = mkdtempSync(join(tmpdir(), 'shoebox-crash-'));
  const template = join(base, 'template');
  // A library knows where its originals lie, so every point is worked at the same place.
  const place = join(base, 'place');
  mkdirSync(place);
  const first = await startCrashServer(join(place, 'server'));
  const { token, userName } = await makePerson(first.container, 'ana');
  const accountAt = (origin: string): CrashAccount => ({
    account: { server: origin, container, environment: 'development', userName },
    token,
  });
  const [a, b, c] = [join(place, 'a'), join(place, 'b'), join(place, 'c')];
  const onB = async (steps_: CrashScripts['known']): Promise<void> => {
    const library = openCrashLibrary(b, accountAt(first.origin));
    for (const step of steps_) await library.run(step);
    await mustFinish(library);
    library.close();
  };
  await onB(scripts.known);
  const onA = openCrashLibrary(a, accountAt(first.origin));
  await mustFinish(onA);
  onA.close();
  await onB(scripts.elsewhere);
  await first.stop();

  renameSync(place, template);

  const withServer = async <T>(work: (found: CrashPlace) => Promise<T>): Promise<T> => {
    const server = await startCrashServer(join(place, 'server'));
    try {
      return await work({ a, b, c, account: accountAt(server.origin) });
    } finally {
      await server.stop();
    }
  };
  const enter: CrashWorld['enter'] = (work) => {
    rmSync(place, { recursive: true, force: true });
    copyTree(template, place);
    return withServer(work);
  };
  const enterApart: CrashWorld['enterApart'] = async (work, signal) => {
    rmSync(place, { recursive: true, force: true });
    copyTree(template, place);
    const script = join(import.meta.dirname, 'crashServerTarget.ts');
    const server = spawn(process.execPath, [script, join(place, 'server')], { stdio: ['ignore', 'pipe', 'pipe'] });
    // By way of this process: standing still it would keep our own stream open, for whoever waits for its end.
    server.stderr.pipe(process.stderr, { end: false });
    const end = (): void => void server.kill('SIGKILL');
    signal?.addEventListener('abort', end);
    try {
      const [said] = (await Promise.race([
        once(server.stdout, 'data'),
        once(server, 'exit').then(([code]) => {
          throw new Error(`The server ended with ${String(code)}.`);
        }),
      ])) as [Buffer];
      const { pid = 0 } = server;
      const stands = (): boolean => /\) T/u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      const hold: LiveCrashPlace['hold'] = async (meanwhile) => {
        if (server.exitCode !== null) throw new Error(`The server has ended with ${server.exitCode}.`);
        server.kill('SIGSTOP');
        while (!stands()) await delay(1);
        try {
          return await meanwhile();
        } finally {
          server.kill('SIGCONT');
        }
      };
      const fork: LiveCrashPlace['fork'] = async (ofCopy) => {
        if (!stands()) throw new Error('A copy is made while the server stands still.');
        const aside = join(base, 'aside');
        renameSync(place, aside);
        try {
          copyTree(aside, place);
          return await withServer(ofCopy);
        } finally {
          rmSync(place, { recursive: true, force: true });
          renameSync(aside, place);
        }
      };
      return await work({ a, b, c, account: accountAt(said.toString().trim()), directory: place, hold, fork });
    } finally {
      const ended = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined;
      end();
      signal?.removeEventListener('abort', end);
      await ended;
    }
  };
  const expected = await enter(async ({ a: directory, account }) => {
    const library = openCrashLibrary(directory, account);
    for (const step of scripts.steps) await library.run(step);
    await mustFinish(library);
    const end = endState(library.store);
    library.close();
    return end;
  });
  return { scripts, seed, expected, enter, enterApart, dispose: () => rmSync(base, { recursive: true, force: true }) };
}

/** By another process: one that closes a copy of a database file loses its locks on the original (sqlite.org/howtocorrupt). */
function copyTree(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

/** The server of the world, in this process. */
export function startCrashServer(dataFolder: string): Promise<RunningServer> {
  return startServer(
    // Small pieces, so that an upload has a middle to be cut in.
    { dataFolder, port: 0, logLevel: 'silent', limits: { chunkBytes: 65_536 } },
    { passwords: quickPasswords, mail: { send: () => Promise.resolve() } },
  );
}

async function mustFinish(library: ReturnType<typeof openCrashLibrary>): Promise<void> {
  const left = await library.syncToTheEnd();
  if (left !== '' || library.escaped.length > 0) {
    throw new AggregateError(library.escaped, `An undisturbed run did not come to its end: ${left}`);
  }
}

/**
 * The synced columns of every row, and which bytes are here for each resource. When a computer made the row of a grid
 * picture is left out: it does that by itself, at its own time.
 */
export function endState(store: Store): EndState {
  const { raw } = store.connection;
  const rows = entities.flatMap(({ entity, table, synced }) => {
    const found = raw
      .prepare(`SELECT id, zone_id, ${synced.map((name) => `"${name}"`).join(', ')} FROM ${table} ORDER BY id`)
      .all() as Record<string, unknown>[];
    return found.map((row) => {
      const own = row['kind'] === 'thumbnail' ? { ...row, created_at: 0, modified_at: 0 } : row;
      return `${entity} ${JSON.stringify(own)}`;
    });
  });
  const files = raw
    .prepare(`SELECT id, kind, sha256, local_state FROM resource WHERE sha256 IS NOT NULL ORDER BY id`)
    .all() as object[];
  return { rows: rows.join('\n'), files: files.map((row) => JSON.stringify(row)).join('\n') };
}

/**
 * What must hold the moment after a process died, before anything is opened again: a whole database, and no file under
 * its final name that is not whole.
 */
export function examineRemains(directory: string): readonly string[] {
  const found: string[] = [];
  // A copy: looking would else put right what the app has to put right itself.
  const copy = mkdtempSync(join(tmpdir(), 'shoebox-remains-'));
  for (const name of ['library.sqlite', 'library.sqlite-wal']) {
    if (existsSync(join(directory, name))) copyFileSync(join(directory, name), join(copy, name));
  }
  const database = new BetterSqlite3(join(copy, 'library.sqlite'));
  try {
    const check = database.pragma('integrity_check', { simple: true });
    if (check !== 'ok') found.push(`integrity_check says ${String(check)}`);
    const keys = database.pragma('foreign_key_check') as object[];
    if (keys.length > 0) found.push(`foreign keys point nowhere: ${JSON.stringify(keys.slice(0, 2))}`);
    const files = database
      .prepare(
        `SELECT folder.path || '/' || file.path AS path, file.sha256 AS sha256 FROM file
         JOIN folder ON folder.id = file.folder_id WHERE file.state = 'present'`,
      )
      .all() as { path: string; sha256: string }[];
    for (const { path, sha256 } of files) {
      if (!existsSync(path)) found.push(`${relative(directory, path)} is listed and not there`);
      else if (hashOf(path) !== sha256) found.push(`${relative(directory, path)} has other bytes than its row says`);
    }
  } finally {
    database.close();
    rmSync(copy, { recursive: true, force: true });
  }
  return found;
}

/** What must hold besides once everything has come to its end: each picture is whole and each original has its row. */
function examineFiles(directory: string, known: ReadonlySet<string>): readonly string[] {
  const found: string[] = [...examineRemains(directory)];
  const seen = new Map<string, string>();
  for (const path of filesUnder(join(directory, 'originals'))) {
    const sha256 = hashOf(path);
    if (!known.has(sha256)) found.push(`${relative(directory, path)} holds the bytes of no photo`);
    const twin = seen.get(sha256);
    if (twin !== undefined)
      found.push(`${relative(directory, path)} is there twice, also as ${relative(directory, twin)}`);
    seen.set(sha256, path);
  }
  for (const path of filesUnder(join(directory, 'cache'))) {
    if (path.endsWith('.webp') && readPicture(path) === undefined)
      found.push(`${relative(directory, path)} is not whole`);
  }
  for (const path of filesUnder(join(directory, 'downloads'))) found.push(`${relative(directory, path)} was left over`);
  return found;
}

/** The same of both computers, which have to have the same photos. */
export function examineBoth({ a, b }: Pick<CrashPlace, 'a' | 'b'>, { files }: EndState): readonly string[] {
  const known = new Set([...files.matchAll(/"sha256":"([0-9a-f]{64})"/gu)].map((match) => match[1] ?? ''));
  return [
    ...examineFiles(a, known).map((line) => `A at the end: ${line}`),
    ...examineFiles(b, known).map((line) => `B at the end: ${line}`),
  ];
}

function filesUnder(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
