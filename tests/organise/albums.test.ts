import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AlbumID } from '../../shared/ids.ts';
import { readAlbums } from '../../electron/core/store/queries/albumRows.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

const make = (title: string, photoIDs: readonly string[] = [], parentID: string | null = null) =>
  library.core.albums.create({ kind: 'manual', title, parentID, photoIDs });
const folder = (title: string, parentID: string | null = null) =>
  library.core.albums.create({ kind: 'folder', title, parentID, photoIDs: [] });
const shown = (id: AlbumID) => library.ids({ source: { kind: 'album', id } });
const titles = (parentID: string | null = null) =>
  readAlbums(library.store.connection)
    .filter((album) => album.parentID === parentID)
    .map((album) => album.title);

test('photos are added once, at the end, and stay where they are when taken out', async () => {
  const [a, b, c] = library.photos({}, {}, {});
  const album = await make('A', [a ?? '']);
  expect(await library.core.albumItems.add(album.id, [b ?? '', a ?? '', c ?? '', b ?? ''])).toEqual({
    added: 2,
    already: 1,
  });
  expect(await shown(album.id)).toEqual([a, b, c]);
  expect(await library.core.albumItems.remove(album.id, [b ?? ''])).toEqual({ removed: 1 });
  expect(await shown(album.id)).toEqual([a, c]);
  expect(await library.ids({})).toContain(b);
});

test('dragging several photos puts them in the given order before one, or at the end', async () => {
  const [a, b, c, d, e] = library.photos({}, {}, {}, {}, {});
  const album = await make(
    'A',
    [a, b, c, d, e].map((id) => id ?? ''),
  );
  await library.core.albumItems.move(album.id, [e ?? '', b ?? ''], a ?? '');
  expect(await shown(album.id)).toEqual([e, b, a, c, d]);
  await library.core.albumItems.move(album.id, [e ?? ''], null);
  expect(await shown(album.id)).toEqual([b, a, c, d, e]);
  // Dropped onto one of themselves they close up there.
  await library.core.albumItems.move(album.id, [b ?? '', d ?? ''], d ?? '');
  expect(await shown(album.id)).toEqual([a, c, b, d, e]);
});

test('moving one photo of an album changes one row', async () => {
  const ids = library.photos(...Array.from({ length: 50 }, () => ({})));
  const album = await make('A', ids);
  const before = library.store.history.newestToken('private');
  await library.core.albumItems.move(album.id, [ids[49] ?? ''], ids[0] ?? '');
  expect(library.store.history.changesAfter('private', before)).toHaveLength(1);
});

test('albums order among their siblings and move between folders to any depth', async () => {
  const [one, two, three] = [await make('One'), await make('Two'), await make('Three')];
  await library.core.albums.move(three.id, null, one.id);
  expect(titles()).toEqual(['Three', 'One', 'Two']);
  let parent: string | null = null;
  for (let depth = 0; depth < 12; depth += 1) parent = (await folder(`F${depth}`, parent)).id;
  await library.core.albums.move(two.id, parent, null);
  expect(titles(parent)).toEqual(['Two']);
});

test('a folder cannot go into itself or into what is in it', async () => {
  const outer = await folder('Outer');
  const inner = await folder('Inner', outer.id);
  await expect(library.core.albums.move(outer.id, inner.id, null)).rejects.toThrow('cannot be put into itself');
  await expect(library.core.albums.move(outer.id, outer.id, null)).rejects.toThrow('cannot be put into itself');
  const album = await make('A');
  await expect(library.core.albums.move(inner.id, album.id, null)).rejects.toThrow('is not a folder');
});

test('a duplicate stands beside the original with the same photos in the same order', async () => {
  const ids = library.photos({}, {}, {});
  const outer = await folder('Trips');
  await make('A', ids.toReversed(), outer.id);
  await make('After');
  const copy = await library.core.albums.duplicate(outer.id);
  expect(titles()).toEqual(['Trips', 'Trips copy', 'After']);
  const inner = readAlbums(library.store.connection).find((album) => album.parentID === copy.id);
  expect(inner).toMatchObject({ title: 'A', count: 3 });
  expect(await shown(inner?.id ?? copy.id)).toEqual(ids.toReversed());
  await library.core.undo.undo();
  expect(titles()).toEqual(['Trips', 'After']);
});

