import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

describe('a folder that is no longer watched while its import', () => {
  let base: string;
  let library: IngestLibrary;
  let letGo: () => void;
  let reading: Promise<void>;

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-stop-'));
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let arrived: () => void;
    reading = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const holding: MediaPool = {
      ...pool,
      // The type of a generic method is lost on the way through async; it is the same method all the same.
      run: (async (name, params, options) => {
        if (name === 'content') {
          arrived();
          await held;
        }
        return pool.run(name, params, options);
      }) as MediaPool['run'],
      dispose: () => Promise.resolve(),
    };
    library = await openIngestLibrary({ pool: holding });
  });
  afterEach(async () => {
    letGo();
    expect(library.errors).toEqual([]);
    await library.dispose();
    clear(base);
  });

  const photos = (): { file_name: string; state: string }[] =>
    rows(library, 'SELECT file_name, state FROM photo ORDER BY file_name');
  const pauseAtContent = async (): Promise<{ folder: string; session: string }> => {
    await maker.folder(base, 12);
    const { id: folder } = await library.ingest.folders.add(base);
    await reading;
    const session = library.ingest.sessions()[0]?.sessionID ?? '';
    library.ingest.pause(session);
    letGo();
    return { folder, session };
  };
  const restart = async (): Promise<void> => {
    library = await library.reopen();
    await library.ingest.start();
  };

  it('is paused: the import is cancelled, and takes nothing any more', async () => {
    const { folder, session } = await pauseAtContent();
    await library.ingest.folders.remove(folder);
    expect(library.ingest.session(session)).toMatchObject({ state: 'cancelled' });
    expect(library.ingest.folders.list()).toEqual([]);
    const taken = photos();
    expect(taken).toHaveLength(library.ingest.session(session).imported);
    library.ingest.resume(session);
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(photos()).toEqual(taken);
  });

  it('is paused since before a restart: the import is cancelled, and takes nothing any more', async () => {
    const { folder, session } = await pauseAtContent();
    await restart();
    expect(library.ingest.session(session)).toMatchObject({ state: 'paused' });
    const { imported } = library.ingest.session(session);
    await library.ingest.folders.remove(folder);
    library.ingest.resume(session);
    await library.ingest.idle();
    expect(library.ingest.session(session)).toMatchObject({ state: 'cancelled', imported });
    expect(photos()).toHaveLength(imported);
  });

  it('runs: the answer does not wait for all of it', async () => {
    await maker.folder(base, 12);
    const { id } = await library.ingest.folders.add(base);
    await reading;
    const removed = library.ingest.folders.remove(id);
    letGo();
    await removed;
    const taken = photos();
    expect(taken.length).toBeLessThan(12);
    await library.ingest.idle();
    expect(photos()).toEqual(taken);
    expect(rows(library, 'SELECT id FROM file')).toEqual([]);
  });

  it('is paused, and whose rows an older Shoebox left to it: the rest is skipped, in words, and leaves no photo', async () => {
    const { folder, session } = await pauseAtContent();
    await restart();
    const { imported } = library.ingest.session(session);
    library.store.transaction('ingest', ({ raw }) => raw.prepare('DELETE FROM folder WHERE id = ?').run(folder));
    library.ingest.resume(session);
    const done = await library.ingest.finished(session);
    expect(done).toMatchObject({ state: 'done', imported, skipped: 12 - imported, failed: 0 });
    expect(library.ingest.report(session, 0, 1).issues).toMatchObject([{ reason: 'Its folder is no longer watched.' }]);
    expect(photos()).toHaveLength(imported);
  });

  it('is one in place of several folders: the others are taken all the same', async () => {
    for (const name of ['one', 'two']) await maker.folder(join(base, name), 8, { seed: name === 'one' ? 1 : 50 });
    const session = await library.ingest.import([join(base, 'one'), join(base, 'two')], { mode: 'reference' });
    await reading;
    const one = library.ingest.folders.list().find(({ path }) => path === join(base, 'one'));
    await library.ingest.folders.remove(one?.id ?? '');
    letGo();
    const done = await library.ingest.finished(session);
    expect(done).toMatchObject({ state: 'done', imported: 8, skipped: 8, failed: 0 });
    expect(photos().map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => 'ready'));
    expect(rows(library, `SELECT id FROM file WHERE state = 'present'`)).toHaveLength(8);
    expect(rows(library, `SELECT id FROM resource WHERE local_state <> 'here'`)).toEqual([]);
  });
});
