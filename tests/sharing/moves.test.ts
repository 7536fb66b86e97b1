import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCopies } from '../../electron/core/sharing/copies.ts';
import { createMoves } from '../../electron/core/sharing/moves.ts';
import { libraryZone } from '../../shared/ids.ts';
import { openSharingStore, type SharingStore } from '../helpers/sharingStore.ts';

let fixture: SharingStore;
const share = 'share.one';
const deps = () => ({ store: fixture.store, now: () => fixture.clock, newId: fixture.newId, pause: () => nextTurn() });

beforeEach(() => {
  fixture = openSharingStore();
  fixture.zone(share);
});
afterEach(() => fixture.dispose());

const graphTables = ['photo', 'resource', 'edit', 'photo_tag', 'rating', 'comment', 'album', 'album_item'];
const zonesOf = (table: string) =>
  fixture.rows<{ zone_id: string }>(`SELECT DISTINCT zone_id FROM ${table}`).map(({ zone_id }) => zone_id);

/** I7: no row refers to a row of another zone. */
const crossings = () =>
  fixture.rows<{ n: number }>(`SELECT
      (SELECT count(*) FROM resource r JOIN photo p ON p.id = r.photo_id WHERE r.zone_id <> p.zone_id)
    + (SELECT count(*) FROM edit e JOIN photo p ON p.id = e.photo_id WHERE e.zone_id <> p.zone_id)
    + (SELECT count(*) FROM comment c JOIN photo p ON p.id = c.photo_id WHERE c.zone_id <> p.zone_id)
    + (SELECT count(*) FROM photo_tag t JOIN photo p ON p.id = t.photo_id WHERE t.zone_id <> p.zone_id)
    + (SELECT count(*) FROM photo_tag t JOIN tag g ON g.id = t.tag_id WHERE t.zone_id <> g.zone_id)
    + (SELECT count(*) FROM album_item i JOIN album a ON a.id = i.album_id WHERE i.zone_id <> a.zone_id) AS n`)[0]?.n;

function richPhoto(title: string): string {
  const photo = fixture.photo({ title });
  for (const name of ['Crete', 'Beach']) {
    const known = fixture.rows<{ id: string }>(`SELECT id FROM tag WHERE zone_id = 'library' AND name = ?`, name)[0]
      ?.id;
    fixture.pair(photo, known ?? fixture.tag(name));
  }
  fixture.edit(photo);
  fixture.comment(photo, 'lovely');
  fixture.rating(photo, 4);
  return photo;
}

