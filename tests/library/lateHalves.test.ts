import { randomUUIDv7 } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOrganising, type Organising } from '../../electron/core/library/organising.ts';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, createPhotoMaker, type DrawnTags } from '../helpers/photos.ts';
import { realPhotosFolder } from '../helpers/realPhotos.ts';
import { writeVideo } from '../helpers/writeVideo.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
const real = realPhotosFolder();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

let base: string;
let library: IngestLibrary;
let core: Organising;
/** Called before a file is read whole. */
let beforeContent: (path: string) => Promise<void>;
/** What the halves of a Live Photo say of themselves: only a camera can write it into a still. */
let contentIdentifier: string | null;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-halves-'));
  beforeContent = () => Promise.resolve();
  contentIdentifier = null;
  const acting: MediaPool = {
    ...pool,
    run: (async (name, params, options) => {
      if (name === 'content' && 'path' in params) await beforeContent(params.path);
      const answer = await pool.run(name, params, options);
      return name === 'facts' && contentIdentifier !== null ? { ...answer, contentIdentifier } : answer;
    }) as MediaPool['run'],
    dispose: () => Promise.resolve(),
  };
  library = await openIngestLibrary({ pool: acting, unfinishedMs: 200 });
  core = createOrganising({
    store: library.store,
    now: Date.now,
    newId: randomUUIDv7,
    reportError: (error) => library.errors.push(error),
    moveToSystemTrash: () => Promise.resolve(),
  });
});
afterEach(async () => {
  expect(library.errors).toEqual([]);
  await core.dispose();
  await library.dispose();
  clear(base);
});

const shot: DrawnTags = { DateTimeOriginal: '2024:05:01 12:00:00', Make: 'Kodak', Model: 'Brownie' };
const jpeg = (path: string, tags: DrawnTags = shot) => maker.write(path, { seed: 1, tags });
/** A TIFF under a RAW's name: what it is is told by its header and the ending, its pixels do not matter here. */
const raw = async (path: string, tags: DrawnTags = shot) => {
  await maker.write(`${path}.tif`, { seed: 2, format: 'tiff', tags });
  renameSync(`${path}.tif`, path);
};
const copyReal = (name: string) => (path: string) => {
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(join(real ?? '', 'livephotos/iphone-xr-heic', name), path);
  age(path);
  return Promise.resolve();
};

/** Takes in what lies in a folder: by an import of its own each time, or by another look at a watched one. */
const ways = {
  import: async (path: string) => {
    await library.ingest.finished(await library.ingest.import([path]));
  },
  'watched folder': async (path: string) => {
    if (library.ingest.folders.list().length === 0) await library.ingest.folders.add(dirname(path));
    else await library.ingest.folders.rescan();
    await library.ingest.idle();
  },
} as const;

const trashAll = () => core.trash.trash(rows<{ id: string }>(library, 'SELECT id FROM photo').map(({ id }) => id));
const photos = () => rows(library, 'SELECT kind, file_name, state FROM photo ORDER BY file_name');
const parts = () =>
  rows(library, `SELECT kind, file_name, local_state FROM resource WHERE kind <> 'thumbnail' ORDER BY kind`);

/** Every order and both ways. */
const cases = Object.keys(ways).flatMap((way) => [
  [way as keyof typeof ways, 'first'] as const,
  [way as keyof typeof ways, 'second'] as const,
]);

