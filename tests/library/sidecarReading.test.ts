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

const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>
  <rdf:li xml:lang="x-default">Of the sidecar</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`;

it('a sidecar is of the photo beside it, not of another by the same name in a folder below', async () => {
  await maker.write(join(root, 'IMG_1.jpg'), { seed: 1 });
  await maker.write(join(root, 'edited/IMG_1.jpg'), { seed: 2 });
  await maker.write(join(root, 'edited/IMG_2.jpg'), { seed: 3 });
  for (const name of ['IMG_1.xmp', 'IMG_2.xmp']) {
    writeFileSync(join(root, name), xmp);
    age(join(root, name));
  }
  await library.ingest.finished(await library.ingest.import([root]));
  const titles = rows(
    library,
    `SELECT substr(item.path, ?) AS path, title FROM import_item AS item JOIN photo ON photo.id = photo_id
     WHERE role = 'main' ORDER BY item.path`,
    root.length + 2,
  );
  expect(titles).toEqual([
    { path: 'IMG_1.jpg', title: 'Of the sidecar' },
    { path: 'edited/IMG_1.jpg', title: null },
    { path: 'edited/IMG_2.jpg', title: null },
  ]);
});

it.each([
  ['Windows', '\\', 'C:\\Trip'],
  ['Windows, on a drive itself', '\\', 'C:'],
  ['every other system', '/', '/home/ana/Trip'],
  ['every other system, beside its root', '/', ''],
])('the photos beside a sidecar are found on %s', (_system, separator, folder) => {
  const { store } = library;
  const sessions = createSessionRows(store.connection, separator);
  const session = { id: 's', kind: 'import', mode: 'copy', state: 'running', source: '', roots: '[]' } as const;
  const paths = ['IMG_1.jpg', `edited${separator}IMG_1.jpg`].map((one) => `${folder}${separator}${one}`);
  store.transaction('ingest', () => {
    sessions.insertSession({ ...session, message: null, started_at: 0, ended_at: null });
    for (const path of [...paths, `${folder}+${separator}IMG_1.jpg`]) {
      const seen = { path, byte_size: 1, modified_ns: '0', folder_id: null, file_id: null, photo_id: path };
      sessions.insertItem('s', { ...seen, role: 'main', change: 'new' });
    }
  });
  const [beside = ''] = paths;
  expect(sessions.neighbours('s', folder)).toEqual([{ path: beside, photo_id: beside }]);
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