describe('moving photos between zones', () => {
  it('a photo moves with its resources, edits, tags, ratings and comments, and keeps every id', async () => {
    const photo = richPhoto('sunset');
    const ids = (table: string) => fixture.rows(`SELECT id FROM ${table} ORDER BY id`);
    const before = ['photo', 'resource', 'edit', 'photo_tag', 'rating', 'comment'].map(ids);
    expect(await createMoves(deps()).photos([photo], share)).toBe(1);
    expect(['photo', 'resource', 'edit', 'photo_tag', 'rating', 'comment'].map(ids)).toEqual(before);
    for (const table of ['photo', 'resource', 'edit', 'photo_tag', 'rating', 'comment'])
      expect(zonesOf(table)).toEqual([share]);
    expect(fixture.tagsOf(photo)).toEqual(['Beach', 'Crete']);
    expect(crossings()).toBe(0);
  });

  it('tags found in the target zone are used again, so that ten photos make two tags there, not twenty', async () => {
    const photos = Array.from({ length: 10 }, (_, index) => richPhoto(String(index)));
    await createMoves(deps()).photos(photos, share);
    expect(fixture.rows(`SELECT name FROM tag WHERE zone_id = ? ORDER BY name`, share)).toEqual([
      { name: 'Beach' },
      { name: 'Crete' },
    ]);
    expect(fixture.rows(`SELECT photo_count FROM tag WHERE zone_id = ?`, share)).toEqual([
      { photo_count: 10 },
      { photo_count: 10 },
    ]);
  });

  it('at no commit is a photo missing, doubled, or apart from what belongs to it', async () => {
    const photos = Array.from({ length: 60 }, (_, index) => richPhoto(String(index)));
    const seen: number[] = [];
    const subscription = fixture.store.didChange.subscribe(() => {
      expect(fixture.rows<{ n: number }>('SELECT count(*) AS n FROM photo')[0]?.n).toBe(60);
      expect(crossings()).toBe(0);
      seen.push(fixture.rows<{ n: number }>('SELECT count(*) AS n FROM photo WHERE zone_id = ?', share)[0]?.n ?? 0);
    });
    await createMoves(deps()).photos(photos, share);
    subscription.dispose();
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(60);
    const sizes = fixture.rows<{ n: number }>(
      `SELECT count(*) AS n FROM history_change WHERE zone_id = ? GROUP BY transaction_id`,
      share,
    );
    expect(Math.max(...sizes.map(({ n }) => n))).toBeLessThanOrEqual(200);
  });

  it('a move that was cut short is finished by asking for the same photos again', async () => {
    const photos = Array.from({ length: 60 }, (_, index) => richPhoto(String(index)));
    let pauses = 0;
    const cut = createMoves({
      ...deps(),
      pause: () => {
        pauses += 1;
        return pauses === 1 ? Promise.reject(new Error('the process was killed')) : nextTurn();
      },
    });
    await expect(cut.photos(photos, share)).rejects.toThrow('killed');
    const part = fixture.rows('SELECT 1 FROM photo WHERE zone_id = ?', share).length;
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(60);
    expect(crossings()).toBe(0);
    expect(await createMoves(deps()).photos(photos, share)).toBe(60 - part);
    expect(crossings()).toBe(0);
  });

  it('an album moves in one commit with its items and keeps its order', async () => {
    const photos = Array.from({ length: 300 }, () => fixture.photo());
    const album = fixture.album('Crete', photos);
    const order = () => fixture.rows('SELECT photo_id FROM album_item WHERE album_id = ? ORDER BY position', album);
    const before = order();
    const moves = createMoves(deps());
    await moves.photos(photos, share);
    let commits = 0;
    const subscription = fixture.store.didChange.subscribe(() => {
      commits += 1;
      expect(crossings()).toBe(0);
    });
    moves.album(album, share);
    subscription.dispose();
    expect(commits).toBe(1);
    expect(order()).toEqual(before);
    expect(zonesOf('album_item')).toEqual([share]);
  });

  it('an album that holds a photo and its twin in another share shows one photo afterwards, also as its cover', async () => {
    const other = fixture.zone('_ana:share.other', { mine: false, rights: 15 });
    const sha256 = 'ab'.repeat(32);
    const twins = [fixture.photo({ sha256, zone: other, by: '_ana' }), fixture.photo({ zone: other, by: '_ana' })];
    const photo = fixture.photo({ sha256 });
    const album = fixture.album('Crete', [...twins, photo]);
    fixture.store.transaction('app', (connection) =>
      connection
        .statement<[string, string]>('UPDATE album SET cover_photo_id = ? WHERE id = ?')
        .run(twins[0] ?? '', album),
    );
    const moves = createMoves(deps());
    await moves.photos([photo], share);
    const { copies } = await createCopies(deps()).photos(twins, share);
    moves.album(album, share, copies);
    const shown = fixture.rows('SELECT photo_id FROM album_item WHERE album_id = ? ORDER BY position', album);
    expect(shown).toEqual([{ photo_id: copies.get(twins[1] ?? '') }, { photo_id: photo }]);
    expect(fixture.rows('SELECT cover_photo_id, photo_count FROM album')).toEqual([
      { cover_photo_id: photo, photo_count: 2 },
    ]);
    expect(crossings()).toBe(0);
  });

  it('personal albums, favourites and hidden marks stay in the library and still point at the moved photo', async () => {
    const photo = fixture.photo();
    const album = fixture.album('Mine', [photo]);
    fixture.store.transaction('app', (connection) => {
      connection
        .statement<[string]>(
          `INSERT INTO personal (id, zone_id, photo_id, favourite, created_at, modified_at) VALUES ('p1', 'library', ?, 1, 1, 1)`,
        )
        .run(photo);
    });
    await createMoves(deps()).photos([photo], share);
    expect(zonesOf('personal')).toEqual([libraryZone]);
    expect(zonesOf('album_item')).toEqual([libraryZone]);
    expect(fixture.rows('SELECT favourite FROM photo')).toEqual([{ favourite: 1 }]);
    expect(fixture.rows('SELECT photo_id FROM album_item WHERE album_id = ?', album)).toEqual([{ photo_id: photo }]);
  });

  it('there and back again leaves the same rows with the same tags', async () => {
    const photos = Array.from({ length: 5 }, (_, index) => richPhoto(String(index)));
    const dump = () =>
      graphTables
        .map((table) => fixture.rows(`SELECT * FROM ${table} ORDER BY id`))
        .map((rows) => rows.map((row) => ({ ...(row as object), modified_at: 0 })));
    const before = dump();
    const moves = createMoves(deps());
    await moves.photos(photos, share);
    await moves.zone(share, libraryZone, false);
    expect(dump()).toEqual(before);
  });

  it('keeping only mine brings home my photos and the album without the others', async () => {
    const mine = fixture.photo({ zone: share });
    const bens = fixture.photo({ zone: share, by: '_ben' });
    const album = fixture.album('Crete', [mine, bens], share);
    await createMoves(deps()).zone(share, libraryZone, true);
    expect(fixture.rows(`SELECT id FROM photo WHERE zone_id = 'library'`)).toEqual([{ id: mine }]);
    expect(fixture.rows('SELECT photo_id FROM album_item WHERE album_id = ?', album)).toEqual([{ photo_id: mine }]);
    expect(crossings()).toBe(0);
  });
});

