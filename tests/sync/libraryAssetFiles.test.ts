import { createHash, randomUUIDv7 } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileRows } from '../../electron/core/library/fileRows.ts';
import { framePath, picturePath, writePicture } from '../../electron/core/media/thumbnailCache.ts';
import { originalPath, pathsOf } from '../../electron/core/store/queries/heldBytes.ts';
import { readTiles } from '../../electron/core/store/queries/photoRows.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import type { AssetResource } from '../../electron/core/sync/assetFiles.ts';
import { createLibraryAssetFiles } from '../../electron/core/workers/libraryAssetFiles.ts';

const bytes = 'the bytes of a photo';
const sha256 = createHash('sha256').update(bytes).digest('hex');
let directory: string;
let store: Store;
let path: string;
/** What was said of copies that are let go of. */
let noted: boolean[];
const note = (gone: boolean): void => void noted.push(gone);

beforeEach(() => {
  noted = [];
  directory = mkdtempSync(join(tmpdir(), 'shoebox-assets-'));
  store = openStore({ directory, now: () => 1, newId: randomUUIDv7 });
  mkdirSync(join(directory, 'originals'));
  path = join(directory, 'originals', 'a.jpg');
  writeFileSync(path, bytes);
  store.transaction('sync', ({ raw }) => {
    addPhoto('copy');
    raw
      .prepare(`INSERT INTO folder (id, kind, path, added_at) VALUES ('f', 'originals', ?, 0)`)
      .run(join(directory, 'originals'));
    raw
      .prepare(
        `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
         VALUES ('file', 'f', 'a.jpg', 'copy', 'copy', ?, ?, '0', '1', '1', ?, 'present')`,
      )
      .run(bytes.length, String(statSync(path, { bigint: true }).mtimeNs), sha256);
  });
});
afterEach(() => {
  store.dispose();
  rmSync(directory, { recursive: true });
});

function addPhoto(id: string): void {
  store.connection.raw
    .prepare(
      `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_at, modified_at, sort_at)
       VALUES (?, 'library', 'photo', 'image', 'a.jpg', 1, 1, 1)`,
    )
    .run(id);
  store.connection.raw
    .prepare(
      `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, local_state, created_at, modified_at)
       VALUES (?, 'library', ?, 'original', 'a.jpg', ?, ?, 'here', 1, 1)`,
    )
    .run(id, id, bytes.length, sha256);
}

/** Has the row of a file say what lies there now. */
function noteOnDisk(id: string, place: string): void {
  const { size, mtimeNs } = statSync(place, { bigint: true });
  store.transaction('sync', ({ raw }) =>
    raw.prepare('UPDATE file SET byte_size = ?, modified_ns = ? WHERE id = ?').run(Number(size), String(mtimeNs), id),
  );
}

const resource: AssetResource = {
  id: 'copy',
  zoneId: 'library',
  photoId: 'copy',
  kind: 'original',
  fileName: 'a.jpg',
  sha256,
  byteSize: bytes.length,
  photoSha256: sha256,
  sortAt: 1,
};

test('a file that serves another photo as well is not let go of for one of them', async () => {
  store.transaction('sync', () => addPhoto('not sent yet'));
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(await files.evict(resource, note)).toBe(0);
  expect(existsSync(path)).toBe(true);
});

test('a file that was looked at anew is let go of although a copy in a share, which lies on the server, has the same bytes', async () => {
  const rows = createFileRows(store.connection);
  store.transaction('ingest', ({ raw }) => {
    addPhoto('shared');
    raw.exec(`UPDATE resource SET local_state = 'remote' WHERE id = 'shared'`);
    rows.refreshResource('copy');
  });
  const states = () => store.connection.raw.prepare('SELECT id, local_state FROM resource ORDER BY id').raw().all();
  expect(states()).toEqual([
    ['copy', 'here'],
    ['shared', 'remote'],
  ]);
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(await files.evict(resource, note)).toBe(bytes.length);
  expect(existsSync(path)).toBe(false);
  expect(states()).toEqual([
    ['copy', 'remote'],
    ['shared', 'remote'],
  ]);
});

