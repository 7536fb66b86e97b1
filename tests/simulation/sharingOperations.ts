import { createHttpCloudDatabase } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createMoves } from '../../electron/core/sharing/moves.ts';
import type { CloudDatabase, CloudItem } from '../../electron/core/sync/cloudDatabase.ts';
import { isAppError } from '../../shared/errors.ts';
import { libraryZone } from '../../shared/ids.ts';
import type { Client } from './client.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { SimulatedServer } from './simulatedServer.ts';

/** What people do about sharing, by weight. */
export const shareOperationWeights = { share: 5, accept: 8, setRights: 3, revoke: 1, leave: 1, stop: 1 } as const;
export type ShareOperation = keyof typeof shareOperationWeights;

interface SharedZone {
  readonly owner: string;
  readonly name: string;
  readonly shortGUID: string;
  readonly participants: Map<string, { rights: string[]; accepted: boolean }>;
  stoppingOn: Client | undefined;
  stopped: boolean;
}

/** Shares of a run. The calls go straight to the server, as a person does them in a dialog while online. */
export interface Sharing {
  operate(client: Client, operation: ShareOperation, random: Random): Promise<string>;
  /** Ends what was begun: a zone whose contents have moved home is deleted. */
  finish(): Promise<void>;
  /** The server was put back: sessions are new, and shares are as its backup knows them. */
  serverRestored(): Promise<void>;
  zones(): readonly { owner: string; name: string }[];
  mayRead(client: Client, zone: { owner: string; name: string }): boolean;
}

const rightSets = [[], ['ADD'], ['ADD', 'EDIT'], ['ADD', 'EDIT', 'DELETE']];

