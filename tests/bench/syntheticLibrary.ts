import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrganising, type Organising } from '../../electron/core/library/organising.ts';
import { albumItemID } from '../../electron/core/library/albumItems.ts';
import { positionsBetween } from '../../electron/core/library/position.ts';
import { photoTagID } from '../../electron/core/store/derivedId.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';

/** A library of made-up rows as large as asked for: dates over 20 years, cameras, places, tags, albums, ratings. */
export interface SyntheticLibrary {
  readonly directory: string;
  readonly store: Store;
  readonly core: Organising;
  readonly ids: readonly string[];
  readonly bigAlbum: string;
  readonly bigTag: string;
  dispose(): Promise<void>;
}

const cameras = [
  ['Canon', 'Canon EOS R5'],
  ['NIKON CORPORATION', 'NIKON Z 8'],
  ['SONY', 'ILCE-7M4'],
  ['Apple', 'iPhone 15 Pro'],
  ['Google', 'Pixel 8'],
  ['FUJIFILM', 'X-T5'],
] as const;
const places = [
  ['Chania', 'Crete', 'Greece'],
  ['Paris', 'Île-de-France', 'France'],
  ['Berlin', 'Berlin', 'Germany'],
  ['京都市', '京都府', '日本'],
  ['Reykjavík', 'Höfuðborgarsvæðið', 'Iceland'],
] as const;
const words = 'sunset beach family dinner mountain walk bridge tower market harbour snow garden birthday train'.split(
  ' ',
);
const tagNames = ['Crete', 'Family', 'Work', 'Été', 'Holiday', 'Print', 'Best', 'Kids', 'Street', 'Nature'];

/** A small generator with a fixed seed, so that two runs measure the same library. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param count photos to make; about 8,000 a second */
export async function makeSyntheticLibrary(count: number, say: (text: string) => void): Promise<SyntheticLibrary> {
  const directory = mkdtempSync(join(tmpdir(), 'shoebox-bench-'));
  let counter = 0;
  const newId = () => {
    counter += 1;
    return `0198f000-0000-7000-8000-${counter.toString(16).padStart(12, '0')}`;
  };
  const store = openStore({ directory, now: Date.now, newId });
  const random = randomFrom(42);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const end = Date.UTC(2026, 0, 1);
  const ids: string[] = [];
  const insert = `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, caption, taken_at, taken_offset, make, model,
    lens, place, region, country, latitude, longitude, width, height, orientation, byte_size, sha256, thumbhash,
    created_at, modified_at, sort_at, ratio, facts_level)
    VALUES (?, 'library', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 4000, 3000, 1, ?, ?, ?, ?, ?, ?, ?, 3)`;
  const started = performance.now();
  for (let at = 0; at < count; at += 5_000) {
    store.transaction('ingest', (connection) => {
      const statement = connection.statement<(string | number | null)[]>(insert);
      for (let index = at; index < Math.min(count, at + 5_000); index += 1) {
        const id = newId();
        // One month in the middle holds a tenth of everything.
        const time =
          index % 10 === 0 ? Date.UTC(2019, 6, 1) + random() * 30 * 864e5 : end - random() * 20 * 365 * 864e5;
        const video = random() < 0.05;
        const [make, model] = pick(cameras);
        const where = random() < 0.6 ? pick(places) : undefined;
        statement.run(
          id,
          video ? 'video' : 'photo',
          video ? 'video' : 'image',
          `${random() < 0.5 ? 'IMG' : 'DSC'}_${String(index).padStart(6, '0')}.${video ? 'mp4' : 'jpg'}`,
          random() < 0.1 ? `${pick(words)} ${pick(words)}` : null,
          random() < 0.05 ? `${pick(words)} at the ${pick(words)}` : null,
          new Date(time).toISOString().slice(0, 19),
          120,
          make,
          model,
          random() < 0.5 ? '24-70mm F2.8' : null,
          where?.[0] ?? null,
          where?.[1] ?? null,
          where?.[2] ?? null,
          where === undefined ? null : random() * 140 - 70,
          where === undefined ? null : random() * 360 - 180,
          Math.floor(random() * 2e7),
          index.toString(16).padStart(64, '0'),
          'n/cJDYJ6d3d/d3iIeHd3d4B4CA==',
          Math.floor(time),
          Math.floor(time),
          Math.floor(time / 1_000) * 1_000,
          random() < 0.7 ? 1_333 : 750,
        );
        ids.push(id);
      }
    });
  }
  say(`${count.toLocaleString('en-GB')} rows in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  const bigAlbum = newId();
  const bigTag = newId();
  store.transaction('ingest', (connection) => {
    const tag = connection.statement<(string | number)[]>(
      `INSERT INTO tag (id, zone_id, name, name_key, created_at, modified_at) VALUES (?, 'library', ?, upper(?), 1, 1)`,
    );
    const tags = tagNames.map((name, index) => {
      const id = index === 0 ? bigTag : newId();
      tag.run(id, name, name);
      return id;
    });
    const pair = connection.statement<(string | number)[]>(
      `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at) VALUES (?, 'library', ?, ?, 1, 1)`,
    );
    const rating = connection.statement<(string | number)[]>(
      `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) VALUES (?, 'library', ?, ?, 1, 1)`,
    );
    for (const id of ids) {
      if (random() < 0.2) {
        const chosen = pick(tags);
        pair.run(photoTagID(id, chosen), id, chosen);
      }
      if (random() < 0.05) rating.run(newId(), id, 1 + Math.floor(random() * 5));
    }
    connection
      .statement<(string | number)[]>(
        `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES (?, 'library', 'manual', 'Big', 'V', 1, 1)`,
      )
      .run(bigAlbum);
    const item = connection.statement<(string | number)[]>(
      `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at) VALUES (?, 'library', ?, ?, ?, 1, 1)`,
    );
    const members = ids.filter((_, index) => index % Math.max(1, Math.floor(count / 50_000)) === 0).slice(0, 50_000);
    const positions = positionsBetween(null, null, members.length);
    for (const [index, id] of members.entries())
      item.run(albumItemID(bigAlbum, id), bigAlbum, id, positions[index] ?? 'V');
  });
  const core = createOrganising({
    store,
    now: Date.now,
    newId,
    zoneOffset: () => 0,
    reportError: (error) => {
      throw error;
    },
    moveToSystemTrash: () => Promise.resolve(),
  });
  const indexed = performance.now();
  await core.searchIndex.idle();
  say(`search index in ${((performance.now() - indexed) / 1_000).toFixed(1)} s`);
  return {
    directory,
    store,
    core,
    ids,
    bigAlbum,
    bigTag,
    dispose: async () => {
      await core.dispose();
      store.dispose();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
