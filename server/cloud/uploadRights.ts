import type { Sql } from '../database/database.ts';
import type { ZoneRow } from './zones.ts';

/** Whether the zone of the upload `u` is there, and its sender owns it or has joined its share on these terms. */
const within = (terms: string): string => `EXISTS (
  SELECT 1 FROM zones AS home WHERE home.zone_id = u.zone_id AND home.deleted_at IS NULL AND (
    home.owner = u.user_name OR EXISTS (
      SELECT 1 FROM participants AS p JOIN shares AS s ON s.zone_id = p.zone_id
       WHERE p.zone_id = u.zone_id AND p.user_name = u.user_name AND p.status = 'ACCEPTED'${terms})))`;

/**
 * SQL: the sender of the upload `u` may still put something into its zone. The rule by which uploads are granted, asked again
 * with whatever comes for one: an address outlives the right it was given for.
 */
export const maySend = within(` AND s.ends_at IS NULL AND (p.rights LIKE '%ADD%' OR p.rights LIKE '%EDIT%')`);

/**
 * Ends the uploads into a zone of everybody who is no longer in it, of all of them where the zone is deleted: what was
 * promised to them is the owner's again. Called once that has been written.
 *
 * They are over, not gone: bytes that are just becoming an asset stay known until the clean-up takes rows, files and bytes
 * as it does those nobody ever finished. Without the row it could forget bytes a moment before they are put in place.
 */
export async function endUploads(sql: Sql, zone: Pick<ZoneRow, 'zone_id'>, now: number): Promise<void> {
  await sql.run(
    `UPDATE uploads AS u SET expires_at = ?
      WHERE u.zone_id = ? AND u.expires_at > ? AND u.state <> 'claimed' AND NOT ${within('')}`,
    [now, zone.zone_id, now],
  );
}
