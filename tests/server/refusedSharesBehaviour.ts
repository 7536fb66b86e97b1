import { expect, test } from 'vitest';
import type { TestServer } from '../helpers/testServer.ts';
import type { Wire } from '../helpers/wireClient.ts';
import { createBehaviourKit } from './behaviourKit.ts';

/** Shares that are refused half-way, on whatever the server stores in: nothing of them stays, and nobody hears of them. */
export function refusedSharesBehaviour(start: () => Promise<TestServer>): void {
  const kit = createBehaviourKit(start);
  const { meet, ok, makeZone, save, create, invite, accept, shared, currentShare } = kit;

  const byAddress = (emailAddress: string): Wire => ({
    permission: 'READ_ONLY',
    userIdentity: { lookupInfo: { emailAddress } },
  });
  const byName = (userRecordName: string): Wire => ({ permission: 'READ_ONLY', userIdentity: { userRecordName } });
  const share = (operationType: string, keys: Wire): Wire => ({
    operationType,
    record: { recordType: 'cloudkit.share', recordName: 'cloudkit.zoneshare', ...keys },
  });
  const lettersTo = (address: string): number => kit.server.letters.filter(({ to }) => to === address).length;
  /** Rows of a share in the database, whatever the wire shows of them. */
  const rowsOf = (ownerName: string): Promise<Wire> =>
    kit.server.container.services.database.read(async (sql) => {
      const count = async (table: string): Promise<number> =>
        (
          await sql.all(
            `SELECT t.zone_id FROM ${table} t JOIN zones z ON z.zone_id = t.zone_id WHERE z.owner = ? AND z.deleted_at IS NULL`,
            [ownerName],
          )
        ).length;
      return { shares: await count('shares'), participants: await count('participants') };
    });

  test.each([
    ['an address that can be none', (name: string) => byAddress(`${name}@localhost`)],
    ['a person nobody knows', (name: string) => byName(`_nobody-${name}`)],
  ])(
    'a share with %s among its people leaves nothing behind, and can be made once that is put right',
    async (_, bad) => {
      const ana = await meet('ana');
      const carl = `carl${kit.people}@example.org`;
      await makeZone(ana, 'trip');
      const zoneID = { zoneName: 'trip' };
      const refused = await save(
        ana,
        'private',
        zoneID,
        [create('hers'), share('create', { fields: {}, participants: [byAddress(carl), bad(ana.userName)] })],
        { atomic: false },
      );
      expect(refused.map((item) => item.serverErrorCode ?? null)).toEqual([null, 'BAD_REQUEST']);
      expect(await rowsOf(ana.userName)).toEqual({ shares: 0, participants: 0 });
      expect(lettersTo(carl)).toBe(0);

      const [made] = await save(
        ana,
        'private',
        zoneID,
        [share('create', { fields: {}, participants: [byAddress(carl)] })],
        { atomic: false },
      );
      expect(made.participants).toMatchObject([
        { type: 'OWNER' },
        { acceptanceStatus: 'INVITED', userIdentity: { lookupInfo: { emailAddress: carl } } },
      ]);
      expect(lettersTo(carl)).toBe(1);
    },
  );

  test('a change that is refused leaves rights, settings and invitations as they were, and sends no letter', async () => {
    const { ana, ben, zoneID } = await shared('trip', ['ADD']);
    const dora = await meet('dora');
    const before = await currentShare(ana, 'trip');
    const letter = lettersTo(ben.email);
    const [refused] = await save(
      ana,
      'private',
      zoneID,
      [
        share('forceUpdate', {
          publicPermission: 'READ_WRITE',
          departureRule: 'GO',
          denyAccessRequests: true,
          participants: [
            { ...before.participants[1], permission: 'READ_WRITE', rights: ['ADD', 'EDIT', 'DELETE'] },
            invite(dora, ['ADD']),
            byName('_nobody'),
          ],
        }),
      ],
      { atomic: false },
    );
    expect(refused.serverErrorCode).toBe('BAD_REQUEST');
    expect(await currentShare(ana, 'trip')).toEqual(before);
    expect((await ok(dora.extension('invitations/list', {}))).invitations).toEqual([]);
    expect([lettersTo(ben.email), lettersTo(dora.email)]).toEqual([letter, 0]);

    const [widened] = await save(
      ana,
      'private',
      zoneID,
      [
        share('forceUpdate', {
          participants: [{ ...before.participants[1], permission: 'READ_WRITE', rights: ['ADD', 'EDIT'] }],
        }),
      ],
      { atomic: false },
    );
    expect(widened.participants[1].rights).toEqual(['ADD', 'EDIT']);
  });

  /** What a server before this one left behind in a zone where making a share was refused half-way. */
  const leaveHalfAShare = async (owner: string, accepted: string): Promise<void> => {
    const { database } = kit.server.container.services;
    await database.write(async (sql) => {
      const zone = await sql.get<{ zone_id: number; realm: string }>(
        'SELECT zone_id, realm FROM zones WHERE owner = ?',
        [owner],
      );
      const zoneID = zone?.zone_id ?? 0;
      await sql.run(
        `INSERT INTO shares (zone_id, short_guid, public_permission, public_rights, departure_rule) VALUES (?, ?, 'NONE', '', 'STAY')`,
        [zoneID, `half-a-share-of-${owner}`],
      );
      await sql.run(
        `INSERT INTO participants (participant_id, zone_id, user_name, status, rights, position) VALUES (?, ?, ?, 'INVITED', '', 1)`,
        [`half-${accepted}`, zoneID, accepted],
      );
    });
  };

  test.each(['making it anew', 'stopping it'])(
    'half a share that an earlier version left behind is gone after %s, also for who came in by it',
    async (how) => {
      const ana = await meet('ana');
      const ben = await meet('ben');
      await makeZone(ana, 'trip');
      const zoneID = { zoneName: 'trip', ownerRecordName: ana.userName };
      await leaveHalfAShare(ana.userName, ben.userName);
      await accept(ben, `half-a-share-of-${ana.userName}`);
      const { syncToken, zones } = await ok(ben.call('shared', 'changes/database', {}));
      expect(zones).toMatchObject([{ zoneID }]);

      const dora = await meet('dora');
      const operation =
        how === 'stopping it'
          ? share('forceDelete', {})
          : share('create', { fields: {}, participants: [invite(dora, [])] });
      const [outcome] = await save(ana, 'private', zoneID, [operation], { atomic: false });
      expect(outcome.serverErrorCode).toBeUndefined();
      expect(await rowsOf(ana.userName)).toEqual(
        how === 'stopping it' ? { shares: 0, participants: 0 } : { shares: 1, participants: 1 },
      );
      expect((await ok(ben.call('shared', 'changes/database', { syncToken }))).zones).toMatchObject([
        { zoneID, deleted: true, deletedReason: 'SHARING_STOPPED' },
      ]);
    },
  );

  test('a share made without its name, where there is one already, is refused and everybody stays in', async () => {
    const { ana, ben, zoneID } = await shared('trip', ['ADD']);
    const before = await currentShare(ana, 'trip');
    const [again] = await save(
      ana,
      'private',
      zoneID,
      [{ operationType: 'create', record: { recordType: 'cloudkit.share', fields: {} } }],
      { atomic: false },
    );
    expect(again.serverErrorCode).toBe('EXISTS');
    expect(await currentShare(ana, 'trip')).toEqual(before);
    expect((await save(ben, 'shared', zoneID, [create('his')]))[0].serverErrorCode).toBeUndefined();
  });
}