test('a second photo of the same bytes, name and month arrives: the file stays with the first, and both can be opened', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const bring = async (one: AssetResource): Promise<void> => {
    const partial = await files.partial(sha256);
    await partial.append(Buffer.from(bytes));
    await partial.close();
    await files.place(one);
  };
  const query = (sql: string) => store.connection.raw.prepare(sql).all();
  const arriving = { ...resource, id: 'arrival', photoId: 'arrival' };
  store.transaction('sync', ({ raw }) => {
    raw.exec('DELETE FROM file');
    addPhoto('arrival');
    raw.exec(`UPDATE resource SET local_state = 'remote' WHERE id = 'arrival'`);
  });
  await bring(resource);
  await bring(arriving);
  expect(query('SELECT path, photo_id, resource_id, state FROM file')).toEqual([
    { path: '1970/01/a.jpg', photo_id: 'copy', resource_id: 'copy', state: 'present' },
  ]);
  expect(query(`SELECT count(*) AS n FROM resource WHERE local_state = 'here'`)).toEqual([{ n: 2 }]);
  const place = join(directory, 'originals', '1970', '01', 'a.jpg');
  for (const id of ['copy', 'arrival']) {
    expect(originalPath(store.connection, id)).toBe(place);
    expect(pathsOf(store.connection, id)).toEqual([place]);
  }
  for (const one of [resource, arriving]) expect(await files.evict(one, note)).toBe(0);

  // Somebody cleared the folder by hand: bringing the arrival again brings the first one back too.
  rmSync(place);
  store.transaction('sync', ({ raw }) =>
    raw.exec(`UPDATE file SET state = 'missing'; UPDATE resource SET local_state = 'missing'`),
  );
  await bring(arriving);
  expect(query('SELECT photo_id, state FROM file')).toEqual([{ photo_id: 'copy', state: 'present' }]);
  expect(query(`SELECT count(*) AS n FROM resource WHERE local_state = 'here'`)).toEqual([{ n: 2 }]);

  // The record of the first has gone, and its file with nobody to belong to: it is the arrival's now.
  store.transaction('sync', ({ raw }) => raw.exec(`DELETE FROM resource WHERE id = 'copy'`));
  await bring(arriving);
  expect(query('SELECT photo_id, resource_id FROM file')).toEqual([{ photo_id: 'arrival', resource_id: 'arrival' }]);
});

test("a file that was put where a photo of other bytes had been is not that photo's", async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  store.transaction('sync', ({ raw }) => {
    raw.exec(`UPDATE file SET path = '1970/01/a.jpg', sha256 = 'other', state = 'missing';
      UPDATE resource SET sha256 = 'other', local_state = 'missing'`);
    addPhoto('arrival');
  });
  const partial = await files.partial(sha256);
  await partial.append(Buffer.from(bytes));
  await partial.close();
  await files.place({ ...resource, id: 'arrival', photoId: 'arrival' });
  expect(store.connection.raw.prepare('SELECT resource_id, sha256, state FROM file').all()).toEqual([
    { resource_id: 'arrival', sha256, state: 'present' },
  ]);
  expect(() => originalPath(store.connection, 'copy')).toThrow('not on this computer');
});

test('a tile asks for its picture again once bytes it can be made of have come', async () => {
  const version = () => readTiles(store.connection, ['copy'])[0]?.version;
  const here = version();
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  await files.evict(resource, note);
  const gone = version();
  expect(gone).not.toBe(here);
  const partial = await files.partial(sha256);
  await partial.append(Buffer.from(bytes));
  await partial.close();
  await files.place(resource);
  expect(version()).toBe(here);
});

test('a file that serves one photo alone is let go of, and the photo knows', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(await files.evict(resource, note)).toBe(bytes.length);
  expect(existsSync(path)).toBe(false);
  expect(store.connection.raw.prepare('SELECT local_state FROM resource').all()).toEqual([{ local_state: 'remote' }]);
});

const states = () => store.connection.raw.prepare('SELECT id, state FROM file ORDER BY id').raw().all();
const localState = () => store.connection.raw.prepare('SELECT local_state FROM resource').pluck().all();

test.each([
  ['longer', () => writeFileSync(path, `${bytes}, painted over`)],
  ['of the same length', () => writeFileSync(path, Buffer.alloc(bytes.length, 7))],
])('an original that another program has made %s is not let go of: nobody else has it', async (_what, write) => {
  utimesSync(path, 1, 1);
  store.transaction('sync', ({ raw }) => raw.exec(`UPDATE file SET modified_ns = '1000000000'`));
  write();
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const written = readFileSync(path);
  expect(await files.evict(resource, note)).toBe(0);
  expect(readFileSync(path)).toEqual(written);
  expect(noted).toEqual([]);
  expect(store.connection.raw.prepare('SELECT state FROM file').pluck().all()).toEqual(['present']);
  expect(store.connection.raw.prepare('SELECT local_state FROM resource').pluck().all()).toEqual(['here']);
});

