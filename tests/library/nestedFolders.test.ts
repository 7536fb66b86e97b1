import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
let pictures: string;
let inner: string;
let library: IngestLibrary;

beforeEach(async () => {
  pictures = mkdtempSync(join(tmpdir(), 'shoebox-nested-'));
  inner = join(pictures, '2024');
  await maker.write(join(inner, 'a.jpg'), { seed: 1 });
  await maker.write(join(pictures, '2023', 'b.jpg'), { seed: 2 });
  library = await openIngestLibrary({ pool });
});
afterEach(async () => {
  expect(library.errors).toEqual([]);
  await library.dispose();
  clear(pictures);
});
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

const watch = async (path: string): Promise<void> => {
  await library.ingest.folders.add(path);
  await library.ingest.idle();
};
const reference = async (...paths: string[]) =>
  library.ingest.finished(await library.ingest.import(paths, { mode: 'reference' }));
/** Where files are listed: the folder's path below Pictures, and the file's in it. */
const listed = () =>
  rows<{ folder: string; path: string }>(
    library,
    `SELECT substr(folder.path, ${pictures.length + 1}) AS folder, file.path AS path FROM file
     JOIN folder ON folder.id = file.folder_id ORDER BY folder.path, file.path`,
  ).map(({ folder, path }) => `${folder}: ${path}`);
const photoOf = (name: string) =>
  rows<{ id: string }>(library, `SELECT photo_id AS id FROM file WHERE path LIKE '%' || ? LIMIT 1`, name)[0]?.id;
const photos = () => rows(library, 'SELECT id FROM photo');

/** Edits a file in place and looks through all folders. Its photo has to be the same one. */
async function expectEditKeeps(path: string, name: string): Promise<void> {
  const photo = photoOf(name);
  const before = photos();
  await maker.write(path, { seed: 77 });
  await library.ingest.folders.rescan();
  await library.ingest.idle();
  expect(photoOf(name)).toBe(photo);
  expect(photos()).toEqual(before);
  expect(rows(library, `SELECT id FROM resource WHERE local_state <> 'here'`)).toEqual([]);
}

it('a folder taken in place around a watched one lists each file once, and an edited file stays its photo', async () => {
  await watch(inner);
  expect(await reference(pictures)).toMatchObject({ found: 1, imported: 1, failed: 0 });
  expect(listed()).toEqual([': 2023/b.jpg', '/2024: a.jpg']);
  await expectEditKeeps(join(inner, 'a.jpg'), 'a.jpg');
});

it('a folder taken in place around one of which a file was taken has that one take the rest below it', async () => {
  await reference(join(inner, 'a.jpg'));
  await maker.write(join(inner, 'deep', 'c.jpg'), { seed: 3 });
  expect(await reference(pictures)).toMatchObject({ found: 2, imported: 2 });
  expect(listed()).toEqual([': 2023/b.jpg', '/2024: a.jpg', '/2024: deep/c.jpg']);
  await expectEditKeeps(join(inner, 'deep', 'c.jpg'), 'c.jpg');
});

it('a folder taken in place again, after a file beside it, is not listed as part of the folder around it', async () => {
  await maker.write(join(pictures, 'x.jpg'), { seed: 4 });
  await reference(inner);
  await reference(join(pictures, 'x.jpg'));
  expect(await reference(inner)).toMatchObject({ found: 0 });
  expect(listed()).toEqual([': x.jpg', '/2024: a.jpg']);
  await expectEditKeeps(join(inner, 'a.jpg'), 'a.jpg');
});

it('a folder that is watched after one around it was taken in place gets the files below it, with their photos', async () => {
  await reference(pictures);
  const before = photos();
  await watch(inner);
  expect(listed()).toEqual([': 2023/b.jpg', '/2024: a.jpg']);
  expect(photos()).toEqual(before);
  await expectEditKeeps(join(inner, 'a.jpg'), 'a.jpg');
});

it('a watched folder that cannot be believed does not keep what lies around it from being taken in place', async () => {
  await watch(inner);
  renameSync(inner, join(pictures, '2022'));
  mkdirSync(inner);
  await maker.write(join(inner, 'other.jpg'), { seed: 9, width: 100 });
  const done = await reference(pictures);
  expect(done).toMatchObject({ state: 'done', failed: 1 });
  expect(library.ingest.report(done.sessionID, 0, 10).issues).toEqual([
    { path: inner, outcome: 'failed', reason: expect.stringContaining('Another folder lies in its place') },
  ]);
  expect(listed()).toContain(': 2023/b.jpg');
  expect(photoOf('b.jpg')).toBeDefined();
});

/** As a library of an older version listed a file that was taken in place a second time. */
function listTwice(): void {
  library.store.transaction('ingest', ({ raw }) =>
    raw.exec(`INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode,
        device, sha256, state) SELECT 'double', outer.id, '2024/a.jpg', resource_id, photo_id, byte_size, modified_ns,
        changed_ns, inode, device, sha256, file.state FROM file JOIN folder AS outer ON outer.path = '${pictures}'
        WHERE file.path = 'a.jpg'`),
  );
}

it('a file that an older version listed twice stays its photo when it is edited', async () => {
  await watch(inner);
  await reference(pictures);
  listTwice();
  await expectEditKeeps(join(inner, 'a.jpg'), 'a.jpg');
});

it('a file that was listed twice stays its photo when it is replaced by one of the same size and time', async () => {
  const path = join(inner, 'a.jpg');
  const replace = (end: string) => {
    // Bytes behind a JPEG's end belong to no picture.
    writeFileSync(join(pictures, 'new'), Buffer.concat([bytes, Buffer.from(end)]));
    age(join(pictures, 'new'), 1_500_000_000_000);
    renameSync(join(pictures, 'new'), path);
  };
  const bytes = readFileSync(path);
  replace('1');
  await watch(inner);
  await reference(pictures);
  listTwice();
  const before = photos();
  replace('2');
  await library.ingest.folders.rescan();
  await library.ingest.idle();
  expect(photos()).toEqual(before);
  expect(rows(library, `SELECT id FROM resource WHERE local_state <> 'here'`)).toEqual([]);
});

it('a file that an older version listed twice is listed once when the outer folder is watched', async () => {
  await watch(inner);
  await reference(pictures);
  listTwice();
  await watch(pictures);
  expect(listed()).toEqual([': 2023/b.jpg', ': 2024/a.jpg']);
  expect(library.ingest.folders.list()).toHaveLength(1);
  await expectEditKeeps(join(inner, 'a.jpg'), 'a.jpg');
});
