import { createHttpCloudDatabase } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createCopies } from '../../electron/core/sharing/copies.ts';
import { createMoves } from '../../electron/core/sharing/moves.ts';
import type { CloudDatabase, CloudItem } from '../../electron/core/sync/cloudDatabase.ts';
import { isAppError } from '../../shared/errors.ts';
import { libraryZone } from '../../shared/ids.ts';
import { answerOf } from './answers.ts';
import type { Client } from './client.ts';
import type { Violation } from './invariants.ts';
import { Killed } from './killSwitch.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { SimulatedServer } from './simulatedServer.ts';

/** What people do about sharing, by weight. */
export const shareOperationWeights = {
  share: 5,
  invite: 3,
  accept: 8,
  decline: 1,
  setRights: 3,
  revoke: 2,
  leave: 2,
  stop: 1,
  openLink: 1,
} as const;
export type ShareOperation = keyof typeof shareOperationWeights;

interface SharedZone {
  readonly owner: string;
  readonly name: string;
  readonly shortGUID: string;
  stoppingOn: Client | undefined;
  stopped: boolean;
}

interface ParticipantState {
  readonly user_name: string;
  readonly rights: string;
  readonly status: string;
}

type ZoneName = { readonly owner: string; readonly name: string };

/** Shares of a run. The calls go straight to the server, as a person does them in a dialog while online. */
export interface Sharing {
  operate(client: Client, operation: ShareOperation, random: Random): Promise<string>;
  /** Ends what was begun: a zone whose contents have moved home is deleted. */
  finish(): Promise<void>;
  /** The server was put back: sessions are new, and shares are as its backup knows them. */
  serverRestored(): void;
  zones(): readonly ZoneName[];
  mayRead(client: Client, zone: ZoneName): boolean;
  /** The rights of a person in a zone of somebody else; undefined without access. */
  rightsOf(me: string, zone: ZoneName): readonly string[] | undefined;
  /** Secrets that belong into no address and no log. */
  readonly secrets: readonly string[];
  readonly violations: readonly Violation[];
}

const rightSets = [[], ['ADD'], ['ADD', 'EDIT'], ['ADD', 'EDIT', 'DELETE'], ['ADD', 'EDIT', 'DELETE', 'MANAGE']];

