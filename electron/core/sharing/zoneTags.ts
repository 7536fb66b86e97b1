import { tagNameKey } from '../../../shared/tagName.ts';
import type { Connection } from '../store/connection.ts';

/** The tag that stands for `tagID` in another zone: found by name, made when the zone has none. */
export type TagMapper = (tagID: string, targetZone: string) => string;

interface TagSource {
  readonly name: string;
  readonly color: string | null;
}

/**
 * Tags are per zone, so a photo that changes zones changes its tags for those of the same name there. Use one mapper per
 * transaction or per run: it remembers what it found.
 */
export function createTagMapper(connection: Connection, now: () => number, newId: () => string): TagMapper {
  const known = new Map<string, string>();
  return (tagID, targetZone) => {
    const tag = connection.statement<[string], TagSource>('SELECT name, color FROM tag WHERE id = ?').get(tagID);
    if (tag === undefined) throw new Error(`Tag ${tagID} is not in the library`);
    const key = tagNameKey(tag.name);
    const cacheKey = `${targetZone} ${key}`;
    const cached = known.get(cacheKey);
    if (cached !== undefined) return cached;
    const found = connection
      .statement<[string, string], { id: string }>(
        'SELECT id FROM tag WHERE zone_id = ? AND name_key = ? AND merged_into IS NULL ORDER BY id LIMIT 1',
      )
      .get(targetZone, key)?.id;
    const id = found ?? newId();
    if (found === undefined) {
      connection
        .statement<[string, string, string, string | null, string, number, number]>(
          `INSERT INTO tag (id, zone_id, name, color, name_key, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, targetZone, tag.name, tag.color, key, now(), now());
    }
    known.set(cacheKey, id);
    return id;
  };
}
