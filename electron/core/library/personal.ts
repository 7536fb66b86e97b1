import { libraryZone } from '../../../shared/ids.ts';
import { derivedId } from '../store/derivedId.ts';
import type { Store } from '../store/store.ts';
import { mayAdd, mayEdit, readZones } from '../store/zoneRights.ts';
import { myRatingID } from './myRating.ts';
import { photosText, readTargets, type Changed } from './photoTargets.ts';
import type { Steps } from './steps.ts';

/** What is mine alone: favourites, hidden photos, my rating. It needs no right over the photo. */
export interface Personal {
  setFavourite(ids: readonly string[], favourite: boolean): Promise<Changed>;
  setHidden(ids: readonly string[], hidden: boolean): Promise<Changed>;
  /** @param rating 1 to 5; 0 removes mine */
  setRating(ids: readonly string[], rating: number): Promise<Changed>;
}

export interface PersonalDependencies {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
}

/**
 * Favourite and hidden are one row per photo in the library zone, whoever's the photo is. A rating lies with the photo
 * where I may add, so that the others see the average; in a share where I may only look, it stays in my library.
 */
export function createPersonal({ store, steps, now }: PersonalDependencies): Personal {
  const { connection } = store;

  const setFlag = (column: 'favourite' | 'hidden', ids: readonly string[], on: boolean): Promise<Changed> =>
    steps.run(() => {
      const rows = readTargets<{ favourite: number; hidden: number }>(connection, ids, ['favourite', 'hidden']).filter(
        (photo) => (photo[column] === 1) !== on,
      );
      const count = photosText(rows.length);
      const label =
        column === 'favourite'
          ? on
            ? `Made ${count} favourite`
            : `Removed ${count} from favourites`
          : on
            ? `Hid ${count}`
            : `Showed ${count} again`;
      return {
        label,
        rows,
        write: ({ id, favourite, hidden }) => {
          const next = { favourite, hidden, [column]: on ? 1 : 0 };
          const known = connection.statement<[string], { id: string }>(
            'SELECT id FROM personal WHERE photo_id = ? ORDER BY id LIMIT 1',
          );
          const row = known.get(id)?.id ?? derivedId('Personal', id);
          if (next.favourite === 0 && next.hidden === 0) {
            connection.statement<[string]>('DELETE FROM personal WHERE id = ?').run(row);
            return;
          }
          connection
            .statement<[string, string, string, number, number, number, number]>(
              `INSERT INTO personal (id, zone_id, photo_id, favourite, hidden, created_at, modified_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (id) DO UPDATE SET favourite = excluded.favourite, hidden = excluded.hidden,
                 modified_at = excluded.modified_at`,
            )
            .run(row, libraryZone, id, next.favourite, next.hidden, now(), now());
        },
        result: { changed: rows.length, refused: 0 },
      };
    });

  return {
    setFavourite: (ids, favourite) => setFlag('favourite', ids, favourite),
    setHidden: (ids, hidden) => setFlag('hidden', ids, hidden),
    setRating: (ids, rating) =>
      steps.run(() => {
        const zones = readZones(connection);
        const rows = readTargets<{ rating: number }>(connection, ids, ['rating']).filter(
          (photo) => photo.rating !== rating,
        );
        const mine = connection.statement<[string], { id: string; zone_id: string }>(
          'SELECT id, zone_id FROM rating WHERE photo_id = ? AND created_by IS NULL ORDER BY id LIMIT 1',
        );
        return {
          label:
            rating === 0
              ? `Removed the rating of ${photosText(rows.length)}`
              : `Rated ${photosText(rows.length)} ${'★'.repeat(rating)}`,
          rows,
          write: ({ id, zone_id }) => {
            const old = mine.get(id);
            const kept = old !== undefined && mayEdit(zones.get(old.zone_id), null) ? old : undefined;
            if (rating === 0) {
              if (kept !== undefined) connection.statement<[string]>('DELETE FROM rating WHERE id = ?').run(kept.id);
              return;
            }
            if (kept !== undefined) {
              connection
                .statement<[number, number, string]>('UPDATE rating SET value = ?, modified_at = ? WHERE id = ?')
                .run(rating, now(), kept.id);
              return;
            }
            const zone = mayAdd(zones.get(zone_id)) ? zone_id : libraryZone;
            const row = myRatingID(connection, id, zone);
            connection
              .statement<[string, string, string, number, number, number]>(
                'INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?)',
              )
              .run(row, zone, id, rating, now(), now());
          },
          result: { changed: rows.length, refused: 0 },
        };
      }),
  };
}
