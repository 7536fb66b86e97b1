import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMediaSource, type LibraryMediaSource } from '../../electron/core/media/mediaSource.ts';
import { picturePath, readPicture, writePicture } from '../../electron/core/media/thumbnailCache.ts';
import { openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, drawPhoto } from '../helpers/photos.ts';

describe('the picture cache', () => {
  let directory: string;
  const key = 'ab'.repeat(32);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'shoebox-cache-'));
  });
  afterEach(() => clear(directory));

  it('gives back what was put in, as a file any program can open', async () => {
    const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#456' } })
      .webp()
      .toBuffer();
    const path = picturePath(directory, key, 'thumb');
    writePicture(path, bytes, '1');
    expect(readPicture(path)).toEqual({ bytes, mimeType: 'image/webp' });
    expect(path).toBe(join(directory, 'thumbs/ab', `${key}-512.webp`));
    expect(await sharp(path).metadata()).toMatchObject({ format: 'webp', width: 64, height: 48 });
    expect(readdirSync(dirname(path))).toEqual([`${key}-512.webp`]);
  });

  it('notices every single flipped bit and every cut, and removes the file', async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#456' } })
      .webp()
      .toBuffer();
    const path = picturePath(directory, key, 'thumb');
    writePicture(path, bytes, '1');
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, broken);
      expect(readPicture(path), `byte ${at}`).toBeUndefined();
      writeFileSync(path, whole.subarray(0, at));
      expect(readPicture(path), `cut at ${at}`).toBeUndefined();
    }
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('says what went wrong first when clearing up after it fails as well', () => {
    const path = picturePath(directory, key, 'thumb');
    // A folder where the temporary file would be can neither be written nor removed as a file.
    mkdirSync(`${path}.1.tmp`, { recursive: true });
    expect(() => writePicture(path, Buffer.of(1), '1')).toThrow(
      expect.objectContaining({ name: 'AppError', data: expect.objectContaining({ path, system: 'EISDIR' }) }),
    );
  });
});

describe('pictures of a library', () => {
  let base: string;
  let library: IngestLibrary;
  let source: LibraryMediaSource;
  const signal = new AbortController().signal;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-pictures-'));
    writeFileSync(join(base, 'wide.jpg'), await drawPhoto({ seed: 3, width: 2_400, height: 1_200 }));
    age(join(base, 'wide.jpg'));
    library = await openIngestLibrary();
    await library.ingest.finished(await library.ingest.import([base], { mode: 'reference' }));
    const cacheDirectory = join(library.directory, 'cache');
    source = createMediaSource({ store: library.store, pool: library.pool, cacheDirectory, newId: () => 'n' });
  });
  afterEach(async () => {
    await library.dispose();
    clear(base);
  });
  const photoID = () => rows<{ id: string }>(library, 'SELECT id FROM photo')[0]?.id ?? '';
  const bytesOf = async (variant: 'thumb' | 'preview') => {
    const media = await source.open(photoID(), variant, signal);
    if (media.body.kind !== 'bytes') throw new Error('Pictures are small enough to be in memory');
    return Buffer.from(media.body.bytes);
  };

  it('are rebuilt with the same pixels when the cache is deleted or a bit flips', async () => {
    const before = await bytesOf('thumb');
    clear(join(library.directory, 'cache'));
    expect(await bytesOf('thumb')).toEqual(before);
    const [{ sha256 } = { sha256: '' }] = rows<{ sha256: string }>(library, 'SELECT sha256 FROM photo');
    const path = picturePath(join(library.directory, 'cache'), sha256, 'thumb');
    const file = readFileSync(path);
    file[100] = (file[100] ?? 0) ^ 1;
    writeFileSync(path, file);
    expect(await bytesOf('thumb')).toEqual(before);
  });

  it('are 512 px for the grid and, when first looked at, 1600 px for the viewer', async () => {
    expect(await sharp(await bytesOf('thumb')).metadata()).toMatchObject({ width: 512, height: 256, format: 'webp' });
    expect(
      readdirSync(join(library.directory, 'cache/thumbs'), { recursive: true }).filter((name) =>
        String(name).includes('1600'),
      ),
    ).toEqual([]);
    expect(await sharp(await bytesOf('preview')).metadata()).toMatchObject({ width: 1_600, height: 800 });
  });

  it('still come from the cache when the file is out of reach, and say so when they were never made', async () => {
    const before = await bytesOf('thumb');
    clear(join(base, 'wide.jpg'));
    await library.ingest.folders.rescan();
    expect(await bytesOf('thumb')).toEqual(before);
    await expect(bytesOf('preview')).rejects.toMatchObject({ code: 'notFound' });
    await expect(source.open(photoID(), 'original', signal)).rejects.toMatchObject({ code: 'notFound' });
    await expect(source.open('nobody', 'thumb', signal)).rejects.toMatchObject({ code: 'notFound' });
  });

  it('bring an original that lies only on the server when somebody looks at it, and not for idle work', async () => {
    const [resource] = rows<{ id: string }>(library, `SELECT id FROM resource WHERE kind = 'original'`);
    library.store.transaction('sync', (connection) => {
      connection.raw.exec(`UPDATE resource SET local_state = 'remote'; UPDATE file SET state = 'missing'`);
    });
    const asked: string[] = [];
    const remote = createMediaSource({
      store: library.store,
      pool: library.pool,
      cacheDirectory: join(library.directory, 'cache'),
      newId: () => 'n',
      fetchResource: (id) => {
        asked.push(id);
        library.store.transaction('sync', (connection) => connection.raw.exec(`UPDATE file SET state = 'present'`));
        return Promise.resolve();
      },
    });
    await expect(remote.prepare(photoID(), signal)).rejects.toMatchObject({ code: 'notFound' });
    expect(asked).toEqual([]);
    expect(await remote.open(photoID(), 'original', signal)).toMatchObject({ mime: 'image/jpeg' });
    expect(asked).toEqual([resource?.id]);
  });

  it('serve the original as the file it is, by id', async () => {
    const media = await source.open(photoID(), 'original', signal);
    expect(media).toMatchObject({
      mime: 'image/jpeg',
      fileName: 'wide.jpg',
      body: { kind: 'file', path: join(base, 'wide.jpg') },
    });
    expect(media.size).toBe(readFileSync(join(base, 'wide.jpg')).length);
  });
});
