import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readDetail } from '../../electron/core/store/queries/photoRows.ts';
import { readTags } from '../../electron/core/store/queries/tagRows.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';
import { withPhotoFile, type PhotoFile } from '../helpers/photoFile.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

const detail = (id: string | undefined) => readDetail(library.store.connection, id ?? '');

describe('tags', () => {
  test('tagging many shows how many carry each tag, and counts stay right', async () => {
    const ids = library.photos({}, {}, {});
    await library.core.tags.apply(ids, ['Crete'], []);
    await library.core.tags.apply(ids.slice(0, 1), ['Beach'], []);
    expect(library.core.tags.stateOf(ids).map(({ name, count }) => [name, count])).toEqual([
      ['Beach', 1],
      ['Crete', 3],
    ]);
    expect(await library.core.tags.apply(ids, ['CRETE', 'Beach'], [])).toEqual({ changed: 2, refused: 0 });
    expect(readTags(library.store.connection).map(({ name, count }) => [name, count])).toEqual([
      ['Beach', 3],
      ['Crete', 3],
    ]);
    await library.core.trash.trash(ids.slice(0, 1));
    expect(readTags(library.store.connection).map(({ count }) => count)).toEqual([2, 2]);
  });

  test('a name in another case or composition is the same tag', async () => {
    const first = await library.core.tags.create('Été', null);
    const again = await library.core.tags.create(' été '.normalize('NFD'), 'red');
    expect(again.id).toBe(first.id);
  });

  test('renaming to the name of another merges: the lower id stays, every photo keeps the tag once', async () => {
    const [a, b, c] = library.photos({}, {}, {});
    await library.core.tags.apply([a ?? '', b ?? ''], ['Crete'], []);
    await library.core.tags.apply([b ?? '', c ?? ''], ['Kreta'], []);
    const [crete, kreta] = readTags(library.store.connection);
    const stays = await library.core.tags.update(kreta?.id ?? '', { name: 'crete' });
    expect(stays).toMatchObject({ id: crete?.id, name: 'Crete', count: 3 });
    expect(readTags(library.store.connection)).toHaveLength(1);
    expect(await library.ids({ source: { kind: 'tag', id: stays.id } })).toHaveLength(3);
    await library.core.undo.undo();
    expect(readTags(library.store.connection).map(({ name, count }) => [name, count])).toEqual([
      ['Crete', 2],
      ['Kreta', 2],
    ]);
  });

  test('merging loses none of many photos', async () => {
    const ids = library.photos(...Array.from({ length: 40 }, () => ({})));
    await library.core.tags.apply(ids.slice(0, 25), ['Crete'], []);
    await library.core.tags.apply(ids.slice(15), ['Kreta'], []);
    const kreta = readTags(library.store.connection)[1];
    const stays = await library.core.tags.update(kreta?.id ?? '', { name: 'Crete' });
    expect(stays.count).toBe(40);
    expect((await library.ids({ source: { kind: 'tag', id: stays.id } })).toSorted()).toEqual(ids.toSorted());
  });

  test('deleting a tag deletes what was merged into it too', async () => {
    const [a] = library.photos({});
    await library.core.tags.apply([a ?? ''], ['Crete', 'Kreta'], []);
    const kreta = readTags(library.store.connection)[1];
    const stays = await library.core.tags.update(kreta?.id ?? '', { name: 'Crete' });
    await library.core.tags.delete(stays.id);
    expect(library.rows('SELECT id FROM tag')).toEqual([]);
  });

  test('a tag in a share is its own, made where the photo lies', async () => {
    const share = library.share('share.1');
    const [mine] = library.photos({});
    const [shared] = library.photos({ zone: share });
    await library.core.tags.apply([mine ?? '', shared ?? ''], ['Crete'], []);
    expect(
      readTags(library.store.connection)
        .map((tag) => tag.zoneID)
        .toSorted(),
    ).toEqual(['library', share]);
    expect(
      library.rows('SELECT 1 FROM photo_tag AS pt JOIN tag AS t ON t.id = pt.tag_id WHERE t.zone_id <> pt.zone_id'),
    ).toEqual([]);
  });

  test('a contributor tags what they added; others’ photos are counted as refused', async () => {
    const share = library.share('share.2', { mine: false, rights: 1 });
    const [mine] = library.photos({ zone: share });
    library.remote(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
       VALUES ('theirs', ?, 'photo', 'image', 'a.jpg', 'ana', 1, 1, 1)`,
      share,
    );
    expect(await library.core.tags.apply([mine ?? '', 'theirs'], ['Crete'], [])).toEqual({ changed: 1, refused: 1 });
  });
});

describe('facts', () => {
  test('shifting moves each photo by the same time; setting makes them equal; a zone keeps the moment', async () => {
    const [a, b] = library.photos(
      { takenAt: '2024-07-01T23:59:30.5', offset: 120 },
      { takenAt: '2024-07-02T08:00:00' },
    );
    await library.core.facts.setDate([a ?? '', b ?? ''], { mode: 'shift', seconds: 60 });
    expect([detail(a)?.takenAt, detail(b)?.takenAt]).toEqual(['2024-07-02T00:00:30.500', '2024-07-02T08:01:00']);
    await library.core.facts.setDate([a ?? ''], { mode: 'zone', offset: -60 });
    expect(detail(a)).toMatchObject({ takenAt: '2024-07-01T21:00:30.500', takenOffset: -60 });
    await library.core.facts.setDate([b ?? ''], { mode: 'zone', offset: 60 });
    expect(detail(b)).toMatchObject({ takenAt: '2024-07-02T08:01:00', takenOffset: 60 });
    await library.core.facts.setDate([a ?? '', b ?? ''], { mode: 'set', takenAt: '2001-01-01T00:00:00', offset: 0 });
    expect(await library.ids({ query: '2001' })).toHaveLength(2);
  });

  test('a date that is already there is no step', async () => {
    const [a] = library.photos({ takenAt: '2024-07-01T10:00:00', offset: 60 });
    await library.core.facts.setDate([a ?? ''], { mode: 'set', takenAt: '2024-07-01T10:00:00', offset: 60 });
    expect(library.core.undo.list(10)).toEqual([]);
  });

  test('a place brings its names and takes the old height with it', async () => {
    const [a] = library.photos({ latitude: 1, longitude: 1, place: 'Old' });
    await library.core.facts.setPlace([a ?? ''], { latitude: 35.5, longitude: 24 });
    expect(detail(a)).toMatchObject({ latitude: 35.5, longitude: 24, place: null, altitude: null });
    await library.core.facts.setPlace([a ?? ''], null);
    expect(detail(a)).toMatchObject({ latitude: null, longitude: null });
  });
});

describe('personal', () => {
  test('a favourite of somebody else’s photo lies in my library and needs no right', async () => {
    const share = library.share('share.3', { mine: false, rights: 0 });
    library.remote(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
       VALUES ('theirs', ?, 'photo', 'image', 'a.jpg', 'ana', 1, 1, 1)`,
      share,
    );
    await library.core.personal.setFavourite(['theirs'], true);
    await library.core.personal.setRating(['theirs'], 3);
    expect(library.rows('SELECT zone_id FROM personal')).toEqual([{ zone_id: 'library' }]);
    expect(library.rows('SELECT zone_id FROM rating')).toEqual([{ zone_id: 'library' }]);
    expect(await library.ids({ source: { kind: 'favourites' } })).toEqual(['theirs']);
  });

  test('where I may add, my rating lies with the photo, so that the others see the average', async () => {
    const share = library.share('share.4', { mine: false, rights: 1 });
    library.remote(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
       VALUES ('theirs', ?, 'photo', 'image', 'a.jpg', 'ana', 1, 1, 1)`,
      share,
    );
    await library.core.personal.setRating(['theirs'], 3);
    await library.core.personal.setRating(['theirs'], 5);
    expect(library.rows('SELECT zone_id, value FROM rating')).toEqual([{ zone_id: share, value: 5 }]);
    await library.core.personal.setRating(['theirs'], 0);
    expect(library.rows('SELECT * FROM rating')).toEqual([]);
  });
});

describe('comments', () => {
  test('only its author changes a comment; who may delete removes it', async () => {
    const share = library.share('share.5', { mine: false, rights: 1 | 4 });
    const [photo] = library.photos({ zone: share });
    library.remote(
      `INSERT INTO comment (id, zone_id, photo_id, text, created_by, created_at, modified_at) VALUES ('c1', ?, ?, 'nice', 'ana', 1, 1)`,
      share,
      photo ?? '',
    );
    await expect(library.core.comments.edit('c1', 'mine now')).rejects.toMatchObject({ code: 'permissionFailure' });
    const own = await library.core.comments.add(photo ?? '', 'thanks', 'text');
    library.clock += 1_000;
    expect(await library.core.comments.edit(own.id, 'thank you')).toMatchObject({ text: 'thank you', author: null });
    expect(library.core.comments.of(photo ?? '').map((one) => [one.author, one.mayEdit, one.mayDelete])).toEqual([
      ['ana', false, true],
      [null, true, true],
    ]);
    await library.core.comments.remove('c1');
    expect(library.core.comments.of(photo ?? '')).toHaveLength(1);
  });
});

describe('trash', () => {
  const withFile = (...file: PhotoFile) => withPhotoFile(library, ...file);

  test('restoring brings back albums, tags and order', async () => {
    const [a, b, c] = library.photos({}, {}, {});
    const album = await library.core.albums.create({
      kind: 'manual',
      title: 'A',
      parentID: null,
      photoIDs: [a ?? '', b ?? '', c ?? ''],
    });
    await library.core.tags.apply([b ?? ''], ['Crete'], []);
    await library.core.trash.trash([b ?? '']);
    expect(await library.ids({ source: { kind: 'album', id: album.id } })).toEqual([a, c]);
    expect(await library.core.trash.restore([b ?? ''])).toEqual({ changed: 1, refused: 0 });
    expect(await library.ids({ source: { kind: 'album', id: album.id } })).toEqual([a, b, c]);
    expect(detail(b)?.tags.map((tag) => tag.name)).toEqual(['Crete']);
  });

  test('emptying removes copies in the library and never a watched file, which stays known as deleted', async () => {
    const [copied, watched] = library.photos({}, {});
    const copy = withFile('originals', copied ?? '');
    const original = withFile('watched', watched ?? '');
    await library.core.trash.trash([copied ?? '', watched ?? '']);
    expect(await library.core.trash.empty()).toEqual({ changed: 2, refused: 0, filesLeft: null });
    expect(existsSync(copy)).toBe(false);
    expect(existsSync(original)).toBe(true);
    expect(library.systemTrash).toEqual([]);
    expect(library.rows('SELECT state, photo_id FROM file')).toEqual([{ state: 'rejected', photo_id: null }]);
    expect(library.rows('SELECT id FROM photo')).toEqual([]);
    expect(library.core.undo.list(10).map((step) => step.label)).toEqual(['Moved 2 photos to the trash']);
  });

  test('a watched file goes to the system trash only when the person chose so', async () => {
    const [watched] = library.photos({});
    const original = withFile('watched', watched ?? '');
    await library.core.trash.trash([watched ?? '']);
    await library.core.trash.deleteForever([watched ?? ''], true);
    expect(library.systemTrash).toEqual([original]);
  });

  test('a copy whose bytes another photo still needs is handed on, not deleted', async () => {
    const [one, other] = library.photos({ sha256: 'aa' }, { sha256: 'aa' });
    const path = withFile('originals', one ?? '', 'aa');
    library.remote(
      `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, sha256, created_at, modified_at) VALUES ('r2', 'library', ?, 'original', 'x.jpg', 'aa', 1, 1)`,
      other ?? '',
    );
    await library.core.trash.trash([one ?? '']);
    await library.core.trash.deleteForever([one ?? ''], false);
    expect(existsSync(path)).toBe(true);
    expect(library.rows('SELECT photo_id, resource_id FROM file')).toEqual([{ photo_id: other, resource_id: 'r2' }]);
  });

  test('only what lies in the trash can be deleted for good', async () => {
    const [a] = library.photos({});
    expect(await library.core.trash.deleteForever([a ?? ''], false)).toMatchObject({ changed: 0, refused: 0 });
    await library.core.trash.trash([a ?? '']);
    expect(await library.core.trash.deleteForever([a ?? ''], false)).toMatchObject({ changed: 1, refused: 0 });
  });

  test('undoing a step on a photo that is gone for good skips it and says so', async () => {
    const [a, b] = library.photos({}, {});
    await library.core.tags.apply([a ?? '', b ?? ''], ['Crete'], []);
    await library.core.tags.apply([a ?? '', b ?? ''], [], ['Crete']);
    await library.core.trash.trash([a ?? '']);
    await library.core.undo.undo();
    library.remote('DELETE FROM photo WHERE id = ?', a ?? '');
    expect(await library.core.undo.undo()).toMatchObject({ skipped: 1, step: { state: 'undone' } });
    expect(detail(b)?.tags.map((tag) => tag.name)).toEqual(['Crete']);
  });
});

describe('undo among others', () => {
  test('what somebody else changed meanwhile keeps their value and is counted', async () => {
    const [a, b] = library.photos({ title: 'old' }, { title: 'old' });
    await library.core.facts.setText([a ?? '', b ?? ''], { title: 'mine', caption: 'my words' });
    library.remote(`UPDATE photo SET title = 'theirs' WHERE id = ?`, a ?? '');
    expect(await library.core.undo.undo()).toMatchObject({ skipped: 1 });
    // Their title stays, my caption goes: the rule is by value, not by row.
    expect(detail(a)).toMatchObject({ title: 'theirs', caption: null });
    expect(detail(b)).toMatchObject({ title: 'old', caption: null });
  });

  test('the step a message named is taken back, not the one that came after it, and only once', async () => {
    const [a] = library.photos({});
    await library.core.trash.trash([a ?? '']);
    const [trashed] = library.core.undo.list(1);
    await library.core.personal.setFavourite([a ?? ''], true);
    expect(await library.core.undo.undo(trashed?.id)).toMatchObject({ skipped: 0, step: { id: trashed?.id } });
    expect(detail(a)).toMatchObject({ favourite: true, trashedAt: null });
    expect(await library.core.undo.undo(trashed?.id)).toEqual({ step: null, skipped: 0 });
    expect(library.core.undo.list(10).map(({ label, state }) => [label, state])).toEqual([
      ['Moved 1 photo to the trash', 'undone'],
      ['Made 1 photo favourite', 'done'],
    ]);
    expect(await library.core.undo.redo()).toMatchObject({ step: { id: trashed?.id, state: 'done' } });
  });

  test('an album others put photos into is not taken away by undoing its making', async () => {
    const [a] = library.photos({});
    const album = await library.core.albums.create({ kind: 'manual', title: 'A', parentID: null, photoIDs: [] });
    library.remote(
      `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_by, created_at, modified_at) VALUES ('i1', 'library', ?, ?, 'V', 'ana', 1, 1)`,
      album.id,
      a ?? '',
    );
    expect(await library.core.undo.undo()).toMatchObject({
      skipped: 1,
      step: { label: 'Made the album “A”', state: 'done' },
    });
    expect(library.rows('SELECT id FROM album')).toHaveLength(1);
  });

  test('a right that was taken away meanwhile: the row is skipped, the rest is undone', async () => {
    const share = library.share('share.6', { mine: false, rights: 3 });
    const [mine] = library.photos({ title: 'old' });
    library.remote(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, created_by, created_at, modified_at, sort_at)
       VALUES ('theirs', ?, 'photo', 'image', 'a.jpg', 'old', 'ana', 1, 1, 1)`,
      share,
    );
    expect(await library.core.facts.setText([mine ?? '', 'theirs'], { title: 'new' })).toEqual({
      changed: 2,
      refused: 0,
    });
    library.store.connection.raw.exec(`UPDATE zone SET rights = 0 WHERE id = '${share}'`);
    expect(await library.core.undo.undo()).toMatchObject({ skipped: 1 });
    expect(detail(mine)?.title).toBe('old');
    expect(detail('theirs')?.title).toBe('new');
  });

  test('the history panel reads like sentences, newest first, and forgets the course not taken', async () => {
    const ids = library.photos({}, {});
    await library.core.tags.apply(ids, ['Crete'], []);
    await library.core.personal.setRating(ids, 5);
    await library.core.undo.undo();
    expect(library.core.undo.list(10).map(({ label, state }) => [label, state])).toEqual([
      ['Rated 2 photos ★★★★★', 'undone'],
      ['Tagged 2 photos “Crete”', 'done'],
    ]);
    await library.core.personal.setFavourite(ids.slice(0, 1), true);
    expect(library.core.undo.list(10).map(({ label, state }) => [label, state])).toEqual([
      ['Made 1 photo favourite', 'done'],
      ['Tagged 2 photos “Crete”', 'done'],
    ]);
    expect(await library.core.undo.redo()).toEqual({ step: null, skipped: 0 });
  });

  test('a bulk step writes at most 200 rows per transaction and is undone as one', async () => {
    const ids = library.photos(...Array.from({ length: 1_000 }, () => ({})));
    await library.core.tags.apply(ids, ['Crete'], []);
    const sizes = library.rows<{ n: number }>(
      `SELECT count(*) AS n FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
       WHERE t.step IS NOT NULL GROUP BY t.id`,
    );
    expect(Math.max(...sizes.map(({ n }) => n))).toBeLessThanOrEqual(200);
    expect(sizes.length).toBe(6);
    await library.core.undo.undo();
    expect(readTags(library.store.connection)).toEqual([]);
    expect(library.core.undo.list(10)).toHaveLength(1);
  });

  test('two bulk steps asked for at once do not mix', async () => {
    const ids = library.photos(...Array.from({ length: 500 }, () => ({})));
    await Promise.all([library.core.tags.apply(ids, ['One'], []), library.core.tags.apply(ids, ['Two'], [])]);
    const steps = library.rows<{ step: string }>(
      'SELECT step FROM history_transaction WHERE step IS NOT NULL ORDER BY id',
    );
    const changes = steps.filter((row, index) => index > 0 && row.step !== steps[index - 1]?.step);
    expect(changes).toHaveLength(1);
  });

  test('a library closed in the middle of a bulk step undoes what was written after the next start', async () => {
    const ids = library.photos(...Array.from({ length: 1_000 }, () => ({})));
    const running = library.core.tags.apply(ids, ['Crete'], []);
    const outcome = running.then(
      () => 'done',
      (error: Error) => error.message,
    );
    library = await library.reopen();
    expect(await outcome).toContain('closed');
    const written = library.rows('SELECT id FROM photo_tag').length;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(1_000);
    await library.core.undo.undo();
    expect(library.rows('SELECT id FROM photo_tag')).toEqual([]);
  });
});

