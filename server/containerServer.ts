import { AppError, errorMessage } from '../shared/errors.ts';
import type { Environment } from '../shared/cloud/wireRecords.ts';
import { environments } from '../shared/cloud/wireRecords.ts';
import { createLetterBox } from './accounts/letterBox.ts';
import { createSignIn } from './accounts/signIn.ts';
import type { Authenticated, SignIn } from './accounts/signIn.ts';
import type { AssetStorage } from './assets/assetStorage.ts';
import { badRequest, CloudError, notFound } from './cloud/cloudError.ts';
import type { CallContext, Log, MailPort, PasswordPort, Realm, Services, Timers } from './cloud/context.ts';
import { pollOnce } from './cloud/deviceTokens.ts';
import { downloadAsset } from './cloud/downloads.ts';
import { eventStream } from './cloud/events.ts';
import { fetchAssets } from './cloud/fetchAssets.ts';
import { runOnce } from './cloud/idempotency.ts';
import { runMaintenance } from './cloud/maintenance.ts';
import type { MaintenanceReport } from './cloud/maintenance.ts';
import { receiveChunk, receiveWhole, uploadProgress } from './cloud/receiveUpload.ts';
import { createSchemaRegistry } from './cloud/schema.ts';
import { expired, mintEpoch, newEpoch, RollbackSeen } from './cloud/syncTokens.ts';
import { createTokens, randomUUID } from './cloud/tokens.ts';
import { createWakeHub } from './cloud/wakeHub.ts';
import type { WakeHub } from './cloud/wakeHub.ts';
import { parseServerConfig, publicOrigin } from './config.ts';
import type { ServerConfigInput } from './config.ts';
import type { Database } from './database/database.ts';
import { corsHeaders } from './http/cors.ts';
import { bodyBytes } from './http/message.ts';
import { waitAtMost } from './waitAtMost.ts';
import type { ServerRequest, ServerResponse } from './http/message.ts';
import { findDatabaseRoute, findExtensionRoute } from './http/protocolRoutes.ts';
import type { FoundRoute } from './http/protocolRoutes.ts';
import { readJSON } from './http/readJSON.ts';
import { serverInfo } from './http/serverInfo.ts';
import { landingPage } from './landing/pages.ts';

/** What the container is built from; nothing in it reaches for anything else. */
export interface ContainerServerDeps {
  readonly database: Database;
  readonly assets: AssetStorage;
  /** ms since 1970 */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly passwords: PasswordPort;
  readonly mail: MailPort;
  readonly log: Log;
  readonly config?: ServerConfigInput;
  /** Left out, nothing ever waits: long polls answer at once and event streams end when they are caught up. */
  readonly timers?: Timers;
}

export interface ContainerServer {
  /** Answers one request; never throws, whatever is sent. */
  handle(request: ServerRequest): Promise<ServerResponse>;
  /**
   * One round of clean-up (expired rows, unreferenced assets, deleted zones); the host calls it now and then. Never two at
   * once in one process: who asks while one is running is given that one's outcome.
   */
  maintain(): Promise<MaintenanceReport>;
  readonly services: Services;
  readonly hub: WakeHub;
  dispose(): Promise<void>;
}

/**
 * Builds the container over a database and a storage: migrations, keys and epoch are ready when it resolves.
 * @throws AppError invalidInput (configuration), libraryNewer (a newer server's database)
 */
export async function createContainerServer(deps: ContainerServerDeps): Promise<ContainerServer> {
  const config = parseServerConfig(deps.config);
  await deps.database.migrate();
  const key = await readOrMakeMeta(deps);
  const services: Services = {
    database: deps.database,
    assets: deps.assets,
    clock: deps.clock,
    random: deps.random,
    timers: deps.timers,
    letters: createLetterBox({ ...deps, timers: deps.timers, config }),
    log: deps.log,
    config,
    passwords: deps.passwords,
    tokens: createTokens(key),
    schema: createSchemaRegistry(),
    origin: publicOrigin(config),
  };
  const hub = createWakeHub(deps.database, deps.timers);
  const signIn = createSignIn(services);
  const answer = createAnswer(services, hub, signIn);
  let round: Promise<MaintenanceReport> | undefined;
  let disposed = false;
  const answering = new Set<Promise<unknown>>();

  return {
    services,
    hub,
    maintain() {
      // A round may take longer than the host's interval. A second one would look for the same rows and files, and a third:
      // the longer they take, the more there would be.
      round ??= runMaintenance(services, () => disposed).finally(() => (round = undefined));
      return round;
    },
    async handle(request) {
      const cors = corsHeaders(config, request);
      const answered = guarded(services, request, answer);
      answering.add(answered);
      try {
        const response = await answered;
        return { ...response, headers: { ...response.headers, ...cors } };
      } finally {
        answering.delete(answered);
      }
    },
    async dispose() {
      hub.dispose();
      disposed = true;
      // Whoever asked has gone by now. What is being done for them still needs the database; a store that hangs is left to itself.
      await waitAtMost(deps.timers, patience, Promise.allSettled([round, ...answering]));
      await services.letters.dispose();
      await deps.assets.dispose();
      await deps.database.dispose();
    },
  };
}

