import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAssetTransfer, type AssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import type { Store } from '../../electron/core/store/store.ts';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import { bytes, cloudWith, filesWith, storeWithTransfers } from './assetFakes.ts';

/* Which bytes travel when some of them take very long: a film of an hour on a slow line. */

let store: Store;
let transfer: AssetTransfer;
let sent: string[];
let asked: number;
let now: number;
/** Uploads that do not end until they are let go on. */
let films: Map<string, PromiseWithResolvers<void>>;

/** So many originals to be sent, those named here without end. */
function begin(originals: number, named: readonly string[]): void {
  const ids = Array.from({ length: originals }, (_, index) => String(index).padStart(3, '0'));
  store = storeWithTransfers(ids, { direction: 'upload', byteSize: bytes.length });
  films = new Map(named.map((id) => [id, Promise.withResolvers<void>()]));
  transfer = createAssetTransfer({
    store,
    cloud: cloudWith({
      requestUploads: (_scope, _zone, requests) => {
        asked += 1;
        return Promise.resolve(
          requests.map(({ recordName }) => ({ url: `http://server/${recordName}`, chunkBytes: 100 })),
        );
      },
      requestUpload: (_scope, _zone, { recordName }) =>
        Promise.resolve({ url: `http://server/${recordName}`, chunkBytes: 100 }),
      uploadChunk: async (url) => {
        const id = url.slice('http://server/'.length);
        await films.get(id)?.promise;
        sent.push(id);
        return {
          asset: { size: bytes.length, receipt: 'r', fileChecksum: 'c', referenceChecksum: 'c', wrappingKey: 'k' },
        };
      },
    }),
    files: filesWith(Buffer.alloc(0), bytes),
    now: () => now,
    random: () => 0.5,
    timers: { set: (fn, ms) => setTimeout(fn, ms), clear: (handle) => clearTimeout(handle as NodeJS.Timeout) },
    stamp: () => formatStamp({ ms: 1, counter: 1, node: 'm' }),
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
}

/** A photo whose grid picture has just been made. */
function addPicture(id: string): void {
  store.transaction('sync', ({ raw }) => {
    raw.exec(`INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at, local_state)
        SELECT '${id}', zone_id, photo_id, 'thumbnail', 'a.jpg', byte_size, sha256, 1, 1, 'here' FROM resource WHERE id = '000'`);
    transfer.queue.queueUpload(id);
  });
  transfer.kick();
}

beforeEach(() => {
  sent = [];
  asked = 0;
  now = 1;
});
afterEach(async () => {
  for (const film of films.values()) film.resolve();
  await transfer.settled();
  transfer.dispose();
  store.dispose();
});

test('a film that takes for ever keeps no other original waiting', async () => {
  begin(120, ['003']);
  transfer.kick();
  await expect.poll(() => sent.length).toBe(119);
  expect(sent).not.toContain('003');
});

test('a new picture for the grid goes out while four films are under way', async () => {
  begin(6, ['000', '001', '002', '003']);
  transfer.kick();
  await expect.poll(() => transfer.progress.running).toBe(4);
  addPicture('picture');
  await expect.poll(() => sent).toEqual(['picture']);
  expect(transfer.progress.running).toBe(4);
});

test('a new picture goes before originals that were asked for with the ones before', async () => {
  begin(20, ['000', '001', '002', '003']);
  transfer.kick();
  await expect.poll(() => transfer.progress.running).toBe(4);
  addPicture('picture');
  await expect.poll(() => sent).toEqual(['picture']);
  films.get('000')?.resolve();
  await expect.poll(() => sent.length).toBe(18);
  expect(sent.slice(0, 3)).toEqual(['picture', '000', '004']);
});

test('what the server granted long ago is asked for again when its turn comes', async () => {
  begin(8, ['000', '001', '002', '003']);
  transfer.kick();
  await expect.poll(() => transfer.progress.running).toBe(4);
  expect(asked).toBe(1);
  now += 10 * 60_000;
  films.get('000')?.resolve();
  await expect.poll(() => sent.length).toBe(5);
  expect(asked).toBe(2);
});
