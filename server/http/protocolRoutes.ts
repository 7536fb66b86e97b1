import { schemaInitialiseSchema } from '../../shared/cloud/wireServices.ts';
import { databaseScopes } from '../../shared/cloud/wireRecords.ts';
import type { DatabaseScope } from '../../shared/cloud/wireRecords.ts';
import {
  acceptShares,
  declineInvitations,
  listInvitations,
  prepareAccept,
  resolveShares,
} from '../cloud/acceptShares.ts';
import { answerAccessRequests, createAccessRequest, listAccessRequests } from '../cloud/accessRequests.ts';
import { databaseChanges, zoneChanges } from '../cloud/changes.ts';
import { badRequest, CloudError, notFound } from '../cloud/cloudError.ts';
import type { CallContext } from '../cloud/context.ts';
import { createDeviceToken, registerDeviceToken } from '../cloud/deviceTokens.ts';
import type { Run } from '../cloud/idempotency.ts';
import { listLinks, modifyLinks, prepareLinks } from '../cloud/links.ts';
import { modifyRecords } from '../cloud/modifyRecords.ts';
import { parseBody } from '../cloud/parseBody.ts';
import { lookupRecords, queryRecords } from '../cloud/readRecords.ts';
import { fieldTypeOf } from '../cloud/schema.ts';
import { listSubscriptions, lookupSubscriptions, modifySubscriptions } from '../cloud/subscriptions.ts';
import { rereferenceAssets, requestUploads } from '../cloud/uploads.ts';
import { callerIdentity, currentUser, discoverUsers } from '../cloud/users.ts';
import { listZones, lookupZones, modifyZones } from '../cloud/zoneRequests.ts';

/** What a route gets beside its context. */
export interface RouteRequest {
  readonly method: string;
  readonly body: unknown;
  readonly query: URLSearchParams;
}

type Route = (context: CallContext, request: RouteRequest, scope: DatabaseScope) => Promise<string> | string;

interface DatabaseRoute {
  /** Which database segment the call belongs to (section 2). */
  readonly on: 'public' | 'data' | 'any';
  /** Calls without a body; they may be posted as well. */
  readonly get?: boolean;
  /** False where a repeat changes nothing, so that no idempotency key is ever stored for it. */
  readonly writes?: boolean;
  /** Where a part of the call takes long and needs no transaction: that part, and the rest of the call as its result. */
  readonly prepare?: (context: CallContext, request: RouteRequest) => Promise<Run>;
  readonly run: Route;
}

const wantsToken = (request: RouteRequest): boolean => request.query.get('getCurrentSyncToken') === 'true';

/** `/database/1/{container}/{environment}/{database}/…` (sections 7 to 13). A map, so that no inherited name is a route. */
export const databaseRoutes: ReadonlyMap<string, DatabaseRoute> = new Map<string, DatabaseRoute>([
  ['users/caller', { on: 'any', get: true, run: (context) => callerIdentity(context) }],
  ['users/current', { on: 'any', get: true, run: (context) => currentUser(context) }],
  [
    'users/discover',
    {
      on: 'public',
      get: true,
      run: (context, request) => (request.method === 'GET' ? '{"users":[]}' : discoverUsers(context, request.body)),
    },
  ],
  ['zones/list', { on: 'data', get: true, run: (context, _, scope) => listZones(context, scope) }],
  ['zones/lookup', { on: 'data', run: (context, request, scope) => lookupZones(context, scope, request.body) }],
  [
    'zones/modify',
    { on: 'data', writes: true, run: (context, request, scope) => modifyZones(context, scope, request.body) },
  ],
  [
    'records/modify',
    { on: 'data', writes: true, run: (context, request, scope) => modifyRecords(context, scope, request.body) },
  ],
  [
    'records/lookup',
    { on: 'data', run: (context, request, scope) => lookupRecords(context, scope, request.body, wantsToken(request)) },
  ],
  [
    'records/query',
    { on: 'data', run: (context, request, scope) => queryRecords(context, scope, request.body, wantsToken(request)) },
  ],
  ['records/resolve', { on: 'public', run: (context, request) => resolveShares(context, request.body) }],
  [
    'records/accept',
    {
      on: 'public',
      writes: true,
      prepare: (context, request) => prepareAccept(context, request.body),
      run: (context, request) => acceptShares(context, request.body),
    },
  ],
  ['changes/database', { on: 'data', run: (context, request, scope) => databaseChanges(context, scope, request.body) }],
  ['changes/zone', { on: 'data', run: (context, request, scope) => zoneChanges(context, scope, request.body) }],
  ['assets/upload', { on: 'data', run: (context, request, scope) => requestUploads(context, scope, request.body) }],
  ['assets/rereference', { on: 'data', run: (context, request) => rereferenceAssets(context, request.body) }],
  ['subscriptions/list', { on: 'data', get: true, run: (context, _, scope) => listSubscriptions(context, scope) }],
  [
    'subscriptions/lookup',
    { on: 'data', run: (context, request, scope) => lookupSubscriptions(context, scope, request.body) },
  ],
  [
    'subscriptions/modify',
    { on: 'data', writes: true, run: (context, request, scope) => modifySubscriptions(context, scope, request.body) },
  ],
  ['tokens/create', { on: 'any', run: (context, request) => createDeviceToken(context, request.body) }],
  ['tokens/register', { on: 'any', run: (context, request) => registerDeviceToken(context, request.body) }],
]);

