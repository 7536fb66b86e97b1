import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { pipeline } from 'node:stream';
import { json } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { CloudAnswer, CloudFetch, CloudRequest } from './httpCloudDatabase.ts';

/** Connections that are kept for the next request, closed before the server's 75 seconds are over; ms. */
const idleTime = 60_000;
/** How a kept connection ends that the server has closed: at the first piece of a long body, or of the answer. */
const closedCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);
/**
 * A longer body is sent in pieces of so many bytes. Each that the system takes is a sign of life: of a single large write,
 * not every system tells how much of it has gone.
 */
const pieceSize = 64 * 1024;

/**
 * Requests of the container over Node's own HTTP. `fetch` copies every body it sends and wraps every piece it receives,
 * which for photos of megabytes is felt. Redirections are not followed: what a server is asked goes to that server alone.
 */
export function createHttpRequests(): { readonly fetch: CloudFetch; dispose(): void } {
  const options = { keepAlive: true, timeout: idleTime, scheduling: 'lifo' } as const;
  const plain = new PlainAgent(options);
  const secure = new SecureAgent(options);
  let ended = false;

  /** @returns undefined where the server closed the kept connection before it answered */
  const attempt = ({ url, method, headers, body, signal, silence }: CloudRequest): Promise<CloudAnswer | undefined> =>
    new Promise((resolve, reject) => {
      const isSecure = new URL(url).protocol === 'https:';
      const request = (isSecure ? secureRequest : plainRequest)(url, {
        method,
        agent: isSecure ? secure : plain,
        headers: {
          ...headers,
          // The bytes of photos do not become smaller; the records of a library shrink to a tenth.
          'accept-encoding': method === 'POST' ? 'gzip' : 'identity',
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
        ...(signal === undefined ? {} : { signal }),
      });
      request.on('response', (response) => resolve(answerOf(response)));
      request.on('error', (error) => {
        if (!ended && request.reusedSocket && 'code' in error && closedCodes.has(error.code)) resolve(undefined);
        else reject(error);
      });
      // Some endings are neither an answer nor an error, a switch to another protocol among them.
      request.on('close', () => reject(new Error('The connection was closed without an answer.')));
      if (silence !== undefined) endInSilence(request, silence);
      send(request, body);
    });

  return {
    fetch: async (asked) => {
      // Kept connections come to an end at any moment, and then the request goes over another one: the last is a new one.
      // Each may arrive twice; what writes carries a key, or says where its bytes belong.
      for (;;) {
        const answer = await attempt(asked);
        if (answer !== undefined) return answer;
      }
    },
    dispose: () => {
      ended = true;
      plain.destroy();
      secure.destroy();
    },
  };
}

function send(request: ClientRequest, body: CloudRequest['body']): void {
  if (body === undefined || body.length <= pieceSize) {
    request.end(body);
    return;
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  let from = 0;
  let isAnswered = false;
  // Answered before all of it has gone, it is not waited for any more, and its memory may be used for something else: no further
  // piece is sent. Its connection cannot be used again, and would stay open.
  request.on('response', (response) => {
    if (from >= bytes.length) return;
    isAnswered = true;
    response.on('end', () => request.destroy());
  });
  const goOn = () => {
    while (from < bytes.length && !isAnswered) {
      const piece = bytes.subarray(from, from + pieceSize);
      from += piece.length;
      if (!request.write(piece)) {
        request.once('drain', goOn);
        return;
      }
    }
    if (!isAnswered) request.end();
  };
  goOn();
}

/**
 * Gives a request up when nothing of it went out and nothing of its answer came for so long. It may take as long as the line
 * makes it take. Connecting counts as silence too.
 * @param silence ms
 */
function endInSilence(request: ClientRequest, silence: number): void {
  let answer: IncomingMessage | undefined;
  let patience = silence;
  /** Bytes both ways when the timer last ran out; undefined when it was the reader who held things up. */
  let movedBefore: number | undefined;
  request.on('response', (response) => {
    answer = response;
  });
  // The connection's own timer begins anew with everything that goes over it, and the agent sets it back for the next request.
  request.on('socket', (socket) => {
    const began = performance.now();
    // Two halves: a reader may have begun to read again a moment before the first is over, and is then given the second.
    const wait = () => socket.setTimeout(patience / 2);
    const onSilence = () => {
      // What came and waits for its reader, who may be held to a rate, is no silence of the server.
      const unread = answer !== undefined && !answer.readableEnded && (answer.complete || answer.readableLength > 0);
      const moved = unread ? undefined : socket.bytesRead + socket.bytesWritten;
      if (moved === undefined || moved !== movedBefore) {
        movedBefore = moved;
        wait();
        return;
      }
      const error = new Error(`Nothing was sent or received for ${patience / 1_000} seconds.`);
      answer?.destroy(error);
      request.destroy(error);
    };
    wait();
    socket.on('timeout', onSilence);
    // The system has taken the end of the body, but keeps up to some megabytes that have not gone yet. On a slow line they
    // need their time as well, and nothing tells how far they are: as long again as it took to come this far.
    request.on('finish', () => {
      if (answer === undefined) patience = Math.max(silence, Math.ceil(performance.now() - began));
      wait();
    });
    request.on('response', () => {
      patience = silence;
      wait();
    });
    request.on('close', () => socket.off('timeout', onSilence));
  });
}

function answerOf(response: IncomingMessage): CloudAnswer {
  const status = response.statusCode ?? 0;
  // Without a listener, a connection that breaks while nobody reads would end the process.
  response.on('error', () => undefined);
  const body: AsyncIterable<Uint8Array> =
    response.headers['content-encoding'] === 'gzip' ? unpacked(response) : response;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get: (name) => {
        const value = response.headers[name.toLowerCase()];
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
      },
    },
    body,
    json: () => json(body),
  };
}

function unpacked(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const unpacking = createGunzip();
  // Told to whoever reads: here it only must not end the process. Who stops reading closes the connection as well.
  pipeline(response, unpacking, () => undefined);
  return unpacking;
}
