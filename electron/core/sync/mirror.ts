import type { HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import { isAppError } from '../../../shared/errors.ts';
import type { SyncStatus } from '../../../shared/model/sync.ts';
import type { Store } from '../store/store.ts';
import type { AssetFiles } from './assetFiles.ts';
import { createAssetTransfer, type AssetPolicy } from './assetTransfer.ts';
import { derivedRow } from './derivedRow.ts';
import { createHttpCloudDatabase, type CloudFetch, type Fetch } from './httpCloudDatabase.ts';
import type { SharingHooks } from './importer.ts';
import { createPush } from './push.ts';
import { createThrottle } from './throttle.ts';
import { holdsOthers } from './storedAssets.ts';
import { createSyncEngine, type Timers } from './syncEngine.ts';
import { readSyncStatus } from './syncStatus.ts';

/** The account and server a library is mirrored with. */
export interface MirrorAccount {
  readonly server: string;
  readonly container: string;
  readonly environment: string;
  /** The person's record name. */
  readonly userName: string;
}

export interface MirrorDependencies {
  readonly store: Store;
  readonly account: MirrorAccount;
  readonly token: () => string | undefined;
  /** For the container's requests and the bytes of photos. */
  readonly requests: CloudFetch;
  /** For the connection the server pushes over. */
  readonly fetch: Fetch;
  readonly files: AssetFiles;
  readonly shares: SharingHooks;
  readonly policy: AssetPolicy;
  /** Whether it begins with a pause. */
  readonly paused: boolean;
  readonly now: () => number;
  readonly random: () => number;
  readonly newKey: () => string;
  readonly timers: Timers;
  /** This device in stamps. */
  readonly node: string;
  readonly stamp: () => HybridStamp;
  readonly observeServerTime: (ms: number) => void;
  /** Makes records for pictures that were made meanwhile. @returns how many */
  readonly offerThumbnails: () => number;
  readonly reportError: (error: unknown) => void;
}

/** Everything that mirrors one library, running: records, bytes, pushes. */
export interface Mirror {
  /** A commit by another connection, or on this one. */
  storeChanged(): void;
  pause(): void;
  resume(): void;
  setPolicy(policy: AssetPolicy): void;
  fetch(resourceId: string): Promise<void>;
  /** One full cycle, files included. */
  syncNow(): Promise<void>;
  readonly status: SyncStatus;
  onStatus(listener: () => void): { dispose(): void };
  dispose(): void;
}

/** What a connection that mirrors keeps of the library in memory, in kB: it passes over all of it once, and seldom comes back. */
export const mirrorCacheKB = 24_000;
/** The cache of originals is held to its limit at most this often, ms. */
const trimPause = 60_000;
/** Bytes nobody has sent are looked for at the start and then this often, ms. */
const sweepPause = 60 * 60_000;
/** Bytes that arrived are announced in their records at most this often, ms: each file by itself would cost every computer a round of requests. */
const announcePause = 500;
/** New pictures are looked for at most this often, ms. */
const thumbnailPause = 2_000;

export function createMirror(deps: MirrorDependencies): Mirror {
  const { store, account, timers } = deps;
  const listeners = new Set<() => void>();
  const announce = () => {
    for (const listener of listeners) listener();
  };
  const cloud = createHttpCloudDatabase({
    fetch: deps.requests,
    server: account.server,
    container: account.container,
    environment: account.environment,
    token: deps.token,
    newKey: deps.newKey,
    onServerTime: deps.observeServerTime,
  });
  const uploaded = createThrottle({
    now: deps.now,
    timers,
    pause: announcePause,
    work: () => engine.kick({ export: true }),
  });
  const assets = createAssetTransfer({
    store,
    cloud,
    files: deps.files,
    now: deps.now,
    random: deps.random,
    timers,
    stamp: deps.stamp,
    onUploaded: uploaded.ask,
    onProgress: announce,
    reportError: deps.reportError,
  });
  // First of all: a policy that is set has the transfers look for what they may do.
  if (deps.paused) assets.pause();
  assets.setPolicy(deps.policy);
  const engine = createSyncEngine({
    store,
    cloud,
    me: account.userName,
    now: deps.now,
    random: deps.random,
    timers,
    node: deps.node,
    derive: derivedRow,
    shares: deps.shares,
    assets: {
      found: ({ rowId, zoneId, values, asset }) => {
        const mine = (values['created_by'] ?? null) === null;
        if (asset === undefined) {
          // Perhaps our own save, whose acknowledgement was lost and with it the cue to send the bytes.
          if (mine) assets.queue.queueUpload(rowId);
          return;
        }
        const sha256 = typeof values['sha256'] === 'string' ? values['sha256'] : null;
        const size = typeof values['byte_size'] === 'number' ? values['byte_size'] : sizeOf(asset);
        assets.queue.noteOlderBytes(rowId);
        const isHere = assets.queue.isHere(rowId);
        if (holdsOthers(asset, sha256)) {
          // The file was changed in its place, and its record came before its bytes: whoever has those sends them.
          if (isHere && mine) assets.queue.sendInstead(rowId);
          return;
        }
        assets.queue.noteRemote({ id: rowId, zoneId, kind: String(values['kind']), byteSize: size, sha256 }, isHere);
      },
      value: (resourceId) => assets.queue.value(resourceId),
      accepted: (resourceId, announced) => {
        if (announced) assets.queue.setAnnounced(resourceId);
        else assets.queue.queueUpload(resourceId);
      },
      refused: (resourceId, again) => assets.queue.sendAgain(resourceId, again),
    },
    reportError: deps.reportError,
  });
  const push = createPush({
    fetch: deps.fetch,
    url: `${account.server}/shoebox/1/${account.container}/${account.environment}/events`,
    token: deps.token,
    timers,
    random: deps.random,
    onHint: () => engine.kick({ import: true }),
    onSignedOut: () => engine.kick({ import: true }),
    onLive: (live) => {
      // Changes, files and pushes each try by themselves, ever more seldom.
      if (live) {
        engine.reachable();
        assets.reachable();
      }
      announce();
    },
  });
  /** Not what a clock noted that has been set back since. */
  const isRecent = (at: number, pause: number): boolean => {
    const passed = deps.now() - at;
    return passed >= 0 && passed < pause;
  };
  let trimmedAt = Number.NEGATIVE_INFINITY;
  const trimCache = () => {
    if (isRecent(trimmedAt, trimPause)) return;
    trimmedAt = deps.now();
    const used = store.connection
      .statement<[], { bytes: number | null }>(
        `SELECT sum(file.byte_size) AS bytes FROM file JOIN folder ON folder.id = file.folder_id
         WHERE folder.kind = 'originals' AND file.state = 'present'`,
      )
      .get();
    // What cannot be asked of the server now is kept; the next round asks again.
    assets.evict(used?.bytes ?? 0).catch(() => undefined);
  };
  let sweptAt = Number.NEGATIVE_INFINITY;
  let sweepLater: unknown;
  /** At rest only: until a first import is in, most of what is here is unknown to the server. */
  const sweepWhenDue = () => {
    if (engine.status.phase !== 'idle' || isRecent(sweptAt, sweepPause)) return;
    sweptAt = deps.now();
    if (sweepLater !== undefined) timers.clear(sweepLater);
    sweepLater = timers.set(sweepWhenDue, sweepPause);
    void sweep();
  };
  const sweep = async (): Promise<void> => {
    try {
      await assets.sweep();
    } catch (error) {
      // What cannot be asked of the server now is asked in the next round.
      if (!isAppError(error)) deps.reportError(error);
    }
  };
  const watching = engine.onStatus(({ phase }) => {
    if (phase === 'idle') {
      push.reachable();
      assets.reachable();
      assets.kick();
      trimCache();
      sweepWhenDue();
    }
    announce();
  });

  let thumbnails: unknown;
  const lookForThumbnails = () => {
    thumbnails ??= timers.set(() => {
      thumbnails = undefined;
      try {
        if (deps.offerThumbnails() > 0) {
          engine.kick({ export: true });
          lookForThumbnails();
        }
      } catch (error) {
        deps.reportError(error);
      }
    }, thumbnailPause);
  };
  const changed = store.didChange.subscribe(({ local }) => {
    if (!local && engine.hasWork()) {
      engine.kick({ export: true });
      lookForThumbnails();
    }
  });

  const pause = () => {
    engine.pause();
    assets.pause();
    push.stop();
  };
  if (deps.paused) pause();
  else push.start();
  engine.start();
  lookForThumbnails();

  return {
    storeChanged: () => store.noticeCommit(),
    pause,
    resume: () => {
      push.start();
      engine.resume();
      assets.resume();
    },
    setPolicy: (policy) => assets.setPolicy(policy),
    fetch: (resourceId) => assets.fetch(resourceId),
    syncNow: async () => {
      deps.offerThumbnails();
      engine.kick({ import: true, export: true });
      await engine.settled();
      if (engine.status.phase === 'idle') await sweep();
      assets.kick();
      await assets.settled();
      uploaded.flush();
      await engine.settled();
    },
    get status() {
      return readSyncStatus(store, engine.status, assets.progress, push.live);
    },
    onStatus: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    dispose: () => {
      changed.dispose();
      watching.dispose();
      if (thumbnails !== undefined) timers.clear(thumbnails);
      if (sweepLater !== undefined) timers.clear(sweepLater);
      push.stop();
      assets.dispose();
      uploaded.dispose();
      engine.stop();
      listeners.clear();
    },
  };
}

function sizeOf(asset: unknown): number {
  return typeof asset === 'object' && asset !== null && 'size' in asset && typeof asset.size === 'number'
    ? asset.size
    : 0;
}
