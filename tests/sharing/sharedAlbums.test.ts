import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInconsistencies } from '../../electron/core/store/integrity.ts';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

/* What of an album goes into a share, and what others get to see of it. */

let world: SharingWorld;
let ana: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
});
afterEach(async () => world.dispose());

/** One after the other in the timeline. */
const photo = (title: string): string => {
  world.skip(1_000);
  return ana.photo(title);
};
const hide = (photoID: string) =>
  ana.store.transaction('app', (connection) =>
    connection
      .statement<[string, string]>(
        `INSERT INTO personal (id, zone_id, photo_id, hidden, created_at, modified_at) VALUES (?, 'library', ?, 1, 1, 1)`,
      )
      .run(`hidden-${photoID}`, photoID),
  );
const trash = (photoID: string) =>
  ana.store.transaction('app', (connection) =>
    connection.statement<[string]>('UPDATE photo SET trashed_at = 1 WHERE id = ?').run(photoID),
  );
const put = (albumID: string, photoID: string) =>
  ana.store.transaction('app', (connection) =>
    connection
      .statement<[string, string, string]>(
        `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at)
         VALUES (?, 'library', ?, ?, 'z', 1, 1)`,
      )
      .run(`item-${photoID}`, albumID, photoID),
  );
const newShare = async (what: { photoIDs: readonly string[]; albumID: string | null }) =>
  ana.sharing.shares.create({ title: 'Crete', what, people: [], publicPreset: 'viewer', departureRule: 'STAY' });
const placesOf = (albumID: string) =>
  ana
    .rows<{ photo_id: string }>('SELECT photo_id FROM album_item WHERE album_id = ? ORDER BY position', albumID)
    .map((item) => item.photo_id);

describe('hidden photos', () => {
  it('of an album stay behind, and the plan says so first', async () => {
    const secret = photo('secret');
    const open = photo('open');
    hide(secret);
    const what = { photoIDs: [], albumID: ana.album('Holidays', [secret, open]) };
    const refused = [{ photoID: secret, reason: 'secret.jpg is hidden; show it first.' }];
    expect(ana.sharing.shares.plan(what, null)).toMatchObject({ photos: 1, refused });
    const made = await newShare(what);
    expect(made).toMatchObject({ moved: 1, refused });
    expect(ana.titles(made.shareID)).toEqual(['open']);
    expect(ana.titles('library')).toEqual(['secret']);
    expect(placesOf(what.albumID)).toEqual([open]);
    expect(findInconsistencies(ana.store.connection)).toEqual([]);
    expect(ana.covers).toEqual([open]);
  });

  it('are not copied with an album into the share of somebody else', async () => {
    const ben = await world.person('Ben');
    const { bens } = await joinedShare(ben, ana, { photoIDs: [ben.photo('first')], preset: 'contributor' });
    const secret = photo('secret');
    hide(secret);
    const albumID = ana.album('Holidays', [secret, photo('open')]);
    expect(await ana.sharing.shares.addTo(bens, { photoIDs: [], albumID })).toMatchObject({ copied: 1 });
    expect(ana.titles(bens)).toEqual(['first', 'open']);
  });

  it('an album of nothing else cannot be shared, and the person is told why', async () => {
    const secret = photo('secret');
    hide(secret);
    await expect(newShare({ photoIDs: [], albumID: ana.album('Holidays', [secret]) })).rejects.toMatchObject({
      code: 'invalidInput',
      message: 'secret.jpg is hidden; show it first.',
    });
  });

  it('that somebody selects are shared, but never are the cover', async () => {
    const secret = photo('secret');
    const open = photo('open');
    hide(secret);
    const { shareID } = await newShare({ photoIDs: [secret, open], albumID: null });
    expect(ana.titles(shareID)).toEqual(['open', 'secret']);
    expect(ana.covers).toEqual([open]);
    expect(ana.sharing.queries.get(shareID).coverPhotoID).toBe(open);
  });

  it('cannot be chosen as the cover, and a cover that is hidden later gives way to the first photo', async () => {
    const first = photo('first');
    const second = photo('second');
    const third = photo('third');
    const { shareID } = await newShare({ photoIDs: [first, second, third], albumID: null });
    const choose = (coverPhotoID: string) =>
      ana.sharing.shares.update(shareID, { coverPhotoID, removePublicPeople: false });
    hide(third);
    await expect(choose(third)).rejects.toMatchObject({ code: 'invalidInput' });
    expect(await choose(second)).toMatchObject({ coverPhotoID: second });
    hide(second);
    expect(ana.sharing.queries.get(shareID).coverPhotoID).toBe(first);
  });
});

describe('places in a shared album', () => {
  it('the place of a photo in the trash stays out of the share, and so does a cover that stays behind', async () => {
    const thrown = photo('thrown away');
    const kept = photo('kept');
    const albumID = ana.album('Holidays', [thrown, kept]);
    ana.store.transaction('app', (connection) =>
      connection.statement<[string, string]>('UPDATE album SET cover_photo_id = ? WHERE id = ?').run(thrown, albumID),
    );
    trash(thrown);
    const { shareID } = await newShare({ photoIDs: [], albumID });
    expect(placesOf(albumID)).toEqual([kept]);
    expect(ana.rows('SELECT zone_id, cover_photo_id, photo_count FROM album')).toEqual([
      { zone_id: shareID, cover_photo_id: null, photo_count: 1 },
    ]);
    expect(ana.rows('SELECT zone_id FROM photo WHERE id = ?', thrown)).toEqual([{ zone_id: 'library' }]);
    expect(findInconsistencies(ana.store.connection)).toEqual([]);
  });

  it('a photo that is put into the album while its photos move goes along', async () => {
    const photos = Array.from({ length: 150 }, (_, index) => ana.photo(`p${index}`));
    const late = photo('late');
    const albumID = ana.album('Holidays', photos);
    const subscription = ana.store.didChange.subscribe(() => {
      if (ana.rows(`SELECT 1 FROM photo WHERE zone_id <> 'library' LIMIT 1`).length === 0) return;
      subscription.dispose();
      queueMicrotask(() => put(albumID, late));
    });
    const { shareID, moved } = await newShare({ photoIDs: [], albumID });
    expect(moved).toBe(151);
    expect(placesOf(albumID)).toEqual([...photos, late]);
    expect(ana.titles(shareID)).toContain('late');
    expect(findInconsistencies(ana.store.connection)).toEqual([]);
  });
});
