import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AlbumID } from '../../shared/ids.ts';
import { readLibraryInfo } from '../../electron/core/service/library.ts';
import { readAlbums } from '../../electron/core/store/queries/albumRows.ts';
import { readDetail, readTiles } from '../../electron/core/store/queries/photoRows.ts';
import { openOrganiser, day, type Organiser } from '../helpers/organiser.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

const page = (after: string | undefined, limit: number) =>
  library.core.timeline.page(
    library.core.lists.listOf({ source: { kind: 'library' }, scope: 'both', query: '' }),
    after,
    limit,
  );

test('the timeline comes newest first, page after page, with every photo once', () => {
  const ids = library.photos(
    ...Array.from({ length: 25 }, (_, index) => ({
      takenAt: `2024-07-${String((index % 5) + 1).padStart(2, '0')}T10:00:00`,
    })),
  );
  const seen: string[] = [];
  const days: number[] = [];
  let after: string | undefined;
  do {
    const { ids: part, days: partDays, next } = page(after, 7);
    seen.push(...part);
    days.push(...partDays);
    after = next ?? undefined;
  } while (after !== undefined);
  expect(seen).toHaveLength(25);
  expect(new Set(seen)).toEqual(new Set(ids));
  expect(days).toEqual([...days].sort((a, b) => b - a));
  expect(days[0]).toBe(day('2024-07-05'));
});

test('a page that no list gave is refused by name', () => {
  library.photos({});
  expect(() => page('["at",0]', 5)).toThrow(/after/);
  expect(() => page('nonsense', 5)).toThrow(/after/);
});

test('months and totals are counted by the store and follow every change', async () => {
  const [one, two, three] = library.photos(
    { takenAt: '2024-07-01T10:00:00' },
    { takenAt: '2024-06-30T23:59:59' },
    { takenAt: '1969-12-31T23:00:00' },
  );
  const months = () =>
    library.core.timeline.months(library.core.lists.listOf({ source: { kind: 'library' }, scope: 'both', query: '' }));
  expect(months()).toEqual({
    total: 3,
    months: [
      { month: '2024-07', count: 1 },
      { month: '2024-06', count: 1 },
      { month: '1969-12', count: 1 },
    ],
  });
  await library.core.trash.trash([one ?? '']);
  await library.core.personal.setHidden([two ?? ''], true);
  expect(months()).toEqual({ total: 1, months: [{ month: '1969-12', count: 1 }] });
  await library.core.facts.setDate([three ?? ''], { mode: 'set', takenAt: '2001-02-03T04:05:06', offset: null });
  expect(months()).toEqual({ total: 1, months: [{ month: '2001-02', count: 1 }] });
});

test('what is hidden or in the trash is shown only there', async () => {
  const [shown, hidden, trashed] = library.photos({}, {}, {});
  await library.core.personal.setHidden([hidden ?? ''], true);
  await library.core.trash.trash([trashed ?? '']);
  expect(await library.ids({})).toEqual([shown]);
  expect(await library.ids({ source: { kind: 'hidden' } })).toEqual([hidden]);
  expect(await library.ids({ source: { kind: 'trash' } })).toEqual([trashed]);
});

test('the counts of the library are those of its lists: what is hidden counts as hidden only', async () => {
  const [shown, hidden, trashed, video] = library.photos({}, {}, {}, { kind: 'video' }, { kind: 'video' });
  for (const id of [shown, hidden, trashed, video]) await library.core.personal.setFavourite([id ?? ''], true);
  await library.core.personal.setHidden([hidden ?? '', video ?? ''], true);
  await library.core.trash.trash([trashed ?? '']);
  const info = readLibraryInfo(library.store);
  expect(info).toMatchObject({ photos: 1, videos: 1, favourites: 1, hidden: 2, trashed: 1 });
  expect(info.photos + info.videos).toBe((await library.ids({})).length);
  expect(info.favourites).toBe((await library.ids({ source: { kind: 'favourites' } })).length);
  // A photo that is hidden lies in the trash like any other.
  await library.core.trash.trash([hidden ?? '']);
  expect(readLibraryInfo(library.store)).toMatchObject({ photos: 1, hidden: 1, trashed: 2 });
});