test('a copy, which is younger than what it was made of, is let go of: its bytes are its own', async () => {
  store.transaction('sync', ({ raw }) => raw.exec(`UPDATE file SET modified_ns = '1000000000'`));
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(await files.evict(resource, note)).toBe(bytes.length);
  expect([existsSync(path), noted]).toEqual([false, [true]]);
});

test('a file that the system does not let go of now is here again, and nothing is freed', async () => {
  // What stands in the way is of the system's own kind (another program's lock on Windows): here, a folder.
  rmSync(path);
  mkdirSync(path);
  noteOnDisk('file', path);
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(await files.evict(resource, note)).toBe(0);
  expect(states()).toEqual([['file', 'present']]);
  expect(localState()).toEqual(['here']);
  expect(noted).toEqual([true, false]);
});

test('while an older copy cannot be removed, the one with the bytes of now stays as well', async () => {
  const older = join(directory, 'originals', 'older.jpg');
  mkdirSync(older);
  store.transaction('sync', ({ raw }) =>
    raw.exec(`INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
      SELECT 'z older', folder_id, 'older.jpg', resource_id, photo_id, 1, '0', '0', '2', '1', 'other', 'present' FROM file`),
  );
  noteOnDisk('z older', older);
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(await files.evict(resource, note)).toBe(0);
  expect(existsSync(path)).toBe(true);
  expect(states()).toEqual([
    ['file', 'present'],
    ['z older', 'present'],
  ]);
  expect(localState()).toEqual(['here']);

  rmSync(older, { recursive: true });
  writeFileSync(older, 'x');
  noteOnDisk('z older', older);
  expect(await files.evict(resource, note)).toBe(bytes.length + 1);
  expect([existsSync(path), existsSync(older)]).toEqual([false, false]);
  expect(states()).toEqual([]);
  expect(localState()).toEqual(['remote']);
  expect(noted).toEqual([true, false, true]);
});

test('an original whose share ended while it was brought does not stay, and neither does half of one', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const secret = 'of a share';
  const gone = {
    ...resource,
    id: 'gone',
    photoId: 'gone',
    fileName: 'secret.jpg',
    sha256: createHash('sha256').update(secret).digest('hex'),
    byteSize: secret.length,
  };
  const whole = await files.partial(gone.sha256);
  await whole.append(Buffer.from(secret));
  await whole.close();
  await files.place(gone);
  expect(readdirSync(join(directory, 'originals'), { recursive: true }).map(String)).not.toContain(
    join('1970', '01', 'secret.jpg'),
  );
  expect(states()).toEqual([['file', 'present']]);

  for (const one of [gone.sha256, sha256]) {
    const half = await files.partial(one);
    await half.append(Buffer.from('of'));
    await half.close();
  }
  createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  expect(readdirSync(join(directory, 'downloads'))).toEqual([`${sha256}.part`]);
});

test('a picture of a share does not replace the one of my own photo that it names the bytes of', async () => {
  const cache = join(directory, 'cache');
  const mine = picturePath(cache, sha256, 'thumb');
  writePicture(mine, Buffer.from('my picture'), 'x');
  store.transaction('sync', ({ raw }) => raw.exec(`UPDATE photo SET sha256 = '${sha256}'`));
  const before = readFileSync(mine);
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const theirs = { ...resource, id: 'theirs', kind: 'thumbnail', zoneId: 'share.1', photoSha256: sha256 };
  await files.placePictures([{ resource: theirs, bytes: Buffer.from('another picture') }]);
  const partial = await files.partial(sha256);
  await partial.append(Buffer.from('another picture'));
  await partial.close();
  await files.place(theirs);
  expect(readFileSync(mine)).toEqual(before);
});

test('a download that was stopped and still writes does not get into the one that was begun anew', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const [one, two] = [Buffer.alloc(1_500_000, 1), Buffer.alloc(1_500_000, 2)];
  const digest = createHash('sha256').update(one).update(two).digest('hex');
  const stopped = await files.partial(digest);
  await stopped.append(one);
  const anew = await files.partial(digest);
  await anew.discard();
  await anew.append(one);
  await stopped.append(two);
  await stopped.close();
  await anew.append(two);
  expect(await anew.hash()).toBe(digest);
  await anew.close();
  const lies = readFileSync(join(directory, 'downloads', `${digest}.part`));
  expect(createHash('sha256').update(lies).digest('hex')).toBe(digest);
});