/** Parts of CloudKit this server leaves out on purpose (section 1): refused by name, never silently ignored. */
const leftOut = new Map([
  ['records/changes', 'records/changes is not supported; use changes/zone'],
  ['zones/changes', 'zones/changes is not supported; use changes/database'],
  ['users/lookup/email', 'users/lookup is not supported; use users/discover'],
  ['users/lookup/id', 'users/lookup is not supported; use users/discover'],
  ['users/lookup/contacts', 'users/lookup is not supported; use users/discover'],
]);

/** Our extensions under `/shoebox/1/{container}/{environment}/…` (section 14). */
const extensionRoutes: ReadonlyMap<string, Omit<DatabaseRoute, 'on'>> = new Map<string, Omit<DatabaseRoute, 'on'>>([
  ['links/list', { run: (context, request) => listLinks(context, request.body) }],
  [
    'links/modify',
    {
      writes: true,
      prepare: (context, request) => prepareLinks(context, request.body),
      run: (context, request) => modifyLinks(context, request.body),
    },
  ],
  ['invitations/list', { run: (context) => listInvitations(context) }],
  ['invitations/decline', { writes: true, run: (context, request) => declineInvitations(context, request.body) }],
  ['requests/create', { writes: true, run: (context, request) => createAccessRequest(context, request.body) }],
  ['requests/list', { run: (context, request) => listAccessRequests(context, request.body) }],
  ['requests/answer', { writes: true, run: (context, request) => answerAccessRequests(context, request.body) }],
  ['schema/initialise', { writes: true, run: (context, request) => initialiseSchema(context, request.body) }],
]);

export interface FoundRoute {
  readonly writes: boolean;
  /** See `WritingCall`. */
  readonly prepare: ((context: CallContext, request: RouteRequest) => Promise<Run>) | undefined;
  run(context: CallContext, request: RouteRequest): Promise<string>;
}

/** @throws CloudError NOT_FOUND, BAD_REQUEST (wrong database, left out), never for what a caller may not do */
export function findDatabaseRoute(segment: string, action: string, method: string): FoundRoute {
  const skipped = leftOut.get(action);
  if (skipped !== undefined) throw badRequest(skipped);
  const route = databaseRoutes.get(action);
  if (route === undefined) throw notFound('could not find handler for endpoint');
  checkMethod(method, route.get === true);
  const scope = databaseScopes.find((known) => known === segment);
  if (segment !== 'public' && scope === undefined) throw badRequest('the database is public, private or shared');
  if ((route.on === 'public' && segment !== 'public') || (route.on === 'data' && scope === undefined)) {
    throw badRequest(`endpoint not applicable in the database type '${segment}db'`);
  }
  return {
    writes: route.writes === true,
    prepare: route.prepare,
    run: async (context, request) => route.run(context, request, scope ?? 'private'),
  };
}

/** @throws CloudError NOT_FOUND, BAD_REQUEST */
export function findExtensionRoute(action: string, method: string): FoundRoute {
  const route = extensionRoutes.get(action);
  if (route === undefined) throw notFound('could not find handler for endpoint');
  checkMethod(method, false);
  return {
    writes: route.writes === true,
    prepare: route.prepare,
    run: async (context, request) => route.run(context, request, 'private'),
  };
}

function checkMethod(method: string, get: boolean): void {
  if (method === 'POST' || (get && method === 'GET')) return;
  throw badRequest(`this endpoint is called with ${get ? 'GET or POST' : 'POST'}`);
}

/** schema/initialise: an app offers its model, in development, when a person runs that command; never by itself. */
async function initialiseSchema(context: CallContext, body: unknown): Promise<string> {
  const { recordTypes } = parseBody(schemaInitialiseSchema, body);
  if (context.realm.environment !== 'development') {
    throw new CloudError(
      'ACCESS_DENIED',
      'a schema is initialised in development and reaches production by "schema deploy"',
    );
  }
  await context.database.write(async (sql) => {
    for (const [recordType, given] of Object.entries(recordTypes)) {
      const known = await context.services.schema.lookup(sql, context.realm, recordType);
      const fields = new Map(Object.entries(given).map(([name, type]) => [name, fieldTypeOf(type)]));
      for (const [name, type] of fields) {
        const before = known?.get(name);
        if (before !== undefined && before !== type)
          throw badRequest(`field ${name} of ${recordType} is ${before}, not ${type}`);
      }
      await context.services.schema.extend(sql, context.realm, recordType, fields);
    }
  });
  return '{}';
}
