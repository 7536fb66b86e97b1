import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ContainerServer } from '../containerServer.ts';
import { countedAddress } from './countedAddress.ts';
import type { Metrics } from './metrics.ts';
import type { ServerRequest } from './message.ts';
import { waitAtMost } from '../waitAtMost.ts';

/** How long a database that hangs is waited for before the server calls itself unwell, ms. */
const patience = 3000;

/** Strict HTTP around the core: bodies stay streams, so that the core's own limits are what stops them. */
export function createHTTPHost(deps: {
  readonly server: ContainerServer;
  readonly metrics: Metrics;
  readonly trustProxy: boolean;
  /** See the setting of this name; counts for something with `trustProxy` only. */
  readonly proxyHops: number;
  /** People reach the server by way of a proxy: what comes from this machine may come from anywhere. */
  readonly proxied: boolean;
  /** See the setting of this name. */
  readonly metricsToken: string | undefined;
  /** Hears of every answered request: the route's name, never the address itself, which may be a credential. */
  readonly report: (facts: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly ms: number;
  }) => void;
}): FastifyInstance {
  const app = fastify({
    logger: false,
    // As a function: `true` would take the first entry of X-Forwarded-For, which the client may have written, and a number
    // none at all. The socket's own address is hop 0, and every hop that is trusted has us look one entry further back.
    trustProxy: deps.trustProxy && ((_address, hop) => hop < deps.proxyHops),
    bodyLimit: Number.MAX_SAFE_INTEGER,
    // Addresses are taken apart by the core; fastify's own decoding would answer some of them with its own errors.
    routerOptions: { maxParamLength: 10_000, ignoreTrailingSlash: false },
    requestTimeout: 10 * 60_000,
    http: { maxHeaderSize: 32 * 1024, headersTimeout: 20_000, keepAliveTimeout: 75_000 },
    forceCloseConnections: true,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.get('/healthz', async (_request, reply) => {
    const { database, timers } = deps.server.services;
    let alive = false;
    const asked = database
      .read((sql) => sql.get('SELECT 1 AS alive'))
      .then(
        () => (alive = true),
        () => undefined,
      );
    await waitAtMost(timers, patience, asked);
    return alive ? reply.send({ status: 'ok' }) : reply.status(503).send({ status: 'no database' });
  });
  app.get('/metrics', async (request, reply) =>
    mayWatch(request, deps.metricsToken, deps.proxied)
      ? reply.type('text/plain; version=0.0.4').send(await deps.metrics.text())
      : reply.status(404).send({ serverErrorCode: 'NOT_FOUND', reason: 'there is nothing at this address' }),
  );

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const started = performance.now();
    const response = await deps.server.handle(coreRequest(request));
    const route = routeName(request.url);
    const ms = performance.now() - started;
    deps.metrics.observe(request.method, route, response.status, ms / 1000);
    deps.report({ method: request.method, route, status: response.status, ms: Math.round(ms) });
    void reply.status(response.status).headers(response.headers);
    if (typeof response.body === 'string' || response.body instanceof Uint8Array) return reply.send(response.body);
    if (response.body instanceof Readable) return reply.send(response.body);
    return reply.send(Readable.from(response.body, { objectMode: false }));
  };
  app.all('/*', answer);
  app.setErrorHandler((_error, _request, reply) =>
    reply.status(400).send({ serverErrorCode: 'BAD_REQUEST', reason: 'the request cannot be read' }),
  );
  return app;
}

/** Compared as hashes, so that the time it takes tells nothing about the token. */
function mayWatch(request: FastifyRequest, token: string | undefined, open: boolean): boolean {
  const { authorization, forwarded } = request.headers;
  if (token !== undefined) {
    const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(hash(authorization ?? ''), hash(`Bearer ${token}`));
  }
  // Behind a proxy everybody comes from this machine, whether it says so or not.
  if (open) return false;
  const proxied = forwarded !== undefined || request.headers['x-forwarded-for'] !== undefined;
  return !proxied && ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.socket.remoteAddress ?? '');
}

function coreRequest(request: FastifyRequest): ServerRequest {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  return {
    method: request.method,
    url: request.url,
    headers,
    body: hasBody ? ((request.body as IncomingMessage | undefined) ?? request.raw) : undefined,
    address: countedAddress(request.ip) ?? countedAddress(request.socket.remoteAddress ?? '') ?? '',
  };
}

const dataActions = new Set([
  'users/caller',
  'users/current',
  'users/discover',
  'zones/list',
  'zones/lookup',
  'zones/modify',
  'records/modify',
  'records/lookup',
  'records/query',
  'records/resolve',
  'records/accept',
  'changes/database',
  'changes/zone',
  'assets/upload',
  'assets/rereference',
  'assets/fetch',
  'subscriptions/list',
  'subscriptions/lookup',
  'subscriptions/modify',
  'tokens/create',
  'tokens/register',
  'links/list',
  'links/modify',
  'invitations/list',
  'invitations/decline',
  'requests/create',
  'requests/list',
  'requests/answer',
  'events',
  'schema/initialise',
]);

/** A name out of a fixed set for logs and metrics: addresses hold credentials, and unbounded labels would eat memory. */
export function routeName(url: string): string {
  const parts = (url.split('?')[0] ?? '').split('/').slice(1);
  const area = parts[0] ?? '';
  if (area === 'database' || area === 'device' || area === 'shoebox') {
    const last = [parts.slice(4).join('/'), parts.slice(5).join('/')].find((action) => dataActions.has(action));
    return last ?? area;
  }
  return [
    'upload',
    'asset',
    'poll',
    'api',
    'share',
    'login',
    'landing',
    'device',
    'authorize',
    'verify',
    'reset',
    'oidc',
  ].includes(area)
    ? area
    : 'other';
}
