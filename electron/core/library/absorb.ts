import { libraryZone } from '../../../shared/ids.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { derivedId, photoTagID } from '../store/derivedId.ts';
import { myRatingID } from './myRating.ts';
import type { KnownPhoto, ResourceKind } from './photoRows.ts';

/** Tables whose rows name the photo they are about in their own id: they are made anew instead of moved. */
const perPhoto = ['photo_tag', 'rating', 'personal'] as const;

/**
 * Makes one photo part of another: the video of a still, the RAW of a JPEG. Its file becomes a resource of the other, and
 * all a person did to it goes along: albums, tags, comments, covers; title, caption, favourite, hidden and rating where
 * the other has none. It must have no edits of its own. Call it inside a transaction.
 */
export function absorbPhoto(
  connection: Connection,
  from: string,
  into: Pick<KnownPhoto, 'id' | 'zone_id'>,
  kind: ResourceKind,
  now: number,
): void {
  const run = (sql: string, ...values: SqlValue[]) => connection.statement<SqlValue[]>(sql).run(...values);
  run(
    `UPDATE resource SET photo_id = ?, kind = ?, modified_at = ? WHERE photo_id = ? AND kind = 'original'`,
    into.id,
    kind,
    now,
    from,
  );
  // Its grid picture shows what the other's shows.
  run(`DELETE FROM resource WHERE photo_id = ? AND kind IN ('thumbnail', 'editedThumbnail')`, from);
  for (const table of ['resource', 'comment']) {
    run(`UPDATE ${table} SET photo_id = ?, modified_at = ? WHERE photo_id = ?`, into.id, now, from);
  }
  run('UPDATE file SET photo_id = ? WHERE photo_id = ?', into.id, from);
  run('UPDATE import_item SET photo_id = ? WHERE photo_id = ?', into.id, from);
  run(
    `DELETE FROM album_item WHERE photo_id = ? AND album_id IN (SELECT album_id FROM album_item WHERE photo_id = ?)`,
    from,
    into.id,
  );
  run('UPDATE album_item SET photo_id = ?, modified_at = ? WHERE photo_id = ?', into.id, now, from);
  run('UPDATE album SET cover_photo_id = ?, modified_at = ? WHERE cover_photo_id = ?', into.id, now, from);
  for (const column of ['title', 'caption']) {
    run(
      `UPDATE photo SET ${column} = (SELECT ${column} FROM photo WHERE id = ?), modified_at = ?
       WHERE id = ? AND ${column} IS NULL AND (SELECT ${column} FROM photo WHERE id = ?) IS NOT NULL`,
      from,
      now,
      into.id,
      from,
    );
  }
  takeTags();
  takePersonal();
  takeRating();
  for (const table of perPhoto) run(`DELETE FROM ${table} WHERE photo_id = ?`, from);
  run('DELETE FROM photo WHERE id = ?', from);

  function takeTags(): void {
    const tags = connection
      .statement<[string], { tag_id: string }>('SELECT tag_id FROM photo_tag WHERE photo_id = ?')
      .all(from);
    for (const { tag_id: tagID } of tags) {
      run(
        `INSERT OR IGNORE INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        photoTagID(into.id, tagID),
        into.zone_id,
        into.id,
        tagID,
        now,
        now,
      );
    }
  }

  function takePersonal(): void {
    const mine = connection
      .statement<[string], { favourite: number; hidden: number }>(
        'SELECT favourite, hidden FROM personal WHERE photo_id = ? ORDER BY id LIMIT 1',
      )
      .get(from);
    if (mine === undefined) return;
    if (connection.statement<[string]>('SELECT 1 FROM personal WHERE photo_id = ?').get(into.id) !== undefined) return;
    run(
      `INSERT INTO personal (id, zone_id, photo_id, favourite, hidden, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      derivedId('Personal', into.id),
      libraryZone,
      into.id,
      mine.favourite,
      mine.hidden,
      now,
      now,
    );
  }

  function takeRating(): void {
    const mine = connection
      .statement<[string], { value: number }>(
        'SELECT value FROM rating WHERE photo_id = ? AND created_by IS NULL ORDER BY id LIMIT 1',
      )
      .get(from);
    if (mine === undefined) return;
    const known = connection
      .statement<[string]>('SELECT 1 FROM rating WHERE photo_id = ? AND created_by IS NULL')
      .get(into.id);
    if (known !== undefined) return;
    run(
      `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)`,
      myRatingID(connection, into.id, into.zone_id),
      into.zone_id,
      into.id,
      mine.value,
      now,
      now,
    );
  }
}
