import { AppError } from '../../../shared/errors.ts';
import { libraryZone, type PhotoID } from '../../../shared/ids.ts';
import type { Connection } from '../store/connection.ts';
import { derivedId, photoTagID } from '../store/derivedId.ts';
import type { Store } from '../store/store.ts';
import { mayAdd, readZones } from '../store/zoneRights.ts';
import { insertItem } from './albumItems.ts';
import { createKeptApart } from './keptApart.ts';
import { looksAlike } from './looksAlike.ts';
import { myRatingID } from './myRating.ts';
import { permitted, photosText, readTargets, updatePhoto, type Changed } from './photoTargets.ts';
import { isPosition, positionBetween } from './position.ts';
import type { Steps } from './steps.ts';

export interface DuplicateGroup {
  readonly reason: 'sameMoment' | 'sameNameAndSize' | 'looksAlike';
  readonly ids: PhotoID[];
}

/** Finds photos that may be one picture twice, and makes one of them. Identical bytes never get this far: ingest joins them. */
export interface Duplicates {
  /** Surest first; a photo is in one group at most. */
  groups(limit: number): DuplicateGroup[];
  /** Albums, tags, favourite and the best rating go to the one kept; the others go to the trash. One step. */
  merge(keep: string, others: readonly string[]): Promise<Changed>;
  /**
   * These are different photos: they are not shown as a group again. `apart: false` takes that back.
   * @throws AppError notFound when one of them is gone
   */
  keepApart(ids: readonly string[], apart: boolean): void;
}

type Write = (connection: Connection) => void;

const shown = 'p.trashed_at IS NULL AND p.hidden = 0';

export function createDuplicates(deps: {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  readonly newId: () => string;
}): Duplicates {
  const { store, steps, now, newId } = deps;
  const { connection } = store;
  const keptApart = createKeptApart(connection);

  const grouped = (
    reason: DuplicateGroup['reason'],
    sql: string,
    limit: number,
    taken: Set<string>,
  ): DuplicateGroup[] => {
    const found: DuplicateGroup[] = [];
    for (const { ids } of connection.statement<[], { ids: string }>(sql).iterate()) {
      const group = keptApart.open((JSON.parse(ids) as PhotoID[]).filter((id) => !taken.has(id)));
      if (group.length < 2) continue;
      for (const id of group) taken.add(id);
      found.push({ reason, ids: group });
      if (found.length >= limit) break;
    }
    return found;
  };

  return {
    groups: (limit) => {
      const taken = new Set<string>();
      const found = grouped(
        'sameMoment',
        // Of the same camera, at the same moment, with the same pixels: a copy, or frames of a burst the camera did not mark.
        `SELECT json_group_array(p.id) AS ids FROM (SELECT sort_at FROM photo INDEXED BY photo_timeline
             WHERE trashed_at IS NULL AND hidden = 0 GROUP BY sort_at HAVING count(*) > 1 ORDER BY sort_at DESC) AS moment
           CROSS JOIN photo AS p INDEXED BY photo_timeline ON p.sort_at = moment.sort_at
         WHERE ${shown} AND p.taken_at IS NOT NULL AND p.burst_id IS NULL
         GROUP BY moment.sort_at, p.model, p.media_type, max(p.width, p.height), min(p.width, p.height), p.zone_id
         HAVING count(*) > 1`,
        limit,
        taken,
      );
      if (found.length < limit) {
        found.push(
          ...grouped(
            'sameNameAndSize',
            `SELECT json_group_array(p.id) AS ids FROM photo AS p INDEXED BY photo_name_size
             WHERE p.trashed_at IS NULL AND p.hidden = 0 AND p.byte_size IS NOT NULL
             GROUP BY p.file_name, p.byte_size HAVING count(*) > 1`,
            limit - found.length,
            taken,
          ),
        );
      }
      if (found.length < limit) {
        const hashes = connection
          .statement<[], { id: string; thumbhash: string; ratio: number }>(
            `SELECT p.id, p.thumbhash, p.ratio FROM photo AS p WHERE ${shown} AND p.thumbhash IS NOT NULL AND p.media_type = 'image'`,
          )
          .all()
          .filter((photo) => !taken.has(photo.id));
        // As many more as may turn out to be kept apart.
        for (const alike of looksAlike(hashes, limit - found.length + keptApart.count())) {
          const ids = keptApart.open(alike as PhotoID[]);
          if (ids.length > 1) found.push({ reason: 'looksAlike', ids });
          if (found.length >= limit) break;
        }
      }
      return found;
    },

    keepApart: (ids, apart) => {
      const there = new Set(readTargets(connection, ids, []).map(({ id }) => id));
      const gone = ids.find((id) => !there.has(id));
      if (gone !== undefined) throw new AppError('notFound', 'One of these photos is gone.', { id: gone });
      store.transaction('maintenance', () => keptApart.set(ids, apart));
    },

    merge: (keep, others) =>
      steps.run(() => {
        const zones = readZones(connection);
        const kept = readTargets<{ favourite: number; rating: number; trashed_at: number | null }>(
          connection,
          [keep],
          ['favourite', 'rating', 'trashed_at'],
        )[0];
        if (kept === undefined || kept.trashed_at !== null) {
          throw new AppError('notFound', 'The photo to keep is gone.', { id: keep });
        }
        const candidates = readTargets<{ favourite: number; rating: number; trashed_at: number | null }>(
          connection,
          others.filter((id) => id !== keep),
          ['favourite', 'rating', 'trashed_at'],
        ).filter((photo) => photo.trashed_at === null);
        const { allowed, refused } = permitted(connection, candidates, 'delete');
        const writes: Write[] = [];
        if (mayAdd(zones.get(kept.zone_id))) writes.push(...tagsFrom(connection, kept, allowed, { now, newId }));
        writes.push(...albumsFrom(connection, kept, allowed, now));
        if (kept.favourite === 0 && allowed.some((photo) => photo.favourite === 1)) {
          const hidden = connection
            .statement<[string], { id: string }>('SELECT id FROM personal WHERE photo_id = ?')
            .get(keep)?.id;
          writes.push((connection) => {
            connection
              .statement<[string, string, string, number, number]>(
                `INSERT INTO personal (id, zone_id, photo_id, favourite, hidden, created_at, modified_at)
                 VALUES (?, ?, ?, 1, 0, ?, ?)
                 ON CONFLICT (id) DO UPDATE SET favourite = 1, modified_at = excluded.modified_at`,
              )
              .run(hidden ?? derivedId('Personal', keep), libraryZone, keep, now(), now());
          });
        }
        const best = Math.max(0, ...allowed.map((photo) => photo.rating));
        if (best > kept.rating) writes.push(rate(connection, kept, best, mayAdd(zones.get(kept.zone_id)), now));
        for (const photo of allowed) {
          writes.push((connection) =>
            updatePhoto(connection, photo.id, now(), { trashed_at: now(), trashed_by: null }),
          );
        }
        return {
          label: `Merged ${photosText(allowed.length + 1)} into one`,
          rows: allowed.length === 0 ? [] : writes,
          write: (write, connection) => write(connection),
          result: { changed: allowed.length, refused },
        };
      }),
  };
}

