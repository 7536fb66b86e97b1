import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOriginals } from '../../electron/core/library/originals.ts';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import type { ImportProgress } from '../../shared/model/library.ts';
import { AppError } from '../../shared/errors.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

/** Holds back the reading of files until told, so that a test can act in the middle of an import. */
function createHeldPool(pool: MediaPool) {
  let open: (() => void) | undefined;
  let waiting = Promise.resolve();
  let begun = 0;
  let arrived: (() => void)[] = [];
  const held: MediaPool = {
    ...pool,
    // The type of a generic method is lost on the way through async; it is the same method all the same.
    run: (async (name, params, options) => {
      if (name === 'content') {
        begun += 1;
        for (const wake of arrived.splice(0)) wake();
        await waiting;
      }
      return pool.run(name, params, options);
    }) as MediaPool['run'],
    dispose: () => Promise.resolve(),
  };
  return {
    pool: held,
    get begun() {
      return begun;
    },
    hold: () => {
      waiting = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open?.(),
    /** Resolves when the first file of the import is being read. */
    reading: () =>
      new Promise<void>((resolve) => {
        if (begun > 0) resolve();
        else arrived.push(resolve);
      }),
  };
}

describe('an import', () => {
  const maker = createPhotoMaker();
  const pool = createLocalPool();
  let held: ReturnType<typeof createHeldPool>;
  let base: string;
  let library: IngestLibrary;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-session-'));
    held = createHeldPool(pool);
    library = await openIngestLibrary({ pool: held.pool });
  });
  afterEach(async () => {
    held.release();
    expect(library.errors).toEqual([]);
    await library.dispose();
    clear(base);
  });
  afterAll(async () => {
    await maker.dispose();
    await pool.dispose();
  });

  it('shows rows for everything before the first file is read whole', async () => {
    await maker.folder(base, 30);
    held.hold();
    const id = await library.ingest.import([base]);
    await held.reading();
    expect(rows(library, `SELECT id FROM photo WHERE state = 'header'`)).toHaveLength(30);
    expect(rows<{ ratio: number }>(library, 'SELECT DISTINCT ratio FROM photo')).toEqual([{ ratio: 1_333 }]);
    held.release();
    expect(await library.ingest.finished(id)).toMatchObject({ imported: 30, thumbnails: 30 });
  });

  it('paused stops between files, survives a restart, and goes on when resumed', async () => {
    await maker.folder(base, 20);
    held.hold();
    const id = await library.ingest.import([base]);
    await held.reading();
    library.ingest.pause(id);
    held.release();
    library = await library.reopen();
    await library.ingest.start();
    expect(library.ingest.session(id).state).toBe('paused');
    expect(library.ingest.session(id).imported).toBeLessThan(20);
    library.ingest.resume(id);
    expect(await library.ingest.finished(id)).toMatchObject({ state: 'done', imported: 20, failed: 0 });
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(20);
  });

  it('of several folders in place, paused while the second is looked through, takes both after a restart', async () => {
    await maker.folder(join(base, 'first'), 3);
    await maker.folder(join(base, 'second'), 4);
    await library.dispose();
    let walks = 0;
    let pause = () => {};
    library = await openIngestLibrary({
      pool,
      scanning: (jobs) => ({
        ...jobs,
        walk: (params) => {
          walks += 1;
          if (walks !== 2) return jobs.walk(params);
          pause();
          // The process ends: the scan worker answers nothing more.
          throw new AppError('cancelled', 'The worker has ended.');
        },
      }),
    });
    const { ingest } = library;
    const paused = Promise.withResolvers<string>();
    const id = await ingest.import([join(base, 'first'), join(base, 'second')], { mode: 'reference' });
    pause = () => {
      ingest.pause(id);
      paused.resolve(id);
    };
    await paused.promise;
    library = await library.reopen();
    await library.ingest.start();
    expect(library.ingest.session(id).state).toBe('paused');
    library.ingest.resume(id);
    expect(await library.ingest.finished(id)).toMatchObject({ state: 'done', found: 7, failed: 0 });
    // The photos of the first are among those of the second.
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(4);
    expect(rows(library, `SELECT id FROM file WHERE state = 'present'`)).toHaveLength(7);
  });

  it('left unfinished by a closed app goes on at the next start', async () => {
    await maker.folder(base, 12);
    held.hold();
    const id = await library.ingest.import([base]);
    await held.reading();
    held.release();
    library = await library.reopen();
    await library.ingest.start();
    expect(await library.ingest.finished(id)).toMatchObject({ state: 'done', found: 12, imported: 12 });
  });

  it('cancelled keeps what was taken and takes back the rest', async () => {
    await maker.folder(base, 20);
    held.hold();
    const id = await library.ingest.import([base]);
    await held.reading();
    const cancelled = library.ingest.cancel(id);
    held.release();
    await cancelled;
    const done = library.ingest.session(id);
    expect(done.state).toBe('cancelled');
    expect(rows(library, `SELECT id FROM photo WHERE state = 'header'`)).toEqual([]);
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(done.imported);
    await library.ingest.finished(await library.ingest.import([base]));
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(20);
  });

  it('of a watched folder, cancelled, leaves the rest alone until a person has the folder looked through', async () => {
    await maker.folder(base, 12);
    held.hold();
    const { id } = await library.ingest.folders.add(base);
    await held.reading();
    const [session] = library.ingest.sessions();
    const cancelled = library.ingest.cancel(session?.sessionID ?? '');
    held.release();
    await cancelled;
    await library.ingest.idle();
    const taken = rows(library, 'SELECT id FROM photo').length;
    expect(taken).toBeLessThan(12);

    library = await library.reopen();
    await library.ingest.start();
    await library.ingest.idle();
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(taken);
    expect(library.ingest.folders.list()).toMatchObject([{ photos: taken, declined: 12 - taken, waiting: 0 }]);
    // Its disk is away, and an empty folder is seen in its place.
    renameSync(base, `${base}-away`);
    mkdirSync(base);
    library = await library.reopen();
    await library.ingest.start();
    await library.ingest.idle();
    expect(library.ingest.folders.list()).toMatchObject([{ state: 'unavailable', declined: 12 - taken }]);
    rmdirSync(base);
    renameSync(`${base}-away`, base);
    await maker.write(join(base, 'new.jpg'), { seed: 50 });
    chmodSync(join(base, 'IMG_0012.jpg'), 0o600);
    library = await library.reopen();
    await library.ingest.start();
    await library.ingest.idle();
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(taken + 1);

    await library.ingest.folders.rescan(id);
    await library.ingest.idle();
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(13);
    expect(library.ingest.folders.list()).toMatchObject([{ photos: 13, declined: 0 }]);
  });

  it('reports each file it did not take, with the reason', async () => {
    await maker.folder(base, 2);
    writeFileSync(join(base, 'notes.txt'), 'milk, bread');
    writeFileSync(join(base, 'empty.jpg'), '');
    writeFileSync(join(base, 'lie.jpg'), 'PK\u0003\u0004 this is an archive');
    const done = await library.ingest.finished(await library.ingest.import([base]));
    expect(done).toMatchObject({ found: 5, imported: 2, skipped: 1, failed: 2 });
    const { issues, total } = library.ingest.report(done.sessionID, 0, 10);
    expect(total).toBe(3);
    expect(issues).toEqual(
      expect.arrayContaining([
        { path: join(base, 'notes.txt'), outcome: 'skipped', reason: expect.stringMatching(/not a photo or video/) },
        { path: join(base, 'empty.jpg'), outcome: 'failed', reason: 'The file is empty.' },
        { path: join(base, 'lie.jpg'), outcome: 'failed', reason: expect.stringMatching(/not a photo or video/) },
      ]),
    );
    expect(library.ingest.report(done.sessionID, 2, 10).issues).toHaveLength(1);
  });

  it('of the same files again changes nothing, and brings back a photo from the trash', async () => {
    await maker.folder(base, 3);
    await library.ingest.finished(await library.ingest.import([base]));
    library.store.transaction('app', ({ raw }) => raw.exec('UPDATE photo SET trashed_at = 1 WHERE rowid = 1'));
    const again = await library.ingest.finished(await library.ingest.import([base]));
    expect(again).toMatchObject({ imported: 0, duplicates: 3 });
    expect(rows(library, 'SELECT id FROM photo WHERE trashed_at IS NULL')).toHaveLength(3);
    expect(rows(library, 'SELECT id FROM file')).toHaveLength(3);
  });

  it('gives two different files of one name two places, and never overwrites', async () => {
    for (const [index, folder] of ['a', 'b', 'c'].entries()) {
      await maker.write(join(base, folder, 'IMG_1.jpg'), {
        seed: index,
        tags: { DateTimeOriginal: '2020:03:04 05:06:07' },
      });
    }
    await library.ingest.finished(await library.ingest.import([base]));
    expect(rows<{ path: string }>(library, 'SELECT path FROM file ORDER BY path').map((row) => row.path)).toEqual([
      '2020/03/IMG_1 2.jpg',
      '2020/03/IMG_1 3.jpg',
      '2020/03/IMG_1.jpg',
    ]);
  });

  it('brings the copy back when the original was lost', async () => {
    await maker.folder(base, 1);
    await library.ingest.finished(await library.ingest.import([base]));
    const [file] = rows<{ path: string }>(library, 'SELECT path FROM file');
    rmSync(join(library.directory, 'originals', file?.path ?? ''));
    const again = await library.ingest.finished(await library.ingest.import([base]));
    expect(again).toMatchObject({ updated: 1, imported: 0 });
    expect(rows(library, 'SELECT id FROM photo')).toHaveLength(1);
    expect(rows(library, 'SELECT state, path FROM file')).toEqual([{ state: 'present', path: file?.path }]);
  });

  it('takes files whatever their names: line breaks, leading dashes, options; and reports a name that is no text', async () => {
    for (const [index, name] of [
      'a\n-delete_original!\n.jpg',
      '-overwrite_original.jpg',
      '$(touch x);.jpg',
      '%d.jpg',
    ].entries()) {
      await maker.write(join(base, 'ok.jpg'), { seed: 70 + index, tags: { Make: `Maker ${index}` } });
      renameSync(join(base, 'ok.jpg'), join(base, name));
    }
    writeFileSync(Buffer.concat([Buffer.from(`${base}/bad`), Buffer.from([0xff, 0xfe]), Buffer.from('.jpg')]), 'x');
    const before = readdirSync(base).sort();
    const done = await library.ingest.finished(await library.ingest.import([base], { mode: 'copy' }));
    expect(done).toMatchObject({ imported: 4, failed: 1 });
    expect(library.ingest.report(done.sessionID, 0, 10).issues[0]?.reason).toMatch(/not valid Unicode/);
    expect(rows<{ make: string }>(library, 'SELECT make FROM photo ORDER BY make').map((row) => row.make)).toEqual([
      'Maker 0',
      'Maker 1',
      'Maker 2',
      'Maker 3',
    ]);
    expect(rows(library, 'SELECT id FROM photo WHERE facts_level < 3')).toEqual([]);
    expect(readdirSync(base).sort()).toEqual(before);
  });

  it('of a folder that holds the library leaves the library alone', async () => {
    await maker.folder(join(base, 'photos'), 2);
    const inner = await openIngestLibrary({ directory: join(base, 'library'), pool: held.pool });
    try {
      await inner.ingest.finished(await inner.ingest.import([join(base, 'photos')]));
      const again = await inner.ingest.finished(await inner.ingest.import([base]));
      expect(again).toMatchObject({ found: 2, duplicates: 2, skipped: 0, failed: 0 });
    } finally {
      await inner.close();
    }
  });

  it('goes on past a photo that a person deletes for good while it is read', async () => {
    await maker.folder(base, 4);
    held.hold();
    const id = await library.ingest.import([base], { mode: 'reference' });
    await held.reading();
    library.store.transaction('app', ({ raw }) => raw.exec('DELETE FROM photo WHERE rowid = 1'));
    held.release();
    expect(await library.ingest.finished(id)).toMatchObject({ state: 'done', imported: 3, skipped: 1, failed: 0 });
  });

  it('takes single files, refuses what is not there and what lies in the library', async () => {
    await maker.folder(base, 3);
    const done = await library.ingest.finished(await library.ingest.import([join(base, 'IMG_0002.jpg')]));
    expect(done).toMatchObject({ found: 1, imported: 1, source: 'IMG_0002.jpg' });
    await expect(library.ingest.import([join(base, 'none.jpg')])).rejects.toMatchObject({ code: 'notFound' });
    await expect(library.ingest.import([library.directory])).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(library.ingest.import(['a\0b'])).rejects.toMatchObject({ code: 'invalidInput' });
  });

  it('of a single file in place does not bring in its neighbours, now or at a rescan', async () => {
    const [, second = ''] = await maker.folder(base, 3);
    await library.ingest.finished(await library.ingest.import([second], { mode: 'reference' }));
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(rows(library, 'SELECT file_name FROM photo')).toEqual([{ file_name: 'IMG_0002.jpg' }]);
    expect(
      rows(library, 'SELECT id FROM file WHERE folder_id IN (SELECT id FROM folder WHERE kind = ?)', 'originals'),
    ).toEqual([]);
  });

  it('tells how far it is, from found to done', async () => {
    await maker.folder(base, 5);
    const seen: ImportProgress[] = [];
    library.ingest.onProgress((progress) => seen.push(progress));
    const id = await library.ingest.import([base]);
    await library.ingest.finished(id);
    expect(seen.at(-1)).toMatchObject({ sessionID: id, state: 'done', found: 5, read: 5, thumbnails: 5, imported: 5 });
    expect(new Set(seen.map((progress) => progress.state))).toEqual(new Set(['scanning', 'running', 'done']));
  });

  /**
   * Imports one photo into a library of its own; `act` runs when the copy has its place and its row is not written.
   * @param before runs when the library has been opened and the photo's file is there
   */
  async function importActing(
    act: (placing: IngestLibrary) => void,
    before: (placing: IngestLibrary, file: string) => void = () => undefined,
  ): Promise<IngestLibrary> {
    const [file = ''] = await maker.folder(base, 1);
    const opened: IngestLibrary[] = [];
    const placing = await openIngestLibrary({
      pool,
      originals: (directory) => {
        const originals = createOriginals({ directory });
        return {
          ...originals,
          place: async (...asked) => {
            const place = await originals.place(...asked);
            for (const one of opened) act(one);
            return place;
          },
        };
      },
    });
    opened.push(placing);
    before(placing, file);
    await placing.ingest.finished(await placing.ingest.import([base]));
    return placing;
  }

  it('of a photo that moves into a share while its copy is put in place puts the original there too', async () => {
    const placing = await importActing(({ store }) =>
      store.transaction('app', ({ raw }) => {
        raw.exec(`INSERT INTO zone (id, store, name, owner, kind, rights, created_at)
          VALUES ('share.1', 'private', 'share.1', 'ana', 'share', 15, 1); UPDATE photo SET zone_id = 'share.1'`);
      }),
    );
    expect(rows(placing, 'SELECT zone_id FROM resource')).toEqual([{ zone_id: 'share.1' }]);
    expect(placing.errors).toEqual([]);
    await placing.dispose();
  });

  it('of a photo that is deleted for good while its copy is put in place leaves nothing behind', async () => {
    const placing = await importActing(({ store }) =>
      store.transaction('app', ({ raw }) => void raw.exec('DELETE FROM photo')),
    );
    expect(rows(placing, 'SELECT id FROM photo')).toEqual([]);
    expect(rows(placing, 'SELECT outcome FROM import_item')).toEqual([{ outcome: 'skipped' }]);
    expect(placing.errors).toEqual([]);
    const files = readdirSync(join(placing.directory, 'originals'), { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([]);
    await placing.dispose();
  });

  it('of a photo of another device whose original is told of while the file is put in place keeps one original, here', async () => {
    const placing = await importActing(
      ({ store }) =>
        store.transaction('sync', ({ raw }) => {
          raw.exec(`INSERT OR IGNORE INTO resource (id, zone_id, photo_id, kind, file_name, sha256, local_state, created_at, modified_at)
            SELECT 'told', zone_id, id, 'original', file_name, sha256, 'remote', 1, 1 FROM photo WHERE id = 'theirs'`);
        }),
      ({ store }, file) =>
        store.transaction('sync', ({ raw }) => {
          raw
            .prepare(
              `INSERT INTO photo (id, zone_id, kind, media_type, file_name, sha256, created_at, modified_at, sort_at)
               VALUES ('theirs', 'library', 'photo', 'image', 'theirs.jpg', ?, 1, 1, 1)`,
            )
            .run(createHash('sha256').update(readFileSync(file)).digest('hex'));
        }),
    );
    expect(rows(placing, 'SELECT id FROM photo')).toEqual([{ id: 'theirs' }]);
    expect(rows(placing, 'SELECT id, local_state FROM resource')).toEqual([{ id: 'told', local_state: 'here' }]);
    expect(rows(placing, 'SELECT resource_id, state FROM file')).toMatchObject([
      { resource_id: 'told', state: 'present' },
    ]);
    const files = readdirSync(join(placing.directory, 'originals'), { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile())).toHaveLength(1);
    expect(placing.errors).toEqual([]);
    await placing.dispose();
  });
});
