import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPhotoExport } from '../../electron/core/edits/exportPhotos.ts';
import { createMediaPool, type MediaPool } from '../../electron/core/media/mediaPool.ts';
import { nodeWorkers } from '../../electron/core/workers/spawnWorkers.ts';
import { exportOptions, type ExportEvent } from '../../shared/model/edit.ts';
import { openEditLibrary, type EditLibrary } from './library.ts';

/* A real media worker, killed over its work: what its out-of-memory killer, a crash or the pool's watchdog does. */

let library: EditLibrary;
let pool: MediaPool;
let folder: string;
let photo: string;
beforeEach(async () => {
  library = openEditLibrary();
  pool = createMediaPool({ spawn: nodeWorkers().media, workers: 1 });
  folder = join(library.directory, 'out');
  const from = join(library.directory, 'from');
  for (const one of [folder, from]) mkdirSync(one);
  photo = join(from, 'IMG.jpg');
  // Noise takes an encoder long enough to be met at its work.
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const image = sharp({ create: { width: 900, height: 700, channels: 3, background: '#888', noise } });
  writeFileSync(photo, await image.jpeg().toBuffer());
});
afterEach(async () => {
  await pool.dispose();
  await library.dispose();
});

/** Exports the photo; its worker is killed so many times, each time as the file is being written. */
async function exportedWithKills(kills: number): Promise<ExportEvent[]> {
  const id = library.add(photo);
  const photoExport = createPhotoExport({ store: library.store, media: pool, originalHere: async () => photo });
  const events: ExportEvent[] = [];
  const done = (async () => {
    for await (const event of photoExport.run([id], folder, exportOptions.parse({ format: 'avif' })))
      events.push(event);
  })();
  let seen = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await expect.poll(() => files(), { interval: 5 }).toBeGreaterThan(seen);
    seen = files();
    const [pid = 0] = pool.pids();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => pool.lost, { interval: 5 }).toBe(kill + 1);
  }
  await done;
  return events;
}
const files = (): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

describe('an export whose worker ends over the file', () => {
  test('is made once more under the same name, and leaves nothing else', async () => {
    const events = await exportedWithKills(1);
    expect(events).toMatchObject([{ type: 'exported' }, { type: 'finished', exported: 1 }]);
    expect(readdirSync(folder)).toEqual(['IMG.avif']);
    expect(await sharp(join(folder, 'IMG.avif')).metadata()).toMatchObject({ width: 900, height: 700 });
  }, 90_000);

  test('and ends over it again, fails that photo and leaves nothing', async () => {
    const events = await exportedWithKills(2);
    expect(events).toMatchObject([{ type: 'failed' }, { type: 'finished', exported: 0, failed: 1 }]);
    expect(readdirSync(folder)).toEqual([]);
  }, 90_000);
});

test('a name that was taken while the photo was rendered gets a number, and what took it stays', async () => {
  const id = library.add(photo);
  const photoExport = createPhotoExport({
    store: library.store,
    media: {
      // The type of a generic method is lost on the way through async; it is the same method all the same.
      run: (async (name, params, options) => {
        const answer = await pool.run(name, params, options);
        if (!readdirSync(folder).includes('IMG.jpg')) writeFileSync(join(folder, 'IMG.jpg'), 'mine');
        return answer;
      }) as MediaPool['run'],
    },
    originalHere: async () => photo,
  });
  const names: string[] = [];
  for await (const event of photoExport.run([id, id], folder, exportOptions.parse({}))) names.push(event.type);
  expect(names).toEqual(['exported', 'exported', 'finished']);
  expect(readdirSync(folder).sort()).toEqual(['IMG (2).jpg', 'IMG (3).jpg', 'IMG.jpg']);
});

test('what a killed program left of an export long ago goes with the next one, and nothing else does', async () => {
  const yesterday = new Date(Date.now() - 2 * 86_400_000);
  for (const name of ['.shoebox-export-aB3dE9', '.shoebox-export-mine', '.shoebox-export-Now123', 'shoebox']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'video.mp4'), 'its place is still in it');
    if (name !== '.shoebox-export-Now123') utimesSync(join(folder, name), yesterday, yesterday);
  }
  const id = library.add(photo);
  const photoExport = createPhotoExport({ store: library.store, media: pool, originalHere: async () => photo });
  const names: string[] = [];
  for await (const event of photoExport.run([id], folder, exportOptions.parse({ original: true })))
    names.push(event.type);
  expect(names).toEqual(['exported', 'finished']);
  expect(readdirSync(folder).sort()).toEqual(['.shoebox-export-Now123', '.shoebox-export-mine', 'IMG.jpg', 'shoebox']);
});
