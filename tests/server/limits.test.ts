import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ContainerServer } from '../../server/containerServer.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { createTestContainer, makePerson, quickPasswords } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';
import type { Wire, WireClient } from '../helpers/wireClient.ts';

let container: ContainerServer;
let ana: WireClient;
let ben: WireClient;
let verifications = 0;
const zoneID = { zoneName: 'z' };

beforeAll(async () => {
  container = await createTestContainer({
    database: openSqliteDatabase({ path: ':memory:' }),
    passwords: {
      ...quickPasswords,
      async verify(hash, password) {
        verifications += 1;
        return quickPasswords.verify(hash, password);
      },
    },
    config: {
      limits: { recordBytes: 2000, requestBytes: 300_000, participantsPerShare: 3, assetBytes: 1000, operations: 20 },
    },
  });
  ana = createWireClient(sendInto(container), (await makePerson(container, 'Ana')).token);
  ben = createWireClient(sendInto(container), (await makePerson(container, 'Ben')).token);
  await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
});
afterAll(() => container?.dispose());

const modify = (operations: Wire[]): Promise<Wire> => ana.call('private', 'records/modify', { zoneID, operations });
const create = (recordName: string, fields: Wire = {}): Wire => ({
  operationType: 'create',
  record: { recordName, recordType: 'Photo', fields },
});

