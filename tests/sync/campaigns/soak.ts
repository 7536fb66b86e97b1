import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startDemoWorld, type DemoPerson, type OpenShell } from '../../../build/demoWorld.ts';
import { openCoreSession, type CoreSession } from '../../../electron/cli/coreSession.ts';
import { openStore, type Store } from '../../../electron/core/store/store.ts';
import { createSeededRandom } from '../../helpers/seededRandom.ts';
import { fairWeather, startUnreliableProxy, type ProxyCounts, type Weather } from '../../helpers/unreliableProxy.ts';
import { firstDifference } from '../../simulation/invariants.ts';
import { endState } from './crashWorld.ts';
import { createWorker } from './soakWork.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Pause of each computer between two things it does, ms. */
  readonly pause: number;
  readonly log: (line: string) => void;
}

/** Resident memory of one process and those it started, MB, at one moment. */
export interface Memory {
  readonly seconds: number;
  readonly a: number;
  readonly b: number;
  readonly server: number;
}

export interface SoakResult {
  readonly done: readonly Readonly<Record<string, number>>[];
  readonly proxy: ProxyCounts;
  readonly memory: readonly Memory[];
  readonly photos: number;
  /** How long it took from fair weather to rest, seconds. */
  readonly settled: number;
  readonly broken: readonly string[];
}

/** How long both computers may take to come to rest once the network is good, ms. */
const longestRest = 10 * 60_000;

/**
 * Two headless shells of one person and a server, each a process of its own, with a proxy between that cuts, slows,
 * breaks and doubles connections; random work on both over the contract. Then the weather clears, and both libraries
 * must be the same, rows and files.
 */
