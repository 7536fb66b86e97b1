import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { randomUUIDv7 } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFactsPass, type FactsPass } from '../../electron/core/library/factsPass.ts';
import { createFileRows } from '../../electron/core/library/fileRows.ts';
import { createPhotoRows } from '../../electron/core/library/photoRows.ts';
import { createSessionRows } from '../../electron/core/library/sessionRows.ts';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, clear, createPhotoMaker } from '../helpers/photos.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

let base: string;
let root: string;
let library: IngestLibrary;
/** Called after each reading of a file's facts. */
let after: () => void;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-sidecars-'));
  root = join(base, 'photos');
  after = () => undefined;
  const acting: MediaPool = {
    ...pool,
    run: (async (name, params, options) => {
      const answer = await pool.run(name, params, options);
      if (name === 'facts') after();
      return answer;
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

/** Photos with what Google Takeout says of each beside them. */
async function takeout(count: number): Promise<void> {
  for (const path of await maker.folder(root, count, { tags: { DateTimeOriginal: '2020:06:15 10:20:30' } })) {
    const said = { description: 'At the sea', photoTakenTime: { timestamp: '1500000000' } };
    writeFileSync(`${path}.json`, JSON.stringify(said));
    age(`${path}.json`);
  }
}

/** The pass as a session has it, on the rows of the library. */
function factsPass(): FactsPass {
  const { store } = library;
  return createFactsPass({
    store,
    sessions: createSessionRows(store.connection),
    files: createFileRows(store.connection),
    photos: createPhotoRows(store.connection, randomUUIDv7),
    pool,
    now: Date.now,
    newId: randomUUIDv7,
    onUnreachable: () => undefined,
  });
}

describe('a library closed while Takeout sidecars are read', () => {
  it('has every caption after the next start', async () => {
    await takeout(3);
    const closing = new Promise<Promise<void>>((resolve) => {
      // The facts of a photo are read, the sidecar beside it is next.
      after = () => resolve(library.close());
    });
    const id = await library.ingest.import([root]);
    await closing;
    after = () => undefined;
    library = await library.reopen();
    await library.ingest.start();
    expect(await library.ingest.finished(id)).toMatchObject({ imported: 3, sidecars: 3, failed: 0 });
    expect(rows(library, 'SELECT DISTINCT caption, facts_level FROM photo')).toEqual([
      { caption: 'At the sea', facts_level: 3 },
    ]);
  });

  it('has cancelled the reading, and found no fault with the file', async () => {
    await takeout(1);
    const reading = factsPass().sidecar(join(root, 'IMG_0001.jpg.json'), AbortSignal.abort());
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

it('a JSON far larger than any sidecar is passed over unread', async () => {
  await takeout(1);
  const path = join(root, 'export.json');
  writeFileSync(path, '{');
  truncateSync(path, 3_000_000_000);
  age(path);
  expect(await factsPass().sidecar(path, new AbortController().signal)).toBeUndefined();
  const { imported, sidecars, failed, skipped } = await library.ingest.finished(await library.ingest.import([root]));
  expect({ imported, sidecars, failed, skipped }).toEqual({ imported: 1, sidecars: 1, failed: 0, skipped: 1 });
});

it('a sidecar that went while it was to be read is named by its path', async () => {
  const gone = join(root, 'gone.json');
  const reading = factsPass().sidecar(gone, new AbortController().signal);
  await expect(reading).rejects.toMatchObject({ code: 'notFound', message: `${gone} is no longer there.` });
});
