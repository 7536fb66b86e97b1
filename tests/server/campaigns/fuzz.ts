import { databaseRoutes } from '../../../server/http/protocolRoutes.ts';
import { testContainer } from '../../helpers/testServer.ts';
import type { TestServer } from '../../helpers/testServer.ts';
import type { Wire } from '../../helpers/wireClient.ts';
import { createWireClient, sendOver } from '../../helpers/wireClient.ts';

/** What a fuzz run saw. */
export interface FuzzReport {
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests answered with 5xx, or not with JSON where JSON is promised; each with what was sent. */
  readonly faults: readonly string[];
}

/** A small, good random source: the same seed, the same requests. */
export function createRandom(seed: number): {
  next(): number;
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
} {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { next, below, pick: (items) => items[below(items.length)] as (typeof items)[number] };
}

type Random = ReturnType<typeof createRandom>;

const hostile: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  -(2 ** 63),
  1e308,
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(300),
  'x'.repeat(5000),
  '💥'.repeat(90),
  "'; DROP TABLE records; --",
  '%00',
  '\r\nX: y',
  [],
  {},
  [[]],
  [null],
  { value: null },
  { value: { recordName: '' } },
  { value: [], type: 'UNKNOWN_LIST' },
  { value: 'x', type: 'INT64' },
  { value: 2 ** 60, type: 'INT64' },
  { value: '9223372036854775808', type: 'INT64' },
  { value: { latitude: 91, longitude: 0 } },
  { value: '====', type: 'BYTES' },
  { value: { receipt: 'x', size: -1, fileChecksum: '' } },
  { zoneName: '_defaultZone' },
  { zoneName: '\u0000' },
  JSON.parse('{"__proto__":{"x":1}}'),
  JSON.parse('{"constructor":{"prototype":{"y":1}}}'),
  Array.from({ length: 300 }, (_, index) => index),
];