test('a row whose hash could be a path gets no file by that name', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  await expect(files.partial('../../planted')).rejects.toMatchObject({ code: 'fileUnreadable' });
  const planted = { ...resource, kind: 'thumbnail', photoSha256: '../../planted' };
  await files.placePictures([{ resource: planted, bytes: Buffer.from('x') }]);
  expect(readdirSync(directory).filter((name) => name.includes('planted'))).toEqual([]);
});

test('an original that arrives for a photo which has gone goes to another photo of the same bytes', async () => {
  store.transaction('sync', ({ raw }) => {
    raw.exec(`DELETE FROM file; UPDATE resource SET local_state = 'remote'`);
  });
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const whole = await files.partial(sha256);
  await whole.append(Buffer.from(bytes));
  await whole.close();
  await files.place({ ...resource, id: 'gone', photoId: 'gone' });
  expect(store.connection.raw.prepare('SELECT resource_id, state FROM file').raw().all()).toEqual([
    ['copy', 'present'],
  ]);
  expect(localState()).toEqual(['here']);
});

test('what the disk says about a download is said in words, so that the transfer waits and is not taken for a fault', async () => {
  // Something else lies where downloads are kept.
  writeFileSync(join(directory, 'downloads'), '');
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  await expect(files.partial(sha256)).rejects.toMatchObject({ name: 'AppError' });
  await expect(files.place({ ...resource, kind: 'thumbnail' })).rejects.toMatchObject({ name: 'AppError' });
});

test('the picture of a chosen frame lies under its own hash, and one made again here is not sent in its place', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const frame = { ...resource, id: 'frame', kind: 'editedThumbnail', fileName: `${sha256}.jpg` };
  store.transaction('sync', ({ raw }) =>
    raw
      .prepare(
        `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, sha256, local_state, created_at, modified_at)
         VALUES ('frame', 'library', 'copy', 'editedThumbnail', 'frame.jpg', ?, 'remote', 1, 1)`,
      )
      .run(sha256),
  );
  expect(await files.open(frame)).toBeUndefined();
  const partial = await files.partial(sha256);
  await partial.append(Buffer.from(bytes));
  await partial.close();
  await files.place(frame);
  expect(store.connection.raw.prepare(`SELECT local_state FROM resource WHERE id = 'frame'`).get()).toEqual({
    local_state: 'here',
  });
  const opened = await files.open(frame);
  expect(opened?.size).toBe(bytes.length);
  expect(Buffer.from((await opened?.read(4, 5)) ?? []).toString()).toBe(bytes.slice(4, 9));
  await opened?.close();
  // Nothing came into the folder of the originals.
  expect(store.connection.raw.prepare('SELECT count(*) AS n FROM file').get()).toEqual({ n: 1 });

  writePicture(framePath(join(directory, 'cache'), sha256), Buffer.from('drawn by another decoder'), 'n');
  expect(await files.open(frame)).toBeUndefined();
});

test('a picture that arrives after its photo has gone is not kept, but for another photo of the same content', async () => {
  const files = createLibraryAssetFiles({ store, now: () => 1, newId: randomUUIDv7 });
  const arriving = { ...resource, id: 'gone', kind: 'thumbnail', photoId: 'gone', photoSha256: 'ab'.repeat(32) };
  const picture = picturePath(join(directory, 'cache'), arriving.photoSha256, 'thumb');
  await files.placePictures([{ resource: arriving, bytes: Buffer.from(bytes) }]);
  expect(existsSync(picture)).toBe(false);
  const frame = { ...resource, id: 'gone', kind: 'editedThumbnail' };
  const other = { ...frame, sha256: createHash('sha256').update('a frame').digest('hex') };
  for (const one of [arriving, frame, other]) {
    const partial = await files.partial(one.sha256);
    await partial.append(Buffer.from(bytes));
    await partial.close();
    await files.place(one);
  }
  expect(existsSync(picture)).toBe(false);
  expect(existsSync(framePath(join(directory, 'cache'), other.sha256))).toBe(false);
  // A resource that is still here has these very bytes.
  expect(existsSync(framePath(join(directory, 'cache'), frame.sha256))).toBe(true);
  store.transaction('sync', ({ raw }) => {
    raw.prepare('UPDATE photo SET sha256 = ? WHERE id = ?').run(arriving.photoSha256, 'copy');
  });
  await files.placePictures([{ resource: arriving, bytes: Buffer.from(bytes) }]);
  expect(existsSync(picture)).toBe(true);
});
