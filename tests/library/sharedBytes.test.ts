import { randomUUIDv7 } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { createLocalState } from '../../electron/core/library/localState.ts';
import { createSteps } from '../../electron/core/library/steps.ts';
import { createTrash } from '../../electron/core/library/trash.ts';
import { examineLibrary } from '../../electron/core/maintenance/doctor.ts';
import { createMediaSource } from '../../electron/core/media/mediaSource.ts';
import { createCopies } from '../../electron/core/sharing/copies.ts';
import { filesHolding, originalPath, pathsOf } from '../../electron/core/store/queries/heldBytes.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
const signal = new AbortController().signal;
let base: string;
let library: IngestLibrary;
let mine: string;
let copy: string;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-shared-bytes-'));
  await maker.folder(base, 1);
  library = await openIngestLibrary({ pool });
  await library.ingest.finished(await library.ingest.import([base]));
  const { store } = library;
  store.transaction('sync', ({ raw }) =>
    raw.exec(`INSERT INTO zone (id, store, name, kind, created_at) VALUES ('share', 'private', 's', 'share', 1)`),
  );
  mine = rows<{ id: string }>(library, 'SELECT id FROM photo')[0]?.id ?? '';
  const copies = createCopies({ store, now: Date.now, newId: randomUUIDv7, pause: () => Promise.resolve() });
  copy = (await copies.photos([mine], 'share')).copies.get(mine) ?? '';
});
afterEach(async () => {
  await library.dispose();
  clear(base);
});
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

function sourceThatAsks() {
  const asked: string[] = [];
  const source = createMediaSource({
    store: library.store,
    pool,
    cacheDirectory: join(library.directory, 'cache'),
    newId: randomUUIDv7,
    fetchResource: (id) => {
      asked.push(id);
      return Promise.resolve();
    },
  });
  return { source, asked };
}

async function fileOf(photoID: string): Promise<string> {
  const { body } = await sourceThatAsks().source.open(photoID, 'original', signal);
  if (body.kind !== 'file') throw new Error('An original is sent from its file');
  return body.path;
}

const change = (sql: string): void => library.store.transaction('sync', ({ raw }) => void raw.exec(sql));

it('a photo and its copy in a share open from the one file that both have', async () => {
  const { connection } = library.store;
  expect(rows(library, 'SELECT id FROM file')).toHaveLength(1);
  const path = await fileOf(mine);
  expect(readFileSync(path).byteLength).toBeGreaterThan(0);
  for (const id of [mine, copy]) {
    expect(await fileOf(id)).toBe(path);
    expect(originalPath(connection, id)).toBe(path);
    expect(pathsOf(connection, id)).toEqual([path]);
  }
  const { source } = sourceThatAsks();
  clear(join(library.directory, 'cache'));
  expect((await source.open(copy, 'preview', signal)).size).toBeGreaterThan(0);
  expect(await examineLibrary(library.store, { repair: false, progress: () => undefined, signal })).toEqual([]);
});

it('a photo whose own folder cannot be reached opens from another folder that holds the same bytes', async () => {
  const [file] = rows<{ path: string }>(library, 'SELECT path FROM file');
  const away = join(base, 'away');
  change(`INSERT INTO folder (id, kind, path, state, added_at) VALUES ('away', 'watched', '${away}', 'unavailable', 0);
    INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device,
      sha256, state) SELECT 'far', 'away', 'a.jpg', id, photo_id, 1, '0', '0', '0', '0', sha256, 'present'
      FROM resource WHERE photo_id = '${copy}' AND kind = 'original'`);
  expect(await fileOf(copy)).toBe(join(library.directory, 'originals', file?.path ?? ''));
  expect(originalPath(library.store.connection, copy)).toBe(await fileOf(mine));

  change(`UPDATE folder SET state = 'unavailable'`);
  for (const id of [mine, copy]) {
    await expect(fileOf(id)).rejects.toMatchObject({ code: 'folderUnavailable' });
    expect(() => originalPath(library.store.connection, id)).toThrow('cannot be reached now');
  }
});

const states = () =>
  [mine, copy].map(
    (id) =>
      rows<{ local_state: string }>(
        library,
        `SELECT local_state FROM resource WHERE photo_id = ? AND kind = 'original'`,
        id,
      )[0]?.local_state,
  );