test('personal, shared and both are told apart', async () => {
  const share = library.share('share.1');
  const [mine] = library.photos({});
  const [shared] = library.photos({ zone: share });
  expect(await library.ids({ scope: 'personal' })).toEqual([mine]);
  expect(await library.ids({ scope: 'shared' })).toEqual([shared]);
  expect((await library.ids({ scope: 'both' })).toSorted()).toEqual([mine, shared].toSorted());
  expect(await library.ids({ source: { kind: 'share', id: share as never } })).toEqual([shared]);
});

test('an album counts and shows what can be seen, in its own order', async () => {
  const ids = library.photos({}, {}, {}, {});
  const album = await library.core.albums.create({ kind: 'manual', title: 'Crete', parentID: null, photoIDs: ids });
  await library.core.trash.trash([ids[1] ?? '']);
  await library.core.personal.setHidden([ids[2] ?? ''], true);
  expect(await library.ids({ source: { kind: 'album', id: album.id } })).toEqual([ids[0], ids[3]]);
  expect(readAlbums(library.store.connection)[0]).toMatchObject({ title: 'Crete', count: 2, coverPhotoID: ids[0] });
  await library.core.trash.restore([ids[1] ?? '']);
  expect(await library.ids({ source: { kind: 'album', id: album.id } })).toEqual([ids[0], ids[1], ids[3]]);
});

test('a folder shows the photos of every album in it, however deep', async () => {
  const [one, two] = library.photos({}, {});
  const outer = await library.core.albums.create({ kind: 'folder', title: 'Trips', parentID: null, photoIDs: [] });
  const inner = await library.core.albums.create({ kind: 'folder', title: '2024', parentID: outer.id, photoIDs: [] });
  await library.core.albums.create({ kind: 'manual', title: 'A', parentID: outer.id, photoIDs: [one ?? ''] });
  await library.core.albums.create({
    kind: 'manual',
    title: 'B',
    parentID: inner.id,
    photoIDs: [one ?? '', two ?? ''],
  });
  expect((await library.ids({ source: { kind: 'album', id: outer.id } })).toSorted()).toEqual([one, two].toSorted());
});

test('an album that is gone says so', async () => {
  await expect(library.ids({ source: { kind: 'album', id: 'nope' as AlbumID } })).rejects.toThrow(
    'This album is gone.',
  );
});

test('tiles come in the order asked for, without those that are gone', async () => {
  const [one, two] = library.photos({ name: 'a.jpg' }, { name: 'b.jpg', kind: 'video' });
  await library.core.personal.setFavourite([two ?? ''], true);
  await library.core.personal.setRating([two ?? ''], 4);
  const tiles = readTiles(library.store.connection, [two ?? '', 'gone', one ?? '']);
  expect(tiles.map((tile) => tile.fileName)).toEqual(['b.jpg', 'a.jpg']);
  expect(tiles[0]).toMatchObject({ favourite: true, rating: 4, mediaType: 'video', shared: 'none', addedBy: null });
});

test('the inspector sees tags, albums, everybody’s rating and what may be done', async () => {
  const share = library.share('share.2', { mine: false, rights: 1 });
  library.remote(
    `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
     VALUES ('p1', ?, 'photo', 'image', 'a.jpg', 'ana', 1, 1, 1)`,
    share,
  );
  library.remote(
    `INSERT INTO rating (id, zone_id, photo_id, value, created_by, created_at, modified_at) VALUES ('r1', ?, 'p1', 5, 'ana', 1, 1)`,
    share,
  );
  await library.core.personal.setRating(['p1'], 2);
  expect(readDetail(library.store.connection, 'p1')).toMatchObject({
    rating: 2,
    averageRating: 3.5,
    ratings: 2,
    mayEdit: false,
    mayDelete: false,
    shared: 'withMe',
    addedBy: 'ana',
  });
});
