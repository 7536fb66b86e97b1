import type { ContainerServer } from '../../server/containerServer.ts';
import type { ServerResponse } from '../../server/http/message.ts';
import { testContainer } from './testServer.ts';

/** JSON as it came over the wire; tests look into it freely and fail where it is not what they expect. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers are asserted, not trusted
export type Wire = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Wire;
}

/** One way to send a request: over a socket, or straight into a container in this process. */
export type Send = (request: {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}) => Promise<Answer>;

export function sendOver(origin: string): Send {
  return async ({ method, path, headers, body }) => {
    const response = await fetch(path.startsWith('http') ? path : `${origin}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body) }),
      redirect: 'manual',
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: parse(await response.text()),
    };
  };
}

export function sendInto(container: ContainerServer): Send {
  return async ({ method, path, headers, body }) => {
    const response = await container.handle({ method, url: path, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, headers: response.headers, body: parse(await textOf(response)) };
  };
}

async function textOf(response: ServerResponse): Promise<string> {
  if (typeof response.body === 'string') return response.body;
  if (response.body instanceof Uint8Array) return Buffer.from(response.body).toString('utf8');
  const parts: Buffer[] = [];
  for await (const part of response.body) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string): Wire {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface WireClient {
  readonly send: Send;
  /** POST to `~/{database}/{action}` with a Bearer session. */
  call(
    database: 'private' | 'shared' | 'public',
    action: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** POST to `$X/{action}`. */
  extension(action: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
}

/** A client that says exactly what a test wants on the wire. */
export function createWireClient(send: Send, token: string | undefined, environment = 'development'): WireClient {
  const auth: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    send({
      method: 'POST',
      path,
      headers: { 'content-type': 'text/plain', ...auth, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body ?? {}),
    });
  return {
    send,
    call: (database, action, body, headers) =>
      post(`/database/1/${testContainer}/${environment}/${database}/${action}`, body, headers),
    extension: (action, body, headers) => post(`/shoebox/1/${testContainer}/${environment}/${action}`, body, headers),
    get: (path) => send({ method: 'GET', path, headers: auth }),
  };
}
