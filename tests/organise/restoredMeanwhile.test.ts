import { randomUUIDv7 } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSteps } from '../../electron/core/library/steps.ts';
import { createTrash, trashTime } from '../../electron/core/library/trash.ts';
import { createLocalPool, openIngestLibrary, rows } from '../helpers/ingestLibrary.ts';
import { openOrganiser, type Organiser } from '../helpers/organiser.ts';
import { withPhotoFile } from '../helpers/photoFile.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

/** One more than goes in one transaction. */
const many = 21;

test('a photo whose file is imported again while the trash is emptied is back, with its file', async () => {
  const maker = createPhotoMaker();
  const pool = createLocalPool();
  const base = mkdtempSync(join(tmpdir(), 'shoebox-restored-'));
  const library = await openIngestLibrary({ settleMs: 0, pool });
  try {
    const paths = await maker.folder(base, many, { width: 64, height: 48 });
    await library.ingest.finished(await library.ingest.import(paths));
    const { store } = library;
    const copies = () =>
      rows<{ id: string; name: string; copy: string }>(
        library,
        `SELECT photo.id, photo.file_name AS name, folder.path || '/' || file.path AS copy
         FROM photo JOIN file ON file.photo_id = photo.id JOIN folder ON folder.id = file.folder_id`,
      );
    let outcome = '';
    const trash = createTrash({
      store,
      steps: createSteps({
        store,
        newId: randomUUIDv7,
        pause: async () => {
          const again = copies().map(({ name }) => join(base, name));
          const id = await library.ingest.import(again);
          await library.ingest.finished(id);
          outcome = rows<{ outcome: string }>(library, 'SELECT outcome FROM import_item WHERE session_id = ?', id)
            .map((item) => item.outcome)
            .join();
        },
      }),
      now: Date.now,
      moveToSystemTrash: () => Promise.reject(new Error('nothing is moved there')),
      reportError: (error) => library.errors.push(error),
    });
    const ids = copies().map(({ id }) => id);
    store.transaction('app', ({ raw }) => raw.exec('UPDATE photo SET trashed_at = 1'));
    expect(await trash.deleteForever(ids, false)).toEqual({ changed: many - 1, refused: 0, filesLeft: null });
    expect(outcome).toBe('duplicate');
    const [back, ...others] = copies();
    expect([others, ids.includes(back?.id ?? '')]).toEqual([[], true]);
    expect(readFileSync(back?.copy ?? '')).toEqual(readFileSync(join(base, back?.name ?? '')));
    expect(library.errors).toEqual([]);
  } finally {
    await library.dispose();
    await pool.dispose();
    await maker.dispose();
    clear(base);
  }
});

describe('while the trash expires or is emptied', () => {
  let library: Organiser;
  beforeEach(() => {
    library = openOrganiser();
  });
  afterEach(() => library.dispose());

  /** A trash full of photos with copies; `act` is told between two batches which one is left. */
  function fill(act: (last: string) => void) {
    const copies = new Map(
      library
        .photos(...Array.from({ length: many }, () => ({})))
        .map((id) => [id as string, withPhotoFile(library, 'originals', id)]),
    );
    const trash = createTrash({
      store: library.store,
      steps: createSteps({
        store: library.store,
        newId: library.newId,
        pause: () => Promise.resolve(act(left()[0] ?? '')),
      }),
      now: () => library.clock,
      moveToSystemTrash: () => Promise.reject(new Error('nothing is moved there')),
      reportError: (error) => {
        throw error;
      },
    });
    library.remote('UPDATE photo SET trashed_at = ?', library.clock);
    /** What is left of photos and of copies. */
    const rest = () => [left().length, [...copies].filter(([, path]) => existsSync(path)).map(([id]) => id)];
    return { trash, rest };
  }
  const left = () => library.rows<{ id: string }>('SELECT id FROM photo').map(({ id }) => id);
  const restore = (id: string) => library.remote('UPDATE photo SET trashed_at = NULL WHERE id = ?', id);

  test('a photo that another computer restores stays, with its file', async () => {
    const { trash, rest } = fill(restore);
    expect(await trash.empty()).toEqual({ changed: many - 1, refused: 0, filesLeft: null });
    expect(rest()).toEqual([1, left()]);
  });

  test('a photo that is restored and thrown away again has its whole time again', async () => {
    const { trash, rest } = fill((id) => {
      restore(id);
      library.remote('UPDATE photo SET trashed_at = ? WHERE id = ?', library.clock, id);
    });
    await trash.expire(undefined);
    library.clock += trashTime + 1_000;
    expect(await trash.expire(library.clock)).toEqual({ changed: many - 1, refused: 0, filesLeft: null });
    expect(rest()).toEqual([1, left()]);
  });

  test('a photo that loses the right to be deleted is refused and stays', async () => {
    const share = library.share('share.1', { mine: false, rights: 0 });
    const { trash, rest } = fill((id) =>
      library.remote(`UPDATE photo SET zone_id = ?, created_by = 'ana' WHERE id = ?`, share, id),
    );
    expect(await trash.empty()).toEqual({ changed: many - 1, refused: 1, filesLeft: null });
    expect(rest()).toEqual([1, left()]);
  });
});