describe('duplicates', () => {
  test('copies of one moment, same name and size, and look-alikes are grouped, each photo once', () => {
    const hash = '1QcSHQRnh493V4dIh4eXh1h4kJUI';
    const [a, b, c, d, e, f] = library.photos(
      { takenAt: '2024-01-01T10:00:00', model: 'R5' },
      { takenAt: '2024-01-01T10:00:00', model: 'R5' },
      { name: 'x.jpg', size: 77, takenAt: '2023-01-01T10:00:00' },
      { name: 'x.jpg', size: 77, takenAt: '2022-01-01T10:00:00' },
      { thumbhash: hash, takenAt: '2021-01-01T10:00:00' },
      { thumbhash: hash, takenAt: '2020-01-01T10:00:00' },
      { takenAt: '2019-01-01T10:00:00', model: 'R5' },
      { takenAt: '2019-01-01T10:00:00', model: 'Z8' },
    );
    const groups = library.core.duplicates.groups(10).map(({ reason, ids }) => [reason, ids.toSorted()]);
    expect(groups).toEqual([
      ['sameMoment', [a, b].toSorted()],
      ['sameNameAndSize', [c, d].toSorted()],
      ['looksAlike', [e, f].toSorted()],
    ]);
  });

  test('photos somebody kept are not offered together again, until that is taken back or another joins them', () => {
    const moment = { takenAt: '2024-01-01T10:00:00', model: 'R5' };
    const hash = '1QcSHQRnh493V4dIh4eXh1h4kJUI';
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = library.photos(
      moment,
      moment,
      { thumbhash: hash, takenAt: '2021-01-01T10:00:00' },
      { thumbhash: hash, takenAt: '2020-01-01T10:00:00' },
      { name: 'x.jpg', size: 77, takenAt: '2019-01-01T10:00:00' },
      { name: 'x.jpg', size: 77, takenAt: '2018-01-01T10:00:00' },
    );
    const { duplicates } = library.core;
    const groups = () => duplicates.groups(10).map(({ ids }) => ids.toSorted());
    for (const pair of [
      [b, a],
      [c, d],
      [e, f],
    ]) {
      duplicates.keepApart(pair, true);
    }
    expect(groups()).toEqual([]);
    duplicates.keepApart([d, c], false);
    expect(groups()).toEqual([[c, d].toSorted()]);
    const [g = ''] = library.photos(moment);
    expect(groups()).toEqual([[a, b, g].toSorted(), [c, d].toSorted()]);
    duplicates.keepApart([g, a], true);
    expect(groups()[0]).toEqual([b, g].toSorted());
    expect(() => duplicates.keepApart([a, 'gone'], true)).toThrow('One of these photos is gone.');
  });

  test('merging keeps albums and their order, tags, favourite and the best rating, in one step', async () => {
    const [keep, other, first, last] = library.photos({}, {}, {}, {});
    const album = await library.core.albums.create({
      kind: 'manual',
      title: 'A',
      parentID: null,
      photoIDs: [first ?? '', other ?? '', last ?? ''],
    });
    await library.core.tags.apply([other ?? ''], ['Crete'], []);
    await library.core.personal.setFavourite([other ?? ''], true);
    await library.core.personal.setRating([other ?? ''], 4);
    await library.core.personal.setRating([keep ?? ''], 2);
    expect(await library.core.duplicates.merge(keep ?? '', [other ?? ''])).toEqual({ changed: 1, refused: 0 });
    expect(await library.ids({ source: { kind: 'album', id: album.id } })).toEqual([first, keep, last]);
    expect(detail(keep)).toMatchObject({ favourite: true, rating: 4 });
    expect(detail(keep)?.tags.map((tag) => tag.name)).toEqual(['Crete']);
    expect(await library.ids({ source: { kind: 'trash' } })).toEqual([other]);
    await library.core.undo.undo();
    expect(await library.ids({ source: { kind: 'album', id: album.id } })).toEqual([first, other, last]);
    expect(detail(keep)).toMatchObject({ favourite: false, rating: 2 });
  });
});
