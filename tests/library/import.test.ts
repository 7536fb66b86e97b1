import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { originalPath } from '../../electron/core/store/queries/heldBytes.ts';
import { openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { clear, createPhotoMaker } from '../helpers/photos.ts';

interface PhotoFacts {
  id: string;
  file_name: string;
  taken_at: string | null;
  taken_offset: number | null;
  width: number;
  height: number;
  sha256: string;
  thumbhash: string | null;
  state: string;
  facts_level: number;
  make: string | null;
}

describe('importing a folder of photos', () => {
  const maker = createPhotoMaker();
  let source: string;
  let library: IngestLibrary;
  beforeAll(() => undefined);
  afterAll(() => maker.dispose());
  beforeEach(async () => {
    source = mkdtempSync(join(tmpdir(), 'shoebox-source-'));
    library = await openIngestLibrary();
  });
  afterEach(async () => {
    await library.dispose();
    clear(source);
  });

  it('keeps two sidecars of one photo, each with its own bytes, and takes neither twice', async () => {
    await maker.write(join(source, 'a.jpg'), { seed: 1 });
    const xmp = (rating: number) =>
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
       <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="${rating}"/></rdf:RDF></x:xmpmeta>`;
    const written = [xmp(2), xmp(4)];
    writeFileSync(join(source, 'a.jpg.xmp'), written[0] ?? '');
    writeFileSync(join(source, 'a.xmp'), written[1] ?? '');
    for (const outcome of [
      { imported: 1, sidecars: 2 },
      { duplicates: 1, sidecars: 2 },
    ]) {
      expect(await library.ingest.finished(await library.ingest.import([source]))).toMatchObject(outcome);
      const copies = rows<{ path: string }>(library, `SELECT path FROM file WHERE state = 'sidecar' ORDER BY path`);
      const kept = copies.map(({ path }) => readFileSync(join(library.directory, 'originals', path), 'utf8'));
      expect(kept.toSorted()).toEqual(written);
      expect(rows(library, `SELECT file_name FROM resource WHERE kind = 'sidecar' ORDER BY file_name`)).toEqual([
        { file_name: 'a.jpg.xmp' },
        { file_name: 'a.xmp' },
      ]);
    }
    expect(library.errors).toEqual([]);
  });

  describe.each([
    ['known to be away', true],
    ['away since the last look', false],
  ])('with copies of photos on a disk that is %s', (_how, isKnown) => {
    it('keeps them, for they can be opened, and knows both places once the disk is back', async () => {
      const disk = join(source, 'disk');
      await maker.folder(disk, 3);
      await maker.folder(join(source, 'card'), 3);
      await library.ingest.folders.add(disk);
      await library.ingest.idle();
      renameSync(disk, join(source, 'away'));
      if (isKnown) {
        await library.ingest.folders.rescan();
        await library.ingest.idle();
      }
      expect(await library.ingest.finished(await library.ingest.import([join(source, 'card')]))).toMatchObject({
        updated: 3,
        duplicates: 0,
        failed: 0,
      });
      await library.ingest.folders.rescan();
      await library.ingest.idle();
      expect(library.ingest.folders.list()).toMatchObject([{ state: 'unavailable' }]);
      const ids = rows<{ id: string }>(library, 'SELECT id FROM photo').map(({ id }) => id);
      expect(ids).toHaveLength(3);
      for (const id of ids) expect(existsSync(originalPath(library.store.connection, id))).toBe(true);
      const states = 'SELECT DISTINCT local_state FROM resource';
      expect(rows(library, states)).toEqual([{ local_state: 'here' }]);
      // Once more: now there is a copy that can be reached.
      expect(await library.ingest.finished(await library.ingest.import([join(source, 'card')]))).toMatchObject({
        updated: 0,
        duplicates: 3,
      });

      renameSync(join(source, 'away'), disk);
      await library.ingest.folders.rescan();
      await library.ingest.idle();
      expect(rows(library, 'SELECT id FROM photo')).toHaveLength(3);
      expect(rows(library, states)).toEqual([{ local_state: 'here' }]);
      expect(rows(library, `SELECT count(*) AS files, state FROM file GROUP BY photo_id, state`)).toEqual(
        ids.map(() => ({ files: 2, state: 'present' })),
      );
      expect(library.errors).toEqual([]);
    });
  });

  it('copies each file, makes its row, its thumbnail and its facts', async () => {
    await maker.write(join(source, 'a.jpg'), {
      seed: 1,
      tags: {
        DateTimeOriginal: '2024:05:01 12:00:00',
        OffsetTimeOriginal: '+02:00',
        Make: 'Kodak',
        Rating: 4,
        Subject: ['Crete', 'Sea'],
      },
    });
    await maker.write(join(source, 'sub/b.png'), { seed: 2, format: 'png' });
    const done = await library.ingest.finished(await library.ingest.import([source]));
    expect(library.errors).toEqual([]);
    expect(done).toMatchObject({ state: 'done', found: 2, read: 2, thumbnails: 2, imported: 2, failed: 0, skipped: 0 });
    const photos = rows<PhotoFacts>(library, 'SELECT * FROM photo ORDER BY file_name');
    expect(photos).toMatchObject([
      {
        file_name: 'a.jpg',
        taken_at: '2024-05-01T12:00:00',
        taken_offset: 120,
        make: 'Kodak',
        width: 640,
        height: 480,
        state: 'ready',
        facts_level: 3,
      },
      { file_name: 'b.png', taken_at: null, state: 'ready', facts_level: 3 },
    ]);
    const first = photos[0];
    expect(first?.sha256).toBe(
      createHash('sha256')
        .update(readFileSync(join(source, 'a.jpg')))
        .digest('hex'),
    );
    expect(first?.thumbhash).toMatch(/^[\w+/=]{20,}$/);
    expect(readFileSync(join(library.directory, 'originals/2024/05/a.jpg'))).toEqual(
      readFileSync(join(source, 'a.jpg')),
    );
    expect(readPicture(picturePath(join(library.directory, 'cache'), first?.sha256 ?? '', 'thumb'))?.mimeType).toBe(
      'image/webp',
    );
    expect(rows(library, 'SELECT name FROM tag ORDER BY name')).toEqual([{ name: 'Crete' }, { name: 'Sea' }]);
    expect(rows(library, 'SELECT rating FROM photo WHERE file_name = ?', 'a.jpg')).toEqual([{ rating: 4 }]);
    expect(existsSync(join(library.directory, 'originals/.incoming/x'))).toBe(false);
  });
});