test('deleting a folder takes the albums in it and leaves the photos; undo brings all of it back in order', async () => {
  const ids = library.photos({}, {}, {});
  const outer = await folder('Trips');
  const inner = await make('A', ids.toReversed(), outer.id);
  await library.core.albums.delete(outer.id);
  expect(titles()).toEqual([]);
  expect(await library.ids({})).toHaveLength(3);
  await library.core.undo.undo();
  expect(await shown(inner.id)).toEqual(ids.toReversed());
  expect(readAlbums(library.store.connection).find((album) => album.id === inner.id)?.count).toBe(3);
});

test('an album sorts by hand, date, name or time added', async () => {
  const [a, b, c] = library.photos(
    { name: 'c.jpg', takenAt: '2020-01-01T00:00:00' },
    { name: 'A.jpg', takenAt: '2022-01-01T00:00:00' },
    { name: 'b.jpg', takenAt: '2021-01-01T00:00:00' },
  );
  const album = await make('A', [a ?? '', b ?? '', c ?? '']);
  const sorted = async (sort: 'manual' | 'name' | 'takenAscending' | 'takenDescending') => {
    await library.core.albums.update(album.id, { sort });
    return shown(album.id);
  };
  expect(await sorted('name')).toEqual([b, c, a]);
  expect(await sorted('takenAscending')).toEqual([a, c, b]);
  expect(await sorted('takenDescending')).toEqual([b, c, a]);
  expect(await sorted('manual')).toEqual([a, b, c]);
});

test('a cover that is hidden or gone gives way to the first photo', async () => {
  const [a, b] = library.photos({}, {});
  const album = await make('A', [a ?? '', b ?? '']);
  const covered = await library.core.albums.update(album.id, { coverPhotoID: b ?? null });
  expect(covered.coverPhotoID).toBe(b);
  await library.core.trash.trash([b ?? '']);
  expect(readAlbums(library.store.connection)[0]?.coverPhotoID).toBe(a);
});

test('a smart album shows what its rules say, counts live, and becomes a manual album of just that', async () => {
  const [a, b] = library.photos(
    { make: 'Canon', model: 'EOS R5' },
    { make: 'Canon', model: 'EOS R5' },
    { make: 'SONY' },
  );
  const smart = await library.core.albums.create({
    kind: 'smart',
    title: 'Best Canon',
    parentID: null,
    photoIDs: [],
    rules: {
      match: 'all',
      rules: [
        { field: 'camera', comparison: 'contains', value: 'canon' },
        { field: 'rating', comparison: 'atLeast', value: 4 },
      ],
    },
  });
  const count = async () => {
    await library.core.smartCounts.idle();
    return readAlbums(library.store.connection).find((album) => album.id === smart.id)?.count;
  };
  expect(await count()).toBe(0);
  await library.core.personal.setRating([a ?? '', b ?? ''], 4);
  expect(await count()).toBe(2);
  expect((await shown(smart.id)).toSorted()).toEqual([a, b].toSorted());
  const manual = await library.core.albums.convertToManual(smart.id);
  expect(manual).toMatchObject({ kind: 'manual', rules: null, count: 2 });
  await library.core.personal.setRating([a ?? ''], 1);
  expect((await shown(smart.id)).toSorted()).toEqual([a, b].toSorted());
});

const rule = (field: string, comparison: string, value: unknown, value2?: unknown) => ({
  field,
  comparison,
  value,
  ...(value2 === undefined ? {} : { value2 }),
});

