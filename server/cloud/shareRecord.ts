import { shareRecordName, shareRecordType } from '../../shared/cloud/wireRecords.ts';
import { normaliseRights, permissionOf, shareRights } from '../../shared/cloud/wireShares.ts';
import type {
  AcceptanceStatus,
  DepartureRule,
  SharePermission,
  ShareRight,
  WireIdentity,
  WireParticipant,
} from '../../shared/cloud/wireShares.ts';
import type { Sql } from '../database/database.ts';
import type { CallContext } from './context.ts';
import { recordJSONOpen } from './recordRows.ts';
import type { RecordRow } from './recordRows.ts';
import type { OpenZone, ZoneRow } from './zones.ts';

export interface ShareRow {
  readonly zone_id: number;
  readonly short_guid: string;
  readonly public_permission: SharePermission;
  readonly public_rights: string;
  readonly deny_access_requests: number;
  readonly departure_rule: DepartureRule;
  readonly ends_at: number | null;
}

export interface ParticipantRow {
  readonly participant_id: string;
  readonly zone_id: number;
  readonly user_name: string | null;
  readonly email: string | null;
  readonly status: AcceptanceStatus;
  readonly rights: string;
  readonly public_user: number;
  readonly invited_by: string | null;
  readonly invited_at: number | null;
  readonly joined_by_link: string | null;
  readonly position: number;
  readonly user_display_name: string | null;
  readonly user_email: string | null;
}

/** A share with everybody in it. */
export interface Share {
  readonly row: ShareRow;
  readonly participants: readonly ParticipantRow[];
  readonly owner: { readonly userName: string; readonly name: string; readonly email: string | null };
}

/** The share of a zone; undefined when it is not shared. */
export async function loadShare(sql: Sql, context: CallContext, zone: ZoneRow): Promise<Share | undefined> {
  const row = await sql.get<ShareRow>('SELECT * FROM shares WHERE zone_id = ?', [zone.zone_id]);
  if (
    row === undefined ||
    (row.ends_at !== null && row.ends_at <= context.now && zone.owner !== context.caller.userName)
  ) {
    return undefined;
  }
  const participants = await sql.all<ParticipantRow>(
    `SELECT p.*, u.name AS user_display_name, u.email AS user_email
       FROM participants p LEFT JOIN users u ON u.id = p.user_name WHERE p.zone_id = ? ORDER BY p.position, p.participant_id`,
    [zone.zone_id],
  );
  const owner = await sql.get<{ name: string; email: string }>('SELECT name, email FROM users WHERE id = ?', [
    zone.owner,
  ]);
  return { row, participants, owner: { userName: zone.owner, name: owner?.name ?? '', email: owner?.email ?? null } };
}

/** The share record as one caller sees it: the record, and behind it the share's own keys (section 4.5). */
export function shareJSON(context: CallContext, open: OpenZone, record: RecordRow, share: Share | undefined): string {
  const head = recordJSONOpen(context, open, record);
  if (share === undefined) return `${head}}`;
  return `${head},${JSON.stringify(shareKeys(context, open.zone, share)).slice(1)}`;
}

function shareKeys(context: CallContext, zone: ZoneRow, share: Share): Record<string, unknown> {
  const caller = context.caller.userName;
  const owner: WireParticipant = {
    participantId: `owner-${zone.incarnation}`,
    userIdentity: personIdentity(share.owner.userName, share.owner.name, share.owner.email),
    type: 'OWNER',
    permission: 'READ_WRITE',
    acceptanceStatus: 'ACCEPTED',
    rights: [...shareRights],
  };
  const participants = share.participants.map(wireParticipant);
  const mine =
    caller === zone.owner ? owner : participants.find((_, index) => share.participants[index]?.user_name === caller);
  return {
    shortGUID: share.row.short_guid,
    publicPermission: share.row.public_permission,
    publicRights: rightsOf(share.row.public_rights),
    departureRule: share.row.departure_rule,
    denyAccessRequests: share.row.deny_access_requests === 1,
    ...(share.row.ends_at === null ? {} : { endsAt: share.row.ends_at }),
    owner,
    participants: [owner, ...participants],
    ...(mine === undefined ? {} : { currentUserParticipant: mine }),
  };
}

export function wireParticipant(row: ParticipantRow): WireParticipant {
  const rights = rightsOf(row.rights);
  return {
    participantId: row.participant_id,
    userIdentity: participantIdentity(row),
    type: rights.includes('MANAGE') ? 'ADMINISTRATOR' : row.public_user === 1 ? 'PUBLIC_USER' : 'USER',
    permission: permissionOf(rights),
    acceptanceStatus: row.status,
    rights,
    ...(row.invited_by === null ? {} : { invitedBy: row.invited_by }),
    ...(row.invited_at === null ? {} : { invitedAt: row.invited_at }),
    ...(row.joined_by_link === null ? {} : { joinedByLinkID: row.joined_by_link }),
  };
}

/**
 * Who a participant is. Until an invitation by address is accepted only that address is shown, so that inviting is no
 * way to find out who has an account.
 */
function participantIdentity(row: ParticipantRow): WireIdentity {
  if (row.user_name === null) return row.email === null ? {} : { lookupInfo: { emailAddress: row.email } };
  if (row.status !== 'ACCEPTED' && row.email !== null) return { lookupInfo: { emailAddress: row.email } };
  if (row.status === 'INVITED') return { userRecordName: row.user_name, lookupInfo: { userRecordName: row.user_name } };
  return personIdentity(row.user_name, row.user_display_name ?? '', row.email ?? row.user_email);
}

export function personIdentity(userName: string, name: string, email: string | null): WireIdentity {
  return {
    userRecordName: userName,
    nameComponents: nameComponents(name),
    ...(email === null ? {} : { lookupInfo: { emailAddress: email } }),
  };
}

/** The first word is the given name, the rest the family name. */
export function nameComponents(name: string): { givenName?: string; familyName?: string } {
  const [given, ...family] = name.trim().split(/\s+/);
  return {
    ...(given === undefined || given === '' ? {} : { givenName: given }),
    ...(family.length === 0 ? {} : { familyName: family.join(' ') }),
  };
}

export function rightsOf(text: string): ShareRight[] {
  return normaliseRights(text.split(','));
}

/** The share record's row in its zone, if the zone is shared. */
export async function shareRecordRow(sql: Sql, zoneID: number): Promise<RecordRow | undefined> {
  return sql.get<RecordRow>('SELECT * FROM records WHERE zone_id = ? AND record_name = ? AND deleted = 0', [
    zoneID,
    shareRecordName,
  ]);
}

/** A share record's row as it will be saved; `before` keeps who made it and when. */
export function shareRow(
  context: CallContext,
  zoneID: number,
  fields: string,
  before: RecordRow | undefined,
): Omit<RecordRow, 'seq' | 'tag'> {
  return {
    zone_id: zoneID,
    record_name: shareRecordName,
    record_type: shareRecordType,
    fields,
    parent: null,
    flags: 0,
    deleted: 0,
    created_at: before?.created_at ?? context.now,
    created_by: before?.created_by ?? context.caller.userName,
    created_device: before?.created_device ?? null,
    modified_at: context.now,
    modified_by: context.caller.userName,
    modified_device: null,
  };
}
