import { isServerError, appErrorCodeOf, knownServerErrorCode } from '../../../shared/cloud/serverErrors.ts';
import { shareRecordName, shareRecordType } from '../../../shared/cloud/wireRecords.ts';
import {
  permissionOf,
  shareAnswerSchema,
  type ShareAnswer,
  type ShareRight,
} from '../../../shared/cloud/wireShares.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { CloudDatabase, CloudField, CloudItem, CloudZone } from '../sync/cloudDatabase.ts';
import type { SharedZone } from './shareQueries.ts';

/** One person of a share record as a change of it names them. */
export interface ParticipantChange {
  readonly participantId?: string;
  readonly rights: readonly ShareRight[];
  readonly acceptanceStatus?: 'INVITED';
  readonly email?: string;
  readonly userName?: string;
}

/** What a change of a share record sets; what is absent stays. `participants` is the whole list. */
export interface ShareChange {
  readonly participants?: readonly ParticipantChange[];
  readonly publicPermission?: 'NONE' | 'READ_ONLY' | 'READ_WRITE';
  readonly publicRights?: readonly ShareRight[];
  readonly departureRule?: 'STAY' | 'GO';
  readonly endsAt?: number | null;
  readonly denyAccessRequests?: boolean;
  readonly fields?: Readonly<Record<string, CloudField>>;
}

/** The end of a zone's changes as the server told it. */
export interface ZoneEnd {
  /** Undefined: there is no such zone any more. */
  readonly syncToken: string | undefined;
}

/** Share records on the server: the calls of docs/protocol.md, sections 9 and 10, that sharing makes itself. */
export interface ShareServer {
  /** Makes the zone and its share record; repeating it after a lost answer is harmless. @returns the share record */
  create(zoneName: string, change: ShareChange): Promise<CloudItem>;
  read(zone: SharedZone): Promise<CloudItem>;
  /**
   * Changes the share record with its newest tag; when somebody else was quicker, reads it again and asks `change` anew.
   * @returns the record as it is now
   */
  change(zone: SharedZone, change: (share: ShareAnswer) => ShareChange): Promise<CloudItem>;
  /** The owner stops sharing; a participant leaves. Done already counts as done. */
  deleteShare(zone: SharedZone): Promise<void>;
  /**
   * Where the changes of a zone of mine end, when none is behind this sync token (null: from the beginning); undefined when
   * some are. A zone that is gone has none; a token the server will not take counts as news, since nobody knows what is
   * behind it.
   */
  endOf(zone: SharedZone, token: string | null): Promise<ZoneEnd | undefined>;
  /** Deletes a zone of mine with all it holds, unless something has changed behind `end`. @returns false when it has */
  deleteZone(zone: SharedZone, end: ZoneEnd): Promise<boolean>;
}

const attempts = 4;

