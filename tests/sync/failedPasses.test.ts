import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AssetFiles } from '../../electron/core/sync/assetFiles.ts';
import { createAssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { openMemoryStore, type Store } from '../../electron/core/store/store.ts';
import { AppError } from '../../shared/errors.ts';

/* A pass over the queue of transfers that fails as a whole is told of and waited with, whatever the reason. */

const bytes = Buffer.from('a small picture');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const never = () => Promise.reject(new Error('not expected in this test'));

let store: Store;
beforeEach(() => {
  store = openMemoryStore({ now: () => 1, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
  store.transaction('sync', ({ raw }) => {
    for (const id of ['r1', 'r2']) {
      raw.exec(`
        INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_at, modified_at, sort_at)
          VALUES ('p-${id}', 'library', 'photo', 'image', 'a.jpg', 1, 1, 1);
        INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at, local_state)
          VALUES ('${id}', 'library', 'p-${id}', 'thumbnail', 'a.webp', ${bytes.length}, '${sha256}', 1, 1, 'remote');
        INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
          VALUES ('${id}', 'library', 'download', 0, ${bytes.length}, '${sha256}', 'queued')`);
    }
  });
});
afterEach(() => store.dispose());

/** A computer whose pass is run once; `asked` counts requests for many pictures, `waits` are the pauses before the next pass, ms. */
async function onePass(cloud: Partial<CloudDatabase>, files: Partial<AssetFiles> = {}) {
  let asked = 0;
  const waits: number[] = [];
  const told: unknown[] = [];
  const transfer = createAssetTransfer({
    store,
    cloud: {
      ...cloud,
      fetchAssets: async (zone, assets) => {
        asked += 1;
        return (await cloud.fetchAssets?.(zone, assets)) ?? new Map();
      },
    } as CloudDatabase,
    files: {
      open: () => Promise.resolve(undefined),
      partial: never,
      place: never,
      placePictures: never,
      evict: never,
      ...files,
    },
    now: () => 1,
    random: () => 1,
    timers: { set: (_fn, ms) => waits.push(ms), clear: () => undefined },
    stamp: () => {
      throw new Error('nothing is uploaded here');
    },
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => told.push(error),
  });
  transfer.kick();
  await transfer.settled();
  transfer.dispose();
  return { asked, waits, told };
}

test('on a full disk, pictures that came together wait with the reason and are not fetched again at once', async () => {
  const full = () => Promise.reject(new AppError('diskFull', 'The disk is full.'));
  const { asked, waits, told } = await onePass(
    {
      fetchAssets: (_zone, assets) => Promise.resolve(new Map(assets.map(({ recordName }) => [recordName, bytes]))),
      lookupRecords: (_scope, _zone, names) =>
        Promise.resolve(
          names.map((recordName) => ({
            recordName,
            fields: { data: { value: { downloadURL: `http://server/asset/${recordName}` } } },
          })),
        ),
    },
    { partial: full, placePictures: full },
  );
  expect(asked).toBe(1);
  expect(told).toEqual([]);
  expect(store.connection.raw.prepare('SELECT reason FROM sync_asset').pluck().all()).toEqual(['diskFull', 'diskFull']);
  expect(Math.min(...waits)).toBeGreaterThan(0);
});

test('a fault nobody foresaw is told of, and the pass is not begun again at once', async () => {
  const { asked, waits, told } = await onePass({ fetchAssets: () => Promise.reject(new Error('a fault of ours')) });
  expect(asked).toBe(1);
  expect(told).toMatchObject([{ message: 'a fault of ours' }]);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
});
