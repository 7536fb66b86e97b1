import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';

/** Rights, participants, links and how shares end, on whatever the server stores in. */
export function sharingBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, shareZone, invite, accept, shared, currentShare, upload } = kit;

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

  test('to put somebody else’s photo into the trash, or take it out, needs the right to delete', async () => {
    const fields = { title: { value: 'new' }, trashed_at: { value: 1_700_000_000_000, type: 'INT64' } };
    for (const rights of [
      ['ADD', 'EDIT'],
      ['ADD', 'EDIT', 'DELETE'],
    ]) {
      const needed = rights.includes('DELETE') ? null : 'DELETE';
      const { ana, ben, zoneID } = await shared('trash', rights);
      await save(ben, 'shared', zoneID, [create('his')]);
      const change = async (operationType: string, recordName: string, given: Wire) =>
        (
          await save(ben, 'shared', zoneID, [{ operationType, record: { recordName, fields: given } }], {
            atomic: false,
          })
        )[0].neededRight ?? null;
      expect(await change('forceUpdate', 'hers', fields)).toBe(needed);
      expect(await change('forceReplace', 'hers', fields)).toBe(needed);
      expect(await change('forceUpdate', 'his', fields)).toBe(null);
      await save(ana, 'private', zoneID, [{ operationType: 'forceUpdate', record: { recordName: 'hers', fields } }]);
      expect(await change('forceUpdate', 'hers', { trashed_at: { value: null } })).toBe(needed);
      expect(await change('forceReplace', 'hers', { title: { value: 'newer' } })).toBe(needed);
      expect(await change('forceUpdate', 'hers', { title: { value: 'newest' } })).toBe(null);
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

  test('a zone is deleted by whoever has read it to its end, and kept when something was added behind that', async () => {
    const { ana, ben, zoneID } = await shared('read', ['ADD']);
    const readToTheEnd = async () =>
      (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID }] }))).zones[0].syncToken;
    const deletion = async (syncToken: string) =>
      (
        await ok(
          ana.call('private', 'zones/modify', {
            operations: [{ operationType: 'delete', zone: { zoneID, syncToken } }],
          }),
        )
      ).zones[0];
    const early = await readToTheEnd();
    await save(ben, 'shared', zoneID, [create('late')]);
    expect(await deletion(early)).toMatchObject({ zoneID: { zoneName: zoneID.zoneName }, serverErrorCode: 'CONFLICT' });
    expect(
      (await ok(ben.call('shared', 'records/lookup', { zoneID, records: [{ recordName: 'late' }] }))).records[0],
    ).toMatchObject({ recordName: 'late', recordType: 'Photo' });

    const end = await readToTheEnd();
    await save(ben, 'shared', zoneID, [{ operationType: 'forceDelete', record: { recordName: 'late' } }]);
    expect(await deletion(end)).toMatchObject({ serverErrorCode: 'CONFLICT' });
    const last = (await ok(ana.call('private', 'changes/zone', { zones: [{ zoneID, syncToken: end }] }))).zones[0];
    expect(await deletion(last.syncToken)).toMatchObject({ deleted: true });
    expect(await deletion(last.syncToken)).toMatchObject({ serverErrorCode: 'ZONE_NOT_FOUND' });

    await makeZone(ana, 'read');
    expect(await deletion(last.syncToken)).toMatchObject({
      serverErrorCode: 'CHANGE_TOKEN_EXPIRED',
      expiredBecause: 'INCARNATION',
    });
    expect(
      (
        await ana.call('private', 'zones/modify', {
          operations: [{ operationType: 'delete', zone: { zoneID, syncToken: 'no token' } }],
        })
      ).body.zones[0].serverErrorCode,
    ).toBe('BAD_REQUEST');
  });

  test('an invitation to an address waits for whoever proves to own it, and can be declined', async () => {
    const ana = await meet('ana');
    await makeZone(ana, 'z');
    const share = await shareZone(ana, 'z', [
      { permission: 'READ_ONLY', userIdentity: { lookupInfo: { emailAddress: `Dora${kit.people + 1}@Example.org` } } },
    ]);
    expect(share.participants[1].userIdentity).toEqual({
      lookupInfo: { emailAddress: `dora${kit.people + 1}@example.org` },
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

  test('someone invited twice, by name and by address, is one participant once they accept', async () => {
    const ana = await meet('ana');
    const ben = await meet('ben');
    await makeZone(ana, 'z');
    const share = await shareZone(ana, 'z', [
      { rights: ['ADD'], permission: 'READ_WRITE', userIdentity: { lookupInfo: { emailAddress: ben.email } } },
      { permission: 'READ_ONLY', userIdentity: { userRecordName: ben.userName } },
    ]);
    await accept(ben, share.shortGUID);
    expect((await currentShare(ana, 'z')).participants).toHaveLength(2);
    expect((await ok(ben.extension('invitations/list', {}))).invitations).toEqual([]);
    expect((await ok(ben.call('shared', 'zones/list', {}))).zones).toHaveLength(1);
  });
}