export function createShareServer(cloud: () => CloudDatabase): ShareServer {
  const read = async (zone: SharedZone): Promise<CloudItem> => {
    const [item] = await cloud().lookupRecords(zone.store, cloudZoneOf(zone), [shareRecordName]);
    return successOf(item, 'The share could not be read.');
  };
  const operation = (change: ShareChange) => {
    const { participants, fields, ...rest } = change;
    return {
      recordName: shareRecordName,
      recordType: shareRecordType,
      fields: fields ?? {},
      ...rest,
      ...(participants === undefined ? {} : { participants: participants.map(participantInput) }),
    };
  };
  return {
    read,
    create: async (zoneName, change) => {
      const zone: SharedZone = { id: zoneName, store: 'private', name: zoneName, owner: '' };
      const [made] = await cloud().modifyZones('create', [{ zoneName }]);
      successOf(made, 'The share could not be made.');
      const [item] = await cloud().modifyRecords('private', { zoneName }, [
        { operationType: 'create', record: { ...operation(change), createShortGUID: true } },
      ]);
      // An answer that got lost: the record is there, and it is ours.
      if (!(isServerError(item) && item.serverErrorCode === 'EXISTS')) successOf(item, 'The share could not be made.');
      return read(zone);
    },
    change: async (zone, change) => {
      for (let attempt = 1; ; attempt += 1) {
        const current = shareAnswerSchema.parse(await read(zone));
        const [item] = await cloud().modifyRecords(zone.store, cloudZoneOf(zone), [
          {
            operationType: 'update',
            record: { ...operation(change(current)), recordChangeTag: current.recordChangeTag },
          },
        ]);
        if (isServerError(item) && item.serverErrorCode === 'CONFLICT' && attempt < attempts) continue;
        successOf(item, 'The share could not be changed.');
        return read(zone);
      }
    },
    deleteShare: async (zone) => {
      const [item] = await cloud()
        .modifyRecords(zone.store, cloudZoneOf(zone), [
          { operationType: 'forceDelete', record: { recordName: shareRecordName, recordType: shareRecordType } },
        ])
        .catch((error: unknown) => {
          if (isAppError(error) && error.code === 'zoneNotFound') return [{ serverErrorCode: 'ZONE_NOT_FOUND' }];
          throw error;
        });
      if (isServerError(item) && (item.serverErrorCode === 'NOT_FOUND' || item.serverErrorCode === 'ZONE_NOT_FOUND'))
        return;
      successOf(item, 'The share could not be ended.');
    },
    endOf: async (zone, token) => {
      const answer = await cloud().zoneChanges(zone.store, cloudZoneOf(zone), token ?? undefined);
      const [page] = answer.zones;
      if (page?.serverErrorCode === 'ZONE_NOT_FOUND') return { syncToken: undefined };
      if (page === undefined || page.serverErrorCode !== undefined) return undefined;
      const isEnd = page.moreComing !== true && (page.records ?? []).length === 0;
      return isEnd && page.syncToken !== undefined ? { syncToken: page.syncToken } : undefined;
    },
    deleteZone: async (zone, { syncToken }) => {
      if (syncToken === undefined) return true;
      const [item] = await cloud().modifyZones('delete', [{ zoneName: zone.name, syncToken }]);
      switch (item?.serverErrorCode) {
        case 'ZONE_NOT_FOUND':
          return true;
        case 'CONFLICT':
        case 'CHANGE_TOKEN_EXPIRED':
          return false;
        default:
          successOf(item, 'The share could not be removed from the server.');
          return true;
      }
    },
  };
}

/** How a request names a zone. */
export function cloudZoneOf(zone: Pick<SharedZone, 'name' | 'owner'>): CloudZone {
  return zone.owner === '' ? { zoneName: zone.name } : { zoneName: zone.name, ownerRecordName: zone.owner };
}

/** The entries of a share record as a change sends them back: everybody but the owner, unchanged. */
export function participantsOf(share: ShareAnswer): ParticipantChange[] {
  return share.participants
    .filter((one) => one.type !== 'OWNER')
    .map((one) => ({ participantId: one.participantId, rights: (one.rights ?? []) as ShareRight[] }));
}

function participantInput(change: ParticipantChange): Readonly<Record<string, unknown>> {
  const lookupInfo =
    change.email !== undefined
      ? { emailAddress: change.email }
      : change.userName !== undefined
        ? { userRecordName: change.userName }
        : undefined;
  return {
    ...(change.participantId === undefined ? {} : { participantId: change.participantId }),
    type: 'USER',
    permission: permissionOf(change.rights),
    rights: change.rights,
    ...(change.acceptanceStatus === undefined ? {} : { acceptanceStatus: change.acceptanceStatus }),
    ...(lookupInfo === undefined ? {} : { userIdentity: { lookupInfo } }),
  };
}

/** The item of an answer, or its refusal as an AppError in words. */
export function successOf<T>(item: T | undefined, what: string): T {
  if (item === undefined) throw new AppError('serviceUnavailable', `${what} The server gave no answer.`);
  if (!isServerError(item)) return item;
  const code = knownServerErrorCode(item.serverErrorCode);
  throw new AppError(
    code === undefined ? 'serviceUnavailable' : appErrorCodeOf(code, item),
    `${what} ${sentence(item.reason ?? item.serverErrorCode)}`,
    {
      serverErrorCode: item.serverErrorCode,
      ...(item.neededRight === undefined ? {} : { neededRight: item.neededRight }),
      ...(item.mayRequestAccess === undefined ? {} : { mayRequestAccess: item.mayRequestAccess }),
    },
  );
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`;
}
