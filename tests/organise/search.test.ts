import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fold, phrase, wordsOf } from '../../electron/core/library/search/fold.ts';
import { readDateWords } from '../../electron/core/library/search/dates.ts';
import { readQuery } from '../../electron/core/library/search/query.ts';
import { suggestFor } from '../../electron/core/library/search/suggest.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

let library: Organiser;
beforeEach(() => {
  library = openOrganiser();
});
afterEach(() => library.dispose());

const find = (query: string) => library.ids({ query });

describe('words', () => {
  test('letter case, accents and compatibility forms are one', () => {
    expect(fold('ÉTÉ Straße ΣΊΣΥΦΟΣ ﬁlm Ёлка')).toBe('ete strasse σισυφοσ film елка');
  });
  test('vowel signs of Indic scripts are letters, points of Hebrew and Arabic are not', () => {
    expect(fold('हिन्दी')).not.toBe(fold('हन्द'));
    expect(fold('שָׁלוֹם')).toBe(fold('שלום'));
    expect(fold('مُحَمَّد')).toBe(fold('محمد'));
  });
  test('a script without spaces is split by character, letters from digits', () => {
    expect(wordsOf('京都タワー DSC0042')).toEqual(['京', '都', 'タ', 'ワ', 'ー', 'dsc', '0042']);
  });
  test('quotes and operators typed by a person are words, never syntax', () => {
    expect(phrase('" OR NEAR(')).toBe('"or near" *');
    expect(phrase('***')).toBeUndefined();
  });
  test('a single letter narrows nothing until it goes on, stands in quotes, or is a character of an unspaced script', () => {
    expect(phrase('s')).toBeUndefined();
    expect(phrase('su')).toBe('"su" *');
    expect(phrase('s', true)).toBe('"s"');
    expect(phrase('京')).toBe('"京"');
  });
});

