import { fc } from '../helpers/properties.ts';
import { expect, test } from 'vitest';
import { isAppError } from '../../shared/errors.ts';
import type { SmartRules } from '../../shared/model/album.ts';
import { checkIntegrity } from '../../electron/core/store/integrity.ts';
import { readAlbums } from '../../electron/core/store/queries/albumRows.ts';
import { readTags } from '../../electron/core/store/queries/tagRows.ts';
import { canonicalDump } from '../helpers/canonicalDump.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';

/** SHOEBOX_PROPERTY_RUNS=400 makes a campaign of it, SHOEBOX_SEED repeats one. */
const runs = Number(process.env['SHOEBOX_PROPERTY_RUNS'] ?? 25);
const some = fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 6 });
const name = fc.constantFrom('Crete', 'crete', 'Été', 'family', 'FAMILY', 'Print');
const nth = fc.nat(5);
const rules: fc.Arbitrary<SmartRules> = fc.constantFrom<SmartRules>(
  { match: 'all', rules: [{ field: 'rating', comparison: 'atLeast', value: 3 }] },
  {
    match: 'any',
    rules: [
      { field: 'tag', comparison: 'is', value: 'Crete' },
      { field: 'favourite', comparison: 'is', value: true },
    ],
  },
);

/** Every kind of organising step, by numbers that are looked up in the library at the moment it is done. */
const step = fc.oneof(
  fc.record({
    do: fc.constant('tag' as const),
    photos: some,
    add: fc.uniqueArray(name, { maxLength: 2 }),
    remove: fc.uniqueArray(name, { maxLength: 1 }),
  }),
  fc.record({ do: fc.constant('createTag' as const), name }),
  fc.record({ do: fc.constant('renameTag' as const), tag: nth, name }),
  fc.record({ do: fc.constant('colourTag' as const), tag: nth, color: fc.constantFrom('red', null) }),
  fc.record({ do: fc.constant('deleteTag' as const), tag: nth }),
  fc.record({ do: fc.constant('createAlbum' as const), parent: nth, photos: some, title: name }),
  fc.record({ do: fc.constant('createFolder' as const), parent: nth, title: name }),
  fc.record({ do: fc.constant('createSmart' as const), rules }),
  fc.record({
    do: fc.constant('changeAlbum' as const),
    album: nth,
    title: name,
    sort: fc.constantFrom('name' as const, 'manual' as const),
    cover: fc.option(fc.nat(7)),
  }),
  fc.record({ do: fc.constant('moveAlbum' as const), album: nth, parent: nth, before: fc.option(nth) }),
  fc.record({ do: fc.constant('duplicateAlbum' as const), album: nth }),
  fc.record({ do: fc.constant('deleteAlbum' as const), album: nth }),
  fc.record({ do: fc.constant('convertAlbum' as const), album: nth }),
  fc.record({ do: fc.constant('addToAlbum' as const), album: nth, photos: some }),
  fc.record({ do: fc.constant('removeFromAlbum' as const), album: nth, photos: some }),
  fc.record({ do: fc.constant('reorder' as const), album: nth, photos: some, before: fc.option(fc.nat(7)) }),
  fc.record({ do: fc.constant('favourite' as const), photos: some, on: fc.boolean() }),
  fc.record({ do: fc.constant('hide' as const), photos: some, on: fc.boolean() }),
  fc.record({ do: fc.constant('rate' as const), photos: some, rating: fc.nat(5) }),
  fc.record({ do: fc.constant('text' as const), photos: some, title: fc.option(name), caption: fc.option(name) }),
  fc.record({ do: fc.constant('shiftDate' as const), photos: some, seconds: fc.integer({ min: -1e6, max: 1e6 }) }),
  fc.record({ do: fc.constant('setDate' as const), photos: some }),
  fc.record({ do: fc.constant('zone' as const), photos: some, offset: fc.constantFrom(-120, 0, 330) }),
  fc.record({
    do: fc.constant('place' as const),
    photos: some,
    where: fc.option(fc.constant({ latitude: 35.5, longitude: 24 })),
  }),
  fc.record({ do: fc.constant('comment' as const), photo: fc.nat(7), text: name }),
  fc.record({ do: fc.constant('editComment' as const), at: nth, text: name }),
  fc.record({ do: fc.constant('removeComment' as const), at: nth }),
  fc.record({ do: fc.constant('trash' as const), photos: some }),
  fc.record({ do: fc.constant('restore' as const), photos: some }),
  fc.record({ do: fc.constant('merge' as const), photos: some }),
  fc.record({ do: fc.constant('saveSearch' as const), title: name }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Command = Step | { readonly do: 'undo' } | { readonly do: 'redo' } | { readonly do: 'restart' };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: step },
  { weight: 4, arbitrary: fc.constant({ do: 'undo' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'redo' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** Does a step; a step that makes no sense now is refused in words, which is an answer too. */
async function perform(library: Organiser, photos: readonly string[], one: Step): Promise<void> {
  const { core, store } = library;
  const of = (indexes: readonly number[]) => indexes.map((index) => photos[index] ?? '');
  const tag = (index: number) => readTags(store.connection)[index]?.id ?? 'none';
  const album = (index: number) => readAlbums(store.connection)[index]?.id ?? 'none';
  const folder = (index: number) =>
    readAlbums(store.connection).filter((one) => one.kind === 'folder')[index]?.id ?? null;
  const comment = (index: number) =>
    library.rows<{ id: string }>('SELECT id FROM comment ORDER BY id')[index]?.id ?? 'none';
  switch (one.do) {
    case 'tag':
      return void (await core.tags.apply(of(one.photos), one.add, one.remove));
    case 'createTag':
      return void (await core.tags.create(one.name, null));
    case 'renameTag':
      return void (await core.tags.update(tag(one.tag), { name: one.name }));
    case 'colourTag':
      return void (await core.tags.update(tag(one.tag), { color: one.color }));
    case 'deleteTag':
      return core.tags.delete(tag(one.tag));
    case 'createAlbum':
      return void (await core.albums.create({
        kind: 'manual',
        title: one.title,
        parentID: folder(one.parent),
        photoIDs: of(one.photos),
      }));
    case 'createFolder':
      return void (await core.albums.create({
        kind: 'folder',
        title: one.title,
        parentID: folder(one.parent),
        photoIDs: [],
      }));
    case 'createSmart':
      return void (await core.albums.create({
        kind: 'smart',
        title: 'Smart',
        parentID: null,
        photoIDs: [],
        rules: one.rules,
      }));
    case 'changeAlbum':
      return void (await core.albums.update(album(one.album), {
        title: one.title,
        sort: one.sort,
        coverPhotoID: one.cover === null ? null : (photos[one.cover] ?? null),
      }));
    case 'moveAlbum':
      return void (await core.albums.move(
        album(one.album),
        folder(one.parent),
        one.before === null ? null : album(one.before),
      ));
    case 'duplicateAlbum':
      return void (await core.albums.duplicate(album(one.album)));
    case 'deleteAlbum':
      return core.albums.delete(album(one.album));
    case 'convertAlbum':
      return void (await core.albums.convertToManual(album(one.album)));
    case 'addToAlbum':
      return void (await core.albumItems.add(album(one.album), of(one.photos)));
    case 'removeFromAlbum':
      return void (await core.albumItems.remove(album(one.album), of(one.photos)));
    case 'reorder':
      return core.albumItems.move(
        album(one.album),
        of(one.photos),
        one.before === null ? null : (photos[one.before] ?? null),
      );
    case 'favourite':
      return void (await core.personal.setFavourite(of(one.photos), one.on));
    case 'hide':
      return void (await core.personal.setHidden(of(one.photos), one.on));
    case 'rate':
      return void (await core.personal.setRating(of(one.photos), one.rating));
    case 'text':
      return void (await core.facts.setText(of(one.photos), { title: one.title, caption: one.caption }));
    case 'shiftDate':
      return void (await core.facts.setDate(of(one.photos), { mode: 'shift', seconds: one.seconds }));
    case 'setDate':
      return void (await core.facts.setDate(of(one.photos), {
        mode: 'set',
        takenAt: '2011-11-11T11:11:11',
        offset: 60,
      }));
    case 'zone':
      return void (await core.facts.setDate(of(one.photos), { mode: 'zone', offset: one.offset }));
    case 'place':
      return void (await core.facts.setPlace(of(one.photos), one.where));
    case 'comment':
      return void (await core.comments.add(photos[one.photo] ?? '', one.text, 'text'));
    case 'editComment':
      return void (await core.comments.edit(comment(one.at), one.text));
    case 'removeComment':
      return core.comments.remove(comment(one.at));
    case 'trash':
      return void (await core.trash.trash(of(one.photos)));
    case 'restore':
      return void (await core.trash.restore(of(one.photos)));
    case 'merge':
      return void (await core.duplicates.merge(photos[one.photos[0] ?? 0] ?? '', of(one.photos.slice(1))));
    case 'saveSearch':
      return void (await core.savedSearches.save(one.title, 'crete'));
  }
}

test('undo goes back over the same states and redo forward, byte for byte, over restarts too', async () => {
  let undone = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 25 }), async (commands) => {
      let library = openOrganiser();
      try {
        const photos = library.photos(
          ...Array.from({ length: 8 }, (_, index) => ({
            takenAt: index === 7 ? null : `2024-0${index + 1}-01T10:00:00`,
            offset: index % 2 === 0 ? 120 : null,
            ...(index % 3 === 0 ? { country: 'Greece', make: 'Canon', latitude: 1, longitude: 2 } : {}),
          })),
        );
        // What the store looked like after each step of the course taken; `at` is where we are in it.
        const states = [canonicalDump(library.store)];
        let at = 0;
        for (const one of [
          ...commands,
          ...commands.map((): Command => ({ do: 'undo' })),
          ...commands.map((): Command => ({ do: 'redo' })),
        ]) {
          library.clock += 1_000;
          if (one.do === 'restart') library = await library.reopen();
          else if (one.do === 'undo') {
            const { step, skipped } = await library.core.undo.undo();
            expect(step === null).toBe(at === 0);
            expect(skipped).toBe(0);
            if (at > 0) at -= 1;
            undone += step === null ? 0 : 1;
          } else if (one.do === 'redo') {
            const { step, skipped } = await library.core.undo.redo();
            expect(step === null).toBe(at === states.length - 1);
            expect(skipped).toBe(0);
            if (at < states.length - 1) at += 1;
          } else {
            try {
              await perform(library, photos, one);
            } catch (error) {
              if (!isAppError(error)) throw error;
            }
            const after = canonicalDump(library.store);
            if (after === states[at]) continue;
            states.splice(at + 1, states.length, after);
            at += 1;
          }
          expect(canonicalDump(library.store)).toBe(states[at]);
        }
        expect(checkIntegrity(library.store.connection)).toEqual([]);
      } finally {
        await library.dispose();
      }
    }),
    {
      numRuns: runs,
      ...(process.env['SHOEBOX_SEED'] === undefined ? {} : { seed: Number(process.env['SHOEBOX_SEED']) }),
    },
  );
  // A generator that makes only refused steps would prove nothing.
  expect(undone).toBeGreaterThan(runs);
}, 600_000);
