import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestPerson, TestServer } from '../helpers/testServer.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import type { Wire, WireClient } from '../helpers/wireClient.ts';

/**
 * What a container does, whatever it stores in: each test is run on every database and storage by the files beside this
 * one. `start` opens a fresh server; tests use people of their own, so that they can share it.
 */
export function containerBehaviour(start: () => Promise<TestServer>): void {
  let server: TestServer;
  let people = 0;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  interface Person extends WireClient, TestPerson {}
  const meet = async (name: string): Promise<Person> => {
    people += 1;
    const person = await server.person(`${name}${people}`);
    return { ...person, ...createWireClient(sendOver(server.origin), person.token) };
  };
  const ok = async (answer: Promise<{ status: number; body: Wire }>): Promise<Wire> => {
    const { status, body } = await answer;
    expect({ status, body: status === 200 ? null : body }).toEqual({ status: 200, body: null });
    return body;
  };
  const makeZone = (owner: Person, zoneName: string): Promise<Wire> =>
    ok(
      owner.call('private', 'zones/modify', {
        operations: [{ operationType: 'create', zone: { zoneID: { zoneName } } }],
      }),
    );
  const save = async (
    person: Person,
    database: 'private' | 'shared',
    zoneID: Wire,
    operations: Wire[],
    extra: Wire = {},
  ): Promise<Wire[]> => (await ok(person.call(database, 'records/modify', { zoneID, operations, ...extra }))).records;
  const create = (recordName: string, fields: Wire = {}, recordType = 'Photo'): Wire => ({
    operationType: 'create',
    record: { recordName, recordType, fields },
  });
  const shareZone = async (owner: Person, zoneName: string, participants: Wire[], extra: Wire = {}): Promise<Wire> =>
    (
      await save(owner, 'private', { zoneName }, [
        {
          operationType: 'create',
          record: {
            recordType: 'cloudkit.share',
            recordName: 'cloudkit.zoneshare',
            fields: { 'cloudkit.title': { value: 'Trip' } },
            participants,
            publicPermission: 'NONE',
            ...extra,
          },
        },
      ])
    )[0];
  const invite = (person: Person, rights: string[]): Wire => ({
    type: 'USER',
    permission: rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE',
    rights,
    userIdentity: { lookupInfo: { emailAddress: person.email } },
  });
  const accept = async (person: Person, shortGUID: string, more: Wire = {}): Promise<Wire> =>
    (await ok(person.call('public', 'records/accept', { shortGUIDs: [{ value: shortGUID, ...more }] }))).results[0];
  const shared = async (
    name: string,
    rights: string[],
  ): Promise<{ ana: Person; ben: Person; share: Wire; zoneID: Wire }> => {
    const ana = await meet('ana');
    const ben = await meet('ben');
    await makeZone(ana, name);
    await save(ana, 'private', { zoneName: name }, [create('hers', { title: { value: 'hill' } })]);
    const share = await shareZone(ana, name, [invite(ben, rights)]);
    await accept(ben, share.shortGUID);
    return { ana, ben, share, zoneID: { zoneName: name, ownerRecordName: ana.userName } };
  };
  const currentShare = async (ana: Person, zoneName: string): Promise<Wire> =>
    (
      await ok(
        ana.call('private', 'records/lookup', {
          zoneID: { zoneName },
          records: [{ recordName: 'cloudkit.zoneshare' }],
        }),
      )
    ).records[0];
  const upload = async (
    person: Person,
    database: 'private' | 'shared',
    zoneID: Wire,
    recordName: string,
    bytes: Buffer,
  ): Promise<Wire> => {
    const tokens = await ok(
      person.call(database, 'assets/upload', {
        zoneID,
        tokens: [{ recordType: 'Photo', recordName, fieldName: 'data' }],
      }),
    );
    const response = await fetch(tokens.tokens[0].url as string, { method: 'POST', body: new Uint8Array(bytes) });
    expect(response.status).toBe(200);
    return ((await response.json()) as Wire).singleFile;
  };

  test('a participant may do exactly what each right says, and what they added as long as they may add', async () => {
    for (const rights of [[], ['ADD'], ['EDIT'], ['DELETE'], ['ADD', 'EDIT'], ['ADD', 'EDIT', 'DELETE', 'MANAGE']]) {
      const { ben, zoneID } = await shared('z', rights);
      const mine = (await save(ben, 'shared', zoneID, [create('his')]))[0];
      expect(mine.serverErrorCode).toBe(rights.includes('ADD') ? undefined : 'ACCESS_DENIED');
      const outcomes = await save(
        ben,
        'shared',
        zoneID,
        [
          { operationType: 'forceUpdate', record: { recordName: 'hers', fields: { title: { value: 'new' } } } },
          {
            operationType: 'forceUpdate',
            record: { recordName: 'his', recordType: 'Photo', fields: { title: { value: 'new' } } },
          },
          { operationType: 'forceUpdate', record: { recordName: 'third', recordType: 'Photo', fields: {} } },
        ],
        { atomic: false },
      );
      expect(outcomes.map((item) => item.neededRight ?? null)).toEqual([
        rights.includes('EDIT') ? null : 'EDIT',
        rights.includes('ADD') ? null : 'ADD',
        rights.includes('ADD') ? null : 'ADD',
      ]);
      const deletions = await save(
        ben,
        'shared',
        zoneID,
        ['his', 'hers'].map((recordName) => ({ operationType: 'forceDelete', record: { recordName } })),
        { atomic: false },
      );
      expect(deletions.map((item) => item.neededRight ?? null)).toEqual([
        null,
        rights.includes('DELETE') ? null : 'DELETE',
      ]);
    }
  });

  test('nobody widens their own rights, and a manager gives only what they hold', async () => {
    const { ana, ben, zoneID } = await shared('z', ['ADD', 'MANAGE']);
    const cleo = await meet('cleo');
    const share = (
      await ok(ben.call('shared', 'records/lookup', { zoneID, records: [{ recordName: 'cloudkit.zoneshare' }] }))
    ).records[0];
    const change = async (participants: Wire[]): Promise<Wire> =>
      (
        await save(ben, 'shared', zoneID, [
          {
            operationType: 'forceUpdate',
            record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share', participants },
          },
        ])
      )[0];
    const wider = share.participants.map((one: Wire) =>
      one.userIdentity.userRecordName === ben.userName ? { ...one, rights: ['ADD', 'EDIT', 'DELETE', 'MANAGE'] } : one,
    );
    expect((await change(wider)).serverErrorCode).toBe('ACCESS_DENIED');
    expect((await change([...share.participants, invite(cleo, ['EDIT'])])).serverErrorCode).toBe('ACCESS_DENIED');
    const invited = await change([...share.participants, invite(cleo, ['ADD'])]);
    expect(invited.participants).toMatchObject([
      { type: 'OWNER' },
      { type: 'ADMINISTRATOR' },
      { rights: ['ADD'], acceptanceStatus: 'INVITED', invitedBy: ben.userName },
    ]);
    const withoutOwner = await change(invited.participants.slice(1));
    expect(withoutOwner.participants[0]).toMatchObject({
      type: 'OWNER',
      userIdentity: { userRecordName: ana.userName },
    });
  });

  test('a plain client that rewrites the participants keeps everybody’s rights', async () => {
    const { ana, zoneID } = await shared('z', ['ADD']);
    const share = await currentShare(ana, 'z');
    const plain = share.participants.map(({ rights: _rights, ...one }: Wire) => one);
    const after = (
      await save(ana, 'private', zoneID, [
        {
          operationType: 'update',
          record: {
            recordName: share.recordName,
            recordType: share.recordType,
            recordChangeTag: share.recordChangeTag,
            participants: plain,
          },
        },
      ])
    )[0];
    expect(after.participants[1].rights).toEqual(['ADD']);
    const contradiction = (
      await save(ana, 'private', zoneID, [
        {
          operationType: 'forceUpdate',
          record: {
            recordName: share.recordName,
            recordType: share.recordType,
            participants: [{ ...after.participants[1], permission: 'READ_ONLY' }],
          },
        },
      ])
    )[0];
    expect(contradiction.serverErrorCode).toBe('BAD_REQUEST');
  });

  test('someone removed loses records, assets and feed with the next request, and their feed says why', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const bytes = Buffer.from('a picture');
    await save(ana, 'private', { zoneName: 'z' }, [
      create('pic', { data: { value: await upload(ana, 'private', { zoneName: 'z' }, 'pic', bytes) } }),
    ]);
    const seen = (await ok(ben.call('shared', 'records/lookup', { zoneID, records: [{ recordName: 'pic' }] })))
      .records[0];
    const address = (seen.fields.data.value.downloadURL as string).replace('${f}', 'x');
    expect((await fetch(address)).status).toBe(200);
    const { syncToken } = await ok(ben.call('shared', 'changes/database', {}));

    const share = await currentShare(ana, 'z');
    await save(ana, 'private', zoneID, [
      {
        operationType: 'update',
        record: {
          recordName: share.recordName,
          recordType: share.recordType,
          recordChangeTag: share.recordChangeTag,
          participants: share.participants.slice(0, 1),
        },
      },
    ]);
    expect((await fetch(address)).status).toBe(404);
    for (const [action, body] of [
      ['records/lookup', { zoneID, records: [{ recordName: 'pic' }] }],
      ['records/modify', { zoneID, operations: [create('x')] }],
      ['records/query', { zoneID, query: { recordType: 'Photo' } }],
    ] as const) {
      expect((await ben.call('shared', action, body)).body.serverErrorCode).toBe('ZONE_NOT_FOUND');
    }
    expect((await ok(ben.call('shared', 'changes/zone', { zones: [{ zoneID }] }))).zones[0].serverErrorCode).toBe(
      'ZONE_NOT_FOUND',
    );
    const gone = await ok(ben.call('shared', 'changes/database', { syncToken }));
    expect(gone.zones).toMatchObject([{ zoneID, deleted: true, deletedReason: 'REMOVED' }]);
  });

  test('who leaves is out, what they added stays, and the owner’s feed shows it', async () => {
    const { ana, ben, zoneID } = await shared('z', ['ADD']);
    await save(ben, 'shared', zoneID, [create('his')]);
    const { syncToken } = await ok(ben.call('shared', 'changes/database', {}));
    const left = await save(ben, 'shared', zoneID, [
      { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
    ]);
    expect(left).toEqual([{ recordName: 'cloudkit.zoneshare', deleted: true }]);
    expect((await ok(ben.call('shared', 'changes/database', { syncToken }))).zones).toMatchObject([
      { deleted: true, deletedReason: 'LEFT' },
    ]);
    expect((await currentShare(ana, 'z')).participants[1].acceptanceStatus).toBe('UNSUBSCRIBED');
    const kept = await ok(
      ana.call('private', 'records/lookup', { zoneID, records: [{ recordName: 'his' }, { recordName: 'hers' }] }),
    );
    expect(kept.records.map((item: Wire) => item.serverErrorCode ?? null)).toEqual([null, null]);
  });

  test('with the departure rule GO, what the leaving person added goes along and nothing else', async () => {
    const ana = await meet('ana');
    const ben = await meet('ben');
    await makeZone(ana, 'z');
    await save(ana, 'private', { zoneName: 'z' }, [create('hers')]);
    const share = await shareZone(ana, 'z', [invite(ben, ['ADD'])], { departureRule: 'GO' });
    expect((await accept(ben, share.shortGUID)).share.departureRule).toBe('GO');
    const zoneID = { zoneName: 'z', ownerRecordName: ana.userName };
    await save(ben, 'shared', zoneID, [
      create('his', { data: { value: await upload(ben, 'shared', zoneID, 'his', Buffer.from('bytes')) } }),
    ]);
    await save(ben, 'shared', zoneID, [
      { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
    ]);
    const left = await ok(
      ana.call('private', 'records/lookup', { zoneID, records: [{ recordName: 'his' }, { recordName: 'hers' }] }),
    );
    expect(left.records.map((item: Wire) => item.serverErrorCode ?? null)).toEqual(['NOT_FOUND', null]);
  });

  test('a share that ends stays readable and is no longer writable; when it stops, the zone leaves with its reason', async () => {
    const { ana, ben, zoneID } = await shared('z', ['ADD', 'EDIT', 'DELETE', 'MANAGE']);
    const { syncToken } = await ok(ben.call('shared', 'changes/database', {}));
    const end = (endsAt: number): Promise<Wire[]> =>
      save(ana, 'private', zoneID, [
        {
          operationType: 'forceUpdate',
          record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share', endsAt },
        },
      ]);
    await end(Date.now() + 60_000);
    expect(
      (await ok(ben.call('shared', 'records/lookup', { zoneID, records: [{ recordName: 'hers' }] }))).records[0].fields
        .title.value,
    ).toBe('hill');
    expect((await save(ben, 'shared', zoneID, [create('late')]))[0].serverErrorCode).toBe('ACCESS_DENIED');
    await end(Date.now() - 1);
    expect(
      (await ben.call('shared', 'records/lookup', { zoneID, records: [{ recordName: 'hers' }] })).body.serverErrorCode,
    ).toBe('ZONE_NOT_FOUND');
    expect((await ok(ben.call('shared', 'changes/database', { syncToken }))).zones).toMatchObject([
      { deleted: true, deletedReason: 'SHARING_STOPPED' },
    ]);
    expect(
      (await ok(ana.call('private', 'records/lookup', { zoneID, records: [{ recordName: 'hers' }] }))).records[0].fields
        .title.value,
    ).toBe('hill');
  });

  test('stopping to share, deleting the zone, and making it again are three different things to a participant', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const first = await ok(ben.call('shared', 'changes/database', {}));
    const zoneToken = (await ok(ben.call('shared', 'changes/zone', { zones: [{ zoneID }] }))).zones[0].syncToken;
    await save(ana, 'private', zoneID, [
      { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
    ]);
    const stopped = await ok(ben.call('shared', 'changes/database', { syncToken: first.syncToken }));
    expect(stopped.zones).toMatchObject([{ deleted: true, deletedReason: 'SHARING_STOPPED' }]);

    await accept(ben, (await shareZone(ana, 'z', [invite(ben, [])])).shortGUID);
    const own = await ok(ana.call('private', 'changes/database', {}));
    await ok(ana.call('private', 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] }));
    const deleted = await ok(ben.call('shared', 'changes/database', { syncToken: stopped.syncToken }));
    expect(deleted.zones).toMatchObject([{ deleted: true, deletedReason: 'DELETED' }]);
    expect((await ok(ana.call('private', 'changes/database', { syncToken: own.syncToken }))).zones).toMatchObject([
      { deleted: true, deletedReason: 'DELETED' },
    ]);

    await makeZone(ana, 'z');
    expect((await ok(ana.call('private', 'changes/database', { syncToken: own.syncToken }))).zones).toMatchObject([
      { zoneID: { zoneName: 'z' } },
    ]);
    expect(
      (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken: zoneToken }] }))).zones[0],
    ).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'INCARNATION' });
    expect(
      (await ok(ana.call('private', 'records/lookup', { zoneID, records: [{ recordName: 'hers' }] }))).records[0]
        .serverErrorCode,
    ).toBe('NOT_FOUND');
  });

  test('an invitation to an address waits for whoever proves to own it, and can be declined', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const share = await shareZone(ana, 'z', [
      { permission: 'READ_ONLY', userIdentity: { lookupInfo: { emailAddress: `Dora${people + 1}@Example.org` } } },
    ]);
    expect(share.participants[1].userIdentity).toEqual({
      lookupInfo: { emailAddress: `dora${people + 1}@example.org` },
    });
    const dora = await meet('dora');
    const listed = await ok(dora.extension('invitations/list', {}));
    expect(listed.invitations).toMatchObject([
      { shortGUID: share.shortGUID, participantStatus: 'INVITED', share: { participants: [{ type: 'OWNER' }, {}] } },
    ]);
    const declined = await ok(dora.extension('invitations/decline', { shortGUIDs: [{ value: share.shortGUID }] }));
    expect(declined.results).toEqual([{ shortGUID: share.shortGUID, participantStatus: 'DECLINED' }]);
    expect((await currentShare(ana, 'z')).participants[1].acceptanceStatus).toBe('DECLINED');
    expect((await ok(dora.extension('invitations/list', {}))).invitations).toEqual([]);
    expect((await ok(dora.call('shared', 'zones/list', {}))).zones).toEqual([]);
  });

  test('a stranger with a private share’s link may ask, and is in only once the owner agreed and they accepted', async () => {
    const { ana, share, zoneID } = await shared('z', []);
    const eva = await meet('eva');
    const refused = await accept(eva, share.shortGUID);
    expect(refused).toMatchObject({
      serverErrorCode: 'ACCESS_DENIED',
      mayRequestAccess: true,
      ownerDisplayName: expect.stringMatching(/^ana/),
    });
    await ok(eva.extension('requests/create', { shortGUID: share.shortGUID, message: 'It is me, Eva' }));
    expect((await eva.extension('requests/list', { zoneID })).body.serverErrorCode).toBe('ZONE_NOT_FOUND');
    const { requests } = await ok(ana.extension('requests/list', { zoneID }));
    expect(requests).toMatchObject([{ message: 'It is me, Eva', userIdentity: { userRecordName: eva.userName } }]);
    await ok(
      ana.extension('requests/answer', {
        requests: [{ requestID: requests[0].requestID, decision: 'GRANT', rights: ['ADD'] }],
      }),
    );
    expect((await accept(eva, share.shortGUID)).participantRights).toEqual(['ADD']);
    expect((await save(eva, 'shared', zoneID, [create('hello')]))[0].serverErrorCode).toBeUndefined();
  });

  test('a link lets people in by its secret and password until it is used up or revoked, and refuses all else alike', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const make = async (link: Wire): Promise<Wire> =>
      (await ok(ana.extension('links/modify', { zoneID, operations: [{ operationType: 'create', link }] }))).links[0];
    const link = await make({ role: 'CONTRIBUTOR', maxUses: 1, password: 'open sesame', label: 'Family' });
    expect(link.url).toMatch(/\/share\/[A-Za-z0-9_-]+#k=[A-Za-z0-9_-]{43}&p=1$/);
    const linkSecret = /#k=([^&]+)/.exec(link.url as string)?.[1] ?? '';
    const listed = await ok(ana.extension('links/list', { zoneID }));
    expect(JSON.stringify(listed)).not.toContain(linkSecret);
    const cleo = await meet('cleo');
    const dora = await meet('dora');
    const refusals = [
      await accept(cleo, link.shortGUID as string),
      await accept(cleo, link.shortGUID as string, { linkSecret, linkPassword: 'wrong' }),
      await accept(cleo, link.shortGUID as string, {
        linkSecret: `${linkSecret.slice(1)}A`,
        linkPassword: 'open sesame',
      }),
      await accept(cleo, 'AAAAAAAAAAAAAAAAAAAAAAAA', { linkSecret, linkPassword: 'open sesame' }),
    ];
    const good = { linkSecret, linkPassword: 'open sesame' };
    expect((await accept(ben, link.shortGUID as string, good)).participantRights).toEqual([]);
    expect((await accept(cleo, link.shortGUID as string, good)).participantRights).toEqual(['ADD']);
    refusals.push(await accept(dora, link.shortGUID as string, good));
    const second = await make({ role: 'VIEWER' });
    await ok(
      ana.extension('links/modify', {
        zoneID,
        operations: [{ operationType: 'revoke', link: { linkID: second.linkID } }],
      }),
    );
    refusals.push(
      await accept(dora, second.shortGUID as string, { linkSecret: /#k=(.+)$/.exec(second.url as string)?.[1] }),
    );
    const third = await make({ role: 'VIEWER', expiresAt: Date.now() - 1000 });
    refusals.push(
      await accept(dora, third.shortGUID as string, { linkSecret: /#k=(.+)$/.exec(third.url as string)?.[1] }),
    );
    const shapes = refusals.map(({ shortGUID: _guid, ...rest }) => rest);
    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
    expect(shapes[0].serverErrorCode).toBe('NOT_FOUND');
    const joined = (await currentShare(ana, 'z')).participants.find(
      (one: Wire) => one.userIdentity.userRecordName === cleo.userName,
    );
    expect(joined).toMatchObject({ type: 'PUBLIC_USER', joinedByLinkID: link.linkID });
    await ok(
      ana.extension('links/modify', {
        zoneID,
        operations: [{ operationType: 'revoke', link: { linkID: link.linkID, removeParticipants: true } }],
      }),
    );
    expect((await ok(cleo.call('shared', 'zones/list', {}))).zones).toEqual([]);
  });

  test('with a public permission anybody signed in may join, and going private keeps who joined', async () => {
    const { ana, share, zoneID } = await shared('z', []);
    const eva = await meet('eva');
    const setPublic = (publicPermission: string, publicRights?: string[]): Promise<Wire[]> =>
      save(ana, 'private', zoneID, [
        {
          operationType: 'forceUpdate',
          record: {
            recordName: 'cloudkit.zoneshare',
            recordType: 'cloudkit.share',
            publicPermission,
            ...(publicRights === undefined ? {} : { publicRights }),
          },
        },
      ]);
    expect((await setPublic('READ_WRITE', ['ADD', 'MANAGE']))[0].serverErrorCode).toBe('BAD_REQUEST');
    await setPublic('READ_WRITE', ['ADD']);
    expect(await accept(eva, share.shortGUID)).toMatchObject({
      participantType: 'PUBLIC_USER',
      participantRights: ['ADD'],
    });
    await setPublic('NONE');
    expect((await save(eva, 'shared', zoneID, [create('evas')]))[0].serverErrorCode).toBeUndefined();
  });

  test('a resumable upload goes on where it stopped and is never readable before it is whole', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const { limits } = (await ana.get('/shoebox/1/info')).body;
    const chunk = limits.chunkBytes as number;
    const bytes = Buffer.alloc(chunk + 1000, 7);
    bytes.write(ana.userName);
    const sha256 = createHash('sha256').update(bytes).digest('base64');
    const ask = {
      zoneID: { zoneName: 'z' },
      tokens: [
        { recordType: 'Photo', recordName: 'P', fieldName: 'data', size: bytes.length, sha256, resumable: true },
      ],
    };
    const token = (await ok(ana.call('private', 'assets/upload', ask))).tokens[0];
    const put = async (
      from: number,
      to: number,
      part: Buffer,
      hash?: string,
    ): Promise<{ status: number; body: Wire }> => {
      const response = await fetch(token.url as string, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${ana.token}`,
          'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
          'x-shoebox-sha256': hash ?? createHash('sha256').update(part).digest('base64'),
        },
        body: new Uint8Array(part),
      });
      return { status: response.status, body: await response.json() };
    };
    expect(await put(chunk, bytes.length, bytes.subarray(chunk))).toMatchObject({
      status: 409,
      body: { serverErrorCode: 'CONFLICT', received: 0 },
    });
    expect(await put(0, chunk, bytes.subarray(0, chunk), sha256)).toMatchObject({ status: 400, body: { received: 0 } });
    expect(await put(0, chunk, bytes.subarray(0, chunk))).toMatchObject({ status: 200, body: { received: chunk } });
    const progress = await fetch(token.url as string, { headers: { authorization: `Bearer ${ana.token}` } });
    expect(await progress.json()).toMatchObject({ received: chunk, size: bytes.length });
    expect(
      (await fetch(token.url as string, { headers: { authorization: `Bearer ${(await meet('ben')).token}` } })).status,
    ).toBe(404);
    const last = await put(chunk, bytes.length, bytes.subarray(chunk));
    expect(last.body.singleFile.size).toBe(bytes.length);
    expect(await put(chunk, bytes.length, bytes.subarray(chunk))).toEqual(last);
    const saved = (
      await save(ana, 'private', { zoneName: 'z' }, [create('P', { data: { value: last.body.singleFile } })])
    )[0];
    const url = (saved.fields.data.value.downloadURL as string).replace('${f}', 'p.jpg');
    const part = await fetch(url, { headers: { range: `bytes=${chunk - 2}-${chunk + 1}` } });
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes ${chunk - 2}-${chunk + 1}/${bytes.length}`,
    ]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(chunk - 2, chunk + 2));
    expect((await fetch(url, { headers: { 'if-none-match': part.headers.get('etag') ?? '' } })).status).toBe(304);
    const again = (await ok(ana.call('private', 'assets/upload', ask))).tokens[0];
    expect(again.existing).toMatchObject({ size: bytes.length, receipt: expect.any(String) });
    const stranger = await meet('cleo');
    await makeZone(stranger, 'z');
    expect((await ok(stranger.call('private', 'assets/upload', ask))).tokens[0]).not.toHaveProperty('existing');
  });

  test('a copy of a shared photo at home needs no upload, and a receipt serves nobody else', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const bytes = Buffer.from(`picture of ${ana.userName}`);
    const value = await upload(ana, 'private', { zoneName: 'z' }, 'pic', bytes);
    await makeZone(ben, 'home');
    expect(
      (await save(ben, 'private', { zoneName: 'home' }, [create('stolen', { data: { value } })]))[0].serverErrorCode,
    ).toBe('BAD_REQUEST');
    await save(ana, 'private', { zoneName: 'z' }, [create('pic', { data: { value } })]);
    const { assets } = await ok(
      ben.call('shared', 'assets/rereference', {
        assets: [{ recordName: 'pic', fieldName: 'data' }],
        zoneID,
        targetZoneID: { zoneName: 'home' },
      }),
    );
    const kept = (
      await save(ben, 'private', { zoneName: 'home' }, [create('copy', { data: { value: assets[0] } })])
    )[0];
    await ok(ana.call('private', 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] }));
    await server.container.maintain();
    expect(Buffer.from(await (await fetch(kept.fields.data.value.downloadURL as string)).arrayBuffer())).toEqual(bytes);
  });

  test('quotas are kept in bytes, counted once per content, and given back by deletion', async () => {
    const ana = await meet('ana');
    const { database } = server.container.services;
    await database.write((sql) =>
      sql.run('UPDATE users SET quota_bytes = 1000, quota_zones = 1 WHERE id = ?', [ana.userName]),
    );
    await makeZone(ana, 'z');
    expect((await makeZone(ana, 'second')).zones[0]).toMatchObject({
      serverErrorCode: 'QUOTA_EXCEEDED',
      limit: 'zonesPerDatabase',
      maximum: 1,
    });
    const zoneID = { zoneName: 'z' };
    const six = Buffer.alloc(600, people);
    await save(ana, 'private', zoneID, [
      create('a', { data: { value: await upload(ana, 'private', zoneID, 'a', six) } }),
    ]);
    const copies = await ok(
      ana.call('private', 'assets/rereference', { zoneID, assets: [{ recordName: 'a', fieldName: 'data' }] }),
    );
    expect(
      (await save(ana, 'private', zoneID, [create('b', { data: { value: copies.assets[0] } })]))[0].serverErrorCode,
    ).toBeUndefined();
    const full = await ok(
      ana.call('private', 'assets/upload', { zoneID, tokens: [{ recordType: 'Photo', fieldName: 'data', size: 500 }] }),
    );
    expect(full.tokens[0]).toMatchObject({ serverErrorCode: 'QUOTA_EXCEEDED', limit: 'quotaBytes', maximum: 1000 });
    await save(
      ana,
      'private',
      zoneID,
      ['a', 'b'].map((recordName) => ({ operationType: 'forceDelete', record: { recordName } })),
    );
    expect(
      (
        await ok(
          ana.call('private', 'assets/upload', {
            zoneID,
            tokens: [{ recordType: 'Photo', fieldName: 'data', size: 500 }],
          }),
        )
      ).tokens[0].url,
    ).toBeTruthy();
  });

  test('clean-up removes bytes only when no record and no receipt refers to them', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    const { assets, database } = server.container.services;
    const bytes = Buffer.from(`unique ${ana.userName}`);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const value = await upload(ana, 'private', zoneID, 'a', bytes);
    await server.container.maintain();
    expect(await assets.exists(digest)).toBe(true);
    await save(ana, 'private', zoneID, [create('a', { data: { value } })]);
    await database.write((sql) => sql.run('UPDATE uploads SET expires_at = 1'));
    await server.container.maintain();
    expect(await assets.exists(digest)).toBe(true);
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'a' } }]);
    await server.container.maintain();
    expect(await assets.exists(digest)).toBe(false);
  });

  test('a repeated request with one Idempotency-Key happens once and answers the same', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const body = {
      zoneID: { zoneName: 'z' },
      operations: [{ operationType: 'create', record: { recordType: 'Photo', fields: {} } }],
    };
    const headers = { 'idempotency-key': `key-${ana.userName}-00000001` };
    const answers = await Promise.all([1, 2, 3].map(() => ok(ana.call('private', 'records/modify', body, headers))));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(
      (await ok(ana.call('private', 'records/query', { zoneID: { zoneName: 'z' }, query: { recordType: 'Photo' } })))
        .records,
    ).toHaveLength(1);
    expect(
      (await ana.call('private', 'records/modify', { ...body, atomic: false }, headers)).body.serverErrorCode,
    ).toBe('BAD_REQUEST');
  });

  test('references delete along, hold their target, and never reach beyond the deleter’s rights', async () => {
    const { ana, ben, zoneID } = await shared('z', ['ADD']);
    const refer = (recordName: string, target: string, action: string): Wire =>
      create(recordName, { of: { value: { recordName: target, action } } }, 'Comment');
    const missing = (await save(ana, 'private', zoneID, [refer('c0', 'nowhere', 'VALIDATE')]))[0];
    expect(missing.serverErrorCode).toBe('VALIDATING_REFERENCE_ERROR');
    await save(ben, 'shared', zoneID, [create('his')]);
    await save(ana, 'private', zoneID, [
      refer('c1', 'hers', 'VALIDATE'),
      refer('c2', 'his', 'DELETE_SELF'),
      refer('c3', 'c2', 'DELETE_SELF'),
    ]);
    expect(
      (await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'hers' } }]))[0]
        .serverErrorCode,
    ).toBe('VALIDATING_REFERENCE_ERROR');
    expect(
      (await save(ben, 'shared', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'his' } }]))[0],
    ).toMatchObject({ serverErrorCode: 'ACCESS_DENIED', neededRight: 'DELETE' });
    await save(ana, 'private', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'his' } }]);
    const after = await ok(
      ana.call('private', 'records/lookup', {
        zoneID,
        records: ['his', 'c2', 'c3', 'c1'].map((recordName) => ({ recordName })),
      }),
    );
    expect(after.records.map((item: Wire) => item.serverErrorCode ?? null)).toEqual([
      'NOT_FOUND',
      'NOT_FOUND',
      'NOT_FOUND',
      null,
    ]);
    const both = await save(
      ana,
      'private',
      zoneID,
      ['hers', 'c1'].map((recordName) => ({ operationType: 'forceDelete', record: { recordName } })),
    );
    expect(both).toMatchObject([{ deleted: true }, { deleted: true }]);
  });

  test('a feed gives every record once at its latest version, page by page, and its caught-up token stays the same', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    await save(
      ana,
      'private',
      zoneID,
      Array.from({ length: 25 }, (_, index) => create(`r${index}`, { n: { value: index } })),
    );
    await save(ana, 'private', zoneID, [
      { operationType: 'forceUpdate', record: { recordName: 'r3', fields: { n: { value: 300 } } } },
    ]);
    const seen: string[] = [];
    let syncToken: string | undefined;
    for (let more = true; more;) {
      const page = (
        await ok(
          ana.call('private', 'changes/zone', {
            zones: [{ zoneID, resultsLimit: 7, ...(syncToken === undefined ? {} : { syncToken }) }],
          }),
        )
      ).zones[0];
      seen.push(...page.records.map((record: Wire) => record.recordName));
      more = page.moreComing;
      syncToken = page.syncToken;
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    expect(seen.at(-1)).toBe('r3');
    const idle = (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] }))).zones[0];
    expect(idle).toMatchObject({ records: [], moreComing: false, syncToken });
    for (const bad of ['', 'garbage', (await ok(ana.call('private', 'changes/database', {}))).syncToken]) {
      expect(
        (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken: bad }] }))).zones[0]
          .serverErrorCode,
      ).toBe('BAD_REQUEST');
    }
  });

  test('production knows only what was deployed', async () => {
    const person = await server.person(`prod${(people += 1)}`);
    const dev = createWireClient(sendOver(server.origin), person.token);
    const production = createWireClient(sendOver(server.origin), person.token, 'production');
    const zone = { operations: [{ operationType: 'create', zone: { zoneID: { zoneName: 'z' } } }] };
    await ok(production.call('private', 'zones/modify', zone));
    const type = `Type${people}`;
    const body = (field: string): Wire => ({
      zoneID: { zoneName: 'z' },
      operations: [create('r', { [field]: { value: 1 } }, type)],
    });
    expect((await ok(production.call('private', 'records/modify', body('known')))).records[0].serverErrorCode).toBe(
      'BAD_REQUEST',
    );
    await ok(dev.extension('schema/initialise', { recordTypes: { [type]: { known: 'INT64' } } }));
    expect(
      (await production.extension('schema/initialise', { recordTypes: { [type]: { known: 'INT64' } } })).body
        .serverErrorCode,
    ).toBe('ACCESS_DENIED');
    const { deploySchema } = await import('../../server/cloud/schema.ts');
    await server.container.services.database.write((sql) => deploySchema(sql, 'iCloud.org.example.shoebox'));
    expect((await ok(production.call('private', 'records/modify', body('unknown')))).records[0].serverErrorCode).toBe(
      'BAD_REQUEST',
    );
    expect((await ok(production.call('private', 'records/modify', body('known')))).records[0].fields).toEqual({
      known: { value: 1, type: 'INT64' },
    });
    expect(
      (
        await ok(
          dev
            .call('private', 'records/lookup', { records: [] })
            .then((answer) => ({ ...answer, status: answer.status === 404 ? 200 : answer.status })),
        )
      ).serverErrorCode,
    ).toBe('ZONE_NOT_FOUND');
  });

  test('an event stream says that something changed, resumes without loss, and ends with its session', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const events = async (lastEventID?: string): Promise<{ next(): Promise<string>; close(): Promise<void> }> => {
      const response = await fetch(`${server.origin}/shoebox/1/iCloud.org.example.shoebox/development/events`, {
        headers: {
          authorization: `Bearer ${ben.token}`,
          accept: 'text/event-stream',
          ...(lastEventID === undefined ? {} : { 'last-event-id': lastEventID }),
        },
      });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      let held = '';
      return {
        async next() {
          while (!held.includes('\n\n'))
            held += Buffer.from((await reader.read()).value ?? Buffer.from('\n\n')).toString('utf8');
          const [first = '', ...rest] = held.split('\n\n');
          held = rest.join('\n\n');
          return first;
        },
        close: () => reader.cancel(),
      };
    };
    const stream = await events();
    expect(await stream.next()).toBe('retry: 2000');
    await save(ana, 'private', zoneID, [create('p1')]);
    const push = await stream.next();
    expect(push).toMatch(/^id: [0-9a-f]+\.\d+\nevent: push\ndata: \{.*"zid":"z".*"dbs":2/);
    await stream.close();
    await save(ana, 'private', zoneID, [create('p2')]);
    const again = await events(/^id: (\S+)/.exec(push)?.[1]);
    await again.next();
    expect(await again.next()).toContain('event: push');
    await again.close();
    const lost = await events('0000000000000000.5');
    await lost.next();
    expect(await lost.next()).toContain('event: resync');
    await ok(
      ben.send({
        method: 'POST',
        path: '/api/auth/sign-out',
        headers: { authorization: `Bearer ${ben.token}` },
        body: '{}',
      }),
    );
    expect(await lost.next()).toContain('event: signedOut');
  });

  test('a database put back without notice is found out by its clients, and a new epoch protects what they hold', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const zoneID = { zoneName: 'z' };
    await save(ana, 'private', zoneID, [create('r1')]);
    const { syncToken } = (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID }] }))).zones[0];
    const { serverEpoch } = await ok(ana.call('private', 'zones/list', {}));
    const { database } = server.container.services;
    await database.write(async (sql) => {
      await sql.run('DELETE FROM records WHERE zone_id IN (SELECT zone_id FROM zones WHERE owner = ?)', [ana.userName]);
      await sql.run('UPDATE zones SET last_seq = 1 WHERE owner = ?', [ana.userName]);
      await sql.run('UPDATE owners SET seq = 1 WHERE user_name = ?', [ana.userName]);
    });
    const refused = await ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] });
    expect(refused.body).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'EPOCH' });
    const after = await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken }] }));
    expect(after.zones[0]).toMatchObject({ serverErrorCode: 'CHANGE_TOKEN_EXPIRED', expiredBecause: 'EPOCH' });
    expect(after.serverEpoch).not.toBe(serverEpoch);
    const reoffered = (await save(ana, 'private', zoneID, [create('r1')]))[0];
    expect(reoffered.recordChangeTag.startsWith(after.serverEpoch)).toBe(true);
  });
}
