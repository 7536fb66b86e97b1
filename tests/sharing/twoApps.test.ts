import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhotoID } from '../../shared/ids.ts';
import { writeScene } from '../helpers/scenes.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';

/*
 * Two whole apps with their workers, a real server on a port, real pictures: what Ana shares is on Ben's screen as bytes.
 */

let server: TestServer;
let ana: TestLibrary;
let ben: TestLibrary;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), 'shoebox-two-'));
  [ana, ben] = await Promise.all([openTestLibrary(), openTestLibrary()]);
  for (const [name, library] of [['Ana', ana] as const, ['Ben', ben] as const]) {
    const { email, password } = await server.person(name);
    await library.client.account.signIn({ server: server.origin, email, password });
  }
});
afterAll(async () => {
  await ana.dispose();
  await ben.dispose();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function until<T>(
  what: string,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  limit = 60_000,
): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`${what} did not come about: ${JSON.stringify(value)}`);
    await delay(40);
  }
}

const add = async (library: TestLibrary, name: string, seed: number): Promise<PhotoID> => {
  const path = await writeScene(folder, name, seed, { takenAt: '2024:06:12 18:30:00' }, { width: 600, height: 400 });
  await library.client.library.import({ paths: [path], mode: 'copy' });
  const ids = await until(
    `${name} in the library`,
    async () => (await photosOf(library)).filter((tile) => tile.fileName === name && tile.state === 'ready'),
    (tiles) => tiles.length > 0,
  );
  const [tile] = ids;
  if (tile === undefined) throw new Error(`${name} is not there`);
  return tile.id;
};
const photosOf = async (library: TestLibrary) => {
  const { ids } = await library.client.photos.timeline({ view: { source: { kind: 'library' } } });
  return ids.length === 0 ? [] : library.client.photos.tiles({ ids });
};

describe('two people with two apps and a server', () => {
  it('what Ana shares by a link reaches Ben with its picture; his edit reaches her with his name; both ends close cleanly', async () => {
    const first = await add(ana, 'sunset.jpg', 1);
    const made = await ana.client.sharing.create({
      title: 'Crete',
      what: { photoIDs: [first] },
      people: [{ email: 'ben@example.org', preset: 'editor' }],
    });
    expect(made).toMatchObject({ moved: 1, copied: 0, refused: [] });
    const { link } = await ana.client.sharing.get({ id: made.shareID });

    const seen = await ben.client.sharing.resolve({ link: link ?? '' });
    expect(seen).toMatchObject({
      outcome: 'preview',
      preview: { title: 'Crete', photos: 1, preset: 'editor', owner: { name: 'Ana' } },
    });
    expect(seen.outcome === 'preview' && seen.preview.cover !== null).toBe(true);
    expect(await photosOf(ben)).toEqual([]);

    const share = await ben.client.sharing.accept({ link: link ?? '' });
    const [tile] = await until(
      'the photo at Ben',
      () => photosOf(ben),
      (tiles) => tiles.length === 1,
    );
    expect(tile).toMatchObject({ id: first, fileName: 'sunset.jpg', shared: 'withMe' });
    const picture = await until(
      'the picture at Ben',
      async () => ben.app.media.open(first, 'thumb', AbortSignal.timeout(60_000)).catch(() => undefined),
      (media) => media !== undefined && media.size > 1_000,
    );
    expect(picture?.mime).toBe('image/webp');

    const second = await add(ana, 'harbour.jpg', 2);
    expect(await ana.client.sharing.addTo({ id: made.shareID, what: { photoIDs: [second] } })).toMatchObject({
      moved: 1,
    });
    const start = Date.now();
    await until(
      'the second photo at Ben',
      () => photosOf(ben),
      (tiles) => tiles.length === 2,
    );
    console.log(`an added photo was visible to the other person after ${Date.now() - start} ms`);

    expect(await ben.client.photos.setText({ ids: [first], caption: 'What an evening' })).toMatchObject({ changed: 1 });
    await until(
      'the caption at Ana',
      () => ana.client.photos.get({ id: first }),
      (photo) => photo.caption === 'What an evening',
    );
    await until(
      'the activity at Ana',
      () => ana.client.sharing.activity({}),
      (entries) => entries.some(({ text }) => text === 'Ben edited a photo in Crete'),
    );

    // Copies need the originals, and until they have arrived leaving is refused with that reason.
    await until(
      'both originals at Ben',
      () =>
        Promise.all(
          [first, second].map((id) =>
            ben.app.media.open(id, 'original', AbortSignal.timeout(60_000)).catch(() => undefined),
          ),
        ),
      (originals) => originals.every((media) => media !== undefined),
    );
    expect(await ben.client.sharing.leave({ id: share.id, keepCopies: 'everything' })).toEqual({ copied: 2 });
    const kept = await photosOf(ben);
    expect(kept.map(({ fileName, shared }) => `${fileName} ${shared}`).toSorted()).toEqual([
      'harbour.jpg none',
      'sunset.jpg none',
    ]);
    expect(await ben.client.sharing.list({})).toEqual([]);
    for (const { id } of kept)
      expect((await ben.app.media.open(id, 'original', AbortSignal.timeout(60_000))).size).toBeGreaterThan(5_000);

    await until(
      'Ben as left at Ana',
      () => ana.client.sharing.get({ id: made.shareID }),
      ({ participants }) => participants.some(({ state }) => state === 'left'),
    );
    await ana.client.sharing.stop({ id: made.shareID, keep: 'everything', graceDays: 0 });
    await until(
      'the end of the share',
      () => ana.client.sharing.list({}),
      (shares) => shares.length === 0,
    );
    const home = await photosOf(ana);
    expect(home.map(({ id, shared }) => `${id} ${shared}`).toSorted()).toEqual(
      [`${first} none`, `${second} none`].toSorted(),
    );
    for (const id of [first, second])
      expect((await ana.app.media.open(id, 'original', AbortSignal.timeout(60_000))).size).toBeGreaterThan(5_000);
  }, 180_000);
});
