import { createHash } from 'node:crypto';
import { z } from 'zod';
import { appErrorCodeOf, knownServerErrorCode, serverErrorSchema } from '../../../shared/cloud/serverErrors.ts';
import {
  databaseChangesAnswerSchema,
  recordsAnswerSchema,
  zoneChangesAnswerSchema,
  zonesAnswerSchema,
} from '../../../shared/cloud/wireChanges.ts';
import { assetValueSchema, type DatabaseScope } from '../../../shared/cloud/wireRecords.ts';
import { assetFetchLineSchema, serverInfoSchema } from '../../../shared/cloud/wireServices.ts';
import { AppError, errorMessage, isAppError, type AppErrorData } from '../../../shared/errors.ts';
import type { CloudDatabase, CloudZone, UploadRequest, UploadTicket } from './cloudDatabase.ts';
import { heldRequest } from './heldRequest.ts';

/** A request to the server, as `fetch` has it. */
export type Fetch = (request: Request) => Promise<Response>;

/** A request of the container, in plain words: what takes it on may do without `Request`, which is dear to make. */
export interface CloudRequest {
  readonly url: string;
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  /** Given up when nothing was sent and nothing received for so long; ms. For those who see bytes pass, as `overFetch` does not. */
  readonly silence?: number;
}

/** As much of a `Response` as is read of an answer. */
export type CloudAnswer = Pick<Response, 'ok' | 'status' | 'json'> & {
  readonly headers: Pick<Headers, 'get'>;
  readonly body: AsyncIterable<Uint8Array> | null;
};

export type CloudFetch = (request: CloudRequest) => Promise<CloudAnswer>;

/** Requests of the container over a `fetch`. */
export function overFetch(fetch: Fetch): CloudFetch {
  return ({ url, silence: _unseen, ...init }) => fetch(heldRequest(url, init));
}

export interface HttpCloudDependencies {
  /** `createHttpRequests` or `overFetch`; simulations pass the server's own handler. */
  readonly fetch: CloudFetch;
  /** Origin of the server, without a slash at the end. */
  readonly server: string;
  readonly container: string;
  readonly environment: string;
  /** The session token, read for every request so that a new sign-in takes effect at once; undefined = signed out. */
  readonly token: () => string | undefined;
  /** New text for Idempotency-Key; unlike for every call, and the same when one call is repeated by its caller. */
  readonly newKey: () => string;
  /**
   * For a `fetch` that does not know `silence`: aborts a request, its bodies included, that is not over after so many ms. None
   * for `createHttpRequests`: on a slow line no file would ever arrive. The timer is the caller's, so that simulated time can pass.
   */
  readonly abortAfter?: (ms: number) => AbortSignal | undefined;
  /** Told the server's clock (ms) with every answer that carries a Date. */
  readonly onServerTime?: (ms: number) => void;
}

/** How long a call may be silent before its outcome counts as unknown, in ms. It may take longer while bytes pass. */
const requestTimeout = 30_000;
/** The same where the bytes of files are sent or received. */
const chunkTimeout = 120_000;

/** An answer to `assets/fetch` is shorter (docs/protocol.md, section 14): its 4 MB, and the line that names them. In bytes. */
const longestFetch = 8 * 1024 * 1024;

