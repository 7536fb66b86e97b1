import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';
import { writeVideo } from '../helpers/writeVideo.ts';

describe('an import that is interrupted', () => {
  const maker = createPhotoMaker();
  const pool = createLocalPool();
  let base: string;
  let library: IngestLibrary;
  /** Files whose path contains this are not read until it is empty; `reading` resolves when one is asked for. */
  let held = '';
  let reached: () => void;
  let reading: Promise<void>;
  let release: () => void;
  let released: Promise<void>;

  const hold = (part: string): void => {
    held = part;
    ({ promise: reading, resolve: reached } = Promise.withResolvers<void>());
    ({ promise: released, resolve: release } = Promise.withResolvers<void>());
  };
  const letGo = (): void => {
    held = '';
    release();
  };
  const holding: MediaPool = {
    ...pool,
    // The type of a generic method is lost on the way through async; it is the same method all the same.
    run: (async (name, params, options) => {
      if (name === 'content' && held !== '' && (params as { readonly path: string }).path.includes(held)) {
        reached();
        await released;
      }
      return pool.run(name, params, options);
    }) as MediaPool['run'],
    dispose: () => Promise.resolve(),
  };

  /** Closes the library, letting go of what is held once it is closing, and opens it again. */
  const reopen = async (): Promise<void> => {
    const closed = library.reopen();
    // What is asked to stop has been asked by then.
    await new Promise((done) => setImmediate(done));
    letGo();
    library = await closed;
  };
  const restart = async (): Promise<void> => {
    await reopen();
    await library.ingest.start();
    await library.ingest.idle();
  };
  /** Cancels what runs, letting go of what is held. */
  const cancel = async (): Promise<void> => {
    const cancelled = library.ingest.cancel(library.ingest.sessions()[0]?.sessionID ?? '');
    letGo();
    await cancelled;
    await library.ingest.idle();
  };
  const states = (): unknown[] => rows(library, 'SELECT file_name AS name, state FROM photo ORDER BY file_name');

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-interrupted-'));
    library = await openIngestLibrary({ pool: holding });
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

  describe('at the video beside a photo of the same name', () => {
    beforeEach(async () => {
      await maker.write(join(base, 'a.jpg'), { seed: 1 });
      await writeVideo(join(base, 'a.mp4'), 2);
      hold('a.mp4');
      await library.ingest.folders.add(base);
      await reading;
    });

    it('by the end of the app goes on with it at the next start', async () => {
      expect(states()).toEqual([
        { name: 'a.jpg', state: 'ready' },
        { name: 'a.mp4', state: 'header' },
      ]);
      await reopen();
      expect(states()).toContainEqual({ name: 'a.mp4', state: 'header' });
      await restart();
      expect(states()).toEqual([
        { name: 'a.jpg', state: 'ready' },
        { name: 'a.mp4', state: 'ready' },
      ]);
    });

    it('by a person leaves no row of it, and waits for their word', async () => {
      await cancel();
      expect(states()).toEqual([{ name: 'a.jpg', state: 'ready' }]);
      await restart();
      expect(states()).toEqual([{ name: 'a.jpg', state: 'ready' }]);
      const [folder] = library.ingest.folders.list();
      expect(folder).toMatchObject({ declined: 1 });
      await library.ingest.folders.rescan(folder?.id);
      await library.ingest.idle();
      expect(states()).toHaveLength(2);
    });
  });

  it('of a watched folder ends soon when the app closes, and goes on at the next start', async () => {
    await maker.folder(base, 12);
    hold('IMG_');
    await library.ingest.folders.add(base);
    await reading;
    await reopen();
    expect(rows(library, `SELECT id FROM photo WHERE state = 'ready'`).length).toBeLessThan(12);
    await restart();
    expect(rows(library, `SELECT id FROM photo WHERE state = 'ready'`)).toHaveLength(12);
  });

  it('by a person is made up for when they watch the folder, or one around it', async () => {
    for (const [name, watched] of [
      ['chosen', 'chosen'],
      ['inner', ''],
    ] as const) {
      await maker.folder(join(base, name), 2, { seed: name.length * 10 });
      hold('IMG_');
      if (name === 'chosen') await library.ingest.import([join(base, name)], { mode: 'reference' });
      else await library.ingest.folders.add(join(base, name));
      await reading;
      const before = states().length;
      await cancel();
      expect(states()).toHaveLength(before - 2);
      await library.ingest.folders.add(join(base, watched));
      await library.ingest.idle();
      expect(states()).toHaveLength(before);
      expect(library.ingest.folders.list()).toMatchObject([{ photos: before, declined: 0 }]);
    }
  });

  it('by a person leaves a file alone that was deleted from the library before and changed on the disk since', async () => {
    await maker.write(join(base, 'a.jpg'), { seed: 1 });
    await library.ingest.folders.add(base);
    await library.ingest.idle();
    library.store.transaction('app', ({ raw }) => {
      raw.exec(
        `UPDATE file SET state = 'rejected', photo_id = NULL, resource_id = NULL; DELETE FROM resource; DELETE FROM photo`,
      );
    });
    await maker.write(join(base, 'a.jpg'), { seed: 2 });
    hold('a.jpg');
    void library.ingest.folders.rescan();
    await reading;
    await cancel();
    expect(states()).toEqual([]);
    await restart();
    expect(states()).toEqual([]);
    expect(library.ingest.folders.list()).toMatchObject([{ declined: 1 }]);
  });
});

describe('a file that was refused and is rewritten', () => {
  const maker = createPhotoMaker();
  const pool = createLocalPool();
  afterAll(async () => {
    await maker.dispose();
    await pool.dispose();
  });

  it('is looked at again when a scan came upon it while it was young', async () => {
    const base = mkdtempSync(join(tmpdir(), 'shoebox-rewritten-'));
    let clock = Date.now() + 60_000;
    const library = await openIngestLibrary({ pool, settleMs: 1_000, unfinishedMs: 0, now: () => clock });
    try {
      writeFileSync(join(base, 'a.jpg'), 'no photo at all');
      await library.ingest.folders.add(base);
      await library.ingest.idle();
      expect(rows(library, 'SELECT state FROM file')).toEqual([{ state: 'rejected' }]);
      await maker.write(join(base, 'a.jpg'), { seed: 1 });
      clock = Date.now() + 100;
      void library.ingest.folders.rescan();
      await library.ingest.folders.rescan();
      clock = Date.now() + 60_000;
      await library.ingest.folders.rescan();
      await library.ingest.idle();
      expect(rows(library, 'SELECT state FROM photo')).toEqual([{ state: 'ready' }]);
    } finally {
      await library.dispose();
      rmSync(base, { recursive: true });
    }
  });
});
