import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
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
 * Requests of the container over Node's own HTTP. `fetch` copies every body it sends and wraps every piece it receives,
 * which for photos of megabytes is felt. Redirections are not followed: what a server is asked goes to that server alone.
 */
export function createHttpRequests(): { readonly fetch: CloudFetch; dispose(): void } {
  const options = { keepAlive: true, timeout: idleTime, scheduling: 'lifo' } as const;
  const plain = new PlainAgent(options);
  const secure = new SecureAgent(options);
  let ended = false;

  /** @returns undefined where the server closed the kept connection before it answered */
  const attempt = ({ url, method, headers, body, signal }: CloudRequest): Promise<CloudAnswer | undefined> =>
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
      request.end(body);
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