export function createSharing(server: SimulatedServer, clients: readonly Client[], ledger: Ledger): Sharing {
  const zones: SharedZone[] = [];
  const direct = new Map<string, CloudDatabase>();
  const secrets: string[] = [];
  const violations: Violation[] = [];
  let keys = 0;

  const cloudOf = async (me: string): Promise<CloudDatabase> => {
    const known = direct.get(me);
    if (known !== undefined) return known;
    const token = await server.signIn(me);
    const made = createHttpCloudDatabase({
      fetch: async ({ method, url, headers, body = '' }) => {
        if (typeof body !== 'string') throw new Error('Files are not simulated');
        return answerOf(await server.answer({ method, url, headers, body }));
      },
      server: server.origin,
      container: server.container,
      environment: server.environment,
      token: () => token,
      newKey: () => {
        keys += 1;
        return `key-${me}-${keys}`;
      },
    });
    direct.set(me, made);
    return made;
  };
  /** The server's own word on who takes part; a rolled-back server knows what its backup knew. */
  const participantsOf = ({ owner, name }: ZoneName): ParticipantState[] =>
    server.rows<ParticipantState>(
      `SELECT p.user_name, p.rights, p.status FROM participants AS p JOIN zones AS z ON z.zone_id = p.zone_id
       WHERE z.owner = ? AND z.name = ? AND z.deleted_at IS NULL AND p.user_name IS NOT NULL ORDER BY p.position`,
      owner,
      name,
    );
  const isShared = ({ owner, name }: ZoneName): boolean =>
    server.rows(
      `SELECT 1 FROM shares AS s JOIN zones AS z ON z.zone_id = s.zone_id
       WHERE z.owner = ? AND z.name = ? AND z.deleted_at IS NULL`,
      owner,
      name,
    ).length > 0;
  const rightsOf: Sharing['rightsOf'] = (me, zone) => {
    const found = participantsOf(zone).find((one) => one.user_name === me && one.status === 'ACCEPTED');
    return found?.rights.split(',').filter((right) => right !== '');
  };
  const wire = (people: readonly { user_name: string; rights: readonly string[] }[]) =>
    people.map(({ user_name, rights }) => ({
      type: 'USER',
      permission: rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE',
      rights,
      userIdentity: { userRecordName: user_name, lookupInfo: { userRecordName: user_name } },
    }));
  /** @returns whether the server took it: who manages may not give what they lack themselves */
  const savePeople = async (
    me: string,
    zone: SharedZone,
    people: readonly { user_name: string; rights: readonly string[] }[],
  ): Promise<boolean> => {
    const cloud = await cloudOf(me);
    const [saved] = await cloud.modifyRecords(me === zone.owner ? 'private' : 'shared', zoneOf(me, zone), [
      {
        operationType: 'forceUpdate',
        record: {
          recordName: 'cloudkit.zoneshare',
          recordType: 'cloudkit.share',
          fields: {},
          publicPermission: 'NONE',
          participants: wire(people),
        },
      },
    ]);
    return saved?.serverErrorCode === undefined;
  };
  const ended = (zone: ZoneName, me: string) => {
    ledger.endedZones.add(`${zone.owner}:${zone.name}`);
    for (const client of clients) if (client.me === me) ledger.refusedDevices.add(client.name);
  };
  const current = (zone: SharedZone) =>
    participantsOf(zone)
      .filter(({ status }) => status === 'ACCEPTED' || status === 'INVITED')
      .map(({ user_name, rights }) => ({ user_name, rights: rights.split(',').filter((right) => right !== '') }));

  const share = async (client: Client, random: Random): Promise<string> => {
    const cloud = await cloudOf(client.me);
    const zoneName = `share.${zones.length}`;
    const others = [...new Set(clients.map((one) => one.me))].filter((me) => me !== client.me);
    const invited = others.filter(() => random.chance(0.8));
    await cloud.modifyZones('create', [{ zoneName }]);
    const [record] = await cloud.modifyRecords('private', { zoneName }, [
      {
        operationType: 'create',
        record: {
          recordName: 'cloudkit.zoneshare',
          recordType: 'cloudkit.share',
          createShortGUID: true,
          publicPermission: 'NONE',
          fields: { 'cloudkit.title': { value: zoneName, type: 'STRING' } },
          participants: wire(invited.map((me) => ({ user_name: me, rights: random.pick(rightSets) }))),
        },
      },
    ]);
    const [full] = await cloud.lookupRecords('private', { zoneName }, ['cloudkit.zoneshare']);
    const shortGUID = full?.['shortGUID'];
    if (typeof shortGUID !== 'string') return `refused: ${JSON.stringify(record)}`;
    secrets.push(shortGUID);
    zones.push({ owner: client.me, name: zoneName, shortGUID, stoppingOn: undefined, stopped: false });
    client.store.connection.raw
      .prepare(`INSERT OR IGNORE INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', ?, 'share', ?)`)
      .run(zoneName, zoneName, client.now());
    return `${zoneName} with ${invited.join()}`;
  };

  /** A link that is opened shows a preview and changes nothing (I26); one nobody may open looks like one that never was (I25). */
  const openLink = async (client: Client, random: Random): Promise<string> => {
    if (zones.length === 0) return 'no link';
    const zone = random.pick(zones);
    const cloud = await cloudOf(client.me);
    const before = server.fingerprint();
    const rows = newestTokens(client);
    const resolve = async (value: string): Promise<CloudItem | undefined> =>
      ((await cloud.extension('records/resolve', { shortGUIDs: [{ value }] })) as { results: CloudItem[] }).results[0];
    const real = await resolve(zone.shortGUID);
    const invented = await resolve('x'.repeat(zone.shortGUID.length));
    if (server.fingerprint() !== before || newestTokens(client) !== rows) {
      violations.push({ invariant: 'I26', message: `${client.name} only looked at the link of ${zone.name}` });
    }
    const outside = zone.owner !== client.me && participantsOf(zone).every(({ user_name }) => user_name !== client.me);
    const plain = ({ uuid: _uuid, shortGUID: _guid, ...rest }: Record<string, unknown>) => JSON.stringify(rest);
    if (outside && !isShared(zone) && plain(real ?? {}) !== plain(invented ?? {})) {
      violations.push({
        invariant: 'I25',
        message: `a link that ended tells ${client.name} more than one that never was: ${plain(real ?? {})} and ${plain(invented ?? {})}`,
      });
    }
    return `${zone.name}: ${real?.serverErrorCode ?? 'a preview'}`;
  };

  const run = async (client: Client, operation: ShareOperation, random: Random): Promise<string> => {
    const cloud = await cloudOf(client.me);
    const open = zones.filter((zone) => !zone.stopped && zone.stoppingOn === undefined && isShared(zone));
    const mine = open.filter((zone) => zone.owner === client.me);
    const joined = open.filter((zone) => rightsOf(client.me, zone) !== undefined);
    const managed = [...mine, ...joined.filter((zone) => rightsOf(client.me, zone)?.includes('MANAGE') === true)];
    const invitations = open.filter((zone) =>
      participantsOf(zone).some((one) => one.user_name === client.me && one.status === 'INVITED'),
    );
    switch (operation) {
      case 'share':
        return mine.length >= 2 ? 'enough shares' : share(client, random);
      case 'openLink':
        return openLink(client, random);
      case 'invite': {
        if (managed.length === 0) return 'none';
        const zone = random.pick(managed);
        const people = current(zone);
        const outside = [...new Set(clients.map((one) => one.me))].filter(
          (me) => me !== zone.owner && people.every(({ user_name }) => user_name !== me),
        );
        if (outside.length === 0) return 'everybody is in it';
        const invited = { user_name: random.pick(outside), rights: random.pick(rightSets) };
        const taken = await savePeople(client.me, zone, [...people, invited]);
        return `${zone.name}: ${invited.user_name} may ${invited.rights.join()} ${String(taken)}`;
      }
      case 'accept': {
        if (invitations.length === 0) return 'no invitation';
        const zone = random.pick(invitations);
        await cloud.extension('records/accept', { shortGUIDs: [{ value: zone.shortGUID }] });
        return zone.name;
      }
      case 'decline': {
        if (invitations.length === 0) return 'no invitation';
        const zone = random.pick(invitations);
        await cloud.extension('invitations/decline', { shortGUIDs: [{ value: zone.shortGUID }] });
        return zone.name;
      }
      case 'setRights':
      case 'revoke': {
        if (managed.length === 0) return 'none';
        const zone = random.pick(managed);
        const people = current(zone);
        const others = people.filter(({ user_name }) => user_name !== client.me);
        if (others.length === 0) return 'nobody';
        const { user_name: me } = random.pick(others);
        const rights = random.pick(rightSets);
        const changed =
          operation === 'revoke'
            ? people.filter(({ user_name }) => user_name !== me)
            : people.map((one) => (one.user_name === me ? { ...one, rights } : one));
        const taken = await savePeople(client.me, zone, changed);
        if (operation === 'revoke') ended(zone, me);
        else for (const one of clients) if (one.me === me) ledger.refusedDevices.add(one.name);
        return `${zone.name}: ${me} ${operation === 'revoke' ? 'is out' : `may ${rights.join()}`} ${String(taken)}`;
      }
      case 'leave': {
        if (joined.length === 0) return 'none';
        const zone = random.pick(joined);
        let copied = 0;
        if (random.chance(0.5)) copied = await copyMine(client, `${zone.owner}:${zone.name}`);
        await cloud.modifyRecords('shared', zoneOf(client.me, zone), [
          { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
        ]);
        ended(zone, client.me);
        return `${zone.name}, ${copied} copied`;
      }
      case 'stop': {
        const [zone] = mine;
        if (zone === undefined) return 'none';
        const people = participantsOf(zone);
        // First nobody else may write any more; what is in it moves home in `finish`.
        await cloud.modifyRecords('private', { zoneName: zone.name }, [
          { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
        ]);
        zone.stoppingOn = client;
        for (const { user_name } of people) ended(zone, user_name);
        return zone.name;
      }
    }
  };

  /** Moves what is here home and deletes the zone once neither this device nor the server has anything left in it. */
  const finishZone = async (zone: SharedZone, device: Client): Promise<void> => {
    const { raw } = device.store.connection;
    // Moved by this device, or by another that has changes in it nobody else has seen.
    for (const { me, store } of clients) {
      if (me !== zone.owner) continue;
      for (const row of store.connection
        .statement<[string], { id: string }>('SELECT id FROM photo WHERE zone_id = ?')
        .all(zone.name)) {
        ledger.moved.add(row.id);
      }
    }
    if (raw.prepare('SELECT 1 FROM zone WHERE id = ?').get(zone.name) !== undefined) {
      const moves = createMoves({
        store: device.store,
        now: device.now,
        newId: device.newId,
        pause: () => Promise.resolve(),
      });
      await moves.zone(zone.name, libraryZone, false);
    }
    const left = server.rows(
      `SELECT 1 FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id WHERE z.owner = ? AND z.name = ?
         AND z.deleted_at IS NULL AND r.deleted = 0 AND r.record_type IN ('Photo', 'Resource', 'Album')`,
      zone.owner,
      zone.name,
    );
    const waiting = raw.prepare('SELECT 1 FROM sync_pending').get();
    if (left.length > 0 || waiting !== undefined) return;
    const cloud = await cloudOf(zone.owner);
    // Every other share is stopped as by an older version, which deletes what it has not read as well.
    const isConditional = zones.indexOf(zone) % 2 === 1;
    const read = raw
      .prepare<[string], { token: string | null }>('SELECT token FROM sync_zone WHERE zone_id = ?')
      .get(zone.name)?.token;
    const unread = server.rows<{ name: string }>(
      `SELECT r.record_name AS name FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
       WHERE z.owner = ? AND z.name = ? AND z.deleted_at IS NULL AND r.deleted = 0`,
      zone.owner,
      zone.name,
    );
    const [item] = await cloud.modifyZones('delete', [
      { zoneName: zone.name, ...(isConditional && typeof read === 'string' ? { syncToken: read } : {}) },
    ]);
    // Somebody has written since this device has read it: then it goes the next time.
    zone.stopped = item?.serverErrorCode !== 'CONFLICT' && item?.serverErrorCode !== 'CHANGE_TOKEN_EXPIRED';
    // A tag on no photo stays in the zone and ends with it, and what a newer build had just written to it as well.
    if (zone.stopped && !isConditional) for (const { name } of unread) ledger.future.delete(name);
  };

  return {
    operate: async (client, operation, random) => {
      try {
        return `${client.name} ${operation}: ${await run(client, operation, random)}`;
      } catch (error) {
        // The process died, the disk is full, or the zone is gone underneath: the dialog says so, nothing was done.
        if (error instanceof Killed) return `${client.name} ${operation}: killed`;
        if (isAppError(error)) return `${client.name} ${operation}: ${error.code}`;
        throw error;
      }
    },
    finish: async () => {
      for (const zone of zones) {
        const device = zone.stoppingOn === undefined ? undefined : clients.find((one) => one.me === zone.owner);
        if (device !== undefined && !zone.stopped) await finishZone(zone, device);
      }
    },
    serverRestored: () => {
      direct.clear();
      for (const zone of zones) ledger.endedZones.add(`${zone.owner}:${zone.name}`);
      for (const client of clients) ledger.refusedDevices.add(client.name);
    },
    zones: () => zones.filter((zone) => !zone.stopped),
    mayRead: (client, zone) => isShared(zone) && (zone.owner === client.me || rightsOf(client.me, zone) !== undefined),
    rightsOf,
    secrets,
    violations,
  };
}

function zoneOf(me: string, { owner, name }: ZoneName): { zoneName: string; ownerRecordName?: string } {
  return me === owner ? { zoneName: name } : { zoneName: name, ownerRecordName: owner };
}

function newestTokens({ store }: Client): string {
  return `${store.history.newestToken('private')} ${store.history.newestToken('shared')}`;
}

/** "Keep copies of what I added", as far as it is on this device. */
async function copyMine(client: Client, zone: string): Promise<number> {
  const { store } = client;
  const mine = store.connection
    .statement<[string], { id: string }>('SELECT id FROM photo WHERE zone_id = ? AND created_by IS NULL ORDER BY id')
    .all(zone);
  const copies = createCopies({ store, now: client.now, newId: client.newId, pause: () => Promise.resolve() });
  return (
    await copies.photos(
      mine.map(({ id }) => id),
      libraryZone,
    )
  ).made;
}