export function createSharing(server: SimulatedServer, clients: readonly Client[], ledger: Ledger): Sharing {
  const zones: SharedZone[] = [];
  const direct = new Map<string, CloudDatabase>();
  let keys = 0;

  const cloudOf = async (me: string): Promise<CloudDatabase> => {
    const known = direct.get(me);
    if (known !== undefined) return known;
    const token = await server.signIn(me);
    const made = createHttpCloudDatabase({
      fetch: (request) => server.handle(request),
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
  const participantsOf = (zone: SharedZone) =>
    [...zone.participants].map(([userRecordName, { rights, accepted }]) => ({
      type: 'USER',
      permission: rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE',
      rights,
      acceptanceStatus: accepted ? 'ACCEPTED' : 'INVITED',
      userIdentity: { userRecordName, lookupInfo: { userRecordName } },
    }));
  const shareRecord = async (cloud: CloudDatabase, zone: SharedZone): Promise<CloudItem | undefined> => {
    try {
      const [record] = await cloud.lookupRecords('private', { zoneName: zone.name }, ['cloudkit.zoneshare']);
      return record?.serverErrorCode === undefined ? record : undefined;
    } catch (error) {
      // The backup is older than the zone.
      if (isAppError(error) && error.code === 'zoneNotFound') return undefined;
      throw error;
    }
  };
  const saveParticipants = async (cloud: CloudDatabase, zone: SharedZone): Promise<boolean> => {
    const record = await shareRecord(cloud, zone);
    if (record === undefined) return false;
    const [saved] = await cloud.modifyRecords('private', { zoneName: zone.name }, [
      {
        operationType: 'update',
        record: {
          recordName: 'cloudkit.zoneshare',
          recordType: 'cloudkit.share',
          recordChangeTag: record.recordChangeTag ?? '',
          fields: {},
          publicPermission: 'NONE',
          participants: participantsOf(zone),
        },
      },
    ]);
    return saved?.serverErrorCode === undefined;
  };
  const ended = (zone: SharedZone, me: string) => {
    ledger.endedZones.add(`${zone.owner}:${zone.name}`);
    for (const client of clients) if (client.me === me) ledger.refusedDevices.add(client.name);
  };

  const run = async (client: Client, operation: ShareOperation, random: Random): Promise<string> => {
    const cloud = await cloudOf(client.me);
    const mine = zones.filter((zone) => zone.owner === client.me && !zone.stopped && zone.stoppingOn === undefined);
    const joined = zones.filter((zone) => !zone.stopped && zone.participants.get(client.me)?.accepted === true);
    switch (operation) {
      case 'share': {
        if (mine.length >= 2) return 'enough shares';
        const name = `share.${zones.length}`;
        const zone: SharedZone = {
          owner: client.me,
          name,
          shortGUID: '',
          participants: new Map(),
          stoppingOn: undefined,
          stopped: false,
        };
        for (const me of new Set(clients.map((one) => one.me))) {
          if (me !== client.me) zone.participants.set(me, { rights: random.pick(rightSets), accepted: false });
        }
        await cloud.modifyZones('create', [{ zoneName: name }]);
        const [record] = await cloud.modifyRecords('private', { zoneName: name }, [
          {
            operationType: 'create',
            record: {
              recordName: 'cloudkit.zoneshare',
              recordType: 'cloudkit.share',
              createShortGUID: true,
              publicPermission: 'NONE',
              fields: { 'cloudkit.title': { value: name, type: 'STRING' } },
              participants: participantsOf(zone),
            },
          },
        ]);
        const [full] = await cloud.lookupRecords('private', { zoneName: name }, ['cloudkit.zoneshare']);
        const shortGUID = full?.['shortGUID'];
        if (typeof shortGUID !== 'string') return `refused: ${JSON.stringify(record)}`;
        zones.push({ ...zone, shortGUID });
        client.store.connection.raw
          .prepare(
            `INSERT OR IGNORE INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', ?, 'share', ?)`,
          )
          .run(name, name, client.now());
        return name;
      }
      case 'accept': {
        const open = zones.filter((zone) => !zone.stopped && zone.participants.get(client.me)?.accepted === false);
        if (open.length === 0) return 'no invitation';
        const zone = random.pick(open);
        await cloud.extension('records/accept', { shortGUIDs: [{ value: zone.shortGUID }] });
        const state = zone.participants.get(client.me);
        if (state !== undefined) state.accepted = true;
        return zone.name;
      }
      case 'setRights': {
        const zone = mine.find((one) => one.participants.size > 0);
        if (zone === undefined) return 'none';
        const [me, state] = random.pick([...zone.participants]);
        state.rights = random.pick(rightSets);
        for (const one of clients) if (one.me === me) ledger.refusedDevices.add(one.name);
        return `${zone.name}: ${me} may ${state.rights.join()} ${String(await saveParticipants(cloud, zone))}`;
      }
      case 'revoke': {
        const zone = mine.find((one) => one.participants.size > 0);
        if (zone === undefined) return 'none';
        const [me] = random.pick([...zone.participants]);
        zone.participants.delete(me);
        ended(zone, me);
        return `${zone.name}: ${me} is out ${String(await saveParticipants(cloud, zone))}`;
      }
      case 'leave': {
        const [zone] = joined;
        if (zone === undefined) return 'none';
        await cloud.modifyRecords('shared', { zoneName: zone.name, ownerRecordName: zone.owner }, [
          { operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share' } },
        ]);
        zone.participants.delete(client.me);
        ended(zone, client.me);
        return zone.name;
      }
      case 'stop': {
        const [zone] = mine;
        if (zone === undefined) return 'none';
        zone.stoppingOn = client;
        return zone.name;
      }
    }
  };

  return {
    operate: async (client, operation, random) =>
      `${client.name} ${operation}: ${await run(client, operation, random)}`,
    finish: async () => {
      for (const zone of zones) {
        const device = zone.stoppingOn === undefined ? undefined : clients.find((one) => one.me === zone.owner);
        if (device === undefined || zone.stopped) continue;
        const { raw } = device.store.connection;
        if (raw.prepare('SELECT 1 FROM zone WHERE id = ?').get(zone.name) !== undefined) {
          const moves = createMoves({
            store: device.store,
            now: device.now,
            newId: device.newId,
            pause: () => Promise.resolve(),
          });
          for (const row of raw.prepare('SELECT id FROM photo WHERE zone_id = ?').all(zone.name) as { id: string }[]) {
            ledger.moved.add(row.id);
          }
          await moves.zone(zone.name, libraryZone, false);
        }
        // Only an empty zone may go: what somebody added last is moved home first.
        const cloud = await cloudOf(zone.owner);
        const answer = await cloud.zoneChanges('private', { zoneName: zone.name }, undefined);
        const left = (answer.zones[0]?.records ?? []).filter(
          (record) => record.deleted !== true && ['Photo', 'Resource', 'Album'].includes(record.recordType ?? ''),
        );
        const waiting = raw.prepare('SELECT 1 FROM sync_pending').get();
        if (left.length > 0 || waiting !== undefined) continue;
        await cloud.modifyZones('delete', [{ zoneName: zone.name }]);
        zone.stopped = true;
        for (const me of zone.participants.keys()) ended(zone, me);
      }
    },
    serverRestored: async () => {
      direct.clear();
      for (const zone of zones) {
        const record = await shareRecord(await cloudOf(zone.owner), zone);
        const participants = (record?.['participants'] ?? []) as {
          userIdentity?: { userRecordName?: string };
          rights?: string[];
          acceptanceStatus?: string;
        }[];
        zone.participants.clear();
        for (const { userIdentity, rights, acceptanceStatus } of participants) {
          const me = userIdentity?.userRecordName;
          if (me === undefined || me === zone.owner) continue;
          zone.participants.set(me, { rights: rights ?? [], accepted: acceptanceStatus === 'ACCEPTED' });
        }
        for (const client of clients) {
          ledger.refusedDevices.add(client.name);
          ledger.endedZones.add(`${zone.owner}:${zone.name}`);
        }
      }
    },
    zones: () => zones.filter((zone) => !zone.stopped),
    mayRead: (client, { owner, name }) => {
      const zone = zones.find((one) => one.owner === owner && one.name === name);
      return zone !== undefined && (zone.owner === client.me || zone.participants.get(client.me)?.accepted === true);
    },
  };
}