interface Kept {
  readonly id: string;
  readonly zone_id: string;
}

function tagsFrom(
  connection: Connection,
  kept: Kept,
  others: readonly Kept[],
  { now, newId }: { now: () => number; newId: () => string },
): Write[] {
  const names = connection
    .statement<[string], { name: string; name_key: string; color: string | null }>(
      `SELECT DISTINCT t.name, t.name_key, t.color FROM json_each(?) AS o CROSS JOIN photo_tag AS pt ON pt.photo_id = o.value
       JOIN tag AS t ON t.id = pt.tag_id WHERE t.merged_into IS NULL`,
    )
    .all(JSON.stringify(others.map((photo) => photo.id)));
  const inZone = connection.statement<[string, string], { id: string }>(
    'SELECT id FROM tag WHERE zone_id = ? AND name_key = ? AND merged_into IS NULL ORDER BY id LIMIT 1',
  );
  const made = new Map<string, string>();
  return names.flatMap(({ name, name_key, color }) => {
    if (made.has(name_key)) return [];
    const known = inZone.get(kept.zone_id, name_key)?.id;
    const tag = known ?? newId();
    made.set(name_key, tag);
    const writes: Write[] = [];
    if (known === undefined) {
      writes.push((connection) => {
        connection
          .statement<[string, string, string, string | null, string, number, number]>(
            'INSERT INTO tag (id, zone_id, name, color, name_key, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
          )
          .run(tag, kept.zone_id, name, color, name_key, now(), now());
      });
    }
    writes.push((connection) => {
      connection
        .statement<[string, string, string, string, number, number]>(
          `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO NOTHING`,
        )
        .run(photoTagID(kept.id, tag), kept.zone_id, kept.id, tag, now(), now());
    });
    return writes;
  });
}

/** The kept photo takes the place of the first of the others in every album it is not in itself. */
function albumsFrom(connection: Connection, kept: Kept, others: readonly Kept[], now: () => number): Write[] {
  const items = connection
    .statement<[string, string], { album: string; zone_id: string; position: string }>(
      `SELECT i.album_id AS album, i.zone_id, min(i.position) AS position
       FROM json_each(?) AS o CROSS JOIN album_item AS i ON i.photo_id = o.value
       WHERE NOT EXISTS (SELECT 1 FROM album_item AS own WHERE own.album_id = i.album_id AND own.photo_id = ?)
       GROUP BY i.album_id, i.zone_id`,
    )
    .all(JSON.stringify(others.map((photo) => photo.id)), kept.id)
    .filter((item) => item.zone_id === libraryZone || item.zone_id === kept.zone_id);
  const following = connection.statement<[string, string], { position: string | null }>(
    'SELECT min(position) AS position FROM album_item WHERE album_id = ? AND position > ?',
  );
  return items.map(({ album, zone_id, position }) => (connection) => {
    const next = following.get(album, position)?.position ?? null;
    const sound = isPosition(position) && (next === null || isPosition(next));
    insertItem(
      connection,
      { album: { id: album, zone_id }, photoID: kept.id, position: sound ? positionBetween(position, next) : position },
      now(),
    );
  });
}

function rate(connection: Connection, kept: Kept, value: number, inZone: boolean, now: () => number): Write {
  const mine = connection
    .statement<[string], { id: string }>('SELECT id FROM rating WHERE photo_id = ? AND created_by IS NULL ORDER BY id')
    .get(kept.id)?.id;
  const zone = inZone ? kept.zone_id : libraryZone;
  const id = mine ?? myRatingID(connection, kept.id, zone);
  return (connection) => {
    connection
      .statement<[string, string, string, number, number, number]>(
        `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET value = excluded.value, modified_at = excluded.modified_at`,
      )
      .run(id, zone, kept.id, value, now(), now());
  };
}
