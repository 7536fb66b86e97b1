import { hostname } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import type { HostedServer } from '../../../shared/model/sync.ts';
import type { Keychain } from '../host.ts';
import type { Store } from '../store/store.ts';
import type { WorkerPort } from '../workers/channel.ts';
import { createAccounts, type Accounts } from './accounts.ts';
import { createAccountServer, serverOrigin } from './accountServer.ts';
import type { AssetPolicy } from './assetTransfer.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import { createHttpCloudDatabase, overFetch, type Fetch } from './httpCloudDatabase.ts';
import type { MirrorAccount } from './mirror.ts';
import { createMirrorControl, type MirrorControl } from './mirrorControl.ts';

/** A server running in this process for the local network; the composition root knows how to start one. */
export interface RunningHost {
  /** Origins other computers reach it at. */
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

export interface LibrarySyncDependencies {
  readonly store: Store;
  readonly keychain: Keychain;
  readonly fetch: Fetch;
  readonly spawn: () => WorkerPort;
  readonly policy: AssetPolicy;
  readonly now: () => number;
  readonly newId: () => string;
  /** "Share from this computer"; undefined where a shell has no server to start. */
  readonly startServer: (() => Promise<RunningHost>) | undefined;
  readonly onStatus: () => void;
  /** The engine is at rest; said again whenever it was heard of, so it must cost little. */
  readonly onRest: () => void;
  readonly reportError: (error: unknown) => void;
}

/** Mirroring as the main thread has it: account, worker, and a connection to the server for what people do themselves. */
export interface LibrarySync {
  readonly accounts: Accounts;
  readonly control: MirrorControl;
  /** The signed-in server; undefined while signed out. */
  cloud(): CloudDatabase | undefined;
  /** A command that mirrors once starts here what a window starts by itself. */
  ensureStarted(): Promise<void>;
  /** True when a Shoebox server answers at this origin. Sends no token. @throws AppError offline */
  inspectServer(origin: string): Promise<boolean>;
  readonly hosted: HostedServer;
  startHosting(): Promise<HostedServer>;
  stopHosting(): Promise<HostedServer>;
  /** Starts the server again that ran when the app was last closed: other computers rely on it. */
  resumeHosting(): Promise<void>;
  dispose(): Promise<void>;
}

/** Whether this computer is to serve others, in `meta`. */
const hostingKey = 'hosting';

/** This device in stamps: the library's own id, which no other copy of Shoebox has. */
export function deviceNode(store: Store): string {
  return (store.meta('libraryID') ?? 'library').replaceAll(/[^0-9a-zA-Z]/g, '').slice(-16);
}

export function createLibrarySync(deps: LibrarySyncDependencies): LibrarySync {
  const { store } = deps;
  const timers = {
    set: (fn: () => void, ms: number) => setTimeout(fn, ms),
    clear: (handle: unknown) => clearTimeout(handle as NodeJS.Timeout),
  };
  let session: { cloud: CloudDatabase } | undefined;
  let host: RunningHost | undefined;
  const control = createMirrorControl({
    store,
    spawn: deps.spawn,
    node: deviceNode(store),
    policy: deps.policy,
    timers,
    random: Math.random,
    reportError: deps.reportError,
  });
  const accounts = createAccounts({
    store,
    server: createAccountServer(deps.fetch),
    keychain: deps.keychain,
    now: deps.now,
    deviceName: `Shoebox on ${hostname()}`,
    start: (account: MirrorAccount, token: string) => {
      session = {
        cloud: createHttpCloudDatabase({
          fetch: overFetch(deps.fetch),
          server: account.server,
          container: account.container,
          environment: account.environment,
          token: () => token,
          newKey: deps.newId,
          abortAfter: (ms) => AbortSignal.timeout(ms),
        }),
      };
      control.start(account, token);
    },
    stop: async () => {
      session = undefined;
      await control.stop();
    },
    onChange: deps.onStatus,
    reportError: deps.reportError,
  });
  const heard = control.onStatus((status) => {
    if (status.phase === 'signIn') accounts.sessionEnded();
    // News are gathered: a short run may begin and end between two of them, so every word of rest counts.
    if (status.phase === 'idle') deps.onRest();
    deps.onStatus();
  });
  const hosted = (): HostedServer => ({ running: host !== undefined, addresses: [...(host?.addresses ?? [])] });
  /** The server's start or stop that is under way. */
  let turn: { readonly to: 'on' | 'off'; readonly done: Promise<void> } | undefined;
  /**
   * Starts or stops the server. Asked for twice, the same turn is made once, and a failure is told to both; the opposite
   * waits until it has ended. A second start at the same time would find the port taken by the first.
   */
  const hostTurn = (to: 'on' | 'off', make: () => Promise<void>): Promise<void> => {
    if (turn?.to === to) return turn.done;
    // Whoever asked for the turn before this one is told how it failed.
    const before = turn?.done.catch(() => undefined);
    const done = (async () => {
      await before;
      await make();
    })();
    const mine = { to, done };
    const end = () => {
      if (turn === mine) turn = undefined;
    };
    turn = mine;
    void done.then(end, end);
    return done;
  };
  const keepHosting = (value: 'on' | 'off') => {
    if (store.meta(hostingKey) !== value) store.transaction('maintenance', () => store.setMeta(hostingKey, value));
  };
  const startHost = (startServer: () => Promise<RunningHost>) =>
    hostTurn('on', async () => {
      host ??= await startServer();
      keepHosting('on');
    });

  return {
    accounts,
    control,
    cloud: () => session?.cloud,
    ensureStarted: async () => {
      if (session === undefined) await accounts.begin();
    },
    inspectServer: async (origin) => {
      try {
        await createAccountServer(deps.fetch).inspect(serverOrigin(origin));
        return true;
      } catch (error) {
        if (error instanceof AppError && error.code === 'serverUnknown') return false;
        throw error;
      }
    },
    get hosted() {
      return hosted();
    },
    startHosting: async () => {
      if (deps.startServer === undefined) {
        throw new AppError(
          'notSupported',
          'This Shoebox cannot run a server by itself. Start one with `npm run server`.',
        );
      }
      await startHost(deps.startServer);
      return hosted();
    },
    resumeHosting: async () => {
      if (store.meta(hostingKey) === 'on' && deps.startServer !== undefined) await startHost(deps.startServer);
    },
    stopHosting: async () => {
      await hostTurn('off', async () => {
        const ending = host;
        host = undefined;
        keepHosting('off');
        await ending?.stop();
      });
      return hosted();
    },
    dispose: async () => {
      heard.dispose();
      await control.dispose();
      // A server that is still starting would otherwise outlive the library.
      await turn?.done.catch(() => undefined);
      await host?.stop();
    },
  };
}
