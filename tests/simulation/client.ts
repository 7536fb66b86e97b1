import { createHttpCloudDatabase, type Fetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { derivedRow } from '../../electron/core/sync/derivedRow.ts';
import { createSyncClock, newestStampIn, newestStampSeen } from '../../electron/core/sync/syncClock.ts';
import { createSyncEngine, type SyncEngine } from '../../electron/core/sync/syncEngine.ts';
import { createTagDeduplication } from '../../electron/core/sharing/deduplication.ts';
import { adoptPair } from '../../electron/core/sharing/adoptPair.ts';
import { createShareRecords } from '../../electron/core/sharing/shareRecords.ts';
import { openMemoryStore, type Store } from '../../electron/core/store/store.ts';
import type { VirtualTime } from './virtualTime.ts';

/** An empty library, migrated once: every simulated device starts from a copy of its bytes. */
export function makeLibraryImage(): Buffer {
  const store = openMemoryStore({ now: () => 1_700_000_000_000, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
  const image = store.connection.raw.serialize();
  store.dispose();
  return image;
}

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
  /** Offset of this computer's clock, ms. */
  skew: number;
  now(): number;
  newId(): string;
  /** The process dies between two effects and is started again: nothing but the store survives. */
  crash(): void;
  /** Lets the database grow by at most this many pages; undefined frees the disk again. */
  limitDisk(pages: number | undefined): void;
  /** What the app does after each import. */
  afterImport(): void;
  dispose(): void;
}

export function createClient(deps: {
  readonly name: string;
  readonly person: string;
  readonly me: string;
  readonly image: Buffer;
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly fetch: Fetch;
  readonly forget: () => void;
  readonly server: string;
  readonly container: string;
  readonly environment: string;
  readonly token: () => string | undefined;
}): Client {
  const { name, time } = deps;
  let ids = 0;
  let skew = 0;
  const now = () => time.now + skew;
  const newId = () => {
    ids += 1;
    return `${now().toString(16).padStart(12, '0')}-${name}-${ids.toString(16).padStart(4, '0')}`;
  };
  const errors: unknown[] = [];
  const store = openMemoryStore({
    now,
    newId,
    image: deps.image,
    stamp: () => clock.stamp(),
    reportError: (error) => errors.push(error),
  });
  let clock = createSyncClock({
    now,
    node: name,
    last: newestStampIn(store.connection),
    seen: () => newestStampSeen(store.connection),
  });
  const cloud = createHttpCloudDatabase({
    fetch: deps.fetch,
    server: deps.server,
    container: deps.container,
    environment: deps.environment,
    token: deps.token,
    newKey: newId,
    onServerTime: (ms) => clock.observeServerTime(ms),
  });
  const shares = createShareRecords({ connection: store.connection, now, newId, me: () => deps.me });
  const deduplication = createTagDeduplication({ store, now });
  const timers = time.timersOf(name);

  const start = () => {
    const made = createSyncEngine({
      store,
      cloud,
      me: deps.me,
      now,
      random: deps.random,
      timers,
      node: name,
      derive: derivedRow,
      shares: {
        apply: (zone, record) => shares.apply(zone, record),
        zoneEnding: () => undefined,
        zoneRemoved: () => undefined,
        adoptPair: (id, zone) => adoptPair(store.connection, id, zone, now, newId),
      },
      assets: { found: () => undefined, value: () => undefined, accepted: () => undefined },
      reportError: (error) => errors.push(error),
    });
    return made;
  };
  let engine = start();

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
    get skew() {
      return skew;
    },
    set skew(value) {
      skew = value;
    },
    now,
    newId,
    crash: () => {
      engine.stop();
      time.dropTimers(name);
      deps.forget();
      clock = createSyncClock({
        now,
        node: name,
        last: newestStampIn(store.connection),
        seen: () => newestStampSeen(store.connection),
      });
      engine = start();
      engine.start();
    },
    limitDisk: (pages) => {
      const { raw } = store.connection;
      const used = Number(raw.pragma('page_count', { simple: true }));
      raw.pragma(`max_page_count = ${pages === undefined ? 1_073_741_823 : used + pages}`);
    },
    afterImport: () => {
      deduplication.run('private');
      deduplication.run('shared');
    },
    dispose: () => {
      engine.stop();
      time.dropTimers(name);
      store.connection.close();
    },
  };
}
