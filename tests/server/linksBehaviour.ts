import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';
import type { Person } from './behaviourKit.ts';

/** Links when the people who made them or came by them are in, left, or were taken out, on whatever the server stores in. */
export function linksBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, save, accept, shared, currentShare } = kit;
  const everyRight = ['ADD', 'EDIT', 'DELETE', 'MANAGE'];

  const modify = async (person: Person, zoneID: Wire, operationType: string, link: Wire): Promise<Wire> =>
    (await ok(person.extension('links/modify', { zoneID, operations: [{ operationType, link }] }))).links[0];
  const make = async (person: Person, zoneID: Wire, link: Wire = { role: 'VIEWER' }): Promise<Wire> => {
    const made = await modify(person, zoneID, 'create', link);
    return { ...made, linkSecret: /#k=([^&]+)/.exec(made.url as string)?.[1] };
  };
  const open = (person: Person, link: Wire, more: Wire = {}): Promise<Wire> =>
    accept(person, link.shortGUID as string, { linkSecret: link.linkSecret, ...more });
  const resolve = async (person: Person, link: Wire, more: Wire = {}): Promise<Wire> =>
    (
      await ok(
        person.call('public', 'records/resolve', {
          shortGUIDs: [{ value: link.shortGUID, linkSecret: link.linkSecret, ...more }],
        }),
      )
    ).results[0];
  const keepOnly = async (ana: Person, zoneID: Wire, staying: (one: Wire) => boolean): Promise<void> => {
    const share = await currentShare(ana, zoneID['zoneName'] as string);
    const [saved] = await save(ana, 'private', zoneID, [
      {
        operationType: 'update',
        record: {
          recordName: share.recordName,
          recordType: share.recordType,
          recordChangeTag: share.recordChangeTag,
          participants: share.participants.filter(staying),
        },
      },
    ]);
    expect(saved?.serverErrorCode).toBeUndefined();
  };
  const without = (ana: Person, zoneID: Wire, gone: Person): Promise<void> =>
    keepOnly(ana, zoneID, (one) => one.userIdentity.userRecordName !== gone.userName);
  const states = async (ana: Person, zoneID: Wire): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await ok(ana.extension('links/list', { zoneID }))).links.map((one: Wire) => [one.linkID, one.state]),
    );
  const isIn = async (person: Person): Promise<boolean> =>
    (await ok(person.call('shared', 'zones/list', {}))).zones.length > 0;

  test('a manager who is removed does not come back by a link they made; links of others stay', async () => {
    const { ana, ben, zoneID } = await shared('z', everyRight);
    const cleo = await meet('cleo');
    const bens = await make(ben, zoneID, { role: 'EDITOR' });
    const anas = await make(ana, zoneID);
    await without(ana, zoneID, ben);
    expect(await states(ana, zoneID)).toEqual({ [bens.linkID]: 'REVOKED', [anas.linkID]: 'ACTIVE' });
    expect((await open(ben, bens)).serverErrorCode).toBe('NOT_FOUND');
    expect((await open(cleo, bens)).serverErrorCode).toBe('NOT_FOUND');
    expect(await isIn(ben)).toBe(false);
    expect((await open(cleo, anas)).participantStatus).toBe('ACCEPTED');
  });

  test('a manager who goes together with the link they came by takes along the links they made', async () => {
    const { ana, zoneID } = await shared('z', []);
    const cleo = await meet('cleo');
    const door = await make(ana, zoneID);
    await open(cleo, door);
    const share = await currentShare(ana, 'z');
    await save(ana, 'private', zoneID, [
      {
        operationType: 'forceUpdate',
        record: {
          recordName: share.recordName,
          recordType: share.recordType,
          participants: share.participants.map((one: Wire) =>
            one.userIdentity.userRecordName === cleo.userName
              ? { ...one, permission: 'READ_WRITE', rights: everyRight }
              : one,
          ),
        },
      },
    ]);
    const cleos = await make(cleo, zoneID);
    await modify(ana, zoneID, 'revoke', { linkID: door.linkID, removeParticipants: true });
    expect(await states(ana, zoneID)).toEqual({ [door.linkID]: 'REVOKED', [cleos.linkID]: 'REVOKED' });
    expect((await open(cleo, cleos)).serverErrorCode).toBe('NOT_FOUND');
  });

  test('a manager who left keeps no way back once their entry is removed', async () => {
    const { ana, ben, share, zoneID } = await shared('z', everyRight);
    const bens = await make(ben, zoneID);
    await save(ben, 'shared', zoneID, [
      { operationType: 'forceDelete', record: { recordName: share.recordName, recordType: share.recordType } },
    ]);
    await keepOnly(ana, zoneID, (one) => one.type === 'OWNER');
    expect(await states(ana, zoneID)).toEqual({ [bens.linkID]: 'REVOKED' });
  });

  test('who joined by a link is told so by it after it was used up, revoked or ended, with the rights they have', async () => {
    const { ana, ben, zoneID } = await shared('z', []);
    const cleo = await meet('cleo');
    const once = await make(ana, zoneID, { role: 'CONTRIBUTOR', maxUses: 1, password: 'open sesame' });
    const given = { linkPassword: 'open sesame' };
    const joined = await open(cleo, once, given);
    expect(joined).toMatchObject({ participantStatus: 'ACCEPTED', participantRights: ['ADD'] });
    expect(await open(cleo, once, given)).toMatchObject({ participantStatus: 'ACCEPTED', participantRights: ['ADD'] });
    expect(await resolve(cleo, once, given)).toMatchObject({
      participantStatus: 'ACCEPTED',
      participantRights: ['ADD'],
    });
    expect(await resolve(ana, once, given)).toMatchObject({ participantType: 'OWNER' });
    // Somebody who came in another way has a fitting secret as well, and keeps their own rights.
    expect(await open(ben, once, given)).toMatchObject({ participantStatus: 'ACCEPTED', participantRights: [] });
    await modify(ana, zoneID, 'update', { linkID: once.linkID, maxUses: null, expiresAt: Date.now() - 1000 });
    expect(await open(cleo, once, given)).toMatchObject({ participantRights: ['ADD'] });
    await modify(ana, zoneID, 'revoke', { linkID: once.linkID });
    expect(await open(cleo, once, given)).toMatchObject({ participantRights: ['ADD'] });
    const listed = (await ok(ana.extension('links/list', { zoneID }))).links;
    expect(listed).toMatchObject([{ useCount: 1, state: 'REVOKED' }]);
    expect((await currentShare(ana, 'z')).participants).toHaveLength(3);
  });

  test('a used-up link refuses strangers, who was removed, who left, and wrong secrets of its people, all alike', async () => {
    const { ana, ben, share, zoneID } = await shared('z', []);
    const cleo = await meet('cleo');
    const dora = await meet('dora');
    const once = await make(ana, zoneID, { role: 'VIEWER', maxUses: 2, password: 'open sesame' });
    const given = { linkPassword: 'open sesame' };
    await open(cleo, once, given);
    await open(dora, once, given);
    await without(ana, zoneID, cleo);
    await save(dora, 'shared', zoneID, [
      { operationType: 'forceDelete', record: { recordName: share.recordName, recordType: share.recordType } },
    ]);
    const wrong = { ...given, linkSecret: `${(once.linkSecret as string).slice(1)}A` };
    const unknown = { shortGUID: 'AAAAAAAAAAAAAAAAAAAAAAAA', linkSecret: once.linkSecret };
    const refusals = [
      await open(cleo, once, given),
      await resolve(cleo, once, given),
      await open(dora, once, given),
      await open(await meet('eva'), once, given),
      await open(ben, once, wrong),
      await resolve(ben, once, wrong),
      await open(ben, once, { linkPassword: 'wrong' }),
      await open(ana, once, wrong),
      await open(ana, unknown, given),
    ].map(({ shortGUID: _guid, ...rest }) => rest);
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]?.serverErrorCode).toBe('NOT_FOUND');
    expect(await isIn(cleo)).toBe(false);
    expect(await isIn(dora)).toBe(false);
  });
}
