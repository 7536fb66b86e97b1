import { randomUUIDv7 } from 'node:crypto';
import { chmodSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScanJobs } from '../../electron/core/library/scanJobs.ts';
import { createSteps } from '../../electron/core/library/steps.ts';
import { createTrash } from '../../electron/core/library/trash.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

/** How the disk is looked at: what happens to a walk on its way to the library. */
let looking: (walk: ScanJobs['walk']) => ScanJobs['walk'];
let base: string;
let library: IngestLibrary;
beforeEach(async () => {
  looking = (walk) => walk;
  base = mkdtempSync(join(tmpdir(), 'shoebox-refused-'));
  library = await openIngestLibrary({
    settleMs: 0,
    pool,
    scanning: (jobs) => ({ ...jobs, walk: (params) => looking(jobs.walk)(params) }),
  });
});
afterEach(async () => {
  expect(library.errors).toEqual([]);
  await library.dispose();
  clear(base);
});

const photos = () =>
  rows<{ file_name: string }>(library, 'SELECT file_name FROM photo ORDER BY 1').map((photo) => photo.file_name);
const fileRows = () =>
  rows(library, 'SELECT path, state, declined, inode FROM file ORDER BY path').map((row) => ({ ...(row as object) }));
/** Nobody asked for it: a scan as after a start. */
async function scan(): Promise<void> {
  await library.ingest.folders.start();
  await library.ingest.idle();
}
async function watch(): Promise<void> {
  await library.ingest.folders.add(base);
  await library.ingest.idle();
}

async function deleteForGood(...paths: string[]): Promise<void> {
  const { store, errors } = library;
  const trash = createTrash({
    store,
    steps: createSteps({ store, newId: randomUUIDv7 }),
    now: Date.now,
    moveToSystemTrash: () => Promise.reject(new Error('nobody asked for that')),
    reportError: (error) => errors.push(error),
  });
  const ids = paths.flatMap((path) =>
    rows<{ id: string }>(library, 'SELECT id FROM photo WHERE file_name = ?', basename(path)).map(({ id }) => id),
  );
  await trash.trash(ids);
  expect(await trash.deleteForever(ids, false)).toMatchObject({ changed: paths.length });
}
const decline = (path: string) =>
  library.store.connection.raw
    .prepare(
      `UPDATE file SET state = 'rejected', declined = 1, sha256 = NULL, photo_id = NULL, resource_id = NULL WHERE path = ?`,
    )
    .run(basename(path));

/** Mounted anew: FAT has no inode numbers of its own, so the system counts them out in another order. */
const remounted: typeof looking = (walk) => (params) => {
  const seen = walk(params);
  return { ...seen, files: seen.files.map((file) => ({ ...file, inode: `${file.inode}7`, device: '77' })) };
};

describe('after a disk was mounted anew with other inode numbers', () => {
  it('a photo deleted for good and a declined one stay away, and are known by their new numbers', async () => {
    const [kept = '', gone = '', declined = ''] = await maker.folder(base, 3);
    await watch();
    await deleteForGood(gone, declined);
    decline(declined);
    looking = remounted;
    await scan();
    expect(photos()).toEqual([basename(kept)]);
    expect(fileRows()).toEqual([
      { path: basename(kept), state: 'present', declined: 0, inode: expect.any(String) },
      { path: basename(gone), state: 'rejected', declined: 0, inode: expect.stringMatching(/7$/u) },
      { path: basename(declined), state: 'rejected', declined: 1, inode: expect.stringMatching(/7$/u) },
    ]);
  });

  it('a file that is no picture is not read again, and is once its rights or its bytes change', async () => {
    const broken = join(base, 'broken.jpg');
    writeFileSync(broken, 'not a picture');
    age(broken);
    await watch();
    const looks = () => rows(library, 'SELECT id FROM import_item').length;
    expect(looks()).toBe(1);
    looking = remounted;
    await scan();
    expect(looks()).toBe(1);
    chmodSync(broken, 0o600);
    await scan();
    expect(looks()).toBe(2);
  });

  it('another picture saved in the place of a deleted one is taken', async () => {
    const [gone = ''] = await maker.folder(base, 1);
    await watch();
    await deleteForGood(gone);
    looking = remounted;
    await maker.write(gone, { seed: 40 });
    utimesSync(gone, new Date(1e12), new Date(1e12));
    await scan();
    expect(photos()).toEqual([basename(gone)]);
  });
});

describe.skipIf(process.platform === 'win32')('files that are listed and cannot be looked at', () => {
  /** As somebody who has no right to look into a folder; root has every right. */
  const withoutRight: typeof looking = (walk) => (params) => {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      return walk(params);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  };

  it('change no state: what was taken is not missing, and what was deleted or declined stays so', async () => {
    const folder = join(base, 'folder');
    const [kept = '', gone = '', declined = ''] = await maker.folder(folder, 3);
    await watch();
    await deleteForGood(gone, declined);
    library.store.connection.raw
      .prepare(`UPDATE file SET declined = 1, sha256 = NULL WHERE path = ?`)
      .run(`folder/${basename(declined)}`);
    const before = fileRows();
    chmodSync(base, 0o755);
    // The names may be read, nothing else of the files.
    chmodSync(folder, 0o444);
    looking = withoutRight;
    await scan();
    expect(fileRows()).toEqual(before);
    chmodSync(folder, 0o755);
    looking = (walk) => walk;
    await scan();
    expect(fileRows()).toEqual(before);
    expect(photos()).toEqual([basename(kept)]);
  });
});
