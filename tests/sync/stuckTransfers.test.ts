import { afterEach, expect, test } from 'vitest';
import type { AssetFiles } from '../../electron/core/sync/assetFiles.ts';
import { createAssetTransfer, type AssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { createTransferHold } from '../../electron/core/sync/transferHold.ts';
import type { Store } from '../../electron/core/store/store.ts';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import { AppError } from '../../shared/errors.ts';
import { bytes, cloudWith, filesWith, resource, storeWithTransfers, stream } from './assetFakes.ts';

/* What one transfer must not do to the others, and what it must not take for its own. */

const day = 24 * 3_600_000;
let clock = 1;
let due: { readonly fn: () => void; readonly at: number }[] = [];
let store: Store;
let transfer: AssetTransfer;

function begin(rows: Store, cloud: Partial<CloudDatabase>, files: AssetFiles = filesWith(Buffer.alloc(0))): void {
  clock = 1;
  due = [];
  store = rows;
  transfer = createAssetTransfer({
    store,
    cloud: cloudWith(cloud),
    files,
    now: () => clock,
    random: () => 0.5,
    timers: {
      set: (fn, ms) => {
        const one = { fn, at: clock + ms };
        due.push(one);
        return one;
      },
      clear: (handle) => {
        due = due.filter((one) => one !== handle);
      },
    },
    stamp: () => formatStamp({ ms: 1, counter: 1, node: 'm' }),
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
}
afterEach(() => {
  transfer.dispose();
  store.dispose();
});

/** Lets time pass until nothing is left to do. @returns how often something was waited for */
async function pass(ms: number): Promise<number> {
  const end = clock + ms;
  transfer.kick();
  for (let waits = 0; ; waits += 1) {
    await transfer.settled();
    await new Promise((done) => setImmediate(done));
    const next = due.toSorted((one, other) => one.at - other.at)[0];
    if (next === undefined || next.at > end || waits > 5_000) return waits;
    due = due.filter((one) => one !== next);
    clock = Math.max(clock, next.at);
    next.fn();
  }
}

const addresses: CloudDatabase['lookupRecords'] = (_scope, _zone, names) =>
  Promise.resolve(
    names.map((recordName) => ({
      recordName,
      fields: { data: { value: { downloadURL: `http://server/asset/${recordName}` } } },
    })),
  );
const sending: Partial<CloudDatabase> = {
  requestUploads: (_scope, _zone, requests) => Promise.resolve(requests.map(() => undefined)),
  requestUpload: () => Promise.resolve({ url: 'http://server/upload', chunkBytes: 1_000 }),
  uploadChunk: (_url, _chunk, _from, size) => Promise.resolve({ asset: { fileChecksum: 'c', size } }),
};
const states = () =>
  store.connection.raw.prepare('SELECT state, count(*) AS rows FROM sync_asset GROUP BY state ORDER BY state').all();

/** Files whose downloads all begin anew: those of these tests have the same bytes, and one would find what another brought. */
function filesWithoutRemains(): AssetFiles {
  const files = filesWith(Buffer.alloc(0));
  return {
    ...files,
    partial: async (sha256) => {
      const partial = await files.partial(sha256);
      await partial.discard();
      return partial;
    },
  };
}

test('files the server cannot read keep no other from being brought', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `r${String(index).padStart(2, '0')}`);
  begin(
    storeWithTransfers(ids, { direction: 'download', byteSize: bytes.length, sha256: resource.sha256 }),
    {
      lookupRecords: addresses,
      download: (url) =>
        /r0[0-5]$/.test(url)
          ? Promise.reject(new AppError('serviceUnavailable', 'x', { serverErrorCode: 'INTERNAL_ERROR', status: 500 }))
          : Promise.resolve(stream(bytes)),
    },
    filesWithoutRemains(),
  );
  await pass(3_600_000);
  expect(states()).toEqual([
    { state: 'done', rows: 14 },
    { state: 'queued', rows: 6 },
  ]);
});

test('files that are shorter than their records say keep no other from being brought', async () => {
  const ids = Array.from({ length: 12 }, (_, index) => `r${String(index).padStart(2, '0')}`);
  const files = filesWith(Buffer.alloc(0));
  begin(
    storeWithTransfers(ids, { direction: 'download', byteSize: bytes.length }),
    {
      lookupRecords: addresses,
      download: () => Promise.resolve(stream(bytes.subarray(0, 5))),
    },
    files,
  );
  let tried = 0;
  const { partial } = files;
  Object.assign(files, { partial: (sha256: string) => ((tried += 1), partial(sha256)) });
  await pass(2_000);
  expect(tried).toBeGreaterThanOrEqual(12);
});

test('a zone the server does not find keeps no transfer of another from its turn', async () => {
  const rows = storeWithTransfers(['u1', 'u2', 'x'], { direction: 'upload', byteSize: bytes.length });
  rows.transaction('sync', ({ raw }) =>
    raw.exec(`INSERT INTO zone (id, store, kind, name, owner, created_at) VALUES ('share.x', 'shared', 'share', 'share.x', '_ben', 1);
      UPDATE photo SET zone_id = 'share.x' WHERE id = 'p-x';
      UPDATE resource SET zone_id = 'share.x', local_state = 'remote' WHERE id = 'x';
      UPDATE sync_asset SET zone_id = 'share.x', direction = 'download' WHERE resource_id = 'x'`),
  );
  begin(
    rows,
    {
      ...sending,
      lookupRecords: () =>
        Promise.reject(new AppError('notFound', 'no such zone', { serverErrorCode: 'ZONE_NOT_FOUND', status: 404 })),
    },
    filesWith(Buffer.alloc(0), bytes),
  );
  await pass(60_000);
  expect(states()).toEqual([
    { state: 'queued', rows: 1 },
    { state: 'uploaded', rows: 2 },
  ]);
});

test('bytes a row gets while its older ones are brought are still to be brought', async () => {
  const other = 'b'.repeat(64);
  async function* slowly(): AsyncIterable<Uint8Array> {
    yield bytes.subarray(0, 5);
    store.transaction('sync', ({ raw }) => {
      raw.exec(`UPDATE resource SET sha256 = '${other}', byte_size = 99`);
      transfer.queue.noteRemote({ id: 'r1', zoneId: 'library', kind: 'original', byteSize: 99, sha256: other }, false);
    });
    transfer.pause();
    yield bytes.subarray(5);
  }
  begin(storeWithTransfers(['r1'], { direction: 'download', byteSize: bytes.length, sha256: resource.sha256 }), {
    lookupRecords: addresses,
    download: () => Promise.resolve(slowly()),
  });
  await pass(1_000);
  expect(store.connection.raw.prepare('SELECT state, sha256 FROM sync_asset').all()).toEqual([
    { state: 'queued', sha256: other },
  ]);
});

test('an upload waits while its row has other bytes than its record, and is not sent over and over', async () => {
  let sent = 0;
  const rows = storeWithTransfers(['r1'], { direction: 'upload', byteSize: bytes.length, sha256: 'a'.repeat(64) });
  rows.transaction('sync', ({ raw }) => raw.exec(`UPDATE resource SET sha256 = '${resource.sha256}'`));
  begin(
    rows,
    {
      ...sending,
      uploadChunk: (_url, _chunk, _from, size) => {
        sent += 1;
        return Promise.resolve({ asset: { fileChecksum: 'c', size } });
      },
    },
    filesWith(Buffer.alloc(0), bytes),
  );
  await pass(60_000);
  expect(sent).toBe(0);
  // The record is accepted: now they are sent, once.
  store.transaction('sync', () => {
    store.connection.raw.exec(`UPDATE resource SET local_state = 'here'`);
    transfer.queue.queueUpload('r1');
  });
  await pass(60_000);
  expect(sent).toBe(1);
  expect(states()).toEqual([{ state: 'uploaded', rows: 1 }]);
});

test('a clock that is set back by ten years holds nothing up, and nothing spins', async () => {
  const rows = storeWithTransfers(['r1'], { direction: 'download', byteSize: bytes.length, sha256: resource.sha256 });
  rows.transaction('sync', ({ raw }) => raw.exec(`UPDATE sync_asset SET not_before = ${3_650 * day}`));
  begin(rows, { lookupRecords: addresses, download: () => Promise.resolve(stream(bytes)) });
  expect(await pass(60_000)).toBeLessThan(10);
  expect(states()).toEqual([{ state: 'done', rows: 1 }]);

  let now = 3_650 * day;
  const hold = createTransferHold({ now: () => now, random: () => 0.5 });
  hold.keep({ code: 'THROTTLED', message: 'later', retryAfter: 60 });
  now = 1;
  expect(hold.until).toBeLessThanOrEqual(1 + 2 * 60_000);
});
