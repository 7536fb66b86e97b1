import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createIdlePreviews } from '../../electron/core/media/idlePreviews.ts';
import { createMediaSource } from '../../electron/core/media/mediaSource.ts';
import { openIngestLibrary, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
let base: string;
let library: IngestLibrary;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-idle-'));
  await maker.folder(base, 3, { width: 2_000, height: 1_500 });
  library = await openIngestLibrary();
  await library.ingest.finished(await library.ingest.import([base]));
});
afterEach(async () => {
  await library.dispose();
  await maker.dispose();
  clear(base);
});

const previews = () =>
  readdirSync(join(library.directory, 'cache/thumbs'), { recursive: true }).filter((name) =>
    String(name).includes('1600'),
  );

it('previews are made while nothing goes on, and not while files are taken in', async () => {
  const cacheDirectory = join(library.directory, 'cache');
  const media = createMediaSource({ store: library.store, pool: library.pool, cacheDirectory, newId: () => 'n' });
  let busy = true;
  let asked = 0;
  const idle = createIdlePreviews({
    store: library.store,
    media,
    isBusy: () => {
      asked += 1;
      return busy;
    },
    reportError: (error) => {
      throw error;
    },
    quietMs: 10,
    pauseMs: 1,
  });
  await expect.poll(() => asked).toBeGreaterThan(3);
  expect(previews()).toEqual([]);
  busy = false;
  await expect.poll(previews).toHaveLength(3);
  idle.dispose();
});
