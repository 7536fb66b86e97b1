import type { Connection } from '../store/connection.ts';
import { createTagMapper } from './zoneTags.ts';

/**
 * Brings a photo-tag pair to the zone its photo lies in, onto the tag of the same name there: the photo was moved on one
 * computer while another, not knowing, tagged it. Call it inside a transaction.
 */
export function adoptPair(
  connection: Connection,
  pairID: string,
  zoneID: string,
  now: () => number,
  newId: () => string,
): void {
  const pair = connection
    .statement<[string], { photo_id: string; tag_id: string }>('SELECT photo_id, tag_id FROM photo_tag WHERE id = ?')
    .get(pairID);
  if (pair === undefined) return;
  const tagID = createTagMapper(connection, now, newId)(pair.tag_id, zoneID);
  const double = connection
    .statement<[string, string, string], { id: string }>(
      'SELECT id FROM photo_tag WHERE photo_id = ? AND tag_id = ? AND id <> ?',
    )
    .get(pair.photo_id, tagID, pairID);
  if (double !== undefined) {
    connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(pairID);
    return;
  }
  connection
    .statement<[string, string, number, string]>(
      'UPDATE photo_tag SET zone_id = ?, tag_id = ?, modified_at = ? WHERE id = ?',
    )
    .run(zoneID, tagID, now(), pairID);
}
