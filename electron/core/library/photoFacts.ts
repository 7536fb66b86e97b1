import type { PlaceNames } from '../media/placeNames.ts';
import { sortAt } from '../store/derivedColumns.ts';
import type { Store } from '../store/store.ts';
import { permitted, photosText, readTargets, updatePhoto, type Changed } from './photoTargets.ts';
import type { Steps } from './steps.ts';

/** A change of capture time; seconds and minutes east of UTC. */
export type DateChange =
  | { readonly mode: 'set'; readonly takenAt: string; readonly offset: number | null }
  | { readonly mode: 'shift'; readonly seconds: number }
  | { readonly mode: 'zone'; readonly offset: number };

/** Edits to what a photo says of itself: words, capture time, place. Originals are not written to. */
export interface PhotoFacts {
  setText(
    ids: readonly string[],
    text: { title?: string | null | undefined; caption?: string | null | undefined },
  ): Promise<Changed>;
  setDate(ids: readonly string[], change: DateChange): Promise<Changed>;
  setPlace(ids: readonly string[], place: { latitude: number; longitude: number } | null): Promise<Changed>;
}

export interface PhotoFactsDependencies {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  /** The names of a position, looked up offline; null where nothing is known of it. */
  readonly placeNames: (latitude: number, longitude: number) => Promise<PlaceNames | null>;
}

export function createPhotoFacts({ store, steps, now, placeNames }: PhotoFactsDependencies): PhotoFacts {
  const { connection } = store;
  return {
    setText: (ids, { title, caption }) =>
      steps.run(() => {
        const wanted = {
          ...(title === undefined ? {} : { title: emptyToNull(title) }),
          ...(caption === undefined ? {} : { caption: emptyToNull(caption) }),
        };
        const { allowed, refused } = permitted(
          connection,
          readTargets<{ title: string | null; caption: string | null }>(connection, ids, ['title', 'caption']),
          'edit',
        );
        const rows = allowed.filter(
          (photo) =>
            ('title' in wanted && photo.title !== wanted.title) ||
            ('caption' in wanted && photo.caption !== wanted.caption),
        );
        const what = title === undefined ? 'caption' : caption === undefined ? 'title' : 'title and caption';
        const verb = (title ?? caption ?? null) === null ? 'Cleared' : 'Changed';
        return {
          label: `${verb} the ${what} of ${photosText(rows.length)}`,
          rows,
          write: (photo) => updatePhoto(connection, photo.id, now(), wanted),
          result: { changed: rows.length, refused },
        };
      }),

    setDate: (ids, change) =>
      steps.run(() => {
        const { allowed, refused } = permitted(
          connection,
          readTargets<DatedRow>(connection, ids, ['taken_at', 'taken_offset', 'sort_at']),
          'edit',
        );
        const rows = allowed
          .map((photo) => ({
            id: photo.id,
            before: photo,
            after: changedDate(photo, change),
          }))
          .filter(
            ({ before, after }) => before.taken_at !== after.taken_at || before.taken_offset !== after.taken_offset,
          );
        const label =
          change.mode === 'zone'
            ? `Changed the time zone of ${photosText(rows.length)}`
            : change.mode === 'shift'
              ? `Shifted the time of ${photosText(rows.length)}`
              : `Set the date of ${photosText(rows.length)}`;
        return {
          label,
          rows,
          write: ({ id, before, after }) =>
            updatePhoto(connection, id, now(), { ...after, sort_at: sortAt(after.taken_at, before.sort_at) }),
          result: { changed: rows.length, refused },
        };
      }),

    setPlace: async (ids, place) => {
      const names = place === null ? null : await placeNames(place.latitude, place.longitude);
      return steps.run(() => {
        const { allowed, refused } = permitted(
          connection,
          readTargets<{ latitude: number | null; longitude: number | null }>(connection, ids, [
            'latitude',
            'longitude',
          ]),
          'edit',
        );
        const rows = allowed.filter(
          (photo) => photo.latitude !== (place?.latitude ?? null) || photo.longitude !== (place?.longitude ?? null),
        );
        const values = {
          latitude: place?.latitude ?? null,
          longitude: place?.longitude ?? null,
          place: names?.place ?? null,
          region: names?.region ?? null,
          country: names?.country ?? null,
          time_zone: names?.timeZone ?? null,
        };
        const where = names?.place ?? names?.region ?? names?.country;
        return {
          label:
            place === null
              ? `Removed the place of ${photosText(rows.length)}`
              : `Placed ${photosText(rows.length)}${where === undefined || where === null ? ' on the map' : ` in ${where}`}`,
          rows,
          write: (photo) =>
            // The height was the old place's.
            updatePhoto(connection, photo.id, now(), { ...values, altitude: null }),
          result: { changed: rows.length, refused },
        };
      });
    },
  };
}

interface DatedRow {
  readonly taken_at: string | null;
  readonly taken_offset: number | null;
  readonly sort_at: number;
}

const emptyToNull = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text);

/**
 * The capture time after a change. A shift moves the clock; a photo without a known time takes the moment it stands at
 * in the timeline first. A new zone keeps the moment when the old zone is known, and the wall clock when it is not.
 */
function changedDate(photo: DatedRow, change: DateChange): { taken_at: string | null; taken_offset: number | null } {
  switch (change.mode) {
    case 'set':
      return { taken_at: trimmed(change.takenAt), taken_offset: change.offset };
    case 'shift':
      return {
        taken_at: localISO(sortAt(photo.taken_at, photo.sort_at) + change.seconds * 1_000),
        taken_offset: photo.taken_offset,
      };
    case 'zone': {
      if (photo.taken_at === null || photo.taken_offset === null) {
        return { taken_at: photo.taken_at, taken_offset: change.offset };
      }
      const moved = sortAt(photo.taken_at, photo.sort_at) + (change.offset - photo.taken_offset) * 60_000;
      return { taken_at: localISO(moved), taken_offset: change.offset };
    }
  }
}

/** ISO local time without zone; no fraction when it is zero. */
function localISO(ms: number): string {
  return trimmed(new Date(ms).toISOString().replace('Z', ''));
}

const trimmed = (text: string): string => text.replace(/\.0+$/, '');