test.each([
  ['date is a month', rule('date', 'is', '2024-07'), [0]],
  ['date before', rule('date', 'before', '2020-01-01'), [2]],
  ['date between', rule('date', 'between', '2019-12-01', '2024-07-01'), [0, 1]],
  ['date in the last 30 days', rule('date', 'inLast', 30), [0]],
  ['date in words', rule('date', 'is', 'summer 2019'), [2]],
  ['place contains', rule('place', 'contains', 'crete'), [0]],
  ['place is not', rule('place', 'isNot', 'Greece'), [1, 2]],
  ['camera is', rule('camera', 'is', 'Canon EOS R5'), [0]],
  ['lens contains', rule('lens', 'contains', '50'), [1]],
  ['kind is video', rule('kind', 'is', 'video'), [2]],
  ['tag is', rule('tag', 'is', 'BEACH'), [1]],
  ['tag is not', rule('tag', 'isNot', 'beach'), [0, 2]],
  ['rating at least', rule('rating', 'atLeast', 3), [0]],
  ['rating at most counts the unrated', rule('rating', 'atMost', 2), [1, 2]],
  ['favourite', rule('favourite', 'is', true), [2]],
  ['not favourite', rule('favourite', 'is', false), [0, 1]],
  ['in an album', rule('album', 'is', 'ALBUM'), [0, 1]],
  ['in none of an album', rule('album', 'isNot', 'ALBUM'), [2]],
  ['added by me', rule('addedBy', 'is', 'me'), [0, 1, 2]],
  ['size at least', rule('size', 'atLeast', 5_000_000), [1]],
  ['orientation', rule('orientation', 'is', 'portrait'), [1]],
  ['text', rule('text', 'contains', 'wav'), [2]],
])('a smart album by %s', async (_, one, wanted) => {
  const ids = library.photos(
    {
      takenAt: '2024-07-01T10:00:00',
      place: 'Chania',
      region: 'Crete',
      country: 'Greece',
      make: 'Canon',
      model: 'EOS R5',
    },
    { takenAt: '2020-01-02T10:00:00', lens: 'FE 50mm', width: 3000, height: 4000, size: 6_000_000 },
    { takenAt: '2019-06-02T10:00:00', kind: 'video', title: 'Wave' },
  );
  await library.core.tags.apply([ids[1] ?? ''], ['Beach'], []);
  await library.core.personal.setRating([ids[0] ?? ''], 3);
  await library.core.personal.setFavourite([ids[2] ?? ''], true);
  const album = await make('A', [ids[0] ?? '', ids[1] ?? '']);
  const rules = JSON.parse(JSON.stringify({ match: 'all', rules: [one] }).replace('ALBUM', album.id)) as never;
  const smart = await library.core.albums.create({ kind: 'smart', title: 'S', parentID: null, photoIDs: [], rules });
  expect((await shown(smart.id)).map((id) => ids.indexOf(id)).toSorted()).toEqual(wanted);
  // Any one of two rules, of which the other never holds, finds the same.
  const never = { field: 'text', comparison: 'contains', value: 'nowhere' };
  await library.core.albums.update(smart.id, {
    rules: { match: 'any', rules: [...(rules as { rules: never[] }).rules, never as never] },
  });
  expect((await shown(smart.id)).map((id) => ids.indexOf(id)).toSorted()).toEqual(wanted);
});

test('a shared album takes photos of its share only; a personal album takes any', async () => {
  const share = library.share('share.1');
  const [mine] = library.photos({});
  const [theirs] = library.photos({ zone: share });
  library.remote(
    `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES ('sa', ?, 'manual', 'Shared', 'V', 1, 1)`,
    share,
  );
  expect(await library.core.albumItems.add('sa', [mine ?? '', theirs ?? ''])).toEqual({ added: 1, already: 0 });
  await expect(library.core.albumItems.add('sa', [mine ?? ''])).rejects.toThrow('Add these photos to the share first');
  const personal = await make('P', [mine ?? '', theirs ?? '']);
  expect(await shown(personal.id)).toHaveLength(2);
});

test('a viewer can neither change, fill nor delete a shared album, and is told why', async () => {
  const share = library.share('share.2', { mine: false, rights: 0 });
  library.remote(
    `INSERT INTO album (id, zone_id, kind, title, position, created_by, created_at, modified_at) VALUES ('sa', ?, 'manual', 'Shared', 'V', 'ana', 1, 1)`,
    share,
  );
  await expect(library.core.albums.update('sa', { title: 'X' })).rejects.toMatchObject({ code: 'permissionFailure' });
  await expect(library.core.albumItems.add('sa', ['x'])).rejects.toMatchObject({ code: 'permissionFailure' });
  await expect(library.core.albums.delete('sa')).rejects.toMatchObject({ code: 'permissionFailure' });
  expect(readAlbums(library.store.connection)[0]).toMatchObject({ mayEdit: false, mayAdd: false });
});

test('albums two computers made at the same position keep one order, and new ones still find a place', async () => {
  for (const id of ['x1', 'x2']) {
    library.remote(
      `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES (?, 'library', 'manual', ?, 'V', 1, 1)`,
      id,
      id,
    );
  }
  const made = await make('New');
  await library.core.albums.move(made.id, null, 'x2');
  expect(titles().indexOf('New')).toBeLessThan(titles().indexOf('x2'));
});