/** Watches the folder the photo came from, and leaves its file there the only one that holds the bytes. */
async function keepWatchedAlone(): Promise<string> {
  const watched = join(base, 'watched');
  const [photo] = readdirSync(base);
  mkdirSync(watched);
  renameSync(join(base, photo ?? ''), join(watched, 'a.jpg'));
  await library.ingest.folders.add(watched);
  await library.ingest.idle();
  change(`DELETE FROM file WHERE folder_id IN (SELECT id FROM folder WHERE kind = 'originals')`);
  return watched;
}

const rescan = async (): Promise<void> => {
  await library.ingest.folders.rescan();
  await library.ingest.idle();
};

it('a photo and its copy in a share are missing together, and found together, when their one file goes and returns', async () => {
  const watched = await keepWatchedAlone();
  const away = join(base, 'away');
  expect(rows(library, 'SELECT path FROM file')).toEqual([{ path: 'a.jpg' }]);
  expect(states()).toEqual(['here', 'here']);
  renameSync(join(watched, 'a.jpg'), join(base, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['missing', 'missing']);
  renameSync(join(base, 'a.jpg'), join(watched, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['here', 'here']);

  renameSync(watched, away);
  await rescan();
  expect(states()).toEqual(['missing', 'missing']);
  renameSync(away, watched);
  await rescan();
  expect(states()).toEqual(['here', 'here']);
});

it('a copy in a share is missing once the one file of both was edited in place', async () => {
  const watched = await keepWatchedAlone();
  // Bytes behind a JPEG's end belong to no picture.
  appendFileSync(join(watched, 'a.jpg'), 'changed');
  await rescan();
  expect(states()).toEqual(['here', 'missing']);
});

/** The queue of transfers knows that the server holds the bytes of a photo, or others. */
const onServer = (
  photoID: string,
  direction: 'upload' | 'download',
  state: 'queued' | 'done',
  sha256 = 'sha256',
): void =>
  change(`INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
    SELECT id, zone_id, '${direction}', 3, byte_size, ${sha256}, '${state}' FROM resource
    WHERE photo_id = '${photoID}' AND kind = 'original'`);
const transfers = () => rows(library, 'SELECT direction, state FROM sync_asset');

it('a copy in a share that lies on the server stays there when the one file of its bytes goes, returns and goes again', async () => {
  const watched = await keepWatchedAlone();
  change(`UPDATE resource SET local_state = 'remote' WHERE photo_id = '${copy}'`);
  onServer(copy, 'download', 'queued');
  const away = async () => {
    renameSync(join(watched, 'a.jpg'), join(base, 'a.jpg'));
    await rescan();
  };
  await away();
  expect(states()).toEqual(['missing', 'remote']);
  renameSync(join(base, 'a.jpg'), join(watched, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['here', 'remote']);
  expect(await fileOf(copy)).toBe(join(watched, 'a.jpg'));
  await away();
  expect(states()).toEqual(['missing', 'remote']);
  expect(transfers()).toEqual([{ direction: 'download', state: 'queued' }]);
});

it('a copy in a share that was sent can be brought from the server once the one file of its bytes has gone', async () => {
  const watched = await keepWatchedAlone();
  onServer(copy, 'upload', 'done');
  await rescan();
  expect(states()).toEqual(['here', 'here']);
  expect(transfers()).toEqual([{ direction: 'upload', state: 'done' }]);
  renameSync(join(watched, 'a.jpg'), join(base, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['missing', 'remote']);
  // What counts as brought already would not be brought (sync/assetTransfer.ts).
  expect(transfers()).toEqual([{ direction: 'download', state: 'queued' }]);
});

it('a copy in a share of which the server holds other bytes, or has yet to be sent these, is missing when its file goes', async () => {
  const watched = await keepWatchedAlone();
  onServer(copy, 'upload', 'done', `'of an older edit'`);
  renameSync(join(watched, 'a.jpg'), join(base, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['missing', 'missing']);
  change(`DELETE FROM sync_asset`);
  onServer(copy, 'upload', 'queued');
  renameSync(join(base, 'a.jpg'), join(watched, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['here', 'here']);
  renameSync(join(watched, 'a.jpg'), join(base, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['missing', 'missing']);
});

it('what the server holds is not brought in place of a disk that is only unplugged', async () => {
  const watched = await keepWatchedAlone();
  onServer(copy, 'upload', 'done');
  renameSync(watched, join(base, 'away'));
  await rescan();
  expect(states()).toEqual(['missing', 'missing']);
  expect(transfers()).toEqual([{ direction: 'upload', state: 'done' }]);
});

it('a photo whose file was deleted is on the server that holds it, and here again with nothing to bring once the file is back', async () => {
  const watched = await keepWatchedAlone();
  onServer(mine, 'upload', 'done');
  renameSync(join(watched, 'a.jpg'), join(base, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['remote', 'missing']);
  expect(transfers()).toEqual([{ direction: 'download', state: 'queued' }]);
  renameSync(join(base, 'a.jpg'), join(watched, 'a.jpg'));
  await rescan();
  expect(states()).toEqual(['here', 'here']);
  expect(transfers()).toEqual([{ direction: 'download', state: 'done' }]);
});

it('what lies on the server is not brought while another photo has the bytes here in reach', async () => {
  change(`UPDATE resource SET local_state = 'remote' WHERE photo_id = '${copy}'`);
  const { source, asked } = sourceThatAsks();
  await source.open(copy, 'original', signal);
  expect(asked).toEqual([]);

  change(`UPDATE folder SET state = 'unavailable'`);
  await expect(source.open(copy, 'original', signal)).rejects.toMatchObject({ code: 'folderUnavailable' });
  change(`DELETE FROM file`);
  await expect(source.open(copy, 'original', signal)).rejects.toMatchObject({ code: 'notFound' });
  const [resource] = rows<{ id: string }>(
    library,
    `SELECT id FROM resource WHERE photo_id = ? AND kind = 'original'`,
    copy,
  );
  expect(asked).toEqual([resource?.id, resource?.id]);
});

it('a copy opens after the photo that it was made of is deleted for good', async () => {
  const path = await fileOf(mine);
  const trash = createTrash({
    store: library.store,
    steps: createSteps({ store: library.store, newId: randomUUIDv7 }),
    now: Date.now,
    moveToSystemTrash: () => Promise.resolve(),
    reportError: (error) => library.errors.push(error),
  });
  await trash.trash([mine]);
  await trash.deleteForever([mine], false);
  expect(await fileOf(copy)).toBe(path);
});

it('a photo edited on another computer opens from its new bytes, not from the older file that is still here', async () => {
  const folder = join(library.directory, 'originals');
  writeFileSync(join(folder, 'newer.jpg'), 'newer');
  change(`UPDATE resource SET sha256 = 'newer' WHERE photo_id = '${mine}';
    INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode, device,
      sha256, state) SELECT 'zz', folder_id, 'newer.jpg', resource_id, photo_id, 5, '0', '0', '0', '0', 'newer', 'present'
      FROM file`);
  expect(await fileOf(mine)).toBe(join(folder, 'newer.jpg'));
  expect(await fileOf(copy)).not.toBe(join(folder, 'newer.jpg'));
});

/** A connection that says how SQLite looks for what it is asked. */
function planned() {
  const { connection } = library.store;
  const seen: string[] = [];
  const watched: typeof connection = {
    ...connection,
    statement: (sql) => {
      const plan = connection.statement<(string | null)[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      const parameters = sql.split('?').length - 1;
      seen.push(...plan.all(...Array.from({ length: parameters }, () => null)).map(({ detail }) => detail));
      return connection.statement(sql);
    },
  };
  return { watched, seen };
}

it('where the bytes of a photo are is noted without going through all transfers', () => {
  const { watched, seen } = planned();
  const state = createLocalState(watched);
  library.store.transaction('ingest', () => {
    state.refreshResource('r');
    state.refreshBytes('b');
    state.refreshFolderResources('f');
  });
  const transfers = seen.filter((detail) => /(sync_asset|asset) USING/.test(detail));
  expect(transfers.length).toBeGreaterThan(6);
  expect(transfers.filter((detail) => !detail.endsWith('USING PRIMARY KEY (resource_id=?)'))).toEqual([]);
  expect(seen.filter((detail) => detail.startsWith('SCAN') && detail !== 'SCAN CONSTANT ROW')).toEqual([]);
});

it('the file of a photo is found without reading the table of files', () => {
  const { watched, seen } = planned();
  filesHolding(watched, { id: 'r', sha256: null });
  pathsOf(watched, mine);
  originalPath(watched, copy);
  expect(seen.filter((detail) => detail.includes('SCAN'))).toEqual([]);
  expect(seen.join('\n')).toContain('file_sha256 (sha256=?)');
});
