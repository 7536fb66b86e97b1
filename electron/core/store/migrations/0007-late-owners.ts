import type { Migration } from '../migrator.ts';

const counted = (table: 'album' | 'tag', join: 'album_item' | 'photo_tag', row: string): string =>
  `(SELECT count(*) FROM ${join} AS j JOIN photo AS p ON p.id = j.photo_id
    WHERE j.${table}_id = ${row}.id AND p.trashed_at IS NULL AND p.hidden = 0)`;

const countOnArrival = (table: 'album' | 'tag', join: 'album_item' | 'photo_tag'): string => `
  CREATE TRIGGER ${table}_insert_count AFTER INSERT ON ${table}
    WHEN EXISTS (SELECT 1 FROM ${join} WHERE ${table}_id = NEW.id) BEGIN
    UPDATE ${table} SET photo_count = ${counted(table, join, 'NEW')} WHERE id = NEW.id;
  END;
  UPDATE ${table} SET photo_count = ${counted(table, join, table)}
    WHERE ${table === 'album' ? `kind <> 'smart' AND` : ''} photo_count <> ${counted(table, join, table)};`;

/**
 * A batch of sync may bring what is in an album, or the photos of a tag, before the album or the tag itself; they then
 * counted nothing. Rows that came so are counted anew.
 */
export const lateOwners: Migration = {
  number: 7,
  name: 'late-owners',
  sql: `${countOnArrival('album', 'album_item')}${countOnArrival('tag', 'photo_tag')}`,
};