describe('finding', () => {
  test.each([
    ['name', { name: 'IMG_4711.JPG' }, '4711'],
    ['the beginning of a name', { name: 'IMG_4711.JPG' }, 'img_47'],
    ['title', { title: 'Alpenglühen' }, 'alpengluhen'],
    ['caption', { caption: 'Überall Schnee' }, 'SCHNEE'],
    ['place', { place: 'Reykjavík', country: 'Iceland' }, 'reykjavik iceland'],
    ['camera', { make: 'Canon', model: 'EOS R5' }, 'eos r5'],
    ['lens', { lens: 'RF24-70mm' }, '24-70'],
    ['two characters of Japanese', { place: '京都市' }, '京都'],
    ['Thai inside a word', { title: 'สวัสดีครับ' }, 'ครับ'],
    ['Korean by its beginning', { title: '서울타워' }, '서울'],
    ['Cyrillic without its accent', { title: 'Ёлка' }, 'елка'],
    ['Greek in capitals', { title: 'Ελλάδα' }, 'ΕΛΛΑΔΑ'],
  ])('text in %s', async (_, made, query) => {
    const [wanted] = library.photos(made, { name: 'other.jpg', title: 'Nothing' });
    expect(await find(query)).toEqual([wanted]);
  });

  test('words must all be there, in any column and any order', async () => {
    const [wanted] = library.photos({ title: 'Sunset', place: 'Chania' }, { title: 'Sunset' }, { place: 'Chania' });
    expect(await find('chania sun')).toEqual([wanted]);
  });

  test('a quoted phrase keeps its words together', async () => {
    const [wanted] = library.photos({ title: 'red door' }, { title: 'door, red' });
    expect(await find('"red door"')).toEqual([wanted]);
    expect(await find('red door')).toHaveLength(2);
  });

  test('tags and comments are found as soon as they are there, and no longer when they are gone', async () => {
    const [one, two] = library.photos({}, {});
    await library.core.tags.apply([one ?? ''], ['Crète'], []);
    const comment = await library.core.comments.add(two ?? '', 'what a wave', 'text');
    expect(await find('crete')).toEqual([one]);
    expect(await find('tag:crete')).toEqual([one]);
    expect(await find('wave')).toEqual([two]);
    await library.core.comments.remove(comment.id);
    await library.core.tags.apply([one ?? ''], [], ['CRÈTE']);
    expect(await find('crete')).toEqual([]);
    expect(await find('wave')).toEqual([]);
  });

  test('a renamed tag is found by its new name', async () => {
    const [one] = library.photos({});
    await library.core.tags.apply([one ?? ''], ['Krete'], []);
    const tag = library.rows<{ id: string }>('SELECT id FROM tag')[0];
    await library.core.tags.update(tag?.id ?? '', { name: 'Crete' });
    expect(await find('crete')).toEqual([one]);
    expect(await find('krete')).toEqual([]);
  });

  test('facets: rating, favourite, kind, camera, lens, place, edited, person, album', async () => {
    const share = library.share('share.9', { mine: false, rights: 3 });
    const [a, b, c] = library.photos(
      { make: 'Canon', model: 'Canon EOS R5', place: 'Chania', region: 'Crete', country: 'Greece' },
      { kind: 'video', make: 'SONY', model: 'ILCE-7M4' },
      { kind: 'rawJpeg', lens: '50mm' },
    );
    library.remote(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
       VALUES ('ana-photo', ?, 'photo', 'image', 'a.jpg', 'ana', 1, 1, 1)`,
      share,
    );
    library.store.connection.raw.exec(
      `INSERT INTO participant (id, zone_id, user_name, display_name, type, rights, acceptance)
       VALUES ('x', 'share.9', 'ana', 'Ana Maria', 'USER', 15, 'ACCEPTED')`,
    );
    await library.core.personal.setRating([a ?? ''], 5);
    await library.core.personal.setRating([b ?? ''], 2);
    await library.core.personal.setFavourite([c ?? ''], true);
    await library.core.albums.create({
      kind: 'manual',
      title: 'Best of',
      parentID: null,
      photoIDs: [a ?? '', c ?? ''],
    });
    expect(await find('rating:>3')).toEqual([a]);
    expect(await find('rating:<3')).toEqual([b]);
    expect((await find('rating:none')).toSorted()).toEqual([c, 'ana-photo'].toSorted());
    expect(await find('is:favourite')).toEqual([c]);
    expect(await find('type:video')).toEqual([b]);
    expect(await find('type:raw')).toEqual([c]);
    expect(await find('camera:"eos r5"')).toEqual([a]);
    expect(await find('lens:50')).toEqual([c]);
    expect(await find('place:crete')).toEqual([a]);
    expect(await find('by:ana')).toEqual(['ana-photo']);
    expect((await find('by:me')).toSorted()).toEqual([a, b, c].toSorted());
    expect((await find('album:best')).toSorted()).toEqual([a, c].toSorted());
    expect(await find('album:best -is:favourite')).toEqual([a]);
    expect((await find('-type:video -by:ana')).toSorted()).toEqual([a, c].toSorted());
    expect(await find('tag:nobodyhasthis')).toEqual([]);
  });

  test('dates in words narrow by local time', async () => {
    const [june, july, autumn] = library.photos(
      { takenAt: '2024-06-30T23:59:59' },
      { takenAt: '2024-07-01T00:00:00' },
      { takenAt: '2019-10-05T08:00:00' },
    );
    expect(await find('last month')).toEqual([june]);
    expect(await find('this month')).toEqual([july]);
    expect(await find('autumn 2019')).toEqual([autumn]);
    expect(await find('2024')).toEqual([july, june]);
    expect(await find('-2024')).toEqual([autumn]);
    expect(await find('date:2019-10-05')).toEqual([autumn]);
    expect(await find('before:2024-07')).toEqual([june, autumn]);
    expect(await find('after:2024-06')).toEqual([july]);
  });

  test('matches come in the order of the timeline, also when a date changes and when many share one moment', async () => {
    const ids = library.photos(
      ...Array.from({ length: 1_100 }, () => ({ title: 'wave', takenAt: '2020-01-01T00:00:00' })),
    );
    const [early] = library.photos({ title: 'wave', takenAt: '2001-01-01T00:00:00' });
    expect((await find('wave')).at(-1)).toBe(early);
    expect(await find('wave')).toHaveLength(1_101);
    await library.core.facts.setDate([early ?? ''], { mode: 'set', takenAt: '2022-01-01T00:00:00', offset: null });
    expect((await find('wave'))[0]).toBe(early);
    expect(new Set(await find('wave'))).toEqual(new Set([...ids, early]));
  });

  test('what is hidden or in the trash is not found in the library, and not counted', async () => {
    const [one, two, three] = library.photos({ title: 'wave' }, { title: 'wave' }, { title: 'wave' });
    await library.core.personal.setHidden([one ?? ''], true);
    await library.core.trash.trash([two ?? '']);
    expect(await find('wave')).toEqual([three]);
    const view = { source: { kind: 'library' as const }, scope: 'both' as const, query: 'wave' };
    expect(library.core.timeline.count(library.core.listOf(view))).toBe(1);
    expect(await library.ids({ source: { kind: 'trash' }, query: 'wave' })).toEqual([two]);
    expect(await library.ids({ source: { kind: 'hidden' }, query: 'wave' })).toEqual([one]);
  });

  test('a search inside an album, a tag and a share stays inside', async () => {
    const share = library.share('share.1');
    const [one, two] = library.photos({ title: 'wave' }, { title: 'wave' });
    const [three] = library.photos({ title: 'wave', zone: share });
    const album = await library.core.albums.create({
      kind: 'manual',
      title: 'A',
      parentID: null,
      photoIDs: [one ?? ''],
    });
    await library.core.tags.apply([two ?? ''], ['T'], []);
    const tag = library.rows<{ id: string }>('SELECT id FROM tag')[0]?.id ?? '';
    expect(await library.ids({ source: { kind: 'album', id: album.id }, query: 'wave' })).toEqual([one]);
    expect(await library.ids({ source: { kind: 'tag', id: tag as never }, query: 'wave' })).toEqual([two]);
    expect(await library.ids({ source: { kind: 'share', id: share as never }, query: 'wave' })).toEqual([three]);
    expect(await library.ids({ scope: 'shared', query: 'wave' })).toEqual([three]);
  });
});

describe('the index', () => {
  test('a photo that sync removes leaves the index', async () => {
    const [one] = library.photos({ title: 'wave' });
    expect(await find('wave')).toEqual([one]);
    library.remote('DELETE FROM photo WHERE id = ?', one ?? '');
    expect(await find('wave')).toEqual([]);
    expect(library.rows('SELECT * FROM search_document')).toEqual([]);
  });

  test('its token and its effect commit together: what was not indexed before a restart is indexed after it', async () => {
    const photos = library.photos(...Array.from({ length: 300 }, () => ({ title: 'wave' })));
    // Closed before the background had its turn.
    library = await library.reopen();
    expect(await find('wave')).toHaveLength(photos.length);
    const newest = library.store.history.newestToken('private');
    expect(library.store.history.readerToken('search', 'private')).toBe(newest);
    expect(library.rows('SELECT * FROM search_pending')).toEqual([]);
  });

  test('a small step is found at once, without waiting for the background', async () => {
    const [one] = library.photos({ title: 'wave' });
    await library.core.searchIndex.idle();
    await library.core.facts.setText([one ?? ''], { title: 'storm' });
    const list = library.core.listOf({ source: { kind: 'library' }, scope: 'both', query: 'storm' });
    expect(library.core.timeline.allIDs(list)).toEqual([one]);
  });

  test('when it catches up by itself no window is told to read again', async () => {
    await library.core.searchIndex.idle();
    const [one] = library.photos({ title: 'wave' });
    let heard = 0;
    const listening = library.store.didChange.subscribe(() => (heard += 1));
    await library.core.searchIndex.idle();
    listening.dispose();
    expect(library.rows('SELECT photo_id FROM search_document')).toEqual([{ photo_id: one }]);
    expect(heard).toBe(0);
  });

  test('who searched before much of it was there is told once it is', async () => {
    await library.core.searchIndex.idle();
    const photos = library.photos(...Array.from({ length: 300 }, () => ({ title: 'wave' })));
    const found = () =>
      library.core.timeline.allIDs(library.core.listOf({ source: { kind: 'library' }, scope: 'both', query: 'wave' }))
        .length;
    expect(found()).toBeLessThan(photos.length);
    const foundWhenTold: number[] = [];
    const listening = library.store.didChange.subscribe(() => foundWhenTold.push(found()));
    await library.core.searchIndex.idle();
    listening.dispose();
    expect(foundWhenTold).toEqual([photos.length]);
  });
});

describe('understanding the text', () => {
  const now = Date.UTC(2024, 6, 15, 12);
  const chips = (text: string) =>
    readQuery(text, now).map((term) => `${term.negated ? '-' : ''}${term.wanted.kind}:${term.label}`);
  test('words, phrases, facets and dates become chips that know their source', () => {
    expect(chips('crete summer 2019 tag:beach rating:>3 "red door" -type:video')).toEqual([
      'text:crete',
      'date:summer 2019',
      'tag:beach',
      'rating:★★★★ or more',
      'text:red door',
      '-kind:video',
    ]);
    const text = 'a tag:"two words" last month';
    for (const { source, start, end } of readQuery(text, now)) expect(text.slice(start, end)).toBe(source);
    // Quotes around nothing ask for nothing.
    expect(chips('a "" " ')).toEqual(['text:a']);
  });
  test('what is no facet and no date is text', () => {
    expect(chips('http://x rating:many may march summer')).toEqual([
      'text:http://x',
      'text:rating:many',
      'text:may',
      'text:march',
      'text:summer',
    ]);
  });
  test.each([
    ['today', '2024-07-15', '2024-07-16'],
    ['yesterday', '2024-07-14', '2024-07-15'],
    ['this week', '2024-07-15', '2024-07-22'],
    ['last week', '2024-07-08', '2024-07-15'],
    ['last month', '2024-06-01', '2024-07-01'],
    ['last year', '2023-01-01', '2024-01-01'],
    ['winter 2019', '2019-12-01', '2020-03-01'],
    ['last summer', '2023-06-01', '2023-09-01'],
    ['last winter', '2023-12-01', '2024-03-01'],
    ['14 july 2019', '2019-07-14', '2019-07-15'],
    ['feb 2020', '2020-02-01', '2020-03-01'],
    ['december', '2023-12-01', '2024-01-01'],
    ['3 years ago', '2021-01-01', '2022-01-01'],
    ['last 30 days', '2024-06-15', '2024-07-16'],
    ['2018..2019', '2018-01-01', '2020-01-01'],
  ])('%s', (text, from, to) => {
    const words = text.split(' ');
    const read = readDateWords(words, now);
    expect(read?.length).toBe(words.length);
    expect(new Date(read?.span.from ?? 0).toISOString().slice(0, 10)).toBe(from);
    expect(new Date(read?.span.to ?? 0).toISOString().slice(0, 10)).toBe(to);
  });
  test('a day no month has is no date', () => {
    expect(readDateWords(['31', 'june', '2019'], now)).toBeUndefined();
    expect(readDateWords(['2019-02-30'], now)).toBeUndefined();
  });
});

describe('suggestions and saved searches', () => {
  test('completions of the last word, best first, with counts, ready to be taken over', async () => {
    const ids = library.photos({ place: 'Chania', region: 'Crete', country: 'Greece' }, {}, {});
    await library.core.tags.apply(ids, ['Crete'], []);
    await library.core.tags.apply([ids[0] ?? ''], ['Secret'], []);
    const found = suggestFor(library.store.connection, 'beach cre', 10);
    expect(found.map(({ kind, label, count, text }) => [kind, label, count, text])).toEqual([
      ['tag', 'Crete', 3, 'beach tag:Crete '],
      ['place', 'Chania, Crete, Greece', 1, 'beach place:"Chania, Crete, Greece" '],
    ]);
    expect(suggestFor(library.store.connection, 'tag:', 10).map((one) => one.label)).toEqual(['Crete', 'Secret']);
    expect(suggestFor(library.store.connection, 'last', 10).map((one) => one.label)).toContain('last month');
    for (const one of found) expect(await find(one.text.replace('beach ', ''))).not.toEqual([]);
  });

  test('a completion is the whole new text: what stands before the last word is there once, as it was typed', async () => {
    const ids = library.photos({});
    await library.core.tags.apply(ids, ['Beach', 'Old Town'], []);
    const first = (text: string) => suggestFor(library.store.connection, text, 1)[0]?.text;
    expect(first('crete bea')).toBe('crete tag:Beach ');
    expect(first('crete -bea')).toBe('crete -tag:Beach ');
    expect(first('crete tag:"old to')).toBe('crete tag:"Old Town" ');
    expect(first('-"old to')).toBe('-tag:"Old Town" ');
    // The quote that ends a phrase begins none.
    expect(first('"red door" bea')).toBe('"red door" tag:Beach ');
    expect(first('tag:"Old Town" bea')).toBe('tag:"Old Town" tag:Beach ');
    expect(first('crete yest')).toBe('crete yesterday ');
    expect(first('crete -yest')).toBe('crete -yesterday ');
    expect(first('crete ')).toBeUndefined();
  });

  test('a saved search keeps its text, is replaced under its name, and can be undone', async () => {
    await library.core.savedSearches.save('Trips', 'crete');
    const saved = await library.core.savedSearches.save('Trips', 'crete 2019');
    expect(library.core.savedSearches.list()).toEqual([saved]);
    await library.core.undo.undo();
    expect(library.core.savedSearches.list()[0]?.query).toBe('crete');
    await library.core.savedSearches.remove(saved.id);
    expect(library.core.savedSearches.list()).toEqual([]);
  });

  test('a saved search gets another name, never that of another, and can be undone', async () => {
    const trips = await library.core.savedSearches.save('Trips', 'crete');
    await library.core.savedSearches.save('Alps', 'tyrol');
    expect(await library.core.savedSearches.rename(trips.id, 'Islands')).toEqual({ ...trips, title: 'Islands' });
    await expect(library.core.savedSearches.rename(trips.id, 'Alps')).rejects.toMatchObject({ code: 'alreadyExists' });
    await expect(library.core.savedSearches.rename('gone', 'Any')).rejects.toMatchObject({ code: 'notFound' });
    const titles = () => library.core.savedSearches.list().map((one) => one.title);
    expect(titles()).toEqual(['Islands', 'Alps']);
    await library.core.undo.undo();
    expect(titles()).toEqual(['Trips', 'Alps']);
  });
});
