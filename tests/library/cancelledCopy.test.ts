import { mkdirSync, mkdtempSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, drawPhoto } from '../helpers/photos.ts';

describe('an import that is copying a long file', () => {
  let base: string;
  let library: IngestLibrary;
  let incoming: string;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'shoebox-cancelled-'));
    const path = join(base, 'long.jpg');
    // Above what is read in one go.
    writeFileSync(path, Buffer.concat([await drawPhoto(), Buffer.alloc(68 * 1024 * 1024)]));
    age(path);
    // Without a picture to be drawn, nothing but the reading itself can notice.
    library = await openIngestLibrary({ thumbnails: false });
    incoming = join(library.directory, 'originals', '.incoming');
    mkdirSync(incoming);
  });
  afterEach(async () => {
    expect(library.errors).toEqual([]);
    await library.dispose();
    clear(base);
  });

  /** Does something as soon as the copy is begun. @returns the import's id, when that is done. */
  async function whileCopying(work: () => Promise<void>): Promise<string> {
    const begun = Promise.withResolvers<void>();
    const watching = watch(incoming, () => begun.resolve());
    const id = await library.ingest.import([base]);
    await begun.promise;
    watching.close();
    await work();
    return id;
  }

  it('is cancelled at once: the file is neither taken nor counted as failed, and half a copy is not left', async () => {
    const id = await whileCopying(() => library.ingest.cancel(library.ingest.sessions()[0]?.sessionID ?? ''));
    expect(library.ingest.session(id)).toMatchObject({ state: 'cancelled', imported: 0, failed: 0 });
    expect(library.ingest.report(id, 0, 10)).toEqual({ issues: [], total: 0 });
    expect(readdirSync(incoming)).toEqual([]);
    expect(rows(library, 'SELECT id FROM photo')).toEqual([]);
  });

  it('does not hold up the end of the app, and takes the file at the next start', async () => {
    const id = await whileCopying(() => library.close());
    expect(readdirSync(join(library.directory, 'originals'))).toEqual(['.incoming']);
    expect(readdirSync(incoming)).toEqual([]);
    library = await library.reopen();
    await library.ingest.start();
    expect(await library.ingest.finished(id)).toMatchObject({ state: 'done', imported: 1, failed: 0 });
  });
});
