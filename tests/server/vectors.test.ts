import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, testContainer } from '../helpers/testServer.ts';
import type { TestServer } from '../helpers/testServer.ts';
import { sendOver } from '../helpers/wireClient.ts';
import type { Answer, Wire } from '../helpers/wireClient.ts';

/**
 * The example vectors of docs/protocol.md, section 17, sent the way observed web clients send them: text/plain, the
 * tokens in the query, the rotated token of one answer in the next request.
 */
const base = `/database/1/${testContainer}/development`;
const Z = { zoneName: 'PhotosZone' };
let server: TestServer;

interface WebClient {
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>;
}

async function webClient(name: string | undefined): Promise<WebClient> {
  const send = sendOver(server.origin);
  const person = name === undefined ? undefined : await server.person(name);
  let token = person?.token;
  return {
    async request(method, path, body) {
      const signedIn = token === undefined ? '' : `&ckWebAuthToken=${encodeURIComponent(token)}`;
      const url = `${path}?ckjsBuildVersion=2310&ckjsVersion=2.6.4&clientId=${randomUUID()}${signedIn}&ckAPIToken=A`;
      const answer = await send({
        method,
        path: url,
        headers: { 'content-type': 'text/plain' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      token = answer.headers['x-apple-cloudkit-web-auth-token'] ?? token;
      return answer;
    },
  };
}

let anna: WebClient;
let bob: WebClient;
const post = async (client: WebClient, path: string, body: unknown): Promise<Wire> => {
  const answer = await client.request('POST', `${base}${path}`, body);
  expect(answer.status).toBe(200);
  return answer.body;
};

beforeAll(async () => {
  server = await startTestServer({ clients: [{ id: 'A', origins: ['https://web.example'] }] });
  anna = await webClient('Anna');
  bob = await webClient('Bob');
});
afterAll(() => server.stop());

test('1: without a user token the caller is sent to sign in', async () => {
  const nobody = await webClient(undefined);
  const { status, body } = await nobody.request('GET', `${base}/public/users/caller`);
  expect(status).toBe(421);
  expect(body).toMatchObject({ serverErrorCode: 'AUTHENTICATION_REQUIRED', uuid: expect.any(String) });
  expect(body.redirectURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login\?request=[A-Za-z0-9_-]+$/);
  expect((await fetch(body.redirectURL as string)).status).toBe(200);
});

test('2, 3: the caller and people to be found', async () => {
  const caller = await anna.request('GET', `${base}/public/users/caller`);
  expect(caller.body).toMatchObject({
    userRecordName: '_anna',
    nameComponents: { givenName: 'Anna' },
    users: [{ userRecordName: '_anna' }],
  });
  expect(caller.headers['x-apple-cloudkit-web-auth-token']).toBeTruthy();
  const found = await post(anna, '/public/users/discover', { lookupInfos: [{ emailAddress: 'bob@example.org' }] });
  expect(found.users).toMatchObject([{ userRecordName: '_bob', lookupInfo: { emailAddress: 'bob@example.org' } }]);
  expect((await anna.request('GET', `${base}/public/users/discover`)).body).toEqual({ users: [] });
});

test('4, 5, 6: zones are made, listed and looked up', async () => {
  const made = await post(anna, '/private/zones/modify', {
    operations: [{ zone: { zoneID: Z }, operationType: 'create' }],
  });
  expect(made).toEqual({
    zones: [
      {
        zoneID: { zoneName: 'PhotosZone', ownerRecordName: '_anna', zoneType: 'REGULAR_CUSTOM_ZONE' },
        syncToken: expect.any(String),
        atomic: true,
      },
    ],
  });
  const list = await anna.request('GET', `${base}/private/zones/list`);
  expect(list.body).toEqual({ zones: made.zones, serverEpoch: expect.any(String) });
  expect((await anna.request('GET', `${base}/shared/zones/list`)).body).toEqual({
    zones: [],
    serverEpoch: list.body.serverEpoch,
  });
  const looked = await post(anna, '/private/zones/lookup', { zones: [{ zoneName: 'Nope' }] });
  expect(looked).toEqual({
    zones: [{ zoneID: { zoneName: 'Nope' }, serverErrorCode: 'ZONE_NOT_FOUND', reason: expect.any(String) }],
  });
});

test('7, 8: a record is created, and a stale update answers CONFLICT with the server’s record', async () => {
  const record = { recordName: 'P1', recordType: 'CD_Photo', fields: { CD_title: { value: 'hill' } } };
  const created = await post(anna, '/private/records/modify', {
    operations: [{ operationType: 'create', record }],
    zoneID: Z,
  });
  expect(created.records).toEqual([
    {
      recordName: 'P1',
      recordType: 'CD_Photo',
      recordChangeTag: expect.stringMatching(/^[0-9a-f]+\.[0-9a-z]+$/),
      fields: { CD_title: { value: 'hill', type: 'STRING' } },
      created: { timestamp: expect.any(Number), userRecordName: '_anna' },
      modified: { timestamp: expect.any(Number), userRecordName: '_anna' },
      deleted: false,
      zoneID: { zoneName: 'PhotosZone', ownerRecordName: '_anna', zoneType: 'REGULAR_CUSTOM_ZONE' },
    },
  ]);
  const stale = await post(anna, '/private/records/modify', {
    operations: [{ operationType: 'update', record: { ...record, recordChangeTag: '7f3c.0' } }],
    zoneID: Z,
  });
  expect(stale.records).toEqual([
    {
      recordName: 'P1',
      serverErrorCode: 'CONFLICT',
      reason: expect.stringContaining('oplock error'),
      serverRecord: created.records[0],
    },
  ]);
});

test('9: one batch of all seven operations answers six saves and deletions in order', async () => {
  const make = (recordName: string): Wire => ({
    operationType: 'create',
    record: { recordName, recordType: 'CD_Photo', fields: {} },
  });
  const before = await post(anna, '/private/records/modify', { operations: [make('R'), make('D')], zoneID: Z });
  const answer = await post(anna, '/private/records/modify', {
    zoneID: Z,
    operations: [
      make('C'),
      {
        operationType: 'forceUpdate',
        record: { recordName: 'F', recordType: 'CD_Photo', fields: { CD_title: { value: 'f' } } },
      },
      {
        operationType: 'replace',
        record: { recordName: 'R', recordChangeTag: before.records[0].recordChangeTag, fields: {} },
      },
      { operationType: 'forceReplace', record: { recordName: 'FR', recordType: 'CD_Photo', fields: {} } },
      { operationType: 'delete', record: { recordName: 'D', recordChangeTag: before.records[1].recordChangeTag } },
      { operationType: 'forceDelete', record: { recordName: 'gone' } },
    ],
  });
  expect(answer.records.map((item: Wire) => [item.recordName, item.deleted])).toEqual([
    ['C', false],
    ['F', false],
    ['R', false],
    ['FR', false],
    ['D', true],
    ['gone', true],
  ]);
  expect(answer.records[4]).toEqual({ recordName: 'D', deleted: true });
});

test('10: an atomic batch with one stale operation stores nothing', async () => {
  const answer = await post(anna, '/private/records/modify', {
    zoneID: Z,
    atomic: true,
    operations: [
      { operationType: 'create', record: { recordName: 'A', recordType: 'CD_Photo', fields: {} } },
      { operationType: 'update', record: { recordName: 'P1', recordChangeTag: 'stale.1', fields: {} } },
    ],
  });
  expect(answer.records).toMatchObject([
    { recordName: 'A', serverErrorCode: 'ATOMIC_ERROR' },
    { recordName: 'P1', serverErrorCode: 'CONFLICT' },
  ]);
  const looked = await post(anna, '/private/records/lookup', { records: [{ recordName: 'A' }], zoneID: Z });
  expect(looked.records).toMatchObject([{ recordName: 'A', serverErrorCode: 'NOT_FOUND' }]);
});

test('12: a query filters, sorts and keeps to the keys asked for', async () => {
  const query = {
    recordType: 'CD_Photo',
    filterBy: [{ fieldName: 'CD_title', comparator: 'BEGINS_WITH', fieldValue: { value: 'h' } }],
    sortBy: [{ systemFieldName: 'modifiedTimestamp', ascending: false }],
  };
  const answer = await post(anna, '/private/records/query', {
    query,
    zoneID: Z,
    desiredKeys: ['CD_title'],
    resultsLimit: 10,
  });
  expect(answer.records).toMatchObject([{ recordName: 'P1', fields: { CD_title: { value: 'hill', type: 'STRING' } } }]);
  expect(answer).not.toHaveProperty('continuationMarker');
  const wide = await post(anna, '/private/records/query', { query, zoneWide: true });
  expect(wide.records).toHaveLength(1);
});

test('13 to 15: looked up and followed as a participant, with tombstones', async () => {
  const shared = await post(anna, '/private/records/modify', {
    zoneID: Z,
    operations: [
      {
        operationType: 'create',
        record: {
          recordType: 'cloudkit.share',
          recordName: 'cloudkit.zoneshare',
          createShortGUID: true,
          fields: {},
          publicPermission: 'NONE',
          participants: [
            {
              type: 'USER',
              permission: 'READ_ONLY',
              acceptanceStatus: 'INVITED',
              userIdentity: { lookupInfo: { emailAddress: 'bob@example.org' } },
            },
          ],
        },
      },
    ],
  });
  await post(bob, '/public/records/accept', { shortGUIDs: [{ value: shared.records[0].shortGUID }] });
  const zoneID = { ...Z, ownerRecordName: '_anna' };
  const looked = await post(bob, '/shared/records/lookup', {
    records: [{ recordName: 'P1' }, { recordName: 'P0' }],
    zoneID,
  });
  expect(looked.records).toMatchObject([
    { recordName: 'P1', fields: { CD_title: { value: 'hill' } } },
    { recordName: 'P0', serverErrorCode: 'NOT_FOUND' },
  ]);

  const first = await post(bob, '/shared/changes/database', {});
  expect(first).toMatchObject({
    zones: [{ zoneID: { zoneName: 'PhotosZone', ownerRecordName: '_anna' }, syncToken: expect.any(String) }],
    moreComing: false,
  });
  const second = await post(bob, '/shared/changes/database', { syncToken: first.syncToken });
  expect(second).toMatchObject({ zones: [], syncToken: first.syncToken, moreComing: false });

  const feed = await post(anna, '/private/changes/zone', { zones: [{ zoneID: Z, resultsLimit: 50 }] });
  expect(feed.zones[0].moreComing).toBe(false);
  await post(anna, '/private/records/modify', {
    zoneID: Z,
    operations: [{ operationType: 'forceDelete', record: { recordName: 'FR' } }],
  });
  const next = await post(anna, '/private/changes/zone', {
    zones: [
      {
        zoneID: Z,
        desiredKeys: ['CD_title'],
        desiredRecordTypes: ['CD_Photo'],
        resultsLimit: 50,
        syncToken: feed.zones[0].syncToken,
        reverse: false,
      },
    ],
  });
  expect(next.zones[0].records).toEqual([
    {
      recordName: 'FR',
      recordType: 'CD_Photo',
      recordChangeTag: expect.any(String),
      deleted: true,
      zoneID: expect.anything(),
    },
  ]);
});

test('11: a forced delete of what is gone succeeds again', async () => {
  const body = { zoneID: Z, operations: [{ operationType: 'forceDelete', record: { recordName: 'P1' } }] };
  expect(await post(anna, '/private/records/modify', body)).toEqual({ records: [{ recordName: 'P1', deleted: true }] });
  expect(await post(anna, '/private/records/modify', body)).toEqual({ records: [{ recordName: 'P1', deleted: true }] });
});

test('16: a share of a record is refused with the reason', async () => {
  const record = {
    recordType: 'cloudkit.share',
    fields: { 'cloudkit.title': { value: 'Trip' } },
    forRecord: { recordName: 'P1', recordChangeTag: '2' },
    publicPermission: 'READ_ONLY',
  };
  const answer = await post(anna, '/private/records/modify', {
    zoneID: Z,
    operations: [{ operationType: 'create', record }],
  });
  expect(answer.records).toMatchObject([
    { serverErrorCode: 'BAD_REQUEST', reason: 'record shares are not supported; share the zone' },
  ]);
});

test('17 to 19: a zone is shared, resolved and accepted twice with the same answer', async () => {
  await post(anna, '/private/zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'share.1' } } }],
  });
  const participants = [
    {
      type: 'USER',
      permission: 'READ_WRITE',
      acceptanceStatus: 'INVITED',
      userIdentity: { lookupInfo: { emailAddress: 'bob@example.org' } },
    },
  ];
  const record = {
    recordType: 'cloudkit.share',
    recordName: 'cloudkit.zoneshare',
    createShortGUID: true,
    fields: {},
    publicPermission: 'NONE',
    participants,
  };
  const made = await post(anna, '/private/records/modify', {
    zoneID: { zoneName: 'share.1' },
    operations: [{ operationType: 'create', record }],
  });
  const share = made.records[0];
  expect(share).toMatchObject({
    recordType: 'cloudkit.share',
    shortGUID: expect.stringMatching(/^[A-Za-z0-9_-]{22,}$/),
    owner: { userIdentity: { userRecordName: '_anna' } },
    participants: [
      { type: 'OWNER', rights: ['ADD', 'EDIT', 'DELETE', 'MANAGE'] },
      { type: 'USER', rights: ['ADD', 'EDIT', 'DELETE'], acceptanceStatus: 'INVITED' },
    ],
    currentUserParticipant: { type: 'OWNER' },
  });
  const resolved = await post(bob, '/public/records/resolve', { shortGUIDs: [{ value: share.shortGUID }] });
  expect(resolved.results).toMatchObject([
    {
      shortGUID: share.shortGUID,
      containerIdentifier: testContainer,
      environment: 'development',
      databaseScope: 'SHARED',
      zoneID: { zoneName: 'share.1', ownerRecordName: '_anna' },
      share: { recordType: 'cloudkit.share' },
      ownerIdentity: { userRecordName: '_anna' },
      participantType: 'USER',
      participantPermission: 'READ_WRITE',
      participantStatus: 'INVITED',
    },
  ]);
  const accept = { shortGUIDs: [{ value: share.shortGUID, shouldFetchRootRecord: true }] };
  const once = await post(bob, '/public/records/accept', accept);
  expect(once.results).toMatchObject([{ participantStatus: 'ACCEPTED' }]);
  expect(once.results[0]).not.toHaveProperty('rootRecord');
  expect(await post(bob, '/public/records/accept', accept)).toEqual(once);
});

test('20, 21: an asset is uploaded, saved, read and rereferenced', async () => {
  const bytes = Buffer.from('four');
  const upload = await post(anna, '/private/assets/upload', {
    tokens: [{ fieldName: 'CD_image', recordType: 'CD_Photo', recordName: 'P9' }],
    zoneID: Z,
  });
  expect(upload.tokens).toEqual([
    { recordName: 'P9', fieldName: 'CD_image', url: expect.stringContaining('/upload/') },
  ]);
  const sent = await fetch(upload.tokens[0].url as string, { method: 'POST', body: bytes });
  const { singleFile } = await sent.json();
  expect(singleFile).toMatchObject({
    size: 4,
    wrappingKey: expect.any(String),
    receipt: expect.any(String),
    referenceChecksum: expect.any(String),
  });
  const digest = createHash('sha256').update(bytes).digest();
  expect(singleFile.fileChecksum).toBe(Buffer.concat([Buffer.from([1]), digest.subarray(0, 20)]).toString('base64'));
  const saved = await post(anna, '/private/records/modify', {
    zoneID: Z,
    operations: [
      {
        operationType: 'create',
        record: { recordName: 'P9', recordType: 'CD_Photo', fields: { CD_image: { value: singleFile } } },
      },
    ],
  });
  const field = saved.records[0].fields.CD_image;
  expect(field).toMatchObject({ type: 'ASSETID', value: { size: 4, sha256: digest.toString('base64') } });
  expect(field.value).not.toHaveProperty('receipt');
  const read = await fetch((field.value.downloadURL as string).replace('${f}', 'hill.jpg'));
  expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);

  const again = await post(anna, '/private/assets/rereference', {
    assets: [{ recordName: 'P9', fieldName: 'CD_image' }],
    zoneID: Z,
  });
  expect(again.assets).toMatchObject([{ size: 4, fileChecksum: singleFile.fileChecksum, receipt: expect.any(String) }]);
  const copy = await post(anna, '/private/records/modify', {
    zoneID: Z,
    operations: [
      {
        operationType: 'create',
        record: { recordName: 'P10', recordType: 'CD_Photo', fields: { CD_image: { value: again.assets[0] } } },
      },
    ],
  });
  expect(copy.records[0].fields.CD_image.value.sha256).toBe(digest.toString('base64'));
});

test('22: a subscription is made, listed, looked up and deleted', async () => {
  const subscription = { subscriptionID: 's1', subscriptionType: 'database' };
  const expected = { subscriptions: [subscription] };
  expect(
    await post(anna, '/private/subscriptions/modify', { operations: [{ operationType: 'create', subscription }] }),
  ).toEqual(expected);
  expect((await anna.request('GET', `${base}/private/subscriptions/list`)).body).toEqual(expected);
  expect(await post(anna, '/private/subscriptions/lookup', { subscriptions: [{ subscriptionID: 's1' }] })).toEqual(
    expected,
  );
  expect(
    await post(anna, '/private/subscriptions/modify', {
      operations: [{ operationType: 'delete', subscription: { subscriptionID: 's1' } }],
    }),
  ).toEqual({
    subscriptions: [{ subscriptionID: 's1' }],
  });
});

test('23, 24: a device token hears of a change by long poll, and can be registered', async () => {
  await post(bob, '/shared/subscriptions/modify', {
    operations: [{ operationType: 'create', subscription: { subscriptionID: 'all', subscriptionType: 'database' } }],
  });
  const device = `/device/1/${testContainer}/development/tokens`;
  const made = await bob.request('POST', `${device}/create`, {
    apnsEnvironment: 'development',
    clientId: randomUUID(),
  });
  expect(made.body).toEqual({
    apnsEnvironment: 'development',
    apnsToken: expect.any(String),
    webcourierURL: expect.stringContaining('/poll/'),
  });
  const waiting = fetch(made.body.webcourierURL as string);
  await post(anna, '/private/records/modify', {
    zoneID: { zoneName: 'share.1' },
    operations: [{ operationType: 'create', record: { recordName: 'N', recordType: 'CD_Photo', fields: {} } }],
  });
  const push = await (await waiting).json();
  expect(push).toMatchObject({
    aps: { 'content-available': 1 },
    ck: { ce: 2, cid: testContainer, ckuserid: '_bob', met: { sid: 'all', zid: 'share.1', zoid: '_anna', dbs: 2 } },
  });
  const registered = await bob.request('POST', `${device}/register`, {
    apnsEnvironment: 'development',
    apnsToken: made.body.apnsToken,
    clientId: randomUUID(),
  });
  expect([registered.status, registered.body]).toEqual([200, {}]);
});

test('25: a server-to-server key is refused', async () => {
  const { status, body } = await sendOver(server.origin)({
    method: 'GET',
    path: `${base}/public/users/caller`,
    headers: {
      'x-apple-cloudkit-request-keyid': 'k',
      'x-apple-cloudkit-request-iso8601date': '2026-01-25T22:15:43Z',
      'x-apple-cloudkit-request-signaturev1': 'sig',
    },
  });
  expect([status, body.serverErrorCode]).toEqual([401, 'AUTHENTICATION_FAILED']);
});
