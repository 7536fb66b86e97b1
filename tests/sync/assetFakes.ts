import { createHash } from 'node:crypto';
import type { AssetFiles, AssetResource } from '../../electron/core/sync/assetFiles.ts';
import { createBandwidth } from '../../electron/core/sync/bandwidth.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { openMemoryStore, type Store } from '../../electron/core/store/store.ts';

/** What the photo of these tests is made of. */
export const bytes = Buffer.from('the bytes of a photo, all forty-two of them');
export const resource: AssetResource = {
  id: 'r1',
  zoneId: 'library',
  photoId: 'p1',
  kind: 'original',
  fileName: 'a.jpg',
  sha256: createHash('sha256').update(bytes).digest('hex'),
  byteSize: bytes.length,
  photoSha256: null,
  sortAt: 0,
};

const timers = { set: (fn: () => void) => fn(), clear: () => undefined };
const bandwidth = createBandwidth({ now: () => 0, timers });
const never = () => Promise.reject(new Error('not expected in this test'));

/** A server that answers only what a test gives it. */
export function cloudWith(answers: Partial<CloudDatabase>): CloudDatabase {
  return {
    info: never,
    caller: never,
    listZones: never,
    modifyZones: never,
    modifyRecords: never,
    lookupRecords: never,
    databaseChanges: never,
    zoneChanges: never,
    requestUpload: never,
    requestUploads: never,
    uploadStatus: never,
    uploadChunk: never,
    rereference: never,
    download: never,
    fetchAssets: never,
    extension: never,
    ...answers,
  };
}

/** Files in memory. `partial` is what an earlier try left, `local` what lies on this computer under another photo. */
export function filesWith(
  partial: Buffer,
  local?: Buffer,
): AssetFiles & { readonly placed: string[]; readonly evicted: string[]; left(): Buffer } {
  let content = partial;
  const placed: string[] = [];
  const evicted: string[] = [];
  return {
    placed,
    evicted,
    left: () => content,
    open: () =>
      Promise.resolve(
        local && {
          size: local.length,
          read: (from, length) => Promise.resolve(local.subarray(from, from + length)),
          close: () => Promise.resolve(),
        },
      ),
    partial: () =>
      Promise.resolve({
        get size() {
          return content.length;
        },
        append: (more) => {
          content = Buffer.concat([content, more]);
          return Promise.resolve();
        },
        hash: () => Promise.resolve(createHash('sha256').update(content).digest('hex')),
        discard: () => {
          content = Buffer.alloc(0);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      }),
    place: ({ id }) => {
      placed.push(id);
      return Promise.resolve();
    },
    placePictures: never,
    evict: ({ id, byteSize }, note) => {
      evicted.push(id);
      note(true);
      return Promise.resolve(byteSize);
    },
  };
}

/** What a server sends, in these parts. */
export async function* stream(...parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}
/** What a transfer needs around it, without limits. */
export const around = (cloud: CloudDatabase, files: AssetFiles) => ({
  cloud,
  files,
  bandwidth,
  alive: () => true,
  onBytes: () => undefined,
});

/**
 * A library with an original of each id whose transfer is queued.
 * @param of `sha256` where all have the same bytes; each has its own else
 */
export function storeWithTransfers(
  ids: readonly string[],
  of: { readonly direction: 'upload' | 'download'; readonly byteSize: number; readonly sha256?: string },
): Store {
  const store = openMemoryStore({ now: () => 1, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
  const state = of.direction === 'upload' ? 'here' : 'remote';
  store.transaction('sync', ({ raw }) => {
    for (const id of ids) {
      const sha256 = of.sha256 ?? Buffer.from(id).toString('hex').padEnd(64, '0');
      raw
        .prepare(
          `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_at, modified_at, sort_at)
           VALUES (?, 'library', 'photo', 'image', 'a.jpg', 1, 1, 1)`,
        )
        .run(`p-${id}`);
      raw
        .prepare(
          `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at, local_state)
           VALUES (?, 'library', ?, 'original', 'a.jpg', ?, ?, 1, 1, ?)`,
        )
        .run(id, `p-${id}`, of.byteSize, sha256, state);
      raw
        .prepare(
          `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
           VALUES (?, 'library', ?, 3, ?, ?, 'queued')`,
        )
        .run(id, of.direction, of.byteSize, sha256);
    }
  });
  return store;
}
