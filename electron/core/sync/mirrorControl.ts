import type { SyncStatus } from '../../../shared/model/sync.ts';
import { AppError, errorMessage, isAppError } from '../../../shared/errors.ts';
import type { Store } from '../store/store.ts';
import { createCaller, type Caller, type WorkerPort } from '../workers/channel.ts';
import type { SyncHandlers } from '../workers/syncHandlers.ts';
import { createBackOff } from './backOff.ts';
import type { AssetPolicy } from './assetTransfer.ts';
import type { MirrorAccount } from './mirror.ts';
import type { EngineStatus } from './syncEngine.ts';
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

/** A worker that has given news for this long was not the one that dies at its start, ms. */
const steadyAfter = 60_000;

export function createMirrorControl(deps: {
  readonly store: Store;
  /** Starts the worker. */
  readonly spawn: () => WorkerPort;
  /** This device in stamps. */
  readonly node: string;
  readonly policy: AssetPolicy;
  readonly timers: { set(fn: () => void, ms: number): unknown; clear(handle: unknown): void };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly reportError: (error: unknown) => void;
}): MirrorControl {
  const { store, node } = deps;
  const listeners = new Set<(status: SyncStatus) => void>();
  /** How it stands without a worker. */
  const without = (engine: Partial<EngineStatus> & Pick<EngineStatus, 'phase'>): SyncStatus =>
    readSyncStatus(store, { reason: null, message: null, since: null, ...engine }, undefined, false);
  const off = () => without({ phase: 'stopped' });
  const backOff = createBackOff(deps.random);
  let policy = deps.policy;
  /** Kept here as well: a worker that dies takes its own knowledge of it along. */
  let paused = false;
  let worker: { caller: Caller<SyncHandlers>; account: MirrorAccount; token: string } | undefined;
  let latest: SyncStatus | undefined;
  let commits = 0;
  /** The next try to start a worker, after one has died, and what it would be started with. */
  let restart: { readonly timer: unknown; readonly account: MirrorAccount; readonly token: string } | undefined;
  /** When the worker that runs counts as one that lives. */
  let steady: unknown;
  let disposed = false;

  const publish = (status: SyncStatus) => {
    latest = status;
    for (const listener of listeners) listener(status);
  };
  const clear = (handle: unknown) => {
    if (handle !== undefined) deps.timers.clear(handle);
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
    if (disposed) return;
    leave();
    const caller = createCaller<SyncHandlers>(deps.spawn());
    worker = { caller, account, token };
    commits = 0;
    steady = deps.timers.set(() => backOff.reset(), steadyAfter);
    caller
      .call('start', { directory: store.directory, account, token, node, policy, paused })
      .then(() => follow(caller))
      .catch((error: unknown) => {
        if (worker?.caller !== caller || disposed) return;
        deps.reportError(error);
        leave();
        // Whatever it had committed is there; another one goes on from it.
        restart = { timer: deps.timers.set(() => launch(account, token), backOff.next()), account, token };
        publish(
          without(
            paused ? { phase: 'paused' } : { phase: 'waiting', reason: 'serverBusy', message: errorMessage(error) },
          ),
        );
      });
  }

  /** From here on there is no worker, and none to come. */
  function leave(): void {
    clear(restart?.timer);
    clear(steady);
    restart = undefined;
    steady = undefined;
    const ending = worker;
    worker = undefined;
    ending?.caller.kill();
  }

  // Commits of this thread wake the worker; those it made itself were told by it and change no other row.
  const changed = store.didChange.subscribe(({ local }) => {
    if (local) return;
    worker?.caller.call('storeChanged', {}).catch(() => undefined);
  });

  const stop = async () => {
    const ending = worker;
    worker = undefined;
    leave();
    backOff.reset();
    paused = false;
    try {
      await ending?.caller.call('stop', {});
    } catch (error) {
      if (!isAppError(error)) throw error;
    } finally {
      ending?.caller.kill();
    }
    if (!disposed) publish(off());
  };
  /** Whoever asks for something does not sit out the pause after a worker's death. */
  const startNow = () => {
    if (restart !== undefined) launch(restart.account, restart.token);
  };
  const running = (): Caller<SyncHandlers> => {
    startNow();
    if (worker === undefined) throw new AppError('notAuthenticated', 'Sign in to a server first.');
    return worker.caller;
  };

  return {
    start: (account, token) => launch(account, token),
    stop,
    pause: async () => {
      paused = true;
      if (restart !== undefined) publish(without({ phase: 'paused' }));
      await worker?.caller.call('pause', {});
    },
    resume: async () => {
      paused = false;
      startNow();
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
