import { libraryZone } from '../../../shared/ids.ts';
import type { Connection } from '../store/connection.ts';
import type { Store } from '../store/store.ts';
import { createTagMapper, type TagMapper } from './zoneTags.ts';

/** Tables whose rows belong to a photo and live in its zone. Personal rows and personal albums never move. */
const graphTables = ['resource', 'edit', 'rating', 'comment'] as const;

/**
 * A writer on another thread waits inside its call, so a transaction stays short (docs/architecture.md, "How a step is
 * written").
 */
const rowsPerTransaction = 200;

export interface MoveDependencies {
  readonly store: Store;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
  /** Lets the event loop breathe between transactions. */
  readonly pause: () => Promise<void>;
}

export interface Moves {
  /**
   * Moves photos with everything that belongs to them into another zone of mine. Each photo's whole graph moves in one
   * transaction, so no reader ever sees it in two zones or in none; ids stay. Photos that are there already, or gone,
   * are passed over, so a repeat after a crash continues where it stopped.
   * @param onMoved told after each transaction how many photos it moved
   */
  photos(photoIDs: readonly string[], target: string, onMoved?: (photos: number) => void): Promise<number>;
  /**
   * Moves an album with its items, in one transaction: an item never refers to an album of another zone. It leaves its
   * folder, which stays behind, and into a share it takes only the places of photos that lie there.
   * @param replaced items of these photos, and the cover, show the photo they are mapped to from now on (its copy in the
   * target zone)
   */
  album(albumID: string, target: string, replaced?: ReadonlyMap<string, string>): void;
  /** Everything of one zone, albums included, into another zone of mine. @param onlyMine leaves what others added */
  zone(source: string, target: string, onlyMine: boolean, onMoved?: (photos: number) => void): Promise<number>;
}

export function createMoves({ store, now, newId, pause }: MoveDependencies): Moves {
  const { connection } = store;

  const photos: Moves['photos'] = async (photoIDs, target, onMoved) => {
    let moved = 0;
    for (const batch of batches(connection, photoIDs, target)) {
      const count = store.transaction('app', () => {
        const tags = createTagMapper(connection, now, newId);
        return batch.filter((id) => moveGraph(connection, id, target, tags, now())).length;
      });
      moved += count;
      onMoved?.(count);
      await pause();
    }
    return moved;
  };

  const album: Moves['album'] = (albumID, target, replaced = new Map()) => {
    store.transaction('app', () => {
      for (const [photoID, copyID] of replaced) showCopy(connection, albumID, photoID, copyID);
      if (target !== libraryZone) leaveBehind(connection, albumID, target);
      connection
        .statement<[string, string]>('UPDATE album SET parent_id = NULL WHERE id = ? AND zone_id <> ?')
        .run(albumID, target);
      moveMade(connection, 'album', albumID, target);
      connection
        .statement<[string, string, string]>('UPDATE album_item SET zone_id = ? WHERE album_id = ? AND zone_id <> ?')
        .run(target, albumID, target);
    });
  };

  return {
    photos,
    album,
    zone: async (source, target, onlyMine, onMoved) => {
      const own = onlyMine ? 'AND created_by IS NULL' : '';
      const ids = connection
        .statement<[string], { id: string }>(`SELECT id FROM photo WHERE zone_id = ? ${own} ORDER BY id`)
        .all(source)
        .map(({ id }) => id);
      const moved = await photos(ids, target, onMoved);
      const albums = connection
        .statement<[string], { id: string }>(`SELECT id FROM album WHERE zone_id = ? ${own} ORDER BY id`)
        .all(source);
      for (const { id } of albums) {
        if (onlyMine) dropForeignItems(store, id, source);
        album(id, target);
        await pause();
      }
      return moved;
    },
  };
}

