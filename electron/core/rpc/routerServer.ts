import { StandardRPCLink } from '@orpc/client/standard';
import type { ClientContext, ClientLink } from '@orpc/client';
import { ORPCError } from '@orpc/server';
import type { AnyRouter } from '@orpc/server';
import { StandardRPCHandler } from '@orpc/server/standard';
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer';
import { ServerPeer } from '@orpc/standard-server-peer';
import { AppError } from '../../../shared/errors.ts';
import { toWireError } from './rpcErrors.ts';
import type { FailureLog } from './rpcErrors.ts';
import { abortable } from './abortable.ts';
import type { Wire } from './wire.ts';

/** Largest frame that is read. Image bytes never travel here, so anything near this is a mistake or an attack. */
export const maximumFrameBytes = 16 * 1024 * 1024;
/** A peer that sends this many unreadable frames is not one of ours and is hung up on. */
const maximumBadFrames = 32;

/** One router, reachable over any number of wires and from inside the process. */
export type RouterServer = {
  /** Answers calls on a wire until it closes; running calls of a closed wire are aborted. */
  readonly serve: (wire: Wire) => void;
  /** A link for callers in this process. It passes the same codec and the same checks as a wire. */
  readonly link: () => ClientLink<ClientContext>;
  /** Hangs up on every wire and aborts what runs. */
  readonly dispose: () => void;
};

/**
 * Serves an oRPC router. Every input is validated by the contract's schemas before the router's code sees it; every error
 * leaves as `{code, message, data}` of the closed union (see rpcErrors.ts).
 * @param router the implemented contract; it takes no context
 */
export function createRouterServer(router: AnyRouter, log: FailureLog): RouterServer {
  const wires = new Set<Wire>();
  const handler = new StandardRPCHandler<Record<string, unknown>>(router, {
    interceptors: [
      async ({ next, request }) => {
        const procedure = request.url.pathname.replace(/^\//u, '').replaceAll('/', '.');
        let result;
        try {
          result = await next();
        } catch (error) {
          // What a procedure threw has its shape already (below). Anything else went wrong while the frame was read.
          throw error instanceof ORPCError ? error : toWireError(unreadable(error), procedure, log);
        }
        if (result.matched) return result;
        throw toWireError(
          new AppError('notFound', `There is no procedure “${procedure}”.`, { procedure }),
          procedure,
          log,
        );
      },
    ],
    clientInterceptors: [
      async ({ next, path, signal }) => {
        const procedure = path.join('.');
        try {
          const output = await next();
          return isStream(output) ? abortable(output, signal, (error) => toWireError(error, procedure, log)) : output;
        } catch (error) {
          throw toWireError(error, procedure, log);
        }
      },
    ],
  });
  const handle = createServerPeerHandleRequestFn(handler, { context: {} });

  function serve(wire: Wire): void {
    wires.add(wire);
    const peer = new ServerPeer((frame) => wire.send(frame));
    let badFrames = 0;
    const read = async (frame: unknown): Promise<void> => {
      try {
        await peer.message(checkedFrame(frame), handle);
      } catch {
        // A frame no codec wrote, or an answer to a wire that closed meanwhile. Neither may become an unhandled rejection.
        badFrames += 1;
        if (badFrames >= maximumBadFrames) wire.close();
      }
    };
    wire.onFrame((frame) => void read(frame));
    wire.onClose(() => {
      wires.delete(wire);
      peer.close();
    });
  }

  return {
    serve,
    link: () =>
      new StandardRPCLink(
        {
          call: async (request) => {
            const { response } = await orAborted(
              request.signal,
              handler.handle({ ...request, body: () => Promise.resolve(request.body) }, { context: {} }),
            );
            if (response === undefined) throw new AppError('internal', `${request.url.pathname} was not answered.`);
            return { ...response, body: () => Promise.resolve(response.body) };
          },
        },
        { url: 'http://in-process' },
      ),
    dispose: () => {
      for (const wire of wires) wire.close();
      wires.clear();
    },
  };
}

function unreadable(error: unknown): AppError {
  return new AppError('invalidInput', 'The request could not be read.', {}, { cause: error });
}

/** @throws AppError limitExceeded or invalidInput when a frame is too large or no frame at all */
function checkedFrame(frame: unknown): string | ArrayBufferLike | Uint8Array {
  if (typeof frame === 'string') {
    if (frame.length > maximumFrameBytes) throw new AppError('limitExceeded', 'The request is too large.');
    return frame;
  }
  if (frame instanceof ArrayBuffer || frame instanceof Uint8Array) {
    if (frame.byteLength > maximumFrameBytes) throw new AppError('limitExceeded', 'The request is too large.');
    return frame;
  }
  throw new AppError('invalidInput', 'The request is neither text nor bytes.');
}

function isStream(value: unknown): value is AsyncIterator<unknown> & AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value;
}

/** What a caller on a wire sees too: a cancelled call fails at once, whatever its procedure still does. */
function orAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('The call was aborted.'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
