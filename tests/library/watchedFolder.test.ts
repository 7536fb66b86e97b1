import { createHash, randomUUIDv7 } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFileRows } from '../../electron/core/library/fileRows.ts';
import { createPhotoRows } from '../../electron/core/library/photoRows.ts';
import { reconcile } from '../../electron/core/library/reconcile.ts';
import { createScanJobs } from '../../electron/core/library/scanJobs.ts';
import { createSessionRows } from '../../electron/core/library/sessionRows.ts';
import { createSteps } from '../../electron/core/library/steps.ts';
import { createTrash } from '../../electron/core/library/trash.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker, drawPhoto } from '../helpers/photos.ts';

interface Row {
  id: string;
  file_name: string;
  sha256: string;
  thumbhash: string;
}

/** Everything under a folder: name, bytes, modification time. */
function treeOf(directory: string): Map<string, string> {
  const tree = new Map<string, string>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    tree.set(path, `${createHash('sha256').update(readFileSync(path)).digest('hex')} ${lstatSync(path).mtimeMs}`);
  }
  return tree;
}

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

describe('a watched folder', () => {
  let base: string;
  let library: IngestLibrary;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-folder-'));
    library = await openIngestLibrary({ settleMs: 100, unfinishedMs: 1_500, pool });
  });
  afterEach(async () => {
    expect(library.errors).toEqual([]);
    await library.dispose();
    clear(base);
  });
  const add = async (path = base) => {
    const folder = await library.ingest.folders.add(path);
    await library.ingest.idle();
    return folder;
  };

  it('is never written to, renamed in or touched', async () => {
    await maker.folder(join(base, 'a'), 5);
    const before = treeOf(base);
    await add();
    await library.ingest.folders.rescan();
    library = await library.reopen();
    await library.ingest.start();
    await library.ingest.idle();
    expect(treeOf(base)).toEqual(before);
  });

  it('keeps a deleted photo deleted when only the rights of its file change', async () => {
    const [kept = '', gone = ''] = await maker.folder(base, 2);
    await add();
    const { store } = library;
    const steps = createSteps({ store, newId: randomUUIDv7 });
    const trash = createTrash({
      store,
      steps,
      now: Date.now,
      moveToSystemTrash: () => Promise.reject(new Error('nobody asked for that')),
      reportError: (error) => library.errors.push(error),
    });
    const ids = rows<{ id: string }>(library, 'SELECT id FROM photo WHERE file_name = ?', basename(gone)).map(
      ({ id }) => id,
    );
    await trash.trash(ids);
    expect(await trash.deleteForever(ids, false)).toEqual({ changed: 1, refused: 0, filesLeft: null });
    chmodSync(gone, 0o600);
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(rows(library, 'SELECT file_name FROM photo')).toEqual([{ file_name: basename(kept) }]);
  });

  it('that loses most of its files at once is not believed until a person confirms', async () => {
    const paths = await maker.folder(base, 12);
    const { id } = await add();
    for (const path of paths.slice(0, 9)) rmSync(path);
    library = await library.reopen();
    await library.ingest.start();
    expect(library.ingest.folders.list()[0]).toMatchObject({ state: 'unavailable' });
    expect(library.ingest.folders.list()[0]?.reason).toMatch(/9 of its 12 files are gone at once/);
    expect(rows(library, `SELECT id FROM file WHERE state = 'missing'`)).toEqual([]);
    await library.ingest.folders.rescan(id);
    expect(library.ingest.folders.list()[0]).toMatchObject({ state: 'available' });
    expect(rows(library, `SELECT id FROM file WHERE state = 'missing'`)).toHaveLength(9);
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(12);
  });

  it('with a sub-folder that cannot be read keeps what lies in there', async () => {
    await maker.folder(join(base, 'open'), 2);
    await maker.folder(join(base, 'closed'), 2, { seed: 20 });
    const { id } = await add();
    const { connection } = library.store;
    const files = createFileRows(connection);
    const folder = files.folder(id);
    if (folder === undefined) throw new Error('The folder has no row');
    const walk = createScanJobs().walk({ root: base });
    const seen = {
      ...walk,
      files: walk.files.filter((file) => file.path === 'open/IMG_0002.jpg'),
      unreadable: ['closed'],
    };
    const newId = randomUUIDv7;
    const context = { store: library.store, files, sessions: createSessionRows(connection), now: Date.now, newId };
    const found = reconcile({ ...context, photos: createPhotoRows(connection, newId) }, folder, seen);
    expect(found).toMatchObject({ missing: 1, moved: 0, items: [] });
    expect(rows<{ path: string }>(library, `SELECT path FROM file WHERE state = 'missing'`)).toEqual([
      { path: 'open/IMG_0001.jpg' },
    ]);
  });

  it('takes a file that is written slowly once, and only when it is whole', async () => {
    await add();
    const bytes = await drawPhoto({ seed: 5, width: 1_200, height: 900 });
    const path = join(base, 'slow.jpg');
    for (const part of [0.2, 0.5, 0.8]) {
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * part)));
      await library.ingest.folders.rescan();
      await vi.waitFor(() => expect(Date.now() - statSync(path).ctimeMs).toBeGreaterThan(150), { timeout: 60_000 });
      await library.ingest.folders.rescan();
      expect(rows(library, 'SELECT id FROM photo')).toEqual([]);
    }
    writeFileSync(path, bytes);
    await vi.waitFor(
      async () => {
        await library.ingest.folders.rescan();
        expect(rows(library, `SELECT sha256 FROM photo`)).toEqual([
          { sha256: createHash('sha256').update(bytes).digest('hex') },
        ]);
      },
      { timeout: 60_000, interval: 100 },
    );
  });

  it('shows a cut-off file as far as it goes once nobody writes it any more, and as the same photo when it is replaced', async () => {
    const bytes = await drawPhoto({ seed: 6, width: 1_200, height: 900 });
    writeFileSync(join(base, 'torn.jpg'), bytes.subarray(0, Math.floor(bytes.length / 2)));
    await add();
    await vi.waitFor(
      async () => {
        await library.ingest.folders.rescan();
        expect(rows(library, 'SELECT state FROM photo')).toEqual([{ state: 'ready' }]);
      },
      { timeout: 60_000, interval: 200 },
    );
    const [torn] = rows<Row>(library, 'SELECT id FROM photo');
    writeFileSync(join(base, 'torn.jpg'), bytes);
    await vi.waitFor(
      async () => {
        await library.ingest.folders.rescan();
        expect(rows<Row>(library, 'SELECT id, sha256 FROM photo')).toEqual([
          { id: torn?.id, sha256: createHash('sha256').update(bytes).digest('hex') },
        ]);
      },
      { timeout: 60_000, interval: 200 },
    );
  });

  it('counts hard links, equal names in other case and NFC and NFD names by their bytes', async () => {
    await maker.write(join(base, 'photo.jpg'), { seed: 1 });
    linkSync(join(base, 'photo.jpg'), join(base, 'linked.jpg'));
    await maker.write(join(base, 'PHOTO.JPG'), { seed: 2 });
    await maker.write(join(base, 'Caf\u00e9.jpg'), { seed: 3 });
    await maker.write(join(base, 'Cafe\u0301.jpg'), { seed: 4 });
    await add();
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(4);
    expect(rows(library, `SELECT id FROM file WHERE state = 'present'`)).toHaveLength(5);
  });

  it('becomes part of an outer folder watched later, without a photo read twice', async () => {
    await maker.folder(join(base, 'inner'), 3);
    await add(join(base, 'inner'));
    const before = rows<Row>(library, 'SELECT id FROM photo ORDER BY id');
    await add(base);
    expect(library.ingest.folders.list().map((folder) => folder.path)).toEqual([base]);
    expect(rows<Row>(library, 'SELECT id FROM photo ORDER BY id')).toEqual(before);
    expect(rows(library, 'SELECT id FROM import_item')).toHaveLength(3);
    await expect(library.ingest.folders.add(join(base, 'inner'))).rejects.toMatchObject({ code: 'alreadyExists' });
  });

  it('stops being watched: its photos stay as missing, or go when that is wanted; the files stay', async () => {
    await maker.folder(base, 2);
    const { id } = await add();
    await library.ingest.folders.remove(id);
    expect(rows(library, 'SELECT local_state FROM resource')).toEqual([
      { local_state: 'missing' },
      { local_state: 'missing' },
    ]);
    const again = await add();
    expect(rows(library, 'SELECT local_state FROM resource')).toEqual([
      { local_state: 'here' },
      { local_state: 'here' },
    ]);
    await library.ingest.folders.remove(again.id, { forgetPhotos: true });
    expect(rows(library, 'SELECT id FROM photo')).toEqual([]);
    expect(existsSync(join(base, 'IMG_0001.jpg'))).toBe(true);
  });

  it('refuses the library itself, a file, and a folder that is not there', async () => {
    writeFileSync(join(base, 'file'), '');
    await expect(library.ingest.folders.add(library.directory)).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(library.ingest.folders.add(join(base, 'file'))).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(library.ingest.folders.add(join(base, 'none'))).rejects.toMatchObject({ code: 'notFound' });
  });
});
