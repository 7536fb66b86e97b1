import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createUnusedPictures, type UnusedPictures } from '../../electron/core/edits/unusedPictures.ts';
import { picturePath, writePicture } from '../../electron/core/media/thumbnailCache.ts';
import { stackToJson } from '../../shared/edits/stack.ts';
import { stackFrom } from './chart.ts';
import { openEditLibrary, type EditLibrary } from './library.ts';

/* The cache holds nothing for long that no photo and no version of one shows. */

let library: EditLibrary;
let unused: UnusedPictures;
let later: { readonly ms: number; readonly run: () => void } | undefined;
const cache = () => join(library.directory, 'cache');

beforeEach(() => {
  library = openEditLibrary();
  unused = createUnusedPictures({
    store: library.store,
    cacheDirectory: cache(),
    // An hour from now, everything the test has made is old enough.
    now: () => Date.now() + 3_600_000,
    reportError: (error) => {
      throw error;
    },
    schedule: (ms, run) => {
      later = { ms, run };
      return { dispose: () => undefined };
    },
  });
});
afterEach(async () => {
  unused.dispose();
  await library.dispose();
});

const edits = (text: string) => stackToJson(stackFrom(text));
/** A photo of one colour in a file of its own. */
async function photo(background: string): Promise<string> {
  const path = join(library.directory, `${background.slice(1)}.jpg`);
  await sharp({ create: { width: 600, height: 450, channels: 3, background } })
    .jpeg()
    .toFile(path);
  return path;
}
const pictures = (): string[] =>
  readdirSync(join(cache(), 'thumbs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /-\d+\.\w+$/.test(name))
    .toSorted();
const remove = (id: string) =>
  library.store.transaction('sync', ({ raw }) => {
    for (const table of ['edit', 'resource']) raw.prepare(`DELETE FROM ${table} WHERE photo_id = ?`).run(id);
    raw.prepare('DELETE FROM photo WHERE id = ?').run(id);
  });

test('the picture of a deleted version goes; those of the photo and of its other versions stay', async () => {
  const path = await photo('#c33');
  const id = library.add(path);
  await library.cacheThumbnail(path);
  const first = await library.edits.save(id, edits('exposure=0.5'), null);
  await library.pictures.open(id, 'thumb');
  await library.edits.save(id, edits('contrast=30'), null);
  await library.pictures.open(id, 'thumb');
  await library.pictures.openUnedited(id);
  const all = pictures();
  expect(await unused.sweep()).toBe(0);
  library.store.transaction('sync', ({ raw }) => raw.prepare('DELETE FROM edit WHERE id = ?').run(first.current));
  expect(await unused.sweep()).toBe(1);
  expect(all).toHaveLength(4);
  expect(pictures()).toHaveLength(3);
  // What is still shown is still there.
  expect(await library.pictures.open(id, 'thumb')).not.toBeNull();
  expect(pictures()).toHaveLength(3);
});

test('all pictures of a photo another computer deleted go, and none of another photo', async () => {
  const paths = [await photo('#c33'), await photo('#3c3')];
  const ids = paths.map((path) => library.add(path));
  for (const path of paths) await library.cacheThumbnail(path);
  for (const id of ids) {
    await library.edits.save(id, edits('exposure=0.5'), null);
    await library.pictures.open(id, 'preview');
  }
  expect(pictures()).toHaveLength(4);
  remove(ids[0] ?? '');
  expect(await unused.sweep()).toBe(2);
  expect(pictures()).toHaveLength(2);
});

test('a picture that was made just now is left, for its row may only be being written', async () => {
  const path = picturePath(cache(), 'ab'.repeat(32), 'thumb');
  const id = library.add(await photo('#c33'));
  await library.edits.save(id, edits('exposure=0.5'), null);
  await library.pictures.open(id, 'thumb');
  writePicture(path, Buffer.from('a picture'), 'n');
  const young = new Date(Date.now() + 3_600_000);
  utimesSync(path, young, young);
  expect(await unused.sweep()).toBe(0);
  const old = new Date(Date.now());
  utimesSync(path, old, old);
  expect(await unused.sweep()).toBe(1);
  expect(pictures()).toHaveLength(1);
});

test('what a kill left of the picture of a photo goes, and its picture stays', async () => {
  const path = await photo('#c33');
  library.add(path);
  await library.cacheThumbnail(path);
  const [picture = ''] = pictures();
  writeFileSync(join(cache(), 'thumbs', `${picture}.0f9a.tmp`), 'half a pic');
  expect(await unused.sweep()).toBe(1);
  expect(readdirSync(dirname(join(cache(), 'thumbs', picture)))).toEqual([basename(picture)]);
});

test('when a share has gone, its pictures are looked for at once and again when the last of them are old enough', () => {
  const zone = (sql: string) => library.store.transaction('sync', ({ raw }) => raw.exec(sql));
  expect(later?.ms).toBe(300_000);
  zone(`INSERT INTO zone (id, store, name, owner, kind, rights, created_at)
    VALUES ('_ana:share.1', 'shared', 'share.1', '_ana', 'share', 3, 1)`);
  expect(later?.ms).toBe(300_000);
  zone(`DELETE FROM zone WHERE id = '_ana:share.1'`);
  expect(later?.ms).toBe(1_000);
  later?.run();
  expect(later?.ms).toBe(660_000);
});
