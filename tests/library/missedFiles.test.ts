import { randomUUIDv7 } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOriginals } from '../../electron/core/library/originals.ts';
import { createSteps } from '../../electron/core/library/steps.ts';
import { createTrash } from '../../electron/core/library/trash.ts';
import { mayPass, toFileError } from '../../electron/core/media/fileErrors.ts';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { AppError } from '../../shared/errors.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

let base: string;
let library: IngestLibrary | undefined;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-missed-'));
});
afterEach(async () => {
  await library?.dispose();
  clear(base);
});

const photos = (of: IngestLibrary) => rows(of, `SELECT id FROM photo WHERE state = 'ready'`).length;

/** A library whose files are first read whole after `act` ran once. */
async function openActing(act: () => void): Promise<IngestLibrary> {
  let acted = false;
  const acting: MediaPool = {
    ...pool,
    // The type of a generic method is lost on the way through async; it is the same method all the same.
    run: (async (name, params, options) => {
      if (name === 'content' && !acted) {
        acted = true;
        act();
      }
      return pool.run(name, params, options);
    }) as MediaPool['run'],
    dispose: () => Promise.resolve(),
  };
  return openIngestLibrary({ settleMs: 0, unfinishedMs: 500, pool: acting });
}
const rescan = async (of: IngestLibrary) => {
  await of.ingest.folders.rescan();
  await of.ingest.idle();
};