/** How long a server that stops waits for what it is doing, ms. */
const patience = 10_000;

/** Key of all tokens and epoch of the database: made once, kept in the database, so that every process has the same. */
async function readOrMakeMeta(deps: ContainerServerDeps): Promise<Uint8Array> {
  return deps.database.write(async (sql) => {
    const insert = `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`;
    await sql.run(insert, ['token_key', Buffer.from(deps.random(32)).toString('base64')]);
    await sql.run(insert, ['epoch', newEpoch(deps.random)]);
    const row = await sql.get<{ value: string }>(`SELECT value FROM meta WHERE key = 'token_key'`);
    return Buffer.from(row?.value ?? '', 'base64');
  });
}

type Answer = (request: ServerRequest, url: URL) => Promise<ServerResponse>;

/** Turns whatever goes wrong into the error body of section 5; unexpected errors go to the log, never to the client. */
async function guarded(services: Services, request: ServerRequest, answer: Answer): Promise<ServerResponse> {
  const uuid = randomUUID(services.random);
  try {
    return await answer(request, parseTarget(request.url));
  } catch (error) {
    if (error instanceof CloudError) return errorResponse(uuid, error);
    if (error instanceof AppError && error.code === 'invalidInput')
      return errorResponse(uuid, badRequest(error.message));
    // Another request has the upload this one was about: whoever comes again finds what became of it.
    if (error instanceof AppError && error.code === 'conflict')
      return errorResponse(uuid, new CloudError('TRY_AGAIN_LATER', error.message, { retryAfter: 1 }));
    services.log.error(
      { uuid, error: errorMessage(error), stack: error instanceof Error ? error.stack : undefined },
      'request failed',
    );
    return errorResponse(
      uuid,
      new CloudError('INTERNAL_ERROR', 'something went wrong here; the server log knows more'),
    );
  }
}

function errorResponse(uuid: string, error: CloudError): ServerResponse {
  const retryAfter = error.details['retryAfter'];
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {}),
    },
    body: JSON.stringify({ uuid, serverErrorCode: error.code, reason: error.message, ...error.details }),
  };
}

function parseTarget(target: string): URL {
  try {
    return new URL(target, 'http://server.invalid');
  } catch {
    throw badRequest('the address of this request cannot be read');
  }
}