describe('the RAW of a JPEG that comes in a later session', () => {
  it.each(cases)('by %s, the RAW %s: they become one photo', async (way, order) => {
    const makers = [
      { path: join(base, 'photos/IMG_1.JPG'), make: jpeg },
      { path: join(base, 'photos/IMG_1.dng'), make: raw },
    ];
    for (const { path, make } of order === 'first' ? makers.toReversed() : makers) {
      await make(path);
      await ways[way](path);
    }
    expect(photos()).toEqual([{ kind: 'rawJpeg', file_name: 'IMG_1.JPG', state: 'ready' }]);
    expect(parts()).toEqual([
      { kind: 'original', file_name: 'IMG_1.JPG', local_state: 'here' },
      { kind: 'raw', file_name: 'IMG_1.dng', local_state: 'here' },
    ]);
    expect(rows(library, `SELECT id FROM file WHERE state = 'present'`)).toHaveLength(2);
  });

  it('what a person did to the RAW meanwhile goes along', async () => {
    await raw(join(base, 'IMG_1.dng'));
    await ways.import(join(base, 'IMG_1.dng'));
    const [first] = rows<{ id: string }>(library, 'SELECT id FROM photo');
    const ids = [first?.id ?? ''];
    const album = await core.albums.create({ kind: 'manual', title: 'Crete', parentID: null, photoIDs: ids });
    await core.tags.apply(ids, ['Sea'], []);
    await core.personal.setFavourite(ids, true);
    await core.personal.setRating(ids, 4);
    await core.facts.setText(ids, { title: 'The bay' });
    await core.comments.add(ids[0] ?? '', 'Lovely', 'text');
    await jpeg(join(base, 'IMG_1.JPG'));
    await ways.import(join(base, 'IMG_1.JPG'));
    expect(rows(library, 'SELECT kind, title, favourite, rating FROM photo')).toEqual([
      { kind: 'rawJpeg', title: 'The bay', favourite: 1, rating: 4 },
    ]);
    expect(rows(library, 'SELECT album_id FROM album_item')).toEqual([{ album_id: album.id }]);
    expect(rows(library, 'SELECT tag.name FROM photo_tag JOIN tag ON tag.id = tag_id')).toEqual([{ name: 'Sea' }]);
    expect(rows(library, 'SELECT text FROM comment JOIN photo ON photo.id = photo_id')).toEqual([{ text: 'Lovely' }]);
    expect(rows(library, 'SELECT photo_count FROM album')).toEqual([{ photo_count: 1 }]);
  });

  it.each([
    ['another camera', { ...shot, Make: 'Leica' }],
    ['another moment', { ...shot, DateTimeOriginal: '2024:05:01 12:00:09' }],
  ])('of %s: they stay two photos', async (_what, tags) => {
    await jpeg(join(base, 'IMG_1.JPG'));
    await ways.import(join(base, 'IMG_1.JPG'));
    await raw(join(base, 'IMG_1.dng'), tags);
    await ways.import(join(base, 'IMG_1.dng'));
    expect(photos()).toHaveLength(2);
  });

  it('of another name, or in the trash: they stay two photos', async () => {
    await jpeg(join(base, 'IMG_1.JPG'));
    await ways.import(join(base, 'IMG_1.JPG'));
    await raw(join(base, 'IMG_2.dng'));
    await ways.import(join(base, 'IMG_2.dng'));
    expect(photos()).toHaveLength(2);
    await trashAll();
    await raw(join(base, 'IMG_1.dng'), { ...shot, Artist: 'Ana' });
    await ways.import(join(base, 'IMG_1.dng'));
    expect(photos()).toHaveLength(3);
  });

  it('in a folder beside, watched: they stay two photos, for one name may stand for many shots', async () => {
    await jpeg(join(base, 'photos/IMG_1.JPG'));
    await ways['watched folder'](join(base, 'photos/IMG_1.JPG'));
    await raw(join(base, 'photos/other/IMG_1.dng'));
    await ways['watched folder'](join(base, 'photos/IMG_1.JPG'));
    expect(photos()).toHaveLength(2);
  });
});

it('a RAW is of the JPEG beside it, not of one by the same name in a folder below', async () => {
  const path = (name: string) => join(base, 'photos', name);
  // Sorted before the one beside the RAW, as capitals are.
  await jpeg(path('Edited/IMG_1.JPG'), { ...shot, Artist: 'Ana' });
  await jpeg(path('IMG_1.JPG'));
  await raw(path('IMG_1.dng'));
  await ways.import(base);
  const kinds = rows(
    library,
    `SELECT substr(item.path, ?) AS path, kind FROM import_item AS item JOIN photo ON photo.id = photo_id
     ORDER BY item.path`,
    path('').length + 2,
  );
  expect(kinds).toEqual([
    { path: 'Edited/IMG_1.JPG', kind: 'photo' },
    { path: 'IMG_1.JPG', kind: 'rawJpeg' },
    { path: 'IMG_1.dng', kind: 'rawJpeg' },
  ]);
});

