// Measures every store query behind a screen: `npm run bench:library -- [--rows 100000,500000]`.
import '../../build/check-node.mjs';
import { parseArgs } from 'node:util';
import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoView } from '../../shared/model/photo.ts';
import { suggestFor } from '../../electron/core/library/search/suggest.ts';
import { readAlbums } from '../../electron/core/store/queries/albumRows.ts';
import { readMapClusters } from '../../electron/core/store/queries/mapClusters.ts';
import { readDetail, readTiles } from '../../electron/core/store/queries/photoRows.ts';
import { readTags } from '../../electron/core/store/queries/tagRows.ts';
import { createMeasure } from './measure.ts';
import { makeSyntheticLibrary } from './syntheticLibrary.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000,500000' } } });
const measure = createMeasure();

for (const rows of values.rows.split(',').map(Number)) {
  const library = await makeSyntheticLibrary(rows, console.log);
  const { core, store } = library;
  const { connection } = store;
  const perScreen = rows <= 100_000 ? 10 : 30;
  const view = (source: PhotoView['source'], query = ''): PhotoView => ({ source, scope: 'both', query });
  const whole = view({ kind: 'library' });
  const page = (one: PhotoView, limit: number) => core.timeline.page(core.listOf(one), undefined, limit);
  // What is remembered between two changes must not flatter the figures: something changes before each run.
  const changed = { prepare: () => store.setMeta('bench', String(performance.now())) };
  const measured = { ...changed, target: perScreen };

  measure.heading(`${rows.toLocaleString('en-GB')} photos: raw limits`);
  await measure.run('bare statement: 5,000 rows along the timeline index', () =>
    connection
      .statement(
        'SELECT id, ratio, sort_at FROM photo INDEXED BY photo_timeline WHERE trashed_at IS NULL AND hidden = 0 ORDER BY sort_at DESC, id DESC LIMIT 5000',
      )
      .columns(),
  );
  await measure.run('bare statement: count every row', () => connection.statement('SELECT count(*) FROM photo').get());
  await measure.run('bare full-text match, 500 rows', () =>
    connection
      .statement(`SELECT rowid FROM search_text WHERE search_text MATCH '"sunset" *' ORDER BY rowid DESC LIMIT 500`)
      .all(),
  );

  measure.heading('Library');
  await measure.run('timeline, first page of 5,000', () => page(whole, 5_000), measured);
  const first = page(whole, 5_000).next ?? undefined;
  await measure.run(
    'timeline, next page of 5,000',
    () => core.timeline.page(core.listOf(whole), first, 5_000),
    measured,
  );
  await measure.run('months and total, for the scrubber', () => core.timeline.months(core.listOf(whole)), measured);
  const tiles = library.ids.slice(0, 200);
  await measure.run('200 tiles (a screen and its margins)', () => readTiles(connection, tiles), measured);
  await measure.run('the inspector of one photo', () => readDetail(connection, library.ids[7] ?? ''), measured);
  await measure.run('albums in the sidebar', () => readAlbums(connection), measured);
  await measure.run('tags', () => readTags(connection), measured);
  await measure.run(
    'tag state of 1,000 selected photos',
    () => core.tags.stateOf(library.ids.slice(0, 1_000)),
    measured,
  );
  for (const kind of ['favourites', 'recent', 'trash', 'hidden'] as const) {
    await measure.run(`${kind}, first page`, () => page(view({ kind }), 5_000), measured);
  }
  await measure.run(
    'a tag, first page (a fiftieth of the library)',
    () => page(view({ kind: 'tag', id: library.bigTag as never }), 500),
    measured,
  );
  await measure.run('all ids, for select all', () => core.timeline.allIDs(core.listOf(whole)), changed);
  await measure.run(
    'map of a country',
    () => readMapClusters(connection, core.listOf(whole), { west: 0, east: 20, south: 40, north: 55, cells: 24 }),
    measured,
  );
  await measure.run(
    'map of the world',
    () => readMapClusters(connection, core.listOf(whole), { west: -180, east: 180, south: -90, north: 90, cells: 24 }),
    changed,
  );
  await measure.run('duplicates, first 100 groups (asked for by hand)', () => core.duplicates.groups(100), changed);

  measure.heading('Albums');
  await measure.run(
    `album of ${Math.min(50_000, rows).toLocaleString('en-GB')}, opened`,
    () => page(view({ kind: 'album', id: library.bigAlbum as never }), 5_000),
    { ...changed, target: 100 },
  );
  const smart = await core.albums.create({
    kind: 'smart',
    title: 'Best of Canon in summer',
    parentID: null,
    photoIDs: [],
    rules: {
      match: 'all',
      rules: [
        { field: 'rating', comparison: 'atLeast', value: 4 },
        { field: 'camera', comparison: 'contains', value: 'canon' },
        { field: 'date', comparison: 'after', value: '2010-01-01' },
        { field: 'size', comparison: 'atLeast', value: 1_000_000 },
      ],
    },
  });
  const broad = await core.albums.create({
    kind: 'smart',
    title: 'Nearly everything',
    parentID: null,
    photoIDs: [],
    rules: {
      match: 'any',
      rules: [
        { field: 'kind', comparison: 'is', value: 'photo' },
        { field: 'tag', comparison: 'is', value: 'Crete' },
      ],
    },
  });
  for (const [name, album] of [
    ['narrow (4 rules)', smart],
    ['broad (matches 96 %)', broad],
  ] as const) {
    await measure.run(
      `smart album, ${name}, first page of 500`,
      () => page(view({ kind: 'album', id: album.id }), 500),
      {
        ...changed,
        target: 100,
      },
    );
    await measure.run(
      `smart album, ${name}, first page of 5,000`,
      () => page(view({ kind: 'album', id: album.id }), 5_000),
      {
        ...changed,
        target: 100,
      },
    );
    await measure.run(
      `smart album, ${name}, count (in the background)`,
      () => core.timeline.count(core.listOf(view({ kind: 'album', id: album.id }))),
      changed,
    );
  }

  measure.heading('Search, one keystroke: suggestions and the first 500 results');
  for (const text of [
    's',
    'su',
    'sun',
    'sunset',
    'sunset b',
    'img_00',
    '京',
    '京都',
    'crete',
    'tag:crete rating:>3',
    'summer 2019',
    'camera:canon -type:video',
  ]) {
    const results = view({ kind: 'library' }, text);
    const keystroke = () => {
      suggestFor(connection, text, 10);
      page(results, 500);
    };
    await measure.run(`“${text}”`, keystroke, { ...changed, target: 30 });
  }
  measure.heading('Search, how many were found');
  for (const text of ['s', 'sunset', 'img', 'crete', 'type:photo']) {
    await measure.run(`“${text}”`, () => core.timeline.count(core.listOf(view({ kind: 'library' }, text))), {
      ...changed,
      target: rows <= 100_000 ? 30 : 60,
    });
  }
  const found: PhotoID[] = page(view({ kind: 'library' }, 'sunset'), 500).ids;
  if (found.length === 0) throw new Error('The search found nothing: these figures mean nothing.');
  await library.dispose();
}
measure.finish();