describe('photos of a watched folder', () => {
  it('are all taken when a folder in it is renamed while they are read', async () => {
    await maker.folder(join(base, 'New Folder'), 8);
    const opened = await openActing(() => renameSync(join(base, 'New Folder'), join(base, 'Holiday')));
    library = opened;
    await opened.ingest.folders.add(base);
    await opened.ingest.idle();
    await rescan(opened);
    await rescan(opened);
    expect(photos(opened)).toBe(8);
    expect(rows(opened, `SELECT path FROM file WHERE state <> 'present'`)).toEqual([]);
  });

  it('are all taken when their disk is unplugged while they are read, and comes back', async () => {
    const disk = join(base, 'disk');
    await maker.folder(disk, 8);
    const opened = await openActing(() => renameSync(disk, join(base, 'away')));
    library = opened;
    await opened.ingest.folders.add(disk);
    await opened.ingest.idle();
    await rescan(opened);
    renameSync(join(base, 'away'), disk);
    await rescan(opened);
    await rescan(opened);
    expect(photos(opened)).toBe(8);
  });

  const busy = () => toFileError(Object.assign(new Error('resource busy'), { code: 'EBUSY' }), 'IMG_1.jpg');

  it('are taken by the next scan when another program held one of them while it was read', async () => {
    await maker.folder(base, 4);
    const opened = await openActing(() => {
      throw busy();
    });
    library = opened;
    await opened.ingest.folders.add(base);
    await opened.ingest.idle();
    expect(photos(opened)).toBe(3);
    expect(rows(opened, `SELECT reason FROM import_item WHERE outcome = 'failed'`)).toEqual([
      { reason: 'IMG_1.jpg is being used by another program.' },
    ]);
    await rescan(opened);
    expect(photos(opened)).toBe(4);
    expect(rows(opened, `SELECT path FROM file WHERE state <> 'present'`)).toEqual([]);
  });

  it('are taken by the next scan when not even the head of one could be read the first time', async () => {
    await maker.folder(base, 4);
    let first = true;
    const opened = await openIngestLibrary({
      settleMs: 0,
      pool,
      scanning: (jobs) => ({
        ...jobs,
        headers: async (params) => {
          const [one, ...others] = await jobs.headers(params);
          if (one === undefined) return [];
          if (!first) return [one, ...others];
          first = false;
          return [{ kind: 'unreadable', path: one.path, reason: busy().message, passing: mayPass(busy()) }, ...others];
        },
      }),
    });
    library = opened;
    await opened.ingest.folders.add(base);
    await opened.ingest.idle();
    expect(photos(opened)).toBe(3);
    await rescan(opened);
    expect(photos(opened)).toBe(4);
  });

  /** A library in which one photo of a watched folder is held by another program. */
  async function openHeld() {
    await maker.folder(base, 1);
    const held = { isBusy: true, clock: Date.now() };
    const opened = await openIngestLibrary({
      settleMs: 0,
      now: () => held.clock,
      pool: {
        ...pool,
        run: (async (name, params, options) => {
          if (name === 'content' && held.isBusy) throw busy();
          return pool.run(name, params, options);
        }) as MediaPool['run'],
        dispose: () => Promise.resolve(),
      },
    });
    library = opened;
    await opened.ingest.folders.add(base);
    await opened.ingest.idle();
    /** Scans that nobody asked for, so many minutes apart. */
    const scan = async (times: number, apart: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        held.clock += apart * 60_000;
        await opened.ingest.folders.start();
        await opened.ingest.idle();
      }
    };
    const looks = () => rows(opened, 'SELECT id FROM import_item').length;
    const state = () => rows<{ state: string }>(opened, 'SELECT state FROM file')[0]?.state;
    return { opened, held, scan, looks, state };
  }

  it('are taken once another program lets go of them, however often their folder was scanned until then', async () => {
    const { opened, held, scan, looks, state } = await openHeld();
    await scan(15, 1);
    // Sessions beyond the newest twenty are forgotten, with their items.
    expect(looks()).toBe(16);
    expect(state()).toBe('waiting');
    held.isBusy = false;
    await scan(1, 1);
    expect(photos(opened)).toBe(1);
  });

  it('are given up after ten failed readings half an hour apart, and tried again once they change', async () => {
    const { opened, held, scan, looks, state } = await openHeld();
    await scan(8, 30);
    expect(state()).toBe('waiting');
    await scan(6, 30);
    expect(state()).toBe('rejected');
    expect(looks()).toBe(10);

    // What lies there now has failed once, not eleven times.
    appendFileSync(join(base, readdirSync(base)[0] ?? ''), 'changed');
    await scan(1, 30);
    expect(state()).toBe('waiting');
    held.isBusy = false;
    await scan(1, 30);
    expect(photos(opened)).toBe(1);
  });

  it('that were given up for a reason that passes are tried again when a person rescans their folder', async () => {
    const { opened, held, scan, state } = await openHeld();
    await scan(12, 30);
    expect(state()).toBe('rejected');
    await rescan(opened);
    expect(state()).toBe('waiting');
    await scan(8, 30);
    expect(state()).toBe('waiting');
    await scan(2, 30);
    expect(state()).toBe('rejected');
    held.isBusy = false;
    await scan(1, 30);
    expect(photos(opened)).toBe(0);
    await rescan(opened);
    expect(photos(opened)).toBe(1);
  });

  it('go on being tried when the clock of the computer was set back', async () => {
    const { held, scan, state } = await openHeld();
    held.clock += 365 * 24 * 3_600_000;
    await scan(1, 0);
    held.clock -= 365 * 24 * 3_600_000;
    await scan(7, 30);
    expect(state()).toBe('waiting');
    await scan(1, 30);
    expect(state()).toBe('rejected');
  });

  it('are not read again and again when what they hold cannot be read', async () => {
    await maker.folder(base, 2);
    writeFileSync(join(base, 'broken.jpg'), 'not a picture');
    const opened = await openIngestLibrary({ settleMs: 0, pool });
    library = opened;
    await opened.ingest.folders.add(base);
    await opened.ingest.idle();
    const looks = () => rows(opened, `SELECT id FROM import_item WHERE path LIKE '%broken.jpg'`).length;
    expect(looks()).toBe(1);
    await rescan(opened);
    expect(looks()).toBe(1);
    expect(rows(opened, `SELECT attempts FROM file WHERE state = 'rejected'`)).toEqual([{ attempts: 0 }]);
  });

  it('that were deleted for good stay so when an empty folder lay in place of their disk for a while', async () => {
    const disk = join(base, 'disk');
    await maker.folder(disk, 12);
    let opened = await openIngestLibrary({ settleMs: 0, pool });
    library = opened;
    await opened.ingest.folders.add(disk);
    await opened.ingest.idle();
    const { store } = opened;
    const trash = createTrash({
      store,
      steps: createSteps({ store, newId: randomUUIDv7 }),
      now: Date.now,
      moveToSystemTrash: () => Promise.reject(new Error('nothing is moved there')),
      reportError: (error) => {
        throw error;
      },
    });
    const ids = rows<{ id: string }>(opened, 'SELECT id FROM photo').map(({ id }) => id);
    await trash.trash(ids);
    expect(await trash.deleteForever(ids, false)).toMatchObject({ changed: 12 });
    renameSync(disk, join(base, 'away'));
    mkdirSync(disk);
    const start = async (of: IngestLibrary) => {
      const again = await of.reopen();
      library = again;
      await again.ingest.start();
      await again.ingest.idle();
      return again;
    };
    opened = await start(opened);
    rmdirSync(disk);
    renameSync(join(base, 'away'), disk);
    opened = await start(opened);
    expect(rows(opened, 'SELECT file_name FROM photo')).toEqual([]);
  });
});

it('an import paused when the disk was full goes on when it is resumed, not before', async () => {
  await maker.folder(base, 4);
  let refused = false;
  let pause = () => {};
  const opened = await openIngestLibrary({
    pool,
    originals: (directory) => {
      const made = createOriginals({ directory });
      return {
        ...made,
        place: (...asked) => {
          if (refused) return made.place(...asked);
          refused = true;
          pause();
          return Promise.reject(new AppError('diskFull', 'The disk is full.'));
        },
      };
    },
  });
  library = opened;
  const { ingest } = opened;
  const states: string[] = [];
  const isPausedAgain = new Promise<void>((resolve) => {
    ingest.onProgress(({ state }) => {
      if (state === 'paused' && states.includes('waitingForSpace')) resolve();
      states.push(state);
    });
  });
  const id = await ingest.import([base]);
  pause = () => ingest.pause(id);
  await isPausedAgain;
  expect(ingest.session(id).state).toBe('paused');
  ingest.resume(id);
  expect(await ingest.finished(id)).toMatchObject({ state: 'done', imported: 4 });
});
