import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

/** Mounting a disk of our own needs root on Linux; elsewhere the reason is printed and nothing is claimed. */
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!mayMount) console.log('Full and unmounted disks were not tried: mounting a tmpfs needs root on Linux.');

describe.runIf(mayMount)('a disk of its own', () => {
  const maker = createPhotoMaker();
  let base: string;
  let disk: string;
  let library: IngestLibrary | undefined;
  let pool: ReturnType<typeof createLocalPool>;
  const mount = (megabytes: number) => {
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]);
  };
  const unmount = () => execFileSync('umount', [disk]);

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-disk-'));
    disk = join(base, 'disk');
    pool = createLocalPool();
  });
  afterEach(async () => {
    await library?.close();
    library = undefined;
    await pool.dispose();
    await maker.dispose();
    try {
      unmount();
    } catch {
      // The test has unmounted it itself.
    }
    clear(base);
  });

  it('that fills up during an import: the import waits, says so, and goes on when there is room', async () => {
    mount(12);
    const source = join(base, 'source');
    await maker.folder(source, 40, { width: 1_600, height: 1_200 });
    library = await openIngestLibrary({ directory: join(disk, 'library'), pool });
    // Something else takes the room: what is left cannot hold the copies.
    fill(join(disk, 'ballast'), 9);
    const messages: string[] = [];
    library.ingest.onProgress(({ state, message }) => {
      if (state === 'waitingForSpace' && message !== null) messages.push(message);
    });
    const id = await library.ingest.import([source]);
    await vi.waitFor(() => expect(messages.length).toBeGreaterThan(0), { timeout: 30_000 });
    expect(messages[0]).toMatch(/full/);
    // The app still reads, and what was committed is whole.
    const current = library;
    expect(current.ingest.session(id)).toMatchObject({ failed: 0 });
    expect(current.store.connection.raw.pragma('integrity_check', { simple: true })).toBe('ok');
    rmSync(join(disk, 'ballast'));
    execFileSync('mount', ['-o', 'remount,size=80m', disk]);
    const done = await current.ingest.finished(id);
    expect(done).toMatchObject({ state: 'done', imported: 40, failed: 0, thumbnails: 40 });
    expect(rows(current, `SELECT id FROM photo WHERE state <> 'ready'`)).toEqual([]);
    const copies = readdirSync(join(disk, 'library/originals'), { recursive: true, withFileTypes: true });
    expect(copies.filter((entry) => entry.isFile())).toHaveLength(40);
    expect(current.errors).toEqual([]);
  }, 120_000);

  it('that is unmounted under a watched folder: nothing is lost, and all is back with it', async () => {
    mount(40);
    await maker.folder(join(disk, 'photos'), 12);
    library = await openIngestLibrary({ pool, watch: true, settleMs: 100 });
    const { id } = await library.ingest.folders.add(join(disk, 'photos'));
    await library.ingest.idle();
    const kept = join(base, 'kept');
    execFileSync('cp', ['-a', join(disk, 'photos'), kept]);
    await library.close();
    unmount();
    library = await library.reopen();
    await library.ingest.start();
    expect(library.ingest.folders.list()).toMatchObject([{ id, state: 'unavailable' }]);
    expect(rows(library, `SELECT id FROM file WHERE state <> 'present'`)).toEqual([]);
    // The empty mount point itself, with a folder of the same name in it.
    mkdirSync(join(disk, 'photos'));
    await library.ingest.folders.rescan();
    expect(library.ingest.folders.list()).toMatchObject([{ id, state: 'unavailable' }]);
    expect(rows(library, `SELECT id FROM file WHERE state <> 'present'`)).toEqual([]);
    rmSync(join(disk, 'photos'), { recursive: true });
    mount(40);
    execFileSync('cp', ['-a', kept, join(disk, 'photos')]);
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(library.ingest.folders.list()).toMatchObject([{ id, state: 'available', reason: null }]);
    expect(rows(library, `SELECT local_state FROM resource WHERE local_state <> 'here'`)).toEqual([]);
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(12);
    expect(library.errors).toEqual([]);
  }, 60_000);

  it('mounted read-only under a watched folder is all a watched folder needs', async () => {
    mount(40);
    await maker.folder(join(disk, 'photos'), 3);
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    library = await openIngestLibrary({ pool });
    await library.ingest.folders.add(join(disk, 'photos'));
    await library.ingest.idle();
    expect(rows(library, `SELECT id FROM photo WHERE state = 'ready' AND facts_level = 3`)).toHaveLength(3);
    expect(readFileSync(join(disk, 'photos/IMG_0001.jpg')).length).toBeGreaterThan(0);
    expect(library.errors).toEqual([]);
  });
});

function fill(path: string, megabytes: number): void {
  const handle = openSync(path, 'w');
  try {
    for (let index = 0; index < megabytes; index += 1) writeSync(handle, Buffer.alloc(1024 * 1024, 1));
  } catch {
    // Full already: that is what it is for.
  } finally {
    closeSync(handle);
  }
}