export async function soak({ minutes, seed, pause, log }: SoakOptions): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-soak-'));
  const below = createSeededRandom(seed);
  const chance = (): number => below(1_000_000) / 1_000_000;
  const proxy = await startUnreliableProxy(chance);
  const world = await startDemoWorld(folder, { port: proxy.upstreamPort, publicURL: proxy.origin });
  const broken: string[] = [];
  const memory: Memory[] = [];
  try {
    const people = [await world.person('Ana'), await world.computer('Ana', 'second')];
    const shells = await Promise.all(people.map((person) => person.open()));
    const sessions = await Promise.all(people.map((person) => connect(person, broken)));
    const workers = sessions.map(({ client }, index) => {
      const pictures = join(folder, `pictures-${index}`);
      mkdirSync(pictures);
      return createWorker(client, pictures, index, createSeededRandom(seed * 10 + index));
    });
    const started = performance.now();
    const end = started + minutes * 60_000;
    const running = (): boolean => performance.now() < end && broken.length < 20;

    const measure = (): void => {
      const [a, b] = shells.map(({ pid }) => treeMemory(pid));
      const seconds = Math.round((performance.now() - started) / 1_000);
      memory.push({ seconds, a: a ?? 0, b: b ?? 0, server: treeMemory(world.pid) });
    };
    const work = workers.map(async (worker) => {
      while (running()) {
        try {
          await worker.step();
        } catch (error) {
          broken.push(`${String(error)}: ${String(error instanceof Error ? error.cause : '')}`);
        }
        await delay(pause * (0.5 + chance()));
      }
    });
    const weather = (async () => {
      while (running()) {
        const next = makeWeather(chance);
        proxy.setWeather(next.weather);
        await delay(Math.min(next.lasts, Math.max(0, end - performance.now())));
      }
    })();
    const watching = (async () => {
      let told = 0;
      while (running()) {
        measure();
        const { seconds, a, b, server } = memory.at(-1) ?? { seconds: 0, a: 0, b: 0, server: 0 };
        if (seconds - told >= 60) {
          told = seconds;
          const steps = workers.map(({ done }) => Object.values(done).reduce((sum, count) => sum + count, 0));
          log(
            `${seconds} s: steps ${steps.join(' and ')}, memory A ${a} MB, B ${b} MB, server ${server} MB, ${broken.length} violations`,
          );
        }
        await delay(Math.min(15_000, Math.max(0, end - performance.now())));
      }
    })();
    await Promise.all([...work, weather, watching]);

    proxy.setWeather(fairWeather);
    const cleared = performance.now();
    await rest(sessions, broken);
    const settled = Math.round((performance.now() - cleared) / 1_000);
    measure();
    await Promise.all(sessions.map((session) => session.dispose()));
    await stopAll(shells, broken);
    const photos = compare(people, broken);
    return { done: workers.map((worker) => worker.done), proxy: proxy.counts, memory, photos, settled, broken };
  } finally {
    await world.stop();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function connect(person: DemoPerson, broken: string[]): Promise<CoreSession> {
  return openCoreSession({
    library: person.library,
    version: 'soak',
    env: { HOME: person.home },
    log: (line) => broken.push(`the shell says: ${line}`),
  });
}

/** What comes next from above, and for how long, ms. */
function makeWeather(chance: () => number): { readonly weather: Weather; readonly lasts: number } {
  const kind = chance();
  const lasts = 2_000 + chance() * 13_000;
  if (kind < 0.35) return { weather: fairWeather, lasts };
  if (kind < 0.55) return { weather: { ...fairWeather, cut: true }, lasts };
  return {
    weather: {
      cut: false,
      latency: chance() < 0.5 ? chance() * 300 : 0,
      bytesPerSecond: chance() < 0.5 ? 20_000 + chance() * 200_000 : null,
      duplicated: chance() < 0.6 ? 0.5 : 0,
      broken: chance() < 0.6 ? 0.4 : 0,
    },
    lasts,
  };
}

/** Waits until both have nothing left to send, fetch or take in, and their counts agree. */
async function rest(sessions: readonly CoreSession[], broken: string[]): Promise<void> {
  const end = performance.now() + longestRest;
  let calm = 0;
  while (calm < 3) {
    if (performance.now() > end) {
      const states = await Promise.all(sessions.map(({ client }) => client.sync.status({})));
      broken.push(`no rest after ${longestRest / 60_000} minutes: ${JSON.stringify(states)}`);
      return;
    }
    const quiet = await Promise.all(
      sessions.map(async ({ client }) => {
        const status = await client.sync.now({});
        const imports = await client.library.imports({});
        return (
          status.waitingChanges + status.uploads + status.downloads === 0 &&
          status.phase === 'idle' &&
          imports.every(({ state }) => state === 'done' || state === 'cancelled')
        );
      }),
    );
    calm = quiet.every(Boolean) ? calm + 1 : 0;
    // Thumbnails of what arrived last are offered a moment later.
    await delay(2_500);
  }
}

async function stopAll(shells: readonly OpenShell[], broken: string[]): Promise<void> {
  for (const shell of shells) {
    const ended = await Promise.race([shell.stop().then(() => true), delay(30_000, false)]);
    if (!ended) broken.push('a shell did not end within 30 s of being asked');
  }
}

/** @returns how many photos both have */
function compare(people: readonly DemoPerson[], broken: string[]): number {
  const ends = people.map(({ library }) => {
    const store = openStore({ directory: library, now: Date.now, newId: () => crypto.randomUUID() });
    const check = store.connection.raw.pragma('integrity_check', { simple: true });
    if (check !== 'ok') broken.push(`${library}: integrity_check says ${String(check)}`);
    const keys = store.connection.raw.pragma('foreign_key_check') as object[];
    if (keys.length > 0) broken.push(`${library}: foreign keys point nowhere: ${JSON.stringify(keys.slice(0, 2))}`);
    const end = endState(store);
    const photos = store.connection.raw.prepare('SELECT count(*) FROM photo').pluck().get() as number;
    const originals = hashesOfOriginals(store, broken);
    store.dispose();
    return { ...end, photos, originals };
  });
  const [a, b] = ends;
  if (a === undefined || b === undefined) throw new Error('There are two computers');
  if (a.rows !== b.rows) broken.push(`the rows differ: ${firstDifference(a.rows, b.rows)}`);
  if (a.files !== b.files) broken.push(`which files are here differs: ${firstDifference(a.files, b.files)}`);
  if (a.originals !== b.originals) {
    broken.push(`the originals differ: ${firstDifference(a.originals, b.originals)}`);
  }
  return a.photos;
}

/**
 * Each photo's files and what is really in them. Copies whose photo was deleted for good on the other computer stay as
 * long as the trash would have kept them, so they are no part of this.
 */
function hashesOfOriginals(store: Store, broken: string[]): string {
  const files = store.connection.raw
    .prepare(
      `SELECT resource.id AS id, resource.sha256 AS sha256, folder.path || '/' || file.path AS path
       FROM file JOIN folder ON folder.id = file.folder_id JOIN resource ON resource.sha256 = file.sha256
       WHERE file.state = 'present' ORDER BY resource.id`,
    )
    .all() as { id: string; sha256: string; path: string }[];
  return files
    .map(({ id, sha256, path }) => {
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
      if (hash !== sha256) broken.push(`${path} has other bytes than its photo`);
      return `${id} ${hash}`;
    })
    .join('\n');
}

/** Resident memory of a process and its descendants, MB (Linux; 0 elsewhere). */
function treeMemory(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const parent = field(Number(name), 'PPid');
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const belongs = (one: number | undefined): boolean => one !== undefined && (one === pid || belongs(parents.get(one)));
  const kilobytes = [...parents.keys()].filter(belongs).reduce((sum, one) => sum + (field(one, 'VmRSS') ?? 0), 0);
  return Math.round(kilobytes / 1024);
}

function field(pid: number, name: string): number | undefined {
  try {
    const found = new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found?.[1] === undefined ? undefined : Number(found[1]);
  } catch {
    // It ended between the listing and this.
    return undefined;
  }
}
