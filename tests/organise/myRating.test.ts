import { afterEach, describe, expect, test } from 'vitest';
import { absorbPhoto } from '../../electron/core/library/absorb.ts';
import { createPhotoRows } from '../../electron/core/library/photoRows.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

/* Whatever makes one of my computers rate a photo, it makes the row my other computers would make. */

const opened: Organiser[] = [];
afterEach(async () => {
  for (const library of opened.splice(0)) await library.dispose();
});

/** A computer of mine with an account, a share of mine and a photo that all my computers know. */
function openComputer({ user = '_ana', zone = 'trip' } = {}): Organiser {
  const library = openOrganiser();
  opened.push(library);
  library.store.connection.raw
    .prepare(
      `INSERT INTO sync_account (singleton, server, container, environment, user_name, email, state, signed_in_at)
       VALUES (1, 'https://photos.example.org', 'container', 'production', ?, 'me@example.org', 'signedIn', 1)`,
    )
    .run(user);
  library.share('trip');
  library.photos({ id: 'the-photo', zone });
  return library;
}

const photoIn = (zone: string) => ({ id: 'the-photo', zone_id: zone });
const fileRating = (library: Organiser, zone: string, rating: number): void =>
  library.store.transaction('ingest', (connection) =>
    createPhotoRows(connection, library.newId).addRating(photoIn(zone), rating, library.clock),
  );

/** Each way to get a rating of mine onto the photo. */
const ways = {
  'by hand': async (library: Organiser) => void (await library.core.personal.setRating(['the-photo'], 4)),
  'from its file': (library: Organiser, zone: string) => fileRating(library, zone, 4),
  'from a duplicate that is merged into it': async (library: Organiser, zone: string) => {
    const [other = ''] = library.photos({ zone });
    await library.core.personal.setRating([other], 4);
    await library.core.duplicates.merge('the-photo', [other]);
  },
  'from its other half': async (library: Organiser, zone: string) => {
    const [half = ''] = library.photos({ zone, kind: 'raw' });
    await library.core.personal.setRating([half], 4);
    library.store.transaction('ingest', (connection) =>
      absorbPhoto(connection, half, photoIn(zone), 'raw', library.clock),
    );
  },
} as const;

const ratings = (library: Organiser) =>
  library.rows<{ id: string; zone_id: string; value: number }>(
    `SELECT id, zone_id, value FROM rating WHERE photo_id = 'the-photo' ORDER BY value`,
  );

describe.each(['trip', 'library'])('a photo in the zone %s', (zone) => {
  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    'rated %s on one computer and by hand on another carries one rating of mine',
    async (way) => {
      const one = openComputer({ zone });
      const other = openComputer({ zone });
      await ways[way](one, zone);
      await ways['by hand'](other);
      expect(ratings(one)).toEqual([{ id: ratings(other)[0]?.id, zone_id: zone, value: 4 }]);
    },
  );
});

test('two people who rate one photo of a share make two ratings', async () => {
  const [mine, hers] = [openComputer(), openComputer({ user: '_eva' })];
  for (const library of [mine, hers]) await ways['by hand'](library);
  expect(ratings(mine)[0]?.id).not.toBe(ratings(hers)[0]?.id);
});

test('a rating read from the file adds none where I have one, whatever its id', () => {
  const library = openComputer();
  library.remote(
    `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES ('mine', 'trip', 'the-photo', 2, 1, 1)`,
  );
  fileRating(library, 'trip', 5);
  expect(ratings(library)).toEqual([{ id: 'mine', zone_id: 'trip', value: 2 }]);
});

test('a rating read from the file is mine beside somebody else’s', () => {
  const library = openComputer();
  library.remote(
    `INSERT INTO rating (id, zone_id, photo_id, value, created_by, created_at, modified_at)
     VALUES ('hers', 'trip', 'the-photo', 2, '_eva', 1, 1)`,
  );
  fileRating(library, 'trip', 5);
  expect(ratings(library).map(({ value }) => value)).toEqual([2, 5]);
});
