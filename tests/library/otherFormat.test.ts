import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMediaSource } from '../../electron/core/media/mediaSource.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, drawPhoto } from '../helpers/photos.ts';
import { writeVideo } from '../helpers/writeVideo.ts';

const pool = createLocalPool();
afterAll(() => pool.dispose());

let base: string;
let root: string;
let library: IngestLibrary;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-format-'));
  root = join(base, 'photos');
  mkdirSync(root);
  library = await openIngestLibrary({ pool });
});
afterEach(async () => {
  expect(library.errors).toEqual([]);
  await library.dispose();
  clear(base);
});

const drawn = (seed: number, format: 'jpeg' | 'webp') => drawPhoto({ seed, format, width: 300, height: 200 });
async function video(mark: number): Promise<Buffer> {
  const path = join(base, 'one.webm');
  await writeVideo(path, 2, mark);
  return readFileSync(path);
}

const path = (name: string) => join(root, name);
async function watchedAs(name: string, bytes: Buffer): Promise<void> {
  writeFileSync(path(name), bytes);
  age(path(name));
  await library.ingest.folders.add(root);
  await library.ingest.idle();
}
async function overwritten(name: string, bytes: Buffer): Promise<void> {
  writeFileSync(path(name), bytes);
  age(path(name), Date.now() - 3_600_000);
  await library.ingest.folders.rescan();
  await library.ingest.idle();
}
const shown = () =>
  rows(
    library,
    `SELECT photo.kind, media_type AS media, mime_type AS mime FROM photo JOIN resource ON photo_id = photo.id`,
  );

describe('a file overwritten in place', () => {
  it('by a picture in another format is of that format, and its preview is made', async () => {
    await watchedAs('a.webp', await drawn(1, 'webp'));
    expect(shown()).toEqual([{ kind: 'photo', media: 'image', mime: 'image/webp' }]);
    await overwritten('a.webp', await drawn(2, 'jpeg'));
    expect(shown()).toEqual([{ kind: 'photo', media: 'image', mime: 'image/jpeg' }]);
    const cacheDirectory = join(library.directory, 'cache');
    const media = createMediaSource({ store: library.store, pool, cacheDirectory, newId: () => 'n' });
    const [photo] = rows<{ id: string }>(library, 'SELECT id FROM photo');
    const preview = await media.open(photo?.id ?? '', 'preview', new AbortController().signal);
    expect(preview.size).toBeGreaterThan(500);
    // The other computers are told as well.
    const told = rows<{ values: string }>(
      library,
      `SELECT "values" FROM history_change WHERE entity = 'Resource' AND kind = 'update'`,
    );
    expect(told.some((change) => 'mime_type' in (JSON.parse(change.values) as object))).toBe(true);
  });

  it('by a video is a video, and a photo again when it is overwritten once more', async () => {
    await watchedAs('a.jpg', await drawn(1, 'jpeg'));
    await overwritten('a.jpg', await video(1));
    expect(shown()).toEqual([{ kind: 'video', media: 'video', mime: 'video/webm' }]);
    await overwritten('a.jpg', await drawn(2, 'jpeg'));
    expect(shown()).toEqual([{ kind: 'photo', media: 'image', mime: 'image/jpeg' }]);
  });

  it('by a picture of the same kind stays what its other half makes it', async () => {
    await watchedAs('a.jpg', await drawn(1, 'jpeg'));
    library.store.transaction('ingest', ({ raw }) => raw.prepare(`UPDATE photo SET kind = 'live'`).run());
    await overwritten('a.jpg', await drawn(2, 'webp'));
    expect(shown()).toEqual([{ kind: 'live', media: 'image', mime: 'image/webp' }]);
  });
});
