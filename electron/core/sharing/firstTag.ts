import type { Connection } from '../store/connection.ts';
import { photoTagID } from '../store/derivedId.ts';

/** A tag on a photo, whatever tag that is by now. */
export interface Pair {
  readonly id: string;
  readonly photoID: string;
  readonly zoneID: string;
}

/** The tag a photo-tag pair was made for: its id names it. Undefined where that is not in the zone, or has a tombstone. */
export function firstTag(connection: Connection, { id, photoID, zoneID }: Pair): string | undefined {
  return connection
    .statement<[string], { id: string }>(
      `SELECT id FROM tag AS t WHERE zone_id = ? AND NOT EXISTS (
         SELECT 1 FROM sync_tombstone AS gone
         WHERE gone.entity = 'Tag' AND gone.row_id = t.id AND gone.zone_id = t.zone_id)`,
    )
    .all(zoneID)
    .find((tag) => photoTagID(photoID, tag.id) === id)?.id;
}
