import type { SyncStatus } from '../../../shared/model/sync.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { Store } from '../store/store.ts';
import { createCaller, type Caller, type WorkerPort } from '../workers/channel.ts';
import type { SyncHandlers } from '../workers/syncHandlers.ts';
import type { AssetPolicy } from './assetTransfer.ts';
import type { MirrorAccount } from './mirror.ts';
import { readSyncStatus } from './syncStatus.ts';

/** The main thread's side of the sync worker. */
export interface MirrorControl {
  start(account: MirrorAccount, token: string): void;
  stop(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  setPolicy(policy: AssetPolicy): void;
  /** @throws AppError notAuthenticated while there is no account, and why the bytes cannot be had */
  fetch(resourceId: string): Promise<void>;
  syncNow(): Promise<SyncStatus>;
  readonly status: SyncStatus;
  onStatus(listener: (status: SyncStatus) => void): { dispose(): void };
  dispose(): Promise<void>;
}

/** A worker that dies is started again after this pause, ms. */
const restartPause = 2_000;

export function createMirrorControl(deps: {
  readonly store: Store;
  /** Starts the worker. */
  readonly spawn: () => WorkerPort;
  /** This device in stamps. */
  readonly node: string;
  readonly policy: AssetPolicy;
  readonly timers: { set(fn: () => void, ms: number): unknown; clear(handle: unknown): void };
  readonly reportError: (error: unknown) => void;
}): MirrorControl {
  const { store, node } = deps;
  const listeners = new Set<(status: SyncStatus) => void>();
  const off = (): SyncStatus =>
    readSyncStatus(store, { phase: 'stopped', reason: null, message: null, since: null }, undefined, false);
  let policy = deps.policy;
  let worker: { caller: Caller<SyncHandlers>; account: MirrorAccount; token: string } | undefined;
  let latest: SyncStatus | undefined;
  let commits = 0;
  let restart: unknown;
  let disposed = false;

  const publish = (status: SyncStatus) => {
    latest = status;
    for (const listener of listeners) listener(status);
  };

  async function follow(caller: Caller<SyncHandlers>): Promise<void> {
    let seen = 0;
    while (worker?.caller === caller) {
      const news = await caller.call('news', { seen });
      if (news === undefined || worker?.caller !== caller) return;
      seen = news.version;
      if (news.commits !== commits) {
        commits = news.commits;
        store.noticeCommit();
      }
      publish(news.status);
    }
  }

  function launch(account: MirrorAccount, token: string): void {
    const caller = createCaller<SyncHandlers>(deps.spawn());
    worker = { caller, account, token };
    commits = 0;
    caller
      .call('start', { directory: store.directory, account, token, node, policy })
      .then(() => follow(caller))
      .catch((error: unknown) => {
        if (worker?.caller !== caller || disposed) return;
        deps.reportError(error);
        // The worker died. Whatever it had committed is there; another one goes on from it.
        worker = undefined;
        caller.kill();
        restart = deps.timers.set(() => launch(account, token), restartPause);
      });
  }

  // Commits of this thread wake the worker; those it made itself were told by it and change no other row.
  const changed = store.didChange.subscribe(({ local }) => {
    if (local) return;
    worker?.caller.call('storeChanged', {}).catch(() => undefined);
  });

  const stop = async () => {
    if (restart !== undefined) deps.timers.clear(restart);
    restart = undefined;
    const ending = worker;
    worker = undefined;
    if (ending === undefined) return;
    try {
      await ending.caller.call('stop', {});
    } catch (error) {
      if (!isAppError(error)) throw error;
    }
    ending.caller.kill();
    publish(off());
  };
  const running = (): Caller<SyncHandlers> => {
    if (worker === undefined) throw new AppError('notAuthenticated', 'Sign in to a server first.');
    return worker.caller;
  };

  return {
    start: (account, token) => launch(account, token),
    stop,
    pause: async () => {
      await worker?.caller.call('pause', {});
    },
    resume: async () => {
      await worker?.caller.call('resume', {});
    },
    setPolicy: (next) => {
      policy = next;
      worker?.caller.call('setPolicy', next).catch(deps.reportError);
    },
    fetch: (resourceId) => running().call('fetch', { resourceId }),
    syncNow: async () => {
      const status = await running().call('syncNow', {});
      store.noticeCommit();
      publish(status);
      return status;
    },
    get status() {
      return latest ?? off();
    },
    onStatus: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    dispose: async () => {
      disposed = true;
      changed.dispose();
      listeners.clear();
      await stop();
    },
  };
}
