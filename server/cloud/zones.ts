import { defaultZoneName } from '../../shared/cloud/wireRecords.ts';
import type { DatabaseScope, WireZoneID, ZoneIDInput } from '../../shared/cloud/wireRecords.ts';
import { normaliseRights } from '../../shared/cloud/wireShares.ts';
import type { ShareRight } from '../../shared/cloud/wireShares.ts';
import type { Sql, Transaction } from '../database/database.ts';
import { badRequest, zoneNotFound } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { randomText } from './tokens.ts';

export interface ZoneRow {
  readonly zone_id: number;
  readonly realm: string;
  readonly owner: string;
  readonly name: string;
  readonly incarnation: string;
  readonly is_default: number;
  readonly last_seq: number;
  readonly purged_seq: number;
}

/** What the caller may do in a zone they can see. */
export type ZoneAccess =
  | { readonly role: 'owner' }
  | {
      readonly role: 'participant';
      readonly participantID: string;
      readonly rights: readonly ShareRight[];
      /** The owner stopped sharing: readable until then, writable no more (section 14.4). */
      readonly ending: boolean;
    };

export interface OpenZone {
  readonly zone: ZoneRow;
  readonly access: ZoneAccess;
  readonly scope: DatabaseScope;
}

/** Owner and name a client means; `ownerName` is the older spelling. */
export function zoneOwnerOf(context: CallContext, zoneID: ZoneIDInput | undefined): { owner: string; name: string } {
  return {
    owner: zoneID?.ownerRecordName ?? zoneID?.ownerName ?? context.caller.userName,
    name: zoneID?.zoneName ?? defaultZoneName,
  };
}

export function wireZoneID(zone: {
  readonly owner: string;
  readonly name: string;
  readonly is_default: number;
}): WireZoneID {
  return {
    zoneName: zone.name,
    ownerRecordName: zone.owner,
    zoneType: zone.is_default === 1 ? 'DEFAULT_ZONE' : 'REGULAR_CUSTOM_ZONE',
  };
}

/**
 * The one door to a zone: every path that reads or writes anything in a zone comes through here and gets the caller's
 * rights as they are in the database now.
 * @throws CloudError ZONE_NOT_FOUND alike for zones that do not exist and zones the caller may not see
 */
export async function openZone(
  sql: Sql,
  context: CallContext,
  scope: DatabaseScope,
  zoneID: ZoneIDInput | undefined,
): Promise<OpenZone> {
  const { owner, name } = zoneOwnerOf(context, zoneID);
  const caller = context.caller.userName;
  if ((scope === 'private') !== (owner === caller)) throw zoneNotFound();
  if (scope === 'private') {
    const zone = await sql.get<ZoneRow>(
      'SELECT * FROM zones WHERE realm = ? AND owner = ? AND name = ? AND deleted_at IS NULL',
      [context.realm.key, owner, name],
    );
    if (zone === undefined) throw zoneNotFound();
    return { zone, access: { role: 'owner' }, scope };
  }
  const row = await sql.get<ZoneRow & { rights: string; participant_id: string; ends_at: number | null }>(
    `SELECT z.*, p.rights, p.participant_id, s.ends_at
       FROM zones z JOIN shares s ON s.zone_id = z.zone_id JOIN participants p ON p.zone_id = z.zone_id
      WHERE z.realm = ? AND z.owner = ? AND z.name = ? AND z.deleted_at IS NULL
        AND p.user_name = ? AND p.status = 'ACCEPTED'`,
    [context.realm.key, owner, name, caller],
  );
  if (row === undefined || (row.ends_at !== null && row.ends_at <= context.now)) throw zoneNotFound();
  const access: ZoneAccess = {
    role: 'participant',
    participantID: row.participant_id,
    rights: normaliseRights(row.rights.split(',')),
    ending: row.ends_at !== null,
  };
  return { zone: row, access, scope };
}

/**
 * Locks the owner's counter for the rest of the transaction: writes of one owner happen one after another, so a reader
 * never sees a later seq before an earlier one. Every write to anything of an owner starts here.
 * @returns the last seq given out
 */
export async function lockOwner(sql: Transaction, realmKey: string, owner: string): Promise<number> {
  // Writing the row as it is takes its lock and reads it in one round trip.
  const row = await sql.get<{ seq: number }>(
    `INSERT INTO owners (realm, user_name, seq) VALUES (?, ?, 0)
     ON CONFLICT (realm, user_name) DO UPDATE SET seq = owners.seq RETURNING seq`,
    [realmKey, owner],
  );
  return row?.seq ?? 0;
}

/** Writes back the owner's counter and the zone's last change. */
export async function advanceZone(sql: Transaction, zone: ZoneRow, seq: number): Promise<void> {
  await sql.run('UPDATE owners SET seq = ? WHERE realm = ? AND user_name = ?', [seq, zone.realm, zone.owner]);
  await sql.run('UPDATE zones SET last_seq = ? WHERE zone_id = ?', [seq, zone.zone_id]);
}

/** Makes a zone for its owner; the caller holds the owner's lock. */
export async function insertZone(sql: Transaction, context: CallContext, name: string, seq: number): Promise<ZoneRow> {
  const isDefault = name === defaultZoneName ? 1 : 0;
  const row = await sql.get<ZoneRow>(
    `INSERT INTO zones (realm, owner, name, incarnation, is_default, last_seq) VALUES (?, ?, ?, ?, ?, ?) RETURNING *`,
    [context.realm.key, context.caller.userName, name, randomText(context.services.random, 9), isDefault, seq],
  );
  if (row === undefined) throw new Error('a new zone row was not returned');
  await sql.run('UPDATE owners SET seq = ? WHERE realm = ? AND user_name = ?', [
    seq,
    context.realm.key,
    context.caller.userName,
  ]);
  return row;
}

/** @throws CloudError BAD_REQUEST for names only the system may use */
export function checkZoneName(name: string): void {
  if (name.startsWith('_')) throw badRequest('zone names that start with an underscore are reserved');
}