test('every limit is published, and a request over one names it', async () => {
  const { limits } = (await ana.get('/shoebox/1/info')).body;
  const many = await modify(Array.from({ length: 21 }, (_, index) => create(`m${index}`)));
  expect([many.status, many.body]).toMatchObject([
    400,
    { serverErrorCode: 'BAD_REQUEST', limit: 'operations', maximum: limits.operations },
  ]);
  const big = await modify([create('big', { text: { value: 'x'.repeat(3000) } })]);
  expect(big.body.records[0]).toMatchObject({
    serverErrorCode: 'BAD_REQUEST',
    limit: 'recordBytes',
    maximum: limits.recordBytes,
  });
  const long = await modify([create('long', { text: { value: 'x'.repeat(300_000) } })]);
  expect([long.status, long.body.limit]).toEqual([400, 'requestBytes']);
  const deep = await ana.call('private', 'records/modify', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`);
  expect([deep.status, deep.body.reason]).toEqual([400, 'the body is nested deeper than 32 levels']);
  const token = (
    await ana.call('private', 'assets/upload', { zoneID, tokens: [{ recordType: 'Photo', fieldName: 'data' }] })
  ).body.tokens[0];
  const heavy = await ana.send({ method: 'POST', path: token.url as string, headers: {}, body: 'x'.repeat(1001) });
  expect(heavy.body).toMatchObject({ serverErrorCode: 'BAD_REQUEST', limit: 'assetBytes', maximum: 1000 });
  const crowd = Array.from({ length: 5 }, (_, index) => ({
    permission: 'READ_ONLY',
    userIdentity: { lookupInfo: { emailAddress: `p${index}@example.org` } },
  }));
  const share = await modify([
    {
      operationType: 'create',
      record: { recordType: 'cloudkit.share', recordName: 'cloudkit.zoneshare', fields: {}, participants: crowd },
    },
  ]);
  expect(share.body.records[0]).toMatchObject({
    serverErrorCode: 'QUOTA_EXCEEDED',
    limit: 'participantsPerShare',
    maximum: 3,
  });
  expect((await ana.call('private', 'zones/list', {})).body.zones).toHaveLength(1);
});

test('every refusal of a link costs exactly one password check, so that none is told from another by time', async () => {
  const share = (
    await modify([
      {
        operationType: 'create',
        record: { recordType: 'cloudkit.share', recordName: 'cloudkit.zoneshare', fields: {} },
      },
    ])
  ).body.records[0];
  const make = async (link: Wire): Promise<Wire> =>
    (await ana.extension('links/modify', { zoneID, operations: [{ operationType: 'create', link }] })).body.links[0];
  const secretOf = (link: Wire): string => /#k=([^&]+)/.exec(link.url as string)?.[1] ?? '';
  const [plain, locked, expired, revoked] = [
    await make({}),
    await make({ password: 'sesame' }),
    await make({ expiresAt: 1 }),
    await make({}),
  ];
  await ana.extension('links/modify', {
    zoneID,
    operations: [{ operationType: 'revoke', link: { linkID: revoked.linkID } }],
  });
  const tries: Wire[] = [
    { value: 'AAAAAAAAAAAAAAAAAAAAAAAA' },
    { value: plain.shortGUID, linkSecret: 'wrong' },
    { value: locked.shortGUID, linkSecret: 'wrong', linkPassword: 'sesame' },
    { value: locked.shortGUID, linkSecret: secretOf(locked), linkPassword: 'wrong' },
    { value: expired.shortGUID, linkSecret: secretOf(expired) },
    { value: revoked.shortGUID, linkSecret: secretOf(revoked) },
  ];
  const answers: string[] = [];
  for (const attempt of tries) {
    const before = verifications;
    const { body } = await ben.call('public', 'records/resolve', { shortGUIDs: [attempt] });
    expect(verifications - before).toBe(1);
    answers.push(JSON.stringify({ ...body.results[0], shortGUID: '' }));
  }
  expect(new Set(answers).size).toBe(1);
  expect(
    (
      await ben.call('public', 'records/resolve', {
        shortGUIDs: [{ value: plain.shortGUID, linkSecret: secretOf(plain) }],
      })
    ).body.results[0].participantStatus,
  ).toBe('INVITED');
  for (let round = 0; round < 40; round += 1) await ben.call('public', 'records/resolve', { shortGUIDs: [tries[0]] });
  expect((await ben.call('public', 'records/resolve', { shortGUIDs: [tries[0]] })).body.results[0]).toMatchObject({
    serverErrorCode: 'THROTTLED',
    retryAfter: expect.any(Number),
  });
  expect(share.shortGUID).toBeTruthy();
});

test.each([
  ['a fraction for TIMESTAMP', { at: { value: 1.5, type: 'TIMESTAMP' } }],
  ['text for INT64', { n: { value: 'many', type: 'INT64' } }],
  ['a number beyond 64 bits', { n: { value: '9223372036854775808', type: 'INT64' } }],
  ['a boolean', { b: { value: true } }],
  ['an empty list without a type', { l: { value: [] } }],
  ['a place beyond the poles', { p: { value: { latitude: 91, longitude: 0 } } }],
  ['bytes that are no base64', { b: { value: 'a b', type: 'BYTES' } }],
  ['an encrypted field', { e: { value: 'x', type: 'ENCRYPTED_BYTES' } }],
  ['an asset as it was read', { a: { value: { fileChecksum: 'x', size: 1, downloadURL: 'y' }, type: 'ASSETID' } }],
  ['a field name with a space', { 'a b': { value: 'x' } }],
  ['a reference with an unknown action', { r: { value: { recordName: 'x', action: 'EXPLODE' } } }],
])('%s is refused by name', async (_, fields) => {
  const [record] = (await modify([create('bad', fields)])).body.records;
  expect(record.serverErrorCode).toBe('BAD_REQUEST');
  expect(record.reason).toContain(Object.keys(fields)[0]);
});

test('values round-trip with their types, and a field never changes its type', async () => {
  const fields: Wire = {
    s: { value: 'hill', type: 'STRING' },
    i: { value: 7, type: 'INT64' },
    big: { value: '9223372036854775807', type: 'INT64' },
    d: { value: 1.5, type: 'DOUBLE' },
    t: { value: 1_700_000_000_000, type: 'TIMESTAMP' },
    b: { value: 'AAEC', type: 'BYTES' },
    l: { value: [], type: 'STRING_LIST' },
    li: { value: [1, 2], type: 'INT64_LIST' },
    p: { value: { latitude: 47, longitude: 8 }, type: 'LOCATION' },
    r: { value: { recordName: 'x', action: 'NONE' }, type: 'REFERENCE' },
  };
  const [saved] = (
    await modify([{ operationType: 'create', record: { recordName: 'types', recordType: 'Types', fields } }])
  ).body.records;
  expect(saved.fields).toEqual(fields);
  const strings = (
    await ana.call('private', 'records/lookup', {
      zoneID,
      numbersAsStrings: true,
      desiredKeys: ['i', 'li'],
      records: [{ recordName: 'types' }],
    })
  ).body.records[0];
  expect(strings.fields).toEqual({ i: { value: '7', type: 'INT64' }, li: { value: ['1', '2'], type: 'INT64_LIST' } });
  const [changed] = (
    await modify([{ operationType: 'forceUpdate', record: { recordName: 'types', fields: { s: { value: 1 } } } }])
  ).body.records;
  expect(changed.serverErrorCode).toBe('BAD_REQUEST');
  const [cleared] = (
    await modify([{ operationType: 'forceUpdate', record: { recordName: 'types', fields: { s: { value: null } } } }])
  ).body.records;
  expect(Object.keys(cleared.fields)).not.toContain('s');
});

test('queries compare, page and sort over more than one page', async () => {
  for (let block = 0; block < 3; block += 1) {
    await modify(
      Array.from({ length: 20 }, (_, index) => ({
        operationType: 'create',
        record: {
          recordName: `q${block}-${index}`,
          recordType: 'Q',
          fields: { n: { value: block * 20 + index }, tags: { value: [`t${index % 3}`] } },
        },
      })),
    );
  }
  const query = async (filterBy: Wire[], sortBy: Wire[] = []): Promise<number[]> => {
    const found: number[] = [];
    let continuationMarker: string | undefined;
    do {
      const { body } = await ana.call('private', 'records/query', {
        zoneID,
        resultsLimit: 7,
        query: { recordType: 'Q', filterBy, sortBy },
        ...(continuationMarker === undefined ? {} : { continuationMarker }),
      });
      found.push(...body.records.map((record: Wire) => record.fields.n.value as number));
      continuationMarker = body.continuationMarker as string | undefined;
    } while (continuationMarker !== undefined);
    return found;
  };
  const filter = (fieldName: string, comparator: string, value: unknown): Wire => ({
    fieldName,
    comparator,
    fieldValue: { value },
  });
  expect((await query([])).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index));
  expect(await query([filter('n', 'LESS_THAN', 20)], [{ fieldName: 'n', ascending: false }])).toEqual(
    Array.from({ length: 20 }, (_, index) => 19 - index),
  );
  expect((await query([filter('n', 'IN', [3, 5, 99])])).sort()).toEqual([3, 5]);
  expect(
    await query(
      [filter('tags', 'LIST_CONTAINS', 't1'), filter('n', 'GREATER_THAN_OR_EQUALS', 55)],
      [{ fieldName: 'n' }],
    ),
  ).toEqual([56, 59].filter((n) => (n % 20) % 3 === 1));
  const other = await ben.call('private', 'records/query', { query: { recordType: 'Q' }, zoneWide: true });
  expect(other.body.records).toEqual([]);
  for (const comparator of ['NEAR', 'CONTAINS_ALL_TOKENS', 'NONSENSE']) {
    expect(
      (
        await ana.call('private', 'records/query', {
          zoneID,
          query: { recordType: 'Q', filterBy: [filter('n', comparator, 1)] },
        })
      ).body.serverErrorCode,
    ).toBe('BAD_REQUEST');
  }
});

test('what is left out of the protocol is refused by name, and what is unknown is not found', async () => {
  const reason = async (path: string): Promise<string> =>
    (await ana.send({ method: 'POST', path, headers: {}, body: '{}' })).body.reason as string;
  const base = '/database/1/iCloud.org.example.shoebox/development';
  expect(await reason(`${base}/private/records/changes`)).toContain('use changes/zone');
  expect(await reason(`${base}/public/users/lookup/email`)).toContain('use users/discover');
  expect(await reason(`${base}/private/users/discover`)).toBe(
    "endpoint not applicable in the database type 'privatedb'",
  );
  expect(await reason(`${base}/private/constructor/prototype`)).toBe('could not find handler for endpoint');
  expect(await reason('/database/1/iCloud.other/development/private/zones/list')).toBe(
    'this server has no such container or environment',
  );
  expect((await ana.call('shared', 'zones/modify', { operations: [] })).body.serverErrorCode).toBe('ACCESS_DENIED');
});
