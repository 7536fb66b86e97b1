import { existsSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
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

const told = { tags: { 'XMP-dc:Title': 'Crete', 'XMP-dc:Subject': ['sea'] } };
const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>
  <rdf:li xml:lang="x-default">Of the sidecar</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`;

describe('facts that could not be read when their photo was taken in', () => {
  let base: string;
  let root: string;
  let library: IngestLibrary;
  /** Asked before each reading of facts, with how many there were before. */
  let before: (path: string, count: number) => void;

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-late-'));
    root = join(base, 'disk');
    before = () => undefined;
    let count = 0;
    const acting: MediaPool = {
      ...pool,
      // The type of a generic method is lost on the way through async; it is the same method all the same.
      run: (async (name, params, options) => {
        if (name === 'facts' && 'path' in params) {
          before(params.path, count);
          count += 1;
        }
        return pool.run(name, params, options);
      }) as MediaPool['run'],
      dispose: () => Promise.resolve(),
    };
    library = await openIngestLibrary({ pool: acting });
  });
  afterEach(async () => {
    expect(library.errors).toEqual([]);
    await library.dispose();
    clear(base);
  });

  const away = (): string => join(base, 'away');
  const unplug = (): void => renameSync(root, away());
  const plugIn = (): void => renameSync(away(), root);
  const watch = async (): Promise<void> => {
    await library.ingest.folders.add(root);
    await library.ingest.idle();
  };
  const levels = (): { level: number; titles: number; keywords: number; count: number }[] =>
    rows(
      library,
      `SELECT facts_level AS level, count(title) AS titles, count(*) AS count,
         sum(EXISTS (SELECT 1 FROM photo_tag WHERE photo_id = photo.id)) AS keywords FROM photo GROUP BY 1 ORDER BY 1`,
    );
  const complete = [{ level: 3, titles: 6, keywords: 6, count: 6 }];

  describe('because its disk was unplugged', () => {
    beforeEach(async () => {
      await maker.folder(root, 6, told);
      before = (_, count) => {
        if (count === 2) unplug();
      };
      await watch();
      expect(library.ingest.sessions()).toMatchObject([{ state: 'done', imported: 6 }]);
      expect(library.ingest.folders.list()).toMatchObject([{ state: 'unavailable' }]);
      expect(levels()[0]).toMatchObject({ level: 1 });
    });

    it('are read when the folder is looked through again', async () => {
      plugIn();
      await library.ingest.folders.rescan();
      await library.ingest.idle();
      expect(levels()).toEqual(complete);
    });

    it('are read at the next start, and wait for the start after it while the disk is away', async () => {
      library = await library.reopen();
      await library.ingest.start();
      await library.ingest.idle();
      expect(levels()[0]).toMatchObject({ level: 1 });
      plugIn();
      library = await library.reopen();
      await library.ingest.start();
      await library.ingest.idle();
      expect(levels()).toEqual(complete);
    });
  });

  it('because its file was away for a moment are read without anybody asking', async () => {
    await maker.folder(root, 6, told);
    let gone = '';
    before = (path, count) => {
      if (count === 0) {
        gone = path;
        renameSync(gone, away());
      }
    };
    library.ingest.onProgress(({ state }) => {
      if (state === 'done' && existsSync(away())) renameSync(away(), gone);
    });
    await watch();
    expect(levels()).toEqual(complete);
  });

  it('because its disk was unplugged before the sidecar was read are completed when that is back', async () => {
    await maker.folder(root, 1, told);
    const path = join(root, 'IMG_0001.xmp');
    writeFileSync(path, xmp);
    before = (asked) => {
      if (asked === path) unplug();
    };
    await watch();
    expect(rows(library, 'SELECT title FROM photo')).toEqual([{ title: 'Crete' }]);
    before = () => undefined;
    plugIn();
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(rows(library, 'SELECT title, facts_level FROM photo')).toEqual([
      { title: 'Of the sidecar', facts_level: 3 },
    ]);
  });

  it('because its import was cancelled are read when its folder is looked through', async () => {
    await maker.folder(root, 6, told);
    let cancelled: Promise<void> | undefined;
    before = () => {
      cancelled ??= library.ingest.cancel(library.ingest.sessions()[0]?.sessionID ?? '');
    };
    await watch();
    await cancelled;
    expect(levels()[0]).toMatchObject({ level: 1 });
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(levels()).toEqual(complete);
  });

  it('though the file lies there are as the header said them, for good', async () => {
    await maker.folder(root, 2, told);
    before = (path) => {
      throw new AppError('fileUnreadable', `The facts in ${path} cannot be read.`);
    };
    await watch();
    expect(levels()).toEqual([{ level: 3, titles: 0, keywords: 0, count: 2 }]);
    let asked = 0;
    before = () => {
      asked += 1;
    };
    await library.ingest.folders.rescan();
    await library.ingest.idle();
    expect(asked).toBe(0);
  });
});
