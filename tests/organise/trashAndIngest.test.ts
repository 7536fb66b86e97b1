import { randomUUIDv7 } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOrganising, type Organising } from '../../electron/core/library/organising.ts';
import { createLocalPool, openIngestLibrary, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

describe('photos taken in from real files', () => {
  let base: string;
  let library: IngestLibrary;
  let core: Organising;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-trash-'));
    library = await openIngestLibrary({ settleMs: 0, pool });
    core = createOrganising({
      store: library.store,
      now: Date.now,
      newId: randomUUIDv7,
      reportError: (error) => library.errors.push(error),
      moveToSystemTrash: () => Promise.resolve(),
    });
  });
  afterEach(async () => {
    await core.dispose();
    expect(library.errors).toEqual([]);
    await library.dispose();
    clear(base);
  });
  const all = () => core.timeline.allIDs(core.lists.listOf({ source: { kind: 'library' }, scope: 'both', query: '' }));

  test('deleted for good from a watched folder, the file stays where it is and no rescan brings the photo back', async () => {
    const paths = await maker.folder(base, 2);
    await library.ingest.folders.add(base);
    await library.ingest.idle();
    const [gone] = all();
    await core.trash.trash([gone ?? '']);
    await core.trash.empty();
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(all()).toHaveLength(1);
    expect(paths.every((path) => existsSync(path))).toBe(true);
  });

  test('deleted for good, a copy in the library goes, and importing the file again takes it in anew', async () => {
    const paths = await maker.folder(base, 1);
    await library.ingest.finished(await library.ingest.import(paths));
    const [first] = all();
    const [copy] = library.store.connection
      .statement<[], { path: string }>(
        `SELECT folder.path || '/' || file.path AS path FROM file JOIN folder ON folder.id = file.folder_id`,
      )
      .all();
    await core.trash.trash([first ?? '']);
    await core.trash.empty();
    expect(existsSync(copy?.path ?? '')).toBe(false);
    await library.ingest.finished(await library.ingest.import(paths));
    expect(all()).toHaveLength(1);
    expect(all()[0]).not.toBe(first);
  });

  test('undoing a date on a photo that never had one puts it back where its file’s time had put it', async () => {
    await maker.folder(base, 1);
    await library.ingest.folders.add(base);
    await library.ingest.idle();
    const [id] = all();
    const place = () =>
      library.store.connection
        .statement<[], { sort_at: number; taken_at: string | null }>('SELECT sort_at, taken_at FROM photo')
        .get();
    library.store.transaction('ingest', ({ raw }) => {
      raw.exec('UPDATE photo SET taken_at = NULL, taken_offset = NULL');
      raw.exec('UPDATE photo SET sort_at = CAST((SELECT modified_ns FROM file) AS INTEGER) / 1000000');
    });
    const before = place();
    await core.facts.setDate([id ?? ''], { mode: 'set', takenAt: '1999-12-31T23:59:59', offset: null });
    expect(place()?.sort_at).toBe(Date.UTC(1999, 11, 31, 23, 59, 59));
    await core.undo.undo();
    expect(place()).toEqual(before);
  });
});