/** Photos in groups whose graphs together stay within a transaction; a bigger single graph goes alone, but whole. */
function* batches(connection: Connection, photoIDs: readonly string[], target: string): Generator<string[]> {
  const size = connection.statement<[string, string], { rows: number }>(
    `SELECT 1 + (SELECT count(*) FROM resource WHERE photo_id = photo.id) + (SELECT count(*) FROM edit WHERE photo_id = photo.id)
       + 2 * (SELECT count(*) FROM photo_tag WHERE photo_id = photo.id) + (SELECT count(*) FROM rating WHERE photo_id = photo.id)
       + (SELECT count(*) FROM comment WHERE photo_id = photo.id) AS rows
     FROM photo WHERE id = ? AND zone_id <> ?`,
  );
  let batch: string[] = [];
  let total = 0;
  for (const id of photoIDs) {
    const rows = size.get(id, target)?.rows;
    if (rows === undefined) continue;
    if (batch.length > 0 && total + rows > rowsPerTransaction) {
      yield batch;
      batch = [];
      total = 0;
    }
    batch.push(id);
    total += rows;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Moves a row that somebody has added. What comes into my library is mine from then on, also when I share it again: who stops
 * that share and keeps "only what I added" keeps it.
 */
function moveMade(connection: Connection, table: 'photo' | 'album', id: string, target: string): void {
  connection
    .statement<[string, string, string, string]>(
      `UPDATE ${table} SET zone_id = ?, created_by = CASE WHEN '${libraryZone}' IN (zone_id, ?) THEN NULL ELSE created_by END
       WHERE id = ? AND zone_id <> ?`,
    )
    .run(target, target, id, target);
}

/** Moves one photo's rows; false when it is gone or there already. Runs inside the caller's transaction. */
function moveGraph(connection: Connection, photoID: string, target: string, tags: TagMapper, at: number): boolean {
  const source = connection
    .statement<[string], { zone_id: string }>('SELECT zone_id FROM photo WHERE id = ?')
    .get(photoID)?.zone_id;
  if (source === undefined || source === target) return false;
  moveMade(connection, 'photo', photoID, target);
  for (const table of graphTables) {
    connection
      .statement<[string, string, string]>(`UPDATE ${table} SET zone_id = ? WHERE photo_id = ? AND zone_id = ?`)
      .run(target, photoID, source);
  }
  const pairs = connection
    .statement<[string], { id: string; tag_id: string }>(
      'SELECT id, tag_id FROM photo_tag WHERE photo_id = ? ORDER BY id',
    )
    .all(photoID);
  const carried = new Set<string>();
  for (const pair of pairs) {
    const tagID = tags(pair.tag_id, target);
    if (carried.has(tagID)) {
      // Two tags of the old zone have one name: in the new zone they are one, and so is the pair.
      connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(pair.id);
      continue;
    }
    carried.add(tagID);
    connection
      .statement<[string, string, number, string]>(
        'UPDATE photo_tag SET zone_id = ?, tag_id = ?, modified_at = ? WHERE id = ?',
      )
      .run(target, tagID, at, pair.id);
  }
  return true;
}

/** Puts a copy in the place of its photo in an album; where the album shows the copy as well, it keeps that place alone. */
function showCopy(connection: Connection, albumID: string, photoID: string, copyID: string): void {
  if (photoID === copyID) return;
  connection
    .statement<[string, string, string, string]>(
      `DELETE FROM album_item WHERE album_id = ? AND photo_id = ?
       AND EXISTS (SELECT 1 FROM album_item AS other WHERE other.album_id = ? AND other.photo_id = ?)`,
    )
    .run(albumID, photoID, albumID, copyID);
  connection
    .statement<[string, string, string]>('UPDATE album_item SET photo_id = ? WHERE album_id = ? AND photo_id = ?')
    .run(copyID, albumID, photoID);
  connection
    .statement<[string, string, string]>('UPDATE album SET cover_photo_id = ? WHERE id = ? AND cover_photo_id = ?')
    .run(copyID, albumID, photoID);
}

/**
 * Takes out of an album that goes into a share what does not go along: an album of a share shows photos of that share only.
 * Its place cannot be kept, for an item lies where its album lies. Items that are in the share already are left alone: they
 * may have come ahead of their photos.
 */
function leaveBehind(connection: Connection, albumID: string, target: string): void {
  connection
    .statement<[string, string, string]>(
      `DELETE FROM album_item WHERE album_id = ? AND zone_id <> ?
       AND EXISTS (SELECT 1 FROM photo WHERE photo.id = album_item.photo_id AND photo.zone_id <> ?)`,
    )
    .run(albumID, target, target);
  connection
    .statement<[string, string, string]>(
      `UPDATE album SET cover_photo_id = NULL WHERE id = ? AND zone_id <> ?
       AND EXISTS (SELECT 1 FROM photo WHERE photo.id = album.cover_photo_id AND photo.zone_id <> ?)`,
    )
    .run(albumID, target, target);
}

/** Items of an album whose photos stay behind: the album that comes home holds only what came home. */
function dropForeignItems(store: Store, albumID: string, source: string): void {
  store.transaction('app', (connection) => {
    connection
      .statement<[string, string]>(
        `DELETE FROM album_item WHERE album_id = ? AND photo_id IN (SELECT id FROM photo WHERE zone_id = ?)`,
      )
      .run(albumID, source);
  });
}
