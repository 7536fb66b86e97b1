import { copyFileSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
let base: string;
let library: IngestLibrary;
/** Told before each reading of a whole file, which waits for what it returns; `letGo` ends that. */
let reading: () => Promise<void>;
let letGo: () => void;

const watchedPool: MediaPool = {
  ...pool,
  // The type of a generic method is lost on the way through async; it is the same method all the same.
  run: (async (name, params, options) => {
    if (name === 'content') await reading();
    return pool.run(name, params, options);
  }) as MediaPool['run'],
  dispose: () => Promise.resolve(),
};

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-copies-'));
  reading = () => Promise.resolve();
  letGo = () => undefined;
  library = await openIngestLibrary({ pool: watchedPool });
});
afterEach(async () => {
  letGo();
  expect(library.errors).toEqual([]);
  await library.dispose();
  clear(base);
});
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

/** Watches folders in which lie exact copies of one photo. @returns the photo's id */
async function watchCopies(paths: readonly string[]): Promise<string> {
  const [first = '', ...others] = paths;
  await maker.write(join(base, first), { seed: 1 });
  for (const other of others) {
    mkdirSync(join(base, other, '..'), { recursive: true });
    copyFileSync(join(base, first), join(base, other));
    age(join(base, other), 1_500_000_000_000);
  }
  for (const folder of new Set(paths.map((path) => join(base, path, '..')))) await library.ingest.folders.add(folder);
  await library.ingest.idle();
  const ids = rows<{ id: string }>(library, 'SELECT id FROM photo');
  expect(ids).toHaveLength(1);
  return ids[0]?.id ?? '';
}

async function lookThrough(): Promise<void> {
  await library.ingest.folders.rescan();
  await library.ingest.idle();
}

/** Each photo with the names of the files that are known to hold its bytes, and whether it is here. */
const photos = () =>
  rows<{ id: string; state: string; files: string | null }>(
    library,
    `SELECT photo.id AS id, local_state AS state,
       (SELECT group_concat(folder || path) FROM (SELECT substr(folder.path, ${base.length + 2}) || '/' AS folder,
          file.path AS path FROM file JOIN folder ON folder.id = file.folder_id
          WHERE resource_id = resource.id AND file.sha256 = resource.sha256 AND file.state = 'present' ORDER BY 1, 2)) AS files
     FROM photo JOIN resource ON resource.photo_id = photo.id AND resource.kind = 'original' ORDER BY photo.id`,
  );

it('of two copies that were rewritten in different ways between two looks, one stays the photo', async () => {
  const photo = await watchCopies(['one/a.jpg', 'one/b.jpg']);
  await maker.write(join(base, 'one/a.jpg'), { seed: 5 });
  await maker.write(join(base, 'one/b.jpg'), { seed: 6 });
  await lookThrough();
  expect(photos()).toEqual([
    { id: photo, state: 'here', files: 'one/a.jpg' },
    { id: expect.not.stringMatching(photo), state: 'here', files: 'one/b.jpg' },
  ]);
});

it('a copy nobody touched keeps the photo, although its disk has another number since', async () => {
  const photo = await watchCopies(['one/a.jpg', 'one/b.jpg']);
  library.store.transaction(
    'ingest',
    ({ raw }) => void raw.exec(`UPDATE file SET device = '4711', inode = inode || '0'`),
  );
  await maker.write(join(base, 'one/a.jpg'), { seed: 5 });
  await lookThrough();
  expect(photos()).toEqual([
    { id: photo, state: 'here', files: 'one/b.jpg' },
    { id: expect.not.stringMatching(photo), state: 'here', files: 'one/a.jpg' },
  ]);
});

it('copies that a tool rewrote alike are still one photo', async () => {
  const photo = await watchCopies(['one/a.jpg', 'one/b.jpg', 'one/c.jpg']);
  for (const name of ['a', 'b', 'c']) await maker.write(join(base, `one/${name}.jpg`), { seed: 5 });
  await lookThrough();
  expect(photos()).toEqual([{ id: photo, state: 'here', files: 'one/a.jpg,one/b.jpg,one/c.jpg' }]);
});

it('a copy that was rewritten while the other was deleted stays the photo', async () => {
  const photo = await watchCopies(['one/a.jpg', 'one/b.jpg']);
  await maker.write(join(base, 'one/b.jpg'), { seed: 5 });
  clear(join(base, 'one/a.jpg'));
  await lookThrough();
  expect(photos()).toEqual([{ id: photo, state: 'here', files: 'one/b.jpg' }]);
});

it('copies in two folders that were rewritten while the app was closed are still one photo', async () => {
  const photo = await watchCopies(['one/a.jpg', 'two/a.jpg']);
  await library.close();
  for (const folder of ['one', 'two']) await maker.write(join(base, folder, 'a.jpg'), { seed: 5 });
  library = await library.reopen();
  await library.ingest.start();
  await library.ingest.idle();
  expect(photos()).toEqual([{ id: photo, state: 'here', files: 'one/a.jpg,two/a.jpg' }]);
});

it('a copy waits while the session that reads the other is paused, and is the same photo when that goes on', async () => {
  const photo = await watchCopies(['one/a.jpg', 'two/a.jpg']);
  for (const folder of ['one', 'two']) await maker.write(join(base, folder, 'a.jpg'), { seed: 5 });
  const [one, two] = library.ingest.folders.list();
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  letGo = goOn.resolve;
  reading = () => {
    begun.resolve();
    return goOn.promise;
  };
  const scanned = library.ingest.folders.rescan(one?.id);
  await begun.promise;
  const session = library.ingest.sessions().find(({ state }) => state === 'running')?.sessionID ?? '';
  library.ingest.pause(session);
  await library.ingest.folders.rescan(two?.id);
  expect(library.ingest.sessions().filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
  letGo();
  library.ingest.resume(session);
  await scanned;
  await library.ingest.idle();
  expect(photos()).toEqual([{ id: photo, state: 'here', files: 'one/a.jpg,two/a.jpg' }]);
});

it('a copy on a disk that is away keeps the photo, which is missing until the disk is back', async () => {
  const photo = await watchCopies(['one/a.jpg', 'two/a.jpg']);
  renameSync(join(base, 'two'), join(base, 'away'));
  await lookThrough();
  await maker.write(join(base, 'one/a.jpg'), { seed: 5 });
  await lookThrough();
  const edited = { id: expect.not.stringMatching(photo), state: 'here', files: 'one/a.jpg' };
  expect(photos()).toEqual([{ id: photo, state: 'missing', files: 'two/a.jpg' }, edited]);
  renameSync(join(base, 'away'), join(base, 'two'));
  await lookThrough();
  expect(photos()).toEqual([{ id: photo, state: 'here', files: 'two/a.jpg' }, edited]);
});

it('a photo whose only file was overwritten by something else is missing, and itself again with the file', async () => {
  const photo = await watchCopies(['one/a.jpg']);
  writeFileSync(join(base, 'one/a.jpg'), 'PK\u0003\u0004 this is an archive');
  await lookThrough();
  expect(photos()).toEqual([{ id: photo, state: 'missing', files: null }]);
  await maker.write(join(base, 'one/a.jpg'), { seed: 1 });
  await lookThrough();
  expect(photos()).toEqual([{ id: photo, state: 'here', files: 'one/a.jpg' }]);
});