const uploadAnswerSchema = z.looseObject({
  tokens: z.array(
    z.looseObject({
      url: z.string().optional(),
      chunkBytes: z.number().optional(),
      existing: assetValueSchema.optional(),
      serverErrorCode: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
});
const chunkAnswerSchema = z.looseObject({ received: z.number().optional(), singleFile: assetValueSchema.optional() });
const rereferenceAnswerSchema = z.looseObject({
  assets: z.array(assetValueSchema.partial().extend({ serverErrorCode: z.string().optional() })),
});
const callerSchema = z.looseObject({
  userRecordName: z.string(),
  nameComponents: z.looseObject({ givenName: z.string().optional(), familyName: z.string().optional() }).optional(),
  lookupInfo: z.looseObject({ emailAddress: z.string().optional() }).optional(),
});

/** The container over HTTP (docs/protocol.md). Holds no state beside its dependencies. */
export function createHttpCloudDatabase(deps: HttpCloudDependencies): CloudDatabase {
  const { server, container, environment } = deps;
  const database = `${server}/database/1/${container}/${environment}`;
  const extensions = `${server}/shoebox/1/${container}/${environment}`;

  const isOurs = (url: string): boolean =>
    url.startsWith(`${server}/`) || new URL(url).origin === new URL(server).origin;

  async function send(
    url: string,
    init: Pick<CloudRequest, 'method' | 'body'> & Partial<Pick<CloudRequest, 'headers'>>,
    timeout = requestTimeout,
  ): Promise<CloudAnswer> {
    const token = deps.token();
    const headers = {
      ...init.headers,
      // A session token belongs to the one server that issued it: never to a host some answer names.
      ...(token !== undefined && isOurs(url) ? { authorization: `Bearer ${token}` } : {}),
    };
    const signal = deps.abortAfter?.(timeout);
    let response: CloudAnswer;
    try {
      response = await deps.fetch({
        ...init,
        url,
        headers,
        silence: timeout,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw new AppError(
        'offline',
        `The server at ${new URL(server).host} does not answer.`,
        { reason: errorMessage(error) },
        { cause: error },
      );
    }
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) deps.onServerTime?.(date);
    return response;
  }

  async function read<T>(response: CloudAnswer, schema: z.ZodType<T>): Promise<T> {
    let body: unknown;
    try {
      body = await response.json();
    } catch (error) {
      if (response.ok) {
        throw new AppError('offline', 'The answer of the server broke off.', {}, { cause: error });
      }
      throw unreadable(response.status, error);
    }
    if (!response.ok) throw serverError(response.status, body);
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw unreadable(response.status, parsed.error);
    return parsed.data;
  }

  const post = async <T>(
    url: string,
    body: unknown,
    schema: z.ZodType<T>,
    key?: string,
    timeout?: number,
  ): Promise<T> => {
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    return read(await send(url, { method: 'POST', body: JSON.stringify(body), headers }, timeout), schema);
  };
  const at = (scope: DatabaseScope | 'public', path: string) => `${database}/${scope}/${path}`;

  const lookupRecords: CloudDatabase['lookupRecords'] = async (scope, zone, names) => {
    const ask = async (some: readonly string[]) =>
      (
        await post(
          at(scope, 'records/lookup'),
          { records: some.map((recordName) => ({ recordName })), zoneID: zone },
          recordsAnswerSchema,
        )
      ).records;
    try {
      return await ask(names);
    } catch (error) {
      // A server may take fewer names than changes in one request, and may have been set to less since it told its limits.
      const most = mostRecords(error);
      if (most === undefined || most >= names.length) throw error;
      const found = [];
      for (let from = 0; from < names.length; from += most) found.push(...(await ask(names.slice(from, from + most))));
      return found;
    }
  };

  const askForUploads = async (scope: DatabaseScope, zone: CloudZone, requests: readonly UploadRequest[]) =>
    (
      await post(
        at(scope, 'assets/upload'),
        { tokens: requests.map((request) => ({ ...request, resumable: true })), zoneID: zone },
        uploadAnswerSchema,
      )
    ).tokens;

  return {
    info: async () => read(await send(`${server}/shoebox/1/info`, { method: 'GET' }), serverInfoSchema),
    caller: async () => {
      const person = await read(await send(at('public', 'users/caller'), { method: 'GET' }), callerSchema);
      const name = [person.nameComponents?.givenName, person.nameComponents?.familyName].filter(Boolean).join(' ');
      const emailAddress = person.lookupInfo?.emailAddress;
      return {
        userRecordName: person.userRecordName,
        ...(emailAddress === undefined ? {} : { emailAddress }),
        ...(name === '' ? {} : { name }),
      };
    },
    listZones: async (scope) => {
      const { zones, serverEpoch } = await post(at(scope, 'zones/list'), {}, zonesAnswerSchema);
      return { zones, ...(serverEpoch === undefined ? {} : { serverEpoch }) };
    },
    modifyZones: async (operationType, zones) =>
      (
        await post(
          at('private', 'zones/modify'),
          {
            operations: zones.map(({ syncToken, ...zoneID }) => ({
              operationType,
              zone: { zoneID, ...(syncToken === undefined ? {} : { syncToken }) },
            })),
          },
          zonesAnswerSchema,
          deps.newKey(),
        )
      ).zones,
    modifyRecords: async (scope, zone, operations) =>
      (
        await post(
          at(scope, 'records/modify'),
          { operations, zoneID: zone, atomic: false, desiredKeys: [] },
          recordsAnswerSchema,
          // A copy that some proxy sends again, perhaps much later, must not bring back what was deleted meanwhile.
          deps.newKey(),
        )
      ).records,
    lookupRecords,
    databaseChanges: (scope, syncToken) =>
      post(at(scope, 'changes/database'), syncToken === undefined ? {} : { syncToken }, databaseChangesAnswerSchema),
    zoneChanges: (scope, zone, syncToken) =>
      post(
        at(scope, 'changes/zone'),
        { zones: [{ zoneID: zone, ...(syncToken === undefined ? {} : { syncToken }) }], resultsLimit: 200 },
        zoneChangesAnswerSchema,
      ),
    requestUpload: async (scope, zone, request) => {
      const [answer] = await askForUploads(scope, zone, [request]);
      if (answer?.serverErrorCode !== undefined) throw serverError(200, answer);
      const ticket = ticketIn(answer);
      if (ticket === undefined) throw unreadable(200, 'no upload url');
      return ticket;
    },
    requestUploads: async (scope, zone, requests) => {
      const answers = await askForUploads(scope, zone, requests);
      return requests.map((_, index) => ticketIn(answers[index]));
    },
    uploadStatus: async (url) => {
      const { received } = await read(await send(url, { method: 'GET' }), chunkAnswerSchema);
      return { received: received ?? 0 };
    },
    uploadChunk: async (url, chunk, from, size, sha256) => {
      const last = from + chunk.length - 1;
      const response = await send(
        url,
        {
          method: 'PUT',
          body: chunk as Uint8Array<ArrayBuffer>,
          headers: {
            'content-type': 'application/octet-stream',
            'content-range': `bytes ${size === 0 ? '*' : `${from}-${last}`}/${size}`,
            'x-shoebox-sha256': sha256 ?? createHash('sha256').update(chunk).digest('base64'),
          },
        },
        chunkTimeout,
      );
      const answer = await read(response, chunkAnswerSchema);
      if (answer.singleFile !== undefined) return { asset: answer.singleFile };
      return { received: answer.received ?? from + chunk.length };
    },
    rereference: async (scope, source, target, assets) => {
      const answer = await post(
        at(scope, 'assets/rereference'),
        { assets, zoneID: source, targetZoneID: target },
        rereferenceAnswerSchema,
      );
      return assets.map((_, index) => {
        const parsed = assetValueSchema.safeParse(answer.assets[index]);
        return parsed.success && answer.assets[index]?.serverErrorCode === undefined ? parsed.data : undefined;
      });
    },
    download: async (url, from) => {
      const response = await send(
        url,
        { method: 'GET', ...(from > 0 ? { headers: { range: `bytes=${from}-` } } : {}) },
        chunkTimeout,
      );
      if (!response.ok || response.body === null) await read(response, z.never());
      if (from > 0 && response.status !== 206) {
        await letGo(response);
        throw new AppError('serverRejected', 'The server does not continue a download where it broke off.');
      }
      return bytesOf(response);
    },
    fetchAssets: async (zone, assets) => {
      const response = await send(
        `${extensions}/assets/fetch`,
        {
          method: 'POST',
          body: JSON.stringify({ zoneID: zone, assets }),
          headers: { 'content-type': 'application/json' },
        },
        chunkTimeout,
      );
      if (!response.ok) await read(response, z.never());
      return partsOf(await bodyUpTo(response, longestFetch));
    },
    extension: (path, body, within) =>
      post(
        path.startsWith('records/') || path.startsWith('users/') ? at('public', path) : `${extensions}/${path}`,
        body,
        z.unknown(),
        path.endsWith('/list') || path.startsWith('users/') ? undefined : deps.newKey(),
        within,
      ),
  };
}

/** What was granted; undefined where nothing was. */
function ticketIn(answer: z.infer<typeof uploadAnswerSchema>['tokens'][number] | undefined): UploadTicket | undefined {
  if (answer?.existing !== undefined) return { existing: answer.existing };
  if (answer?.serverErrorCode !== undefined || answer?.url === undefined) return undefined;
  return { url: answer.url, chunkBytes: answer.chunkBytes ?? 8 * 1024 * 1024 };
}

/** How many records one request may name, where a refusal says so. */
function mostRecords(error: unknown): number | undefined {
  if (!isAppError(error) || error.data['limit'] !== 'records') return undefined;
  const { maximum } = error.data;
  return typeof maximum === 'number' && maximum >= 1 ? Math.floor(maximum) : undefined;
}

/** What came of a body, also when it broke off: at most `limit` bytes are taken from a server that sends without end. */
async function bodyUpTo(response: CloudAnswer, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body ?? []) {
      parts.push(part);
      length += part.length;
      if (length >= limit) break;
    }
  } catch (error) {
    if (length === 0) throw new AppError('offline', 'The download broke off.', {}, { cause: error });
  }
  return Buffer.concat(parts);
}

/**
 * The assets in an answer to `assets/fetch`: for each a line of JSON, and its bytes where that names a size. What was cut off
 * is asked for again; what came whole before it counts.
 */
function partsOf(body: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const parts = new Map<string, Uint8Array>();
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(0x0a, at);
    if (end < 0) break;
    const line = lineOf(body.subarray(at, end));
    if (line === undefined && at === 0) throw unreadable(200, 'no line of an asset');
    if (line === undefined) break;
    at = end + 1 + (line.size ?? 0);
    if (line.size === undefined) continue;
    if (at > body.length) break;
    parts.set(line.recordName, body.subarray(end + 1, at));
  }
  return parts;
}

function lineOf(bytes: Uint8Array): z.infer<typeof assetFetchLineSchema> | undefined {
  try {
    return assetFetchLineSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}

/** Ends an answer nobody reads: its connection would stay open for the rest of it. */
async function letGo({ body }: CloudAnswer): Promise<void> {
  const bytes = body?.[Symbol.asyncIterator]();
  // Begun first: a reader that never started has nothing to close.
  await bytes?.next().catch(() => undefined);
  await bytes?.return?.();
}

async function* bytesOf(response: CloudAnswer): AsyncIterable<Uint8Array> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body) yield chunk;
  } catch (error) {
    throw new AppError('offline', 'The download broke off.', {}, { cause: error });
  }
}

