import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinedShare } from '../helpers/joinedShare.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
let ben: Person;
let photo: string;
let anas: string;
let bens: string;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
  photo = ana.photo('first', { tags: ['Beach'], sha256: 'ab'.repeat(32) });
  ({ anas, bens } = await joinedShare(ana, ben, { photoIDs: [photo], preset: 'manager' }));
});
afterEach(async () => world.dispose());

const change = (sql: string, ...values: (string | number | null)[]) =>
  ben.store.transaction('app', ({ raw }) => void raw.prepare(sql).run(...values));

/** Ben changes something while Ana makes him a Viewer; the server takes none of it. */
async function refused(act: () => void): Promise<{ id: string; what: string; mayCopy: boolean }[]> {
  const participant = ana.sharing.queries.participants(anas).find(({ isOwner }) => !isOwner);
  world.offline = true;
  act();
  world.offline = false;
  await ana.sharing.participants.setRights(anas, participant?.id ?? '', 'viewer');
  await ben.sync();
  return ben.sharing.notAccepted.list();
}

describe('a change the server did not accept, copied into the library,', () => {
  it('brings its date and place along, and the photo stands where that date puts it', async () => {
    const [entry] = await refused(() =>
      change(
        `UPDATE photo SET taken_at = '2019-07-01T12:00:00', latitude = 35.2, longitude = 24.9 WHERE id = ?`,
        photo,
      ),
    );
    expect(entry).toMatchObject({ what: 'Date, Place of first.jpg', mayCopy: true });
    const copy: string = await ben.sharing.notAccepted.copy(entry?.id ?? '');
    expect(ben.rows('SELECT zone_id, taken_at, latitude, longitude, sort_at FROM photo WHERE id = ?', copy)).toEqual([
      {
        zone_id: 'library',
        taken_at: '2019-07-01T12:00:00',
        latitude: 35.2,
        longitude: 24.9,
        sort_at: Date.UTC(2019, 6, 1, 12),
      },
    ]);
    expect(ben.sharing.notAccepted.list()).toEqual([]);
  });

  it('does not change another photo of mine that shows the same', async () => {
    const own = ben.photo('my own title', { sha256: 'ab'.repeat(32) });
    const [entry] = await refused(() => change(`UPDATE photo SET title = 'of the share' WHERE id = ?`, photo));
    const copy: string = await ben.sharing.notAccepted.copy(entry?.id ?? '');
    expect(copy).not.toBe(own);
    expect(ben.titles('library')).toEqual(['my own title', 'of the share']);
  });

  it('brings a comment along', async () => {
    const [entry] = await refused(() =>
      change(
        `INSERT INTO comment (id, zone_id, photo_id, text, created_at, modified_at) VALUES ('c', ?, ?, 'what a day', 1, 1)`,
        bens,
        photo,
      ),
    );
    expect(entry).toMatchObject({ mayCopy: true });
    const copy: string = await ben.sharing.notAccepted.copy(entry?.id ?? '');
    expect(ben.rows('SELECT text, zone_id FROM comment WHERE photo_id = ?', copy)).toEqual([
      { text: 'what a day', zone_id: 'library' },
    ]);
  });

  it('is only offered where something of it can be put onto the copy', async () => {
    const [entry] = await refused(() => change('UPDATE photo SET trashed_at = 5 WHERE id = ?', photo));
    expect(entry).toMatchObject({ what: 'Trash of first.jpg', mayCopy: false });
    await expect(ben.sharing.notAccepted.copy(entry?.id ?? '')).rejects.toMatchObject({ code: 'notSupported' });
    expect(ben.sharing.notAccepted.list()).toHaveLength(1);
    ben.sharing.notAccepted.discard(entry?.id ?? '');
    expect(ben.sharing.notAccepted.list()).toEqual([]);
  });
});
