import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { picturePath } from '../media/thumbnailCache.ts';
import { derivedId } from '../store/derivedId.ts';
import type { Store } from '../store/store.ts';

/** Photos taken up by one call; a person's own edit waits for the lock meanwhile. */
const atOnce = 100;

/**
 * Makes a Resource for each grid picture that is in the cache and has none, for my own photos: so the picture travels
 * ahead of the original, and another computer shows the grid at once. The id follows from the photo, so two computers
 * that make it make the same record. A photo whose file was changed in its place has another picture: its Resource is given
 * that, and is named by the file's hash so that this is seen.
 * @returns how many were made; call again while it is more than none
 */
export function createThumbnailOffers(store: Store, now: () => number): () => number {
  const { connection } = store;
  /** Photos looked at in vain: their picture is not made yet. */
  let later = 0;
  return () => {
    const photos = connection
      .statement<[number, number], { id: string; zone_id: string; sha256: string; offered: string | null }>(
        `SELECT p.id, p.zone_id, p.sha256,
           (SELECT r.sha256 FROM resource AS r WHERE r.photo_id = p.id AND r.kind = 'thumbnail' LIMIT 1) AS offered
         FROM photo AS p JOIN zone ON zone.id = p.zone_id
         WHERE p.sha256 IS NOT NULL AND p.created_by IS NULL AND (zone.store = 'private' OR (zone.rights & 1) <> 0)
           AND NOT EXISTS (SELECT 1 FROM resource AS r WHERE r.photo_id = p.id AND r.kind = 'thumbnail'
             AND r.file_name = p.sha256 || '-512.webp')
         ORDER BY p.id LIMIT ? OFFSET ?`,
      )
      .all(atOnce, later);
    if (photos.length === 0) {
      later = 0;
      return 0;
    }
    const found = photos.flatMap((photo) => {
      try {
        const bytes = readFileSync(picturePath(join(store.directory, 'cache'), photo.sha256, 'thumb'));
        const hash = createHash('sha256').update(bytes).digest('hex');
        // That of the bytes before, which came when the row spoke of the new ones already: it is not theirs.
        return hash === photo.offered ? [] : [{ ...photo, byteSize: bytes.length, hash }];
      } catch {
        return [];
      }
    });
    later += photos.length - found.length;
    if (found.length === 0) return photos.length < atOnce ? 0 : atOnce;
    store.transaction('maintenance', () => {
      for (const { id, zone_id, sha256, byteSize, hash } of found) {
        const name = `${sha256}-512.webp`;
        const renewed = connection
          .statement<[string, number, string, number, string]>(
            `UPDATE resource SET file_name = ?, byte_size = ?, sha256 = ?, modified_at = ?, local_state = 'here'
             WHERE photo_id = ? AND kind = 'thumbnail'`,
          )
          .run(name, byteSize, hash, now(), id);
        if (renewed > 0) {
          // What is known of the bytes before says nothing of these.
          connection
            .statement<[string]>(
              `DELETE FROM sync_asset WHERE resource_id IN (SELECT id FROM resource WHERE photo_id = ? AND kind = 'thumbnail')`,
            )
            .run(id);
          continue;
        }
        connection
          .statement<[string, string, string, string, number, string, number, number]>(
            `INSERT OR IGNORE INTO resource (id, zone_id, photo_id, kind, file_name, mime_type, byte_size, sha256,
               created_at, modified_at, local_state)
             VALUES (?, ?, ?, 'thumbnail', ?, 'image/webp', ?, ?, ?, ?, 'here')`,
          )
          .run(derivedId('Thumbnail', id), zone_id, id, name, byteSize, hash, now(), now());
      }
    });
    return found.length;
  };
}