function createAnswer(services: Services, hub: WakeHub, signIn: SignIn): Answer {
  const { config } = services;

  const realmOf = (container: string | undefined, environment: string | undefined): Realm => {
    const known = environments.find((one) => one === environment);
    if (
      container === undefined ||
      !config.containers.includes(container) ||
      known === undefined ||
      !config.environments.includes(known)
    ) {
      throw notFound('this server has no such container or environment');
    }
    return { container, environment: known satisfies Environment, key: `${container}/${known}` };
  };

  const callIn = async (
    request: ServerRequest,
    url: URL,
    realm: Realm,
  ): Promise<{ context: CallContext; sessionHeaders: Authenticated['sessionHeaders'] }> => {
    const { signedIn, sessionHeaders } = await signIn.authenticate(request, url, realm);
    const context = {
      services,
      database: services.database,
      realm,
      caller: signedIn.caller,
      epoch: signedIn.epoch,
      now: services.clock(),
    };
    return { context, sessionHeaders };
  };

  const runRoute = async (
    request: ServerRequest,
    url: URL,
    realm: Realm,
    route: FoundRoute,
  ): Promise<ServerResponse> => {
    const { context, sessionHeaders } = await callIn(request, url, realm);
    const body = request.method === 'GET' ? {} : await readJSON(request.body, config.limits.requestBytes);
    const routed = { method: request.method, body, query: url.searchParams };
    const key = request.headers['idempotency-key'];
    const { prepare } = route;
    try {
      const text =
        key !== undefined && route.writes
          ? await runOnce(
              context,
              key,
              { url: url.pathname, body: JSON.stringify(body) },
              {
                prepare: prepare && ((outer) => prepare(outer, routed)),
                run: (inner) => route.run(inner, routed),
              },
            )
          : await route.run(context, routed);
      return json(text, await sessionHeaders());
    } catch (error) {
      if (!(error instanceof RollbackSeen)) throw error;
      services.log.error({ epoch: context.epoch }, 'this database is older than its clients: minting a new epoch');
      await mintEpoch(services.database, services.random, context.epoch);
      throw expired('EPOCH', 'server was restored');
    }
  };

  const upload = async (request: ServerRequest, uploadID: string, url: URL): Promise<ServerResponse> => {
    const range = request.headers['content-range'];
    if (request.method === 'GET' || range !== undefined) {
      const { signedIn } = await signIn.authenticate(request, url, undefined);
      const answer =
        range === undefined
          ? await uploadProgress(services, signedIn.caller, uploadID)
          : await receiveChunk(
              services,
              signedIn.caller,
              uploadID,
              range,
              request.headers['x-shoebox-sha256'],
              bodyBytes(request.body),
            );
      return { ...json(answer.body), status: answer.status };
    }
    if (request.method !== 'POST' && request.method !== 'PUT') throw badRequest('files are sent with POST or PUT');
    const answer = await receiveWhole(services, uploadID, bodyBytes(request.body));
    return { ...json(answer.body), status: answer.status };
  };

  const download = async (request: ServerRequest, token: string, name: string | undefined): Promise<ServerResponse> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw badRequest('assets are read with GET');
    const answer = await downloadAsset(services, token, name, {
      method: request.method,
      range: request.headers['range'],
      ifNoneMatch: request.headers['if-none-match'],
      ifRange: request.headers['if-range'],
    });
    return { status: answer.status, headers: answer.headers, body: answer.bytes ?? '' };
  };

  const fetched = async (request: ServerRequest, url: URL, realm: Realm): Promise<ServerResponse> => {
    const { context, sessionHeaders } = await callIn(request, url, realm);
    const body = await fetchAssets(context, await readJSON(request.body, config.limits.requestBytes));
    const kind = { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' };
    return { status: 200, headers: { ...(await sessionHeaders()), ...kind, 'cache-control': 'no-store' }, body };
  };

  const poll = async (secret: string): Promise<ServerResponse> => {
    const payload = await pollOnce(services, hub, secret);
    return payload === undefined
      ? { status: 204, headers: {}, body: '' }
      : json(payload, { 'cache-control': 'no-store' });
  };

  const events = async (request: ServerRequest, url: URL, realm: Realm): Promise<ServerResponse> => {
    const { context } = await callIn(request, url, realm);
    return {
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
      body: eventStream(context, hub, request.headers['last-event-id']),
    };
  };

  return async (request, url) => {
    if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' };
    const parts = url.pathname.split('/').slice(1).map(decodePart);
    const [area, version, container, environment] = parts;
    switch (area) {
      case 'database': {
        if (version !== '1') throw notFound('could not find handler for endpoint');
        const action = parts.slice(5).join('/');
        // The archive's spelling of tokens has no database segment to speak of.
        const route =
          parts[4] === 'tokens'
            ? findDatabaseRoute('private', parts.slice(4).join('/'), request.method)
            : findDatabaseRoute(parts[4] ?? '', action, request.method);
        return runRoute(request, url, realmOf(container, environment), route);
      }
      case 'device': {
        // The page where a person types a code shares its name with the protocol's area.
        if (parts.length === 1) return landingPage(services, signIn, request, url);
        const action = parts.slice(4).join('/');
        if (version !== '1' || !action.startsWith('tokens/')) throw notFound('could not find handler for endpoint');
        return runRoute(
          request,
          url,
          realmOf(container, environment),
          findDatabaseRoute('private', action, request.method),
        );
      }
      case 'shoebox': {
        if (version !== '1') throw notFound('could not find handler for endpoint');
        if (container === 'info' && parts.length === 3) return json(serverInfo(services));
        const realm = realmOf(container, environment);
        const action = parts.slice(4).join('/');
        if (action === 'events' && request.method === 'GET') return events(request, url, realm);
        if (action === 'assets/fetch' && request.method === 'POST') return fetched(request, url, realm);
        return runRoute(request, url, realm, findExtensionRoute(action, request.method));
      }
      case 'upload':
        return upload(request, version ?? '', url);
      case 'asset':
        return download(request, version ?? '', container);
      case 'poll':
        return poll(version ?? '');
      case 'api':
        return signIn.accounts(request, url);
      default:
        return landingPage(services, signIn, request, url);
    }
  };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest('the address of this request cannot be read');
  }
}

function json(body: string, headers: Readonly<Record<string, string>> = {}): ServerResponse {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
}