describe.each(Object.keys(ways) as (keyof typeof ways)[])('by %s, a half whose still lies in the trash', (way) => {
  const still = () => join(base, 'photos/IMG_1.JPG');
  const trashed = () =>
    rows(library, 'SELECT file_name, kind, trashed_at IS NOT NULL AS trashed FROM photo ORDER BY file_name');
  const apart = (file_name: string, kind: string) => [
    { file_name: 'IMG_1.JPG', kind: 'photo', trashed: 1 },
    { file_name, kind, trashed: 0 },
  ];
  /** A file of its own for each photo, and nothing beside them in the library's own folder. */
  const filesOfPhotos = () => rows(library, `SELECT DISTINCT photo_id FROM file WHERE state = 'present'`).length;
  /** An import of the folder would take the still out of the trash again, so only the new file is imported. */
  const comes = (path: string) => ways[way](way === 'import' ? path : still());
  const rawName = 'photos/IMG_1.dng';

  beforeEach(async () => {
    await jpeg(still());
  });

  it('is a photo of its own, as its RAW', async () => {
    await ways[way](still());
    await trashAll();
    await raw(join(base, rawName));
    await comes(join(base, rawName));
    expect(trashed()).toEqual(apart('IMG_1.dng', 'raw'));
    expect(filesOfPhotos()).toBe(2);
  });

  it('is a photo of its own, as its Live video', async () => {
    contentIdentifier = 'A1';
    await ways[way](still());
    await trashAll();
    const video = join(base, 'photos/IMG_1.mov');
    await writeVideo(video, 1);
    age(video);
    await comes(video);
    expect(trashed()).toEqual(apart('IMG_1.mov', 'video'));
    expect(filesOfPhotos()).toBe(2);
  });

  it('is a photo of its own when that was thrown away while the RAW was read', async () => {
    await raw(join(base, rawName));
    beforeContent = async (path) => {
      if (!path.endsWith('.dng')) return;
      beforeContent = () => Promise.resolve();
      await trashAll();
    };
    await ways[way](way === 'import' ? join(base, 'photos') : still());
    expect(trashed()).toEqual(apart('IMG_1.dng', 'raw'));
    expect(filesOfPhotos()).toBe(2);
    expect(rows(library, `SELECT path FROM import_item WHERE outcome = 'failed'`)).toEqual([]);
    const copies = readdirSync(join(library.directory, 'originals'), { recursive: true, withFileTypes: true });
    expect(copies.filter((one) => one.isFile())).toHaveLength(way === 'import' ? 2 : 0);
  });
});

describe.runIf(real !== undefined)(
  'the video of a Live Photo that comes in a later session (needs the real photos)',
  () => {
    it.each(cases)('by %s, the video %s: they become one photo', async (way, order) => {
      const makers = [
        { path: join(base, 'photos/IMG_3589.HEIC'), make: copyReal('IMG_3589.HEIC') },
        { path: join(base, 'photos/IMG_3589.mov'), make: copyReal('IMG_3589.mov') },
      ];
      for (const { path, make } of order === 'first' ? makers.toReversed() : makers) {
        await make(path);
        await ways[way](path);
      }
      expect(photos()).toEqual([{ kind: 'live', file_name: 'IMG_3589.HEIC', state: 'ready' }]);
      expect(parts()).toEqual([
        { kind: 'original', file_name: 'IMG_3589.HEIC', local_state: 'here' },
        { kind: 'pairedVideo', file_name: basename(makers[1]?.path ?? ''), local_state: 'here' },
      ]);
    });
  },
);
