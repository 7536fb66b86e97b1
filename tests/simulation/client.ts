import { createHttpCloudDatabase, type CloudFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { derivedRow } from '../../electron/core/sync/derivedRow.ts';
import { createSyncClock, newestStampIn, newestStampSeen } from '../../electron/core/sync/syncClock.ts';
import { createSyncEngine, type SyncEngine } from '../../electron/core/sync/syncEngine.ts';
import { createTagDeduplication, type TagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import { createShareRecordSink } from '../../electron/core/sharing/shareRecordSink.ts';
import type { Connection } from '../../electron/core/store/connection.ts';
import { entities, type EntityDefinition } from '../../electron/core/store/entities.ts';
import { openMemoryStore, type Store } from '../../electron/core/store/store.ts';
import { fillFreePages, freeFilledPages } from './databasePool.ts';
import { createKillSwitch, Killed } from './killSwitch.ts';
import type { VirtualTime } from './virtualTime.ts';

/**
 * An empty library of its own in memory. Of a copy of bytes (`makeLibraryImage`) SQLite thinks as of a file: each commit
 * writes the pages a second time, and each reading looks whether somebody else has written.
 */
export function makeLibrary(): Connection {
  return openMemoryStore({ now: () => 1_700_000_000_000, newId: () => '018bcfe5-6800-7000-8000-000000000001' })
    .connection;
}

/** The bytes of an empty library, for devices that are used once: opening them is quicker than making a library. */
export function makeLibraryImage(): Buffer {
  const library = makeLibrary();
  const image = library.raw.serialize();
  library.close();
  return image;
}

/** What a build from before comments, ratings and places knows. */
export const staleModel: readonly EntityDefinition[] = entities
  .filter(({ entity }) => entity !== 'Comment' && entity !== 'Rating')
  .map((one) => (one.entity === 'Photo' ? { ...one, synced: one.synced.filter((name) => name !== 'place') } : one));

/** One computer of one person: the real store and the real engine on simulated time, network and disk. */
export interface Client {
  readonly name: string;
  readonly person: string;
  /** The person's record name on the server. */
  readonly me: string;
  readonly store: Store;
  readonly engine: SyncEngine;
  readonly cloud: CloudDatabase;
  readonly errors: unknown[];
  /** It runs a build that does not know every entity and field. */
  readonly stale: boolean;
  /** The process was killed at a write and has to be started again. */
  readonly dead: boolean;
  /** Offset of this computer's clock, ms. */
  skew: number;
  now(): number;
  newId(): string;
  /** The process dies between two effects and is started again: nothing but the store survives. */
  crash(): void;
  /** The process dies at the write that many writes from now; undefined takes it back. */
  killAfter(writes: number | undefined): void;
  /** The build of today is installed and started. */
  upgrade(): void;
  /** Its disk is full. */
  readonly full: boolean;
  /** Lets the database grow by at most this many pages; undefined frees the disk again. */
  limitDisk(pages: number | undefined): void;
  /** What the app does after each import. */
  afterImport(): void;
  dispose(): void;
}

export interface ClientDependencies {
  readonly name: string;
  readonly person: string;
  readonly me: string;
  /** An open, empty library. */
  readonly library: Connection;
  /** Takes the library back. */
  readonly release: (library: Connection) => void;
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly fetch: CloudFetch;
  readonly forget: () => void;
  readonly server: string;
  readonly container: string;
  readonly environment: string;
  readonly token: () => string | undefined;
  /** Starts as a build that knows less. */
  readonly stale?: boolean;
}

/** One run of de-duplication over both stores, as after each import; by a process that has just started unless one is given. */
export function deduplicate(
  store: Store,
  now: () => number,
  deduplication: TagDeduplication = createTagDeduplication({ store, now }),
): void {
  deduplication.run('private');
  deduplication.run('shared');
}

export function createClient(deps: ClientDependencies): Client {
  const { name, time } = deps;
  let ids = 0;
  let skew = 0;
  let full = false;
  let stale = deps.stale === true;
  const now = () => time.now + skew;
  const newId = () => {
    ids += 1;
    return `${now().toString(16).padStart(12, '0')}-${name}-${ids.toString(16).padStart(4, '0')}`;
  };
  const errors: unknown[] = [];
  const noteError = (error: unknown) => {
    // A process that was killed tells nobody.
    if (!(error instanceof Killed)) errors.push(error);
  };
  const killSwitch = createKillSwitch(deps.library);
  const store = openMemoryStore({
    now,
    newId,
    prepared: killSwitch.connection,
    stamp: () => clock.stamp(),
    reportError: noteError,
  });
  const startClock = () =>
    createSyncClock({
      now,
      node: name,
      last: newestStampIn(store.connection),
      seen: () => newestStampSeen(store.connection),
    });
  let clock = startClock();
  const cloud = createHttpCloudDatabase({
    fetch: deps.fetch,
    server: deps.server,
    container: deps.container,
    environment: deps.environment,
    token: deps.token,
    newKey: newId,
    onServerTime: (ms) => clock.observeServerTime(ms),
  });
  const timers = time.timersOf(name);

  const start = () =>
    createSyncEngine({
      store,
      cloud,
      me: deps.me,
      now,
      random: deps.random,
      timers,
      node: name,
      derive: derivedRow,
      ...(stale ? { model: staleModel } : {}),
      shares: createShareRecordSink({
        store,
        now,
        newId,
        me: () => deps.me,
        pictureKeys: () => [],
        removePictures: () => undefined,
      }),
      assets: { found: () => undefined, value: () => undefined, accepted: () => undefined, refused: () => undefined },
      reportError: noteError,
    });
  let engine = start();
  let deduplication = createTagDeduplication({ store, now });

  const crash = () => {
    engine.stop();
    time.dropTimers(name);
    deps.forget();
    killSwitch.arm(undefined);
    clock = startClock();
    engine = start();
    deduplication = createTagDeduplication({ store, now });
    engine.start();
  };

  const limitDisk = (pages: number | undefined): void => {
    if (pages === undefined && !full) return;
    const { raw } = store.connection;
    raw.pragma('max_page_count = 1073741823');
    freeFilledPages(raw);
    full = pages !== undefined;
    if (pages === undefined) return;
    fillFreePages(raw);
    raw.pragma(`max_page_count = ${Number(raw.pragma('page_count', { simple: true })) + pages}`);
  };

  return {
    name,
    person: deps.person,
    me: deps.me,
    store,
    get engine() {
      return engine;
    },
    cloud,
    errors,
    get stale() {
      return stale;
    },
    get dead() {
      return killSwitch.fired;
    },
    get full() {
      return full;
    },
    get skew() {
      return skew;
    },
    set skew(value) {
      skew = value;
    },
    now,
    newId,
    crash,
    killAfter: (writes) => killSwitch.arm(writes),
    upgrade: () => {
      stale = false;
      crash();
    },
    limitDisk,
    afterImport: () => deduplicate(store, now, deduplication),
    dispose: () => {
      engine.stop();
      time.dropTimers(name);
      // The next run gets this database, and with it the room it has.
      limitDisk(undefined);
      deps.release(deps.library);
    },
  };
}
