import { randomUUIDv7 } from 'node:crypto';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { createHttpRequests } from '../../electron/core/sync/httpRequests.ts';
import { createMirror, mirrorCacheKB, type Mirror, type MirrorAccount } from '../../electron/core/sync/mirror.ts';
import { createSyncClock, newestStampSeen } from '../../electron/core/sync/syncClock.ts';
import { createLibraryAssetFiles } from '../../electron/core/workers/libraryAssetFiles.ts';
import { noSharing } from '../helpers/noSharing.ts';

/** What a computer of the bench has to be told: where its library lies, and whose it is. */
export interface SyncComputerOptions {
  readonly directory: string;
  readonly name: string;
  readonly account: MirrorAccount;
  readonly token: string;
}

/** A library and its mirror, as the sync worker of the app puts them together, without window and ingest. */
export interface SyncComputer {
  readonly store: Store;
  /** Begins to mirror. */
  start(): Mirror;
  dispose(): void;
}

/** Opens the library, making it when there is none. */
export function openSyncComputer({ directory, name, account, token }: SyncComputerOptions): SyncComputer {
  const store: Store = openStore({
    directory,
    now: Date.now,
    newId: randomUUIDv7,
    stamp: () => clock.stamp(),
    cacheKB: mirrorCacheKB,
  });
  const clock = createSyncClock({
    now: Date.now,
    node: name,
    last: undefined,
    seen: () => newestStampSeen(store.connection),
  });
  let mirror: Mirror | undefined;
  return {
    store,
    start: () => {
      mirror ??= createMirror({
        store,
        account,
        token: () => token,
        requests: createHttpRequests().fetch,
        fetch: (request) => fetch(request),
        files: createLibraryAssetFiles({ store, now: Date.now, newId: randomUUIDv7 }),
        shares: noSharing,
        policy: { originals: 'everywhere', cacheLimitBytes: Number.POSITIVE_INFINITY, bytesPerSecond: null },
        paused: false,
        now: Date.now,
        random: Math.random,
        newKey: randomUUIDv7,
        timers: { set: (fn, ms) => setTimeout(fn, ms), clear: (handle) => clearTimeout(handle as NodeJS.Timeout) },
        node: name,
        stamp: () => clock.stamp(),
        observeServerTime: () => undefined,
        offerThumbnails: () => 0,
        reportError: (error) => console.error(error),
      });
      return mirror;
    },
    dispose: () => {
      mirror?.dispose();
      store.dispose();
    },
  };
}
