import type { Selectable } from 'kysely';
import type { TagID, ZoneID } from '../../../../shared/ids.ts';
import type { Tag } from '../../../../shared/model/album.ts';
import { tagNameKey } from '../../../../shared/tagName.ts';
import type { Connection } from '../connection.ts';
import type { DB } from '../schema.ts';

/** A tag as the store holds it. */
export type TagRow = Readonly<
  Pick<
    Selectable<DB['tag']>,
    'id' | 'zone_id' | 'name' | 'color' | 'merged_into' | 'created_by' | 'name_key' | 'photo_count'
  >
>;

const columns = 'id, zone_id, name, color, merged_into, created_by, name_key, photo_count';

/** All tags that were not merged into another, by name. The same name may exist once per zone. */
export function readTags(connection: Connection): Tag[] {
  return connection
    .statement<[], TagRow>(`SELECT ${columns} FROM tag WHERE merged_into IS NULL ORDER BY name_key, zone_id, id`)
    .all()
    .map(toTag);
}

/** One tag as stored, merged ones included. */
export function readTagRow(connection: Connection, id: string): TagRow | undefined {
  return connection.statement<[string], TagRow>(`SELECT ${columns} FROM tag WHERE id = ?`).get(id);
}

/** The tag of this name in a zone: the lowest id where two computers made it and have not merged yet. */
export function findTag(connection: Connection, zoneID: string, name: string): TagRow | undefined {
  return connection
    .statement<[string, string], TagRow>(
      `SELECT ${columns} FROM tag WHERE zone_id = ? AND name_key = ? AND merged_into IS NULL ORDER BY id LIMIT 1`,
    )
    .get(zoneID, tagNameKey(name));
}

/** The tag itself and what was merged into it: photos tagged on a computer that has not heard of the merge count too. */
export function tagWithMerged(connection: Connection, id: string): string[] {
  return connection
    .statement<[string], { id: string }>(
      `WITH RECURSIVE one(id) AS (SELECT ? UNION SELECT tag.id FROM tag JOIN one ON tag.merged_into = one.id)
       SELECT id FROM one`,
    )
    .all(id)
    .map((row) => row.id);
}

export function toTag(row: TagRow): Tag {
  return {
    id: row.id as TagID,
    name: row.name,
    color: row.color,
    count: row.photo_count,
    zoneID: row.zone_id as ZoneID,
  };
}
