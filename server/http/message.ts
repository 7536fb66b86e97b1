import { badRequest } from '../cloud/cloudError.ts';

/** A request as the core sees it: no socket, so that a simulator can make one. */
export interface ServerRequest {
  readonly method: string;
  /** Path and query, or an absolute address; only path and query count. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** The client's network address, for rate limits: see countedAddress.ts. */
  readonly address?: string | undefined;
}

export interface ServerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, bytes, or a stream of either (downloads, events). */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array | string>;
}

/**
 * The body as a stream of bytes, whatever form it came in.
 * @throws CloudError BAD_REQUEST when it broke off: whoever sent it has gone, which is no fault of the server
 */
export async function* bodyBytes(body: ServerRequest['body']): AsyncGenerator<Uint8Array> {
  if (body === undefined) return;
  if (typeof body === 'string') yield Buffer.from(body, 'utf8');
  else if (body instanceof Uint8Array) yield body;
  else {
    try {
      yield* body;
    } catch {
      throw badRequest('the body broke off');
    }
  }
}