function templates(people: readonly string[]): Record<string, Wire> {
  const Z = { zoneName: 'fuzz', ownerRecordName: people[0] };
  const record = (extra: Wire = {}): Wire => ({
    recordName: 'r1',
    recordType: 'Photo',
    fields: {
      title: { value: 'a' },
      n: { value: 1 },
      at: { value: 1, type: 'TIMESTAMP' },
      of: { value: { recordName: 'r2', action: 'DELETE_SELF' } },
    },
    ...extra,
  });
  const participant = {
    permission: 'READ_WRITE',
    rights: ['ADD'],
    userIdentity: { lookupInfo: { emailAddress: 'someone@example.org' } },
  };
  return {
    'users/caller': {},
    'users/current': {},
    'users/discover': { lookupInfos: [{ emailAddress: 'ana@example.org' }] },
    'zones/list': {},
    'zones/lookup': { zones: [Z] },
    'zones/modify': { operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'fuzz' } } }] },
    'records/modify': {
      zoneID: Z,
      atomic: false,
      operations: [
        { operationType: 'forceUpdate', record: record() },
        { operationType: 'create', record: record({ recordName: 'r2', parent: { recordName: 'r1' } }) },
        { operationType: 'update', record: record({ recordName: 'r3', recordChangeTag: 'x.1' }) },
        { operationType: 'forceDelete', record: { recordName: 'r4' } },
        {
          operationType: 'forceUpdate',
          record: {
            recordName: 'cloudkit.zoneshare',
            recordType: 'cloudkit.share',
            publicPermission: 'READ_WRITE',
            publicRights: ['ADD'],
            participants: [participant],
            departureRule: 'GO',
            endsAt: 99999999999999,
          },
        },
      ],
    },
    'records/lookup': {
      zoneID: Z,
      records: [{ recordName: 'r1' }, { recordName: 'cloudkit.zoneshare', desiredKeys: ['title'] }],
    },
    'records/query': {
      zoneID: Z,
      resultsLimit: 5,
      query: {
        recordType: 'Photo',
        filterBy: [
          { fieldName: 'title', comparator: 'BEGINS_WITH', fieldValue: { value: 'a' } },
          { systemFieldName: 'modTime', comparator: 'GREATER_THAN', fieldValue: { value: 1 } },
        ],
        sortBy: [{ fieldName: 'n', ascending: false }],
      },
      continuationMarker: 'x',
    },
    'records/resolve': { shortGUIDs: [{ value: 'AAAAAAAAAAAAAAAAAAAAAA', linkSecret: 'x' }] },
    'records/accept': { shortGUIDs: [{ value: 'AAAAAAAAAAAAAAAAAAAAAA', linkSecret: 'x', linkPassword: 'p' }] },
    'changes/database': { syncToken: 'x', resultsLimit: 3 },
    'changes/zone': {
      zones: [
        {
          zoneID: Z,
          syncToken: 'x',
          resultsLimit: 3,
          desiredRecordTypes: ['Photo'],
          desiredKeys: ['title'],
          numbersAsStrings: true,
        },
      ],
    },
    'assets/upload': {
      zoneID: Z,
      tokens: [{ recordType: 'Photo', recordName: 'r1', fieldName: 'data', size: 10, sha256: 'x', resumable: true }],
    },
    'assets/rereference': { zoneID: Z, targetZoneID: Z, assets: [{ recordName: 'r1', fieldName: 'data' }] },
    'assets/fetch': { zoneID: Z, assets: [{ recordName: 'r1', fieldName: 'data' }] },
    'subscriptions/list': {},
    'subscriptions/lookup': { subscriptions: [{ subscriptionID: 's' }] },
    'subscriptions/modify': {
      operations: [
        {
          operationType: 'create',
          subscription: {
            subscriptionID: 's',
            subscriptionType: 'query',
            query: { recordType: 'Photo' },
            firesOn: ['create'],
            notificationInfo: { alertBody: 'x' },
          },
        },
      ],
    },
    'tokens/create': { apnsEnvironment: 'development', clientId: 'c' },
    'tokens/register': { apnsEnvironment: 'development', apnsToken: 'ab', clientId: 'c' },
    'links/list': { zoneID: Z },
    'links/modify': {
      zoneID: Z,
      operations: [
        { operationType: 'create', link: { role: 'VIEWER', label: 'x', maxUses: 1, expiresAt: 1, password: 'p' } },
        { operationType: 'revoke', link: { linkID: 'x', removeParticipants: true } },
        { operationType: 'update', link: { linkID: 'x', role: 'EDITOR' } },
      ],
    },
    'invitations/list': {},
    'invitations/decline': { shortGUIDs: [{ value: 'x' }] },
    'requests/create': { shortGUID: 'x', message: 'm' },
    'requests/list': { zoneID: Z },
    'requests/answer': { requests: [{ requestID: 'x', decision: 'GRANT', rights: ['ADD'] }] },
    'schema/initialise': { recordTypes: { Thing: { a: 'STRING' } } },
    'sign-in/email': { email: 'ana@example.org', password: 'wrong password' },
    'sign-up/email': { email: 'x', password: 'password1', name: 'n' },
    'device/code': { client_id: 'x' },
    'device/token': { device_code: 'x' },
    'device/approve': { userCode: 'x' },
    token: {
      grant_type: 'authorization_code',
      code: 'x',
      code_verifier: 'y'.repeat(43),
      redirect_uri: 'z',
      client_id: 'c',
    },
    'verify-email': { token: 'x' },
    'reset-password': { token: 'x', newPassword: 'a new long one' },
    'update-user': { name: 'n', discoverable: true },
    'revoke-session': { id: 'x' },
    'change-password': { currentPassword: 'x', newPassword: 'another long one' },
  };
}

const accountActions = new Set([
  'sign-in/email',
  'sign-up/email',
  'device/code',
  'device/token',
  'device/approve',
  'token',
  'verify-email',
  'reset-password',
  'update-user',
  'revoke-session',
  'change-password',
]);
const extensionActions = new Set([
  'assets/fetch',
  'links/list',
  'links/modify',
  'invitations/list',
  'invitations/decline',
  'requests/create',
  'requests/list',
  'requests/answer',
  'schema/initialise',
]);

/** Replaces, drops or doubles something somewhere in a copy of a body. */
function mutate(random: Random, value: unknown, depth = 0): unknown {
  if (random.next() < 0.03 + depth * 0.012) return random.pick(hostile);
  if (Array.isArray(value)) {
    const items = (value as unknown[]).map((item) => mutate(random, item, depth + 1));
    if (random.next() < 0.05) items.push(...items);
    if (random.next() < 0.05) items.pop();
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(() => random.next() > 0.03)
      .map(
        ([key, item]) =>
          [random.next() < 0.02 ? String(random.pick(hostile)) : key, mutate(random, item, depth + 1)] as const,
      );
    return Object.fromEntries(entries);
  }
  if (typeof value === 'string' && random.next() < 0.1)
    return `${value}${random.pick(['\u0000', 'x', '💥', '"', '\\', '\ud800'])}`;
  if (typeof value === 'number' && random.next() < 0.1) return random.pick([-1, 0, 1e15, 2 ** 53 + 2, 0.1, -0]);
  return value;
}