describe('copying photos', () => {
  it('a copy has its own records, the same bytes, its tags and edits, and names its source', async () => {
    const photo = richPhoto('sunset');
    const { copies, made } = await createCopies(deps()).photos([photo], share);
    const copy = copies.get(photo) ?? '';
    expect(made).toBe(1);
    expect(fixture.rows('SELECT copied_from, title, zone_id FROM photo WHERE id = ?', copy)).toEqual([
      { copied_from: photo, title: 'sunset', zone_id: share },
    ]);
    expect(fixture.tagsOf(copy)).toEqual(['Beach', 'Crete']);
    const hashes = fixture.rows('SELECT sha256 FROM resource WHERE photo_id IN (?, ?)', photo, copy);
    expect(hashes).toHaveLength(2);
    expect(new Set(hashes.map((row) => JSON.stringify(row))).size).toBe(1);
    expect(
      fixture.rows('SELECT e.photo_id FROM photo p JOIN edit e ON e.id = p.current_edit_id WHERE p.id = ?', copy),
    ).toEqual([{ photo_id: copy }]);
    expect(crossings()).toBe(0);
  });

  it('copying twice makes one copy', async () => {
    const photo = fixture.photo();
    const copies = createCopies(deps());
    await copies.photos([photo], share);
    expect(await copies.photos([photo], share)).toMatchObject({ made: 0, already: 1 });
  });

  it('a photo whose bytes the zone already holds is not copied again', async () => {
    const photo = fixture.photo({ sha256: 'ab'.repeat(32) });
    fixture.photo({ sha256: 'ab'.repeat(32), zone: share });
    expect(await createCopies(deps()).photos([photo], share)).toMatchObject({ made: 0, already: 1 });
  });

  it('in a share where I may not add the store refuses the copy whatever is asked', async () => {
    fixture.zone('_ana:share.x', { mine: false, rights: 0 });
    const photo = fixture.photo();
    await expect(createCopies(deps()).photos([photo], '_ana:share.x')).rejects.toMatchObject({
      code: 'permissionFailure',
    });
    expect(fixture.rows(`SELECT 1 FROM photo WHERE zone_id = '_ana:share.x'`)).toEqual([]);
  });
});
