import { afterEach, expect, test } from 'vitest';
import type { AssetFiles } from '../../electron/core/sync/assetFiles.ts';
import { createAssetTransfer, type AssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { readSyncStatus } from '../../electron/core/sync/syncStatus.ts';
import type { Store } from '../../electron/core/store/store.ts';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';
import { AppError } from '../../shared/errors.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtualTime.ts';
import { bytes, cloudWith, filesWith, storeWithTransfers } from './assetFakes.ts';

/* What keeps files from being moved is told to the person, and asked about no more often than it can change. */

const minute = 60_000;
let time: VirtualTime;
let store: Store;
let transfer: AssetTransfer;
afterEach(() => {
  transfer.dispose();
  store.dispose();
});

function begin(rows: Store, cloud: Partial<CloudDatabase>, files: AssetFiles): void {
  time = createVirtualTime(1_750_000_000_000);
  store = rows;
  transfer = createAssetTransfer({
    store,
    cloud: cloudWith({
      requestUploads: (_scope, _zone, asked) => Promise.resolve(asked.map(() => undefined)),
      ...cloud,
    }),
    files,
    now: () => time.now,
    random: () => 0.5,
    timers: time.timersOf('transfers'),
    stamp: () => formatStamp({ ms: 1, counter: 1, node: 'm' }),
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
}

/** Lets minutes pass, one after another, and what is due in each of them happen. */
async function pass(minutes: number): Promise<void> {
  transfer.kick();
  await transfer.settled();
  for (let passed = 0; passed < minutes; passed += 1) {
    time.advance(minute);
    await transfer.settled();
  }
}

const idle = { phase: 'idle', reason: null, message: null, since: null } as const;
const status = () => readSyncStatus(store, idle, transfer.progress, true);
const refusal = (serverErrorCode: string, more: Record<string, string> = {}) =>
  new AppError('serverRejected', `no: ${serverErrorCode}`, { serverErrorCode, status: 400, ...more });

test('a full account is asked about once in a while and not about each of two thousand files, and the person is told', async () => {
  const ids = Array.from({ length: 2_000 }, (_, index) => `r${String(index).padStart(4, '0')}`);
  let asked = 0;
  let isFull = true;
  begin(
    storeWithTransfers(ids, { direction: 'upload', byteSize: bytes.length }),
    {
      requestUpload: () => {
        asked += 1;
        return isFull
          ? Promise.reject(refusal('QUOTA_EXCEEDED'))
          : Promise.resolve({ existing: { fileChecksum: 'c', size: bytes.length } });
      },
    },
    filesWith(Buffer.alloc(0), bytes),
  );
  await pass(60);
  expect(asked).toBeLessThan(60);
  expect(status()).toMatchObject({ state: 'needsAttention', uploads: 2_000 });
  expect(status().attention).toEqual([
    { reason: 'storageFull', count: 2_000, message: 'no: QUOTA_EXCEEDED', action: 'retry' },
  ]);
  isFull = false;
  transfer.resume();
  expect(status().attention).toEqual([]);
  await pass(1);
  expect(store.connection.raw.prepare(`SELECT count(*) FROM sync_asset WHERE state = 'uploaded'`).pluck().get()).toBe(
    2_000,
  );
  expect(status().attention).toEqual([]);
});

test.each([
  ['larger than the server takes', refusal('BAD_REQUEST', { limit: 'assetBytes' }), 'tooLarge'],
  ['for a share that takes no more from this person', refusal('ACCESS_DENIED'), 'accessEnded'],
])('a file %s is named as that, and goes again when the person says so', async (_what, error, reason) => {
  let asked = 0;
  begin(
    storeWithTransfers(['film'], { direction: 'upload', byteSize: bytes.length }),
    {
      requestUpload: () => {
        asked += 1;
        return Promise.reject(error);
      },
    },
    filesWith(Buffer.alloc(0), bytes),
  );
  await pass(9);
  expect(asked).toBe(1);
  expect(status().attention).toMatchObject([{ reason, count: 1, action: 'retry' }]);
  transfer.resume();
  await transfer.settled();
  expect(asked).toBe(2);
});

test('a file that is not where it was is counted among those that cannot be reached', async () => {
  begin(storeWithTransfers(['r1', 'r2'], { direction: 'upload', byteSize: 3 }), {}, filesWith(Buffer.alloc(0)));
  store.transaction('sync', ({ raw }) => raw.exec(`UPDATE resource SET kind = 'original'`));
  await pass(1);
  expect(status().attention).toMatchObject([{ reason: 'fileMissing', count: 2, action: 'none' }]);
});

test('while records get through and files do not, the status says what keeps the files back', async () => {
  begin(
    storeWithTransfers(['r1'], { direction: 'upload', byteSize: bytes.length }),
    { requestUpload: () => Promise.reject(refusal('TRY_AGAIN_LATER')) },
    filesWith(Buffer.alloc(0), bytes),
  );
  transfer.kick();
  await transfer.settled();
  expect(status()).toMatchObject({
    state: 'syncing',
    attention: [{ reason: 'serverBusy', count: 0, message: 'no: TRY_AGAIN_LATER', action: 'retry' }],
  });
  transfer.pause();
  expect(status().attention).toEqual([]);
});

test('under a bandwidth limit nothing is sent any more once somebody has paused', async () => {
  let sent = 0;
  begin(
    storeWithTransfers(['r1'], { direction: 'upload', byteSize: bytes.length }),
    {
      requestUpload: () => Promise.resolve({ url: 'http://server/upload', chunkBytes: 10 }),
      uploadChunk: (_url, chunk, from) => {
        sent += 1;
        return Promise.resolve({ received: from + chunk.length });
      },
    },
    filesWith(Buffer.alloc(0), bytes),
  );
  transfer.setPolicy({ originals: 'everywhere', cacheLimitBytes: Number.POSITIVE_INFINITY, bytesPerSecond: 1 });
  // The first piece waits for its turn.
  await expect.poll(() => time.nextDue).toBeDefined();
  transfer.pause();
  time.advance(10 * minute);
  await transfer.settled();
  expect(sent).toBe(0);
});
