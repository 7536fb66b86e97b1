import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openIngestLibrary, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { temporaryFolder, type TemporaryFolder } from '../helpers/temporaryFolder.ts';

let folder: TemporaryFolder;
let library: IngestLibrary;
beforeEach(async () => {
  folder = temporaryFolder('listed-imports');
  // Ids of one millisecond are in any order; here the clock stands still and each is less than the one before.
  const now = Date.now();
  let ids = 0;
  library = await openIngestLibrary({
    now: () => now,
    newId: () => `00000000-0000-7000-8000-${String(1_000_000 - (ids += 1)).padStart(12, '0')}`,
  });
});
afterEach(async () => {
  await library.dispose();
  folder.dispose();
});

it('a paused import stays in the list, however many newer ones there have been', async () => {
  const { ingest } = library;
  const paused = await ingest.import([folder.path]);
  ingest.pause(paused);
  const newer: string[] = [];
  for (let number = 1; number <= 22; number += 1) {
    const path = join(folder.path, String(number));
    mkdirSync(path);
    const id = await ingest.import([path]);
    await ingest.finished(id);
    newer.unshift(id);
  }
  const listed = ingest.sessions();
  expect(listed.map(({ sessionID }) => sessionID)).toEqual([...newer.slice(0, 20), paused]);
  expect(listed.at(-1)?.state).toBe('paused');
});