/** Turns an error body into an AppError with the facts failures.ts reads. */
function serverError(status: number, body: unknown): AppError {
  const parsed = serverErrorSchema.safeParse(body);
  if (!parsed.success) return unreadable(status, body);
  const { serverErrorCode, reason } = parsed.data;
  const known = knownServerErrorCode(serverErrorCode);
  const data: Record<string, string | number | boolean | null> = { serverErrorCode, status };
  for (const key of ['retryAfter', 'limit', 'maximum', 'expiredBecause', 'neededRight', 'received'] as const) {
    const value = parsed.data[key];
    if (value !== undefined) data[key] = value;
  }
  // The sign-in page's address carries a signed request; it is used, never logged.
  if (parsed.data.redirectURL !== undefined) data['redirectURL'] = parsed.data.redirectURL;
  return new AppError(
    known === undefined ? 'serviceUnavailable' : appErrorCodeOf(known, parsed.data),
    reason ?? `The server answered ${serverErrorCode}.`,
    data satisfies AppErrorData,
  );
}

function unreadable(status: number, cause: unknown): AppError {
  if (isAppError(cause)) return cause;
  return new AppError(
    'serviceUnavailable',
    `The server's answer (HTTP ${status}) could not be read.`,
    { status },
    { cause },
  );
}
