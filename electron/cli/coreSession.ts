import { mkdir } from 'node:fs/promises';
import { createORPCClient, mapEventIterator } from '@orpc/client';
import type { ClientContext, ClientLink } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { WebSocket } from 'ws';
import type { Contract } from '../../shared/contract/contract.ts';
import { contractVersion } from '../../shared/contract/version.ts';
import { AppError, isAppError } from '../../shared/errors.ts';
import { createLibraryApp } from '../core/app.ts';
import type { LibraryApp } from '../core/app.ts';
import { createRouterServer } from '../core/rpc/routerServer.ts';
import { webSocketLink } from '../core/rpc/wireLink.ts';
import { createFailureLog } from '../core/shell/failureLog.ts';
import { readEndpoint } from '../headless/endpointFile.ts';
import type { Endpoint } from '../headless/endpointFile.ts';
import { createFileKeychain } from '../headless/fileKeychain.ts';
import { createWindowlessHost } from '../headless/host.ts';
import { keychainPath } from '../headless/runHeadless.ts';

export type CoreClient = ContractRouterClient<Contract>;

/** A library that answers calls, wherever it is open. */
export type CoreSession = {
  readonly client: CoreClient;
  /** The opened library, when this process opened it; undefined when another Shoebox has it and answers for it. */
  readonly app: LibraryApp | undefined;
  readonly dispose: () => Promise<void>;
};

export type CoreSessionOptions = {
  /** Absolute path; made when missing. */
  readonly library: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
};

/**
 * Opens the library in this process. One process at a time owns a library, so when another has it, this one asks the
 * shell that does, over its loopback socket.
 * @throws AppError libraryLocked when the other process answers nobody (the desktop app), libraryNewer, libraryCorrupt …
 */
export async function openCoreSession(options: CoreSessionOptions): Promise<CoreSession> {
  try {
    return await openHere(options);
  } catch (error) {
    if (!isAppError(error) || error.code !== 'libraryLocked') throw error;
    const endpoint = await readEndpoint(options.library);
    const connected = endpoint === undefined ? undefined : await connectTo(endpoint);
    if (connected === undefined) throw error;
    return connected;
  }
}

async function openHere(options: CoreSessionOptions): Promise<CoreSession> {
  await mkdir(options.library, { recursive: true });
  const app = await createLibraryApp({
    directory: options.library,
    version: options.version,
    platform: process.platform,
    background: false,
    host: createWindowlessHost('cli', createFileKeychain(keychainPath(options.env))),
    reportError: (error) => options.log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const server = createRouterServer(app.router, createFailureLog(options.log));
  return {
    client: createORPCClient<CoreClient>(server.link()),
    app,
    dispose: async () => {
      server.dispose();
      await app.dispose();
    },
  };
}

/** Connects to a running shell; undefined when nobody listens there (its file was left over). */
async function connectTo(endpoint: Endpoint): Promise<CoreSession | undefined> {
  if (endpoint.contractVersion !== contractVersion) {
    throw new AppError(
      'notSupported',
      'Another version of Shoebox has this library open. Close it first, or use its own command line.',
    );
  }
  const origin = `http://127.0.0.1:${endpoint.port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${endpoint.port}/rpc?contract=${contractVersion}`, {
    headers: { authorization: `Bearer ${endpoint.token}`, origin },
  });
  const open = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  if (!open) return undefined;
  return {
    client: createORPCClient<CoreClient>(tellingOfTheEnd(socket)),
    app: undefined,
    dispose: async () => {
      // A socket says only once that it is closed; whoever began to wait after that would wait for good.
      if (socket.readyState === socket.CLOSED) return;
      const closed = new Promise((resolve) => {
        socket.once('close', resolve);
      });
      socket.close();
      await closed;
    },
  };
}

/**
 * The link over a socket to another Shoebox. What breaks off because that one was closed says so; what the link itself says
 * of it is written for programmers.
 */
function tellingOfTheEnd(socket: WebSocket): ClientLink<ClientContext> {
  const link = webSocketLink(socket);
  const told = (error: unknown): unknown =>
    isAppError(error) || socket.readyState === socket.OPEN
      ? error
      : new AppError('cancelled', 'The Shoebox that has this library open was closed.', {}, { cause: error });
  return {
    call: async (...call) => {
      try {
        const answer = await link.call(...call);
        if (!isStream(answer)) return answer;
        return mapEventIterator(answer, {
          value: async (value: unknown) => value,
          error: async (error) => told(error),
        });
      } catch (error) {
        throw told(error);
      }
    },
  };
}

function isStream(answer: unknown): answer is AsyncIterator<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer && 'next' in answer;
}
