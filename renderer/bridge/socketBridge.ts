import { createORPCClient } from '@orpc/client';
import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { contractVersion } from '../../shared/contract/version.ts';
import { AppError } from '../../shared/errors.ts';
import type { Bridge, CoreClient } from './bridge.ts';
import { createConnectionState } from './connectionState.ts';

export type SocketBridgeDeps = {
  readonly origin: string;
  readonly openSocket: (url: string) => WebSocket;
  /** Asks the shell, past the socket, whether it knows this window. @throws when nobody answers */
  readonly isKnown: () => Promise<boolean>;
  readonly setTimer: (run: () => void, milliseconds: number) => number;
  readonly clearTimer: (timer: number) => void;
};

/** Waits before each new try, in milliseconds; the last one repeats. */
const retryDelays = [300, 700, 1_500, 3_000, 5_000] as const;

/**
 * Talks to a headless shell over one WebSocket and opens a new one whenever it breaks. Calls under way when it breaks
 * fail as `offline`; calls made while it is down fail at once, so that screens can say so.
 * @param deps.origin for example `http://127.0.0.1:4711`
 */
export function createSocketBridge(deps: SocketBridgeDeps): Bridge {
  const connection = createConnectionState();
  let link: ClientLink<ClientContext> | null = null;
  let socket: WebSocket | null = null;
  let tries = 0;
  let timer = 0;
  let disposed = false;

  function open(): void {
    const next = deps.openSocket(`${deps.origin.replace(/^http/u, 'ws')}/rpc?contract=${contractVersion}`);
    next.binaryType = 'arraybuffer';
    socket = next;
    link = new RPCLink<ClientContext>({ websocket: next });
    next.addEventListener('open', () => {
      tries = 0;
      connection.set('open');
    });
    next.addEventListener('close', () => {
      if (disposed || socket !== next) return;
      link = null;
      if (connection.state() !== 'refused') connection.set('closed');
      tellApart();
      const delay = retryDelays[Math.min(tries, retryDelays.length - 1)] ?? 5_000;
      tries += 1;
      timer = deps.setTimer(open, delay);
    });
  }
  /** A socket that is not let in fails like one that nobody answers: only a request says which it was. */
  function tellApart(): void {
    deps.isKnown().then(
      (known) => {
        if (!disposed && connection.state() !== 'open') connection.set(known ? 'closed' : 'refused');
      },
      () => {
        if (!disposed && connection.state() !== 'open') connection.set('closed');
      },
    );
  }
  open();

  const client: CoreClient = createORPCClient({
    call: async (path, input, options) => {
      if (link === null) throw offline();
      try {
        return await link.call(path, input, options);
      } catch (error) {
        if (connection.state() !== 'open') throw offline();
        throw error;
      }
    },
  });

  return {
    client,
    connection,
    mediaURL: (id, variant, version) => `/media/${encodeURIComponent(id)}/${variant}?v=${encodeURIComponent(version)}`,
    dispose: () => {
      disposed = true;
      deps.clearTimer(timer);
      socket?.close();
    },
  };
}

function offline(): AppError {
  return new AppError('offline', 'Shoebox is not answering. Your photos are safe; this window keeps trying.');
}
