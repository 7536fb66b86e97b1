import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOriginalHere } from '../../electron/core/media/originalHere.ts';
import { originalPath } from '../../electron/core/store/queries/heldBytes.ts';
import { AppError } from '../../shared/errors.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';

const maker = createPhotoMaker();
afterAll(() => maker.dispose());
let base: string;
let library: TestLibrary;
let id: string;
let resource: string;
let asked: string[];
beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'shoebox-original-')));
  library = await openTestLibrary();
  await maker.folder(join(base, 'photos'), 1);
  const { ingest, store } = library.app;
  await ingest.finished(await ingest.import([join(base, 'photos')], { mode: 'copy' }));
  const found = store.connection.raw.prepare(`SELECT id, photo_id FROM resource WHERE kind = 'original'`).get();
  ({ id: resource, photo_id: id } = found as { id: string; photo_id: string });
  asked = [];
});
afterEach(async () => {
  await library.dispose();
  clear(base);
});

const write = (sql: string) => library.app.store.transaction('ingest', ({ raw }) => raw.exec(sql));
/** As the app asks for originals, of a server that answers like this. */
const here = (answer: () => Promise<void>) =>
  createOriginalHere({
    connection: library.app.store.connection,
    fetchResource: (one) => {
      asked.push(one);
      return answer();
    },
  });
const offline = () => Promise.reject(new AppError('offline', 'No answer.'));

describe('where the original of a photo lies', () => {
  test('one that is here is not asked for', async () => {
    expect(await here(offline)(id)).toBe(originalPath(library.app.store.connection, id));
    expect(asked).toEqual([]);
  });

  test('of one that was changed on another computer the new bytes are brought, and offline the old ones do', async () => {
    write(`UPDATE resource SET local_state = 'remote', sha256 = '${'0'.repeat(64)}' WHERE id = '${resource}'`);
    expect(await here(offline)(id)).toBe(originalPath(library.app.store.connection, id));
    expect(asked).toEqual([resource]);
  });

  test('one that nobody has is said to be missing, also when the server could be asked', async () => {
    write(`DELETE FROM file`);
    const missing = { code: 'notFound', message: 'The file of this photo is not on this computer now.' };
    await expect(here(offline)(id)).rejects.toMatchObject(missing);
    expect(asked).toEqual([]);
    // The computer that took it in has not sent it yet.
    write(`UPDATE resource SET local_state = 'remote'`);
    await expect(here(() => Promise.resolve())(id)).rejects.toMatchObject(missing);
    expect(asked).toEqual([resource]);
  });

  test('while syncing is paused that is the reason', async () => {
    write(`DELETE FROM file; UPDATE resource SET local_state = 'remote'`);
    const paused = here(() => Promise.reject(new AppError('cancelled', 'The download was stopped.')));
    await expect(paused(id)).rejects.toMatchObject({ message: expect.stringContaining('syncing is paused') });
  });
});
