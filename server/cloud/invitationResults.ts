import { permissionOf, shareRights } from '../../shared/cloud/wireShares.ts';
import type { AcceptanceStatus, ParticipantType, ShareRight } from '../../shared/cloud/wireShares.ts';
import type { Sql } from '../database/database.ts';
import type { CallContext } from './context.ts';
import { loadShare, personIdentity, shareJSON, shareRecordRow } from './shareRecord.ts';
import { wireZoneID } from './zones.ts';
import type { OpenZone, ZoneRow } from './zones.ts';

/** What someone is, or would be, in a share: the part of a resolve or accept answer that is about them. */
export interface Standing {
  readonly type: ParticipantType;
  readonly status: AcceptanceStatus;
  readonly rights: readonly ShareRight[];
  readonly participantID: string;
}

export const ownerStanding: Standing = {
  type: 'OWNER',
  status: 'ACCEPTED',
  rights: shareRights,
  participantID: 'owner',
};

/**
 * One result of resolve, accept and invitations/list (section 10.4). People who are not in yet see the share's title,
 * owner and their own place in it, never the other participants.
 */
export async function invitationResult(
  sql: Sql,
  context: CallContext,
  zone: ZoneRow,
  shortGUID: string,
  standing: Standing,
): Promise<string> {
  const share = await loadShare(sql, context, zone);
  const record = await shareRecordRow(sql, zone.zone_id);
  const inside = standing.status === 'ACCEPTED';
  const open: OpenZone = {
    zone,
    scope: standing.type === 'OWNER' ? 'private' : 'shared',
    access:
      standing.type === 'OWNER'
        ? { role: 'owner' }
        : { role: 'participant', participantID: standing.participantID, rights: standing.rights, ending: false },
  };
  const visible =
    share === undefined || inside
      ? share
      : { ...share, participants: share.participants.filter((row) => row.participant_id === standing.participantID) };
  const shareText = record === undefined ? undefined : shareJSON(context, open, record, visible);
  const counted = await sql.get<{ records: number }>(
    'SELECT count(*) AS records FROM (SELECT 1 FROM records WHERE zone_id = ? AND deleted = 0 LIMIT 10001) AS counted',
    [zone.zone_id],
  );
  const head = JSON.stringify({
    shortGUID,
    containerIdentifier: context.realm.container,
    environment: context.realm.environment,
    databaseScope: standing.type === 'OWNER' ? 'PRIVATE' : 'SHARED',
    zoneID: wireZoneID(zone),
    ownerIdentity: personIdentity(zone.owner, share?.owner.name ?? '', inside ? (share?.owner.email ?? null) : null),
    participantType: standing.type,
    participantPermission: permissionOf(standing.rights),
    participantStatus: standing.status,
    participantRights: standing.rights,
    recordCount: Math.max(0, (counted?.records ?? 0) - 1),
  });
  return shareText === undefined ? head : `${head.slice(0, -1)},"share":${shareText}}`;
}
