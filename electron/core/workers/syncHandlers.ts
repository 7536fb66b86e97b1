import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SyncStatus } from '../../../shared/model/sync.ts';
import { pictureKeys } from '../edits/pictureKeys.ts';
import { framePath, isPictureKey, picturePath } from '../media/thumbnailCache.ts';
import { createShareRecordSink } from '../sharing/shareRecordSink.ts';
import { openStore, type Store } from '../store/store.ts';
import type { AssetPolicy } from '../sync/assetTransfer.ts';
import type { CloudFetch, Fetch } from '../sync/httpCloudDatabase.ts';
import { createMirror, mirrorCacheKB, type Mirror, type MirrorAccount } from '../sync/mirror.ts';
import { createSyncClock, newestStampIn, newestStampSeen } from '../sync/syncClock.ts';
import type { Timers } from '../sync/syncEngine.ts';
import { createLibraryAssetFiles } from './libraryAssetFiles.ts';
import { createThumbnailOffers } from './thumbnailOffers.ts';

export interface MirrorStart {
  readonly directory: string;
  readonly account: MirrorAccount;
  /** The session's token; it stays in this worker's memory. */
  readonly token: string;
  /** This device in stamps. */
  readonly node: string;
  readonly policy: AssetPolicy;
  /** The person had paused before: nothing is asked of the server until they resume. */
  readonly paused: boolean;
}

/** How mirroring stands, with the number of changes of that and of commits by the worker. */
export interface MirrorNews {
  readonly version: number;
  readonly commits: number;
  readonly status: SyncStatus;
}

/** What the sync worker can be asked for. Everything it does by itself shows in `news`. */
export type SyncHandlers = {
  readonly start: (start: MirrorStart) => void;
  readonly stop: (params: object) => void;
  readonly storeChanged: (params: object) => void;
  readonly pause: (params: object) => void;
  readonly resume: (params: object) => void;
  readonly setPolicy: (policy: AssetPolicy) => void;
  readonly fetch: (params: { readonly resourceId: string }) => Promise<void>;
  readonly syncNow: (params: object) => Promise<SyncStatus>;
  /** Waits for something newer than `seen`. Answers undefined when mirroring is off. */
  readonly news: (params: { readonly seen: number }, signal: AbortSignal) => Promise<MirrorNews | undefined>;
};

export interface SyncHandlerDependencies {
  readonly requests: CloudFetch;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly timers: Timers;
  readonly reportError: (error: unknown) => void;
}

/** News are gathered for this long, ms: a large import would else wake the windows at every page. */
const gather = 40;

/** The sync worker's side of its channel; the same in a thread and in the process itself. */
export function createSyncHandlers(deps: SyncHandlerDependencies): {
  readonly handlers: SyncHandlers;
  dispose(): void;
} {
  let running: { mirror: Mirror; store: Store; close(): void } | undefined;
  let version = 0;
  let commits = 0;
  /** The commit being heard of is the other thread's, which knows of it. */
  let echo = false;
  let waiting: (() => void)[] = [];
  let gathering: unknown;

  const announce = () => {
    version += 1;
    gathering ??= deps.timers.set(() => {
      gathering = undefined;
      for (const wake of waiting.splice(0)) wake();
    }, gather);
  };

  const stop = () => {
    running?.close();
    running = undefined;
    for (const wake of waiting.splice(0)) wake();
  };

  const start = ({ directory, account, token, node, policy, paused }: MirrorStart) => {
    stop();
    const { now, newId } = deps;
    const store = openStore({
      directory,
      worker: true,
      cacheKB: mirrorCacheKB,
      now,
      newId,
      reportError: deps.reportError,
      stamp: () => clock.stamp(),
    });
    const clock = createSyncClock({
      now,
      node: `${node}w`,
      last: newestStampIn(store.connection),
      seen: () => newestStampSeen(store.connection),
    });
    const mirror = createMirror({
      store,
      account,
      token: () => token,
      requests: deps.requests,
      fetch: deps.fetch,
      files: createLibraryAssetFiles({ store, now, newId }),
      shares: createShareRecordSink({
        store,
        now,
        newId,
        me: () => account.userName,
        pictureKeys: (photoID) => pictureKeys(store.connection, photoID),
        removePictures: (key) => {
          if (!isPictureKey(key)) return;
          for (const size of ['thumb', 'preview'] as const) {
            rmSync(picturePath(join(directory, 'cache'), key, size), { force: true });
          }
          rmSync(framePath(join(directory, 'cache'), key), { force: true });
        },
      }),
      policy,
      paused,
      now,
      random: deps.random,
      newKey: newId,
      timers: deps.timers,
      node: `${node}w`,
      stamp: () => clock.stamp(),
      observeServerTime: (ms) => clock.observeServerTime(ms),
      offerThumbnails: createThumbnailOffers(store, now),
      reportError: deps.reportError,
    });
    const heard = mirror.onStatus(announce);
    const committed = store.didChange.subscribe(() => {
      if (echo) return;
      commits += 1;
      announce();
    });
    running = {
      mirror,
      store,
      close: () => {
        heard.dispose();
        committed.dispose();
        mirror.dispose();
        store.connection.close();
      },
    };
    announce();
  };

  const news = (): MirrorNews | undefined =>
    running === undefined ? undefined : { version, commits, status: running.mirror.status };

  const handlers: SyncHandlers = {
    start,
    stop,
    storeChanged: () => {
      echo = true;
      try {
        running?.mirror.storeChanged();
      } finally {
        echo = false;
      }
    },
    pause: () => running?.mirror.pause(),
    resume: () => running?.mirror.resume(),
    setPolicy: (policy) => running?.mirror.setPolicy(policy),
    fetch: async ({ resourceId }) => running?.mirror.fetch(resourceId),
    syncNow: async () => {
      if (running === undefined) throw new Error('Mirroring is off');
      await running.mirror.syncNow();
      return running.mirror.status;
    },
    news: async ({ seen }, signal) => {
      if (running !== undefined && version <= seen) {
        await new Promise<void>((wake) => {
          waiting.push(wake);
          signal.addEventListener('abort', () => {
            waiting = waiting.filter((one) => one !== wake);
            wake();
          });
        });
      }
      return news();
    },
  };
  return { handlers, dispose: stop };
}