/** Sends requests that are valid, nearly valid and hostile, on every endpoint. */
export async function fuzz(server: TestServer, seed: number, requests: number): Promise<FuzzReport> {
  const random = createRandom(seed);
  const people = [await server.person('ana'), await server.person('ben')];
  const send = sendOver(server.origin);
  const first = createWireClient(send, people[0]?.token);
  await first.call('private', 'zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'fuzz' } } }],
  });
  const bodies = templates(people.map((person) => person.userName));
  const actions = Object.keys(bodies);
  const byStatus: Record<string, number> = {};
  const faults: string[] = [];

  const one = async (): Promise<void> => {
    const action = random.pick(actions);
    const where = random.pick(['private', 'shared', 'public', 'private', 'shared', 'nonsense']);
    const path = accountActions.has(action)
      ? `/api/auth/${action}`
      : extensionActions.has(action)
        ? `/shoebox/1/${testContainer}/development/${action}`
        : action.startsWith('tokens/')
          ? `/device/1/${testContainer}/development/${action}`
          : `/database/1/${testContainer}/${random.pick(['development', 'development', 'production', 'x'])}/${databaseRoutes.get(action)?.on === 'public' ? 'public' : where}/${action}`;
    const odd =
      random.next() < 0.04
        ? random.pick([
            '/%',
            '/%00',
            '/../x',
            '?ckAPIToken=%E0%A4%A',
            '/share/x',
            '/asset/x',
            '/upload/x',
            '/poll/x',
            '//x',
            '?'.repeat(50),
          ])
        : '';
    const token =
      random.next() < 0.9
        ? random.pick([people[0]?.token, people[0]?.token, people[1]?.token])
        : random.pick(['garbage', 'x'.repeat(500), undefined]);
    const value = random.next() < 0.3 ? bodies[action] : mutate(random, bodies[action]);
    let text = JSON.stringify(value) ?? '';
    if (random.next() < 0.03)
      text = random.pick([
        '{',
        '[',
        'null',
        '"x"',
        '1e999',
        '{"a":'.repeat(2000),
        '['.repeat(50_000),
        text.slice(0, -1),
        `${text}${text}`,
        '\u0000',
      ]);
    const headers: Record<string, string> = {
      'content-type': random.pick(['text/plain', 'application/json', 'image/png', 'application/x-www-form-urlencoded']),
    };
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (random.next() < 0.05)
      headers['idempotency-key'] = random.pick([
        'short',
        'key-0000-0001',
        'k'.repeat(200),
        `key-${random.below(1e9)}-00`,
      ]);
    if (random.next() < 0.02)
      headers['content-range'] = random.pick([
        'bytes 0-1/2',
        'bytes x',
        'bytes 5-1/3',
        'bytes 0-99999999999999999999/1',
      ]);
    const method = random.next() < 0.04 ? random.pick(['PUT', 'DELETE', 'PATCH', 'OPTIONS']) : 'POST';
    try {
      const answer = await send({ method, path: `${path}${odd}`, headers, body: text });
      byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
      // Assets are bytes, whatever is asked for; only a refusal of theirs is JSON.
      const promisesJSON = answer.status !== 204 && odd === '' && (action !== 'assets/fetch' || answer.status !== 200);
      if (answer.status >= 500 || (promisesJSON && typeof answer.body !== 'object')) {
        faults.push(
          `${answer.status} ${method} ${path}${odd} ${text.slice(0, 400)} -> ${JSON.stringify(answer.body).slice(0, 200)}`,
        );
      }
    } catch (error) {
      // fetch refuses some addresses by itself; a server that hung up would show here as well.
      if (odd === '') faults.push(`no answer ${method} ${path} ${text.slice(0, 400)}: ${String(error)}`);
    }
  };
  for (let done = 0; done < requests; done += 16) {
    await Promise.all(Array.from({ length: Math.min(16, requests - done) }, one));
  }
  return { requests, byStatus, faults };
}
