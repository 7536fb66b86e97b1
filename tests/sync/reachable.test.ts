import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { AppError } from '../../shared/errors.ts';
import type { Client } from '../simulation/client.ts';
import { storeWithTransfers } from './assetFakes.ts';
import { addPhoto, createFleet, row, rows, type Fleet } from './fleet.ts';

/* After a long time without a network, whoever hears of the server first wakes the others: nobody sits out its own pause. */

let fleet: Fleet;
let a: Client;
beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
});
afterEach(() => fleet.dispose());

/** Lets all that waits try again and again, until pauses are as long as they get. */
async function growTired(): Promise<void> {
  for (let hour = 0; hour < 12; hour += 1) {
    fleet.time.advance(5 * 60_000);
    await a.engine.settled();
  }
}

test('changes go out at once when the server is heard of, not after the rest of a long pause', async () => {
  fleet.interfere(() => Promise.reject(new TypeError('fetch failed')));
  const id = addPhoto(a);
  await fleet.sync(a);
  await growTired();
  expect(a.engine.status).toMatchObject({ phase: 'waiting', reason: 'offline' });
  fleet.interfere(undefined);
  const before = fleet.time.now;
  a.engine.reachable();
  await a.engine.settled();
  expect(fleet.time.now).toBe(before);
  expect(a.engine.status.phase).toBe('idle');
  expect(rows(a, 'SELECT * FROM sync_pending')).toEqual([]);
  const b = await fleet.device('ana');
  expect(row(b, 'photo', id)).toBeDefined();
});

test('a server that asked for time gets it, whoever hears of it', async () => {
  fleet.interfere(({ url }) =>
    url.includes('records/modify')
      ? Response.json({ serverErrorCode: 'THROTTLED', reason: 'slowly', retryAfter: 60 }, { status: 429 })
      : undefined,
  );
  addPhoto(a);
  await fleet.sync(a);
  const asked = fleet.requests.length;
  a.engine.reachable();
  await a.engine.settled();
  expect(fleet.requests).toHaveLength(asked);
  expect(a.engine.status).toMatchObject({ phase: 'waiting', reason: 'serverBusy' });
});

test('files go on when the server is heard of, and four that fail at once are one failure', async () => {
  const store = storeWithTransfers(['r1', 'r2', 'r3', 'r4'], { direction: 'upload', byteSize: 3 });
  let clock = 0;
  let online = false;
  const due: number[] = [];
  let wake: () => void = () => undefined;
  const cloud: Pick<CloudDatabase, 'requestUpload' | 'requestUploads'> = {
    requestUploads: () => Promise.reject(new AppError('offline', 'The server does not answer.')),
    requestUpload: () =>
      online
        ? Promise.resolve({ existing: { fileChecksum: 'c', size: 3 } })
        : Promise.reject(new AppError('offline', 'The server does not answer.')),
  };
  const transfer = createAssetTransfer({
    store,
    cloud: cloud as CloudDatabase,
    files: {
      open: () =>
        Promise.resolve({ size: 3, read: () => Promise.resolve(new Uint8Array(3)), close: () => Promise.resolve() }),
      partial: () => Promise.reject(new Error('nothing is fetched here')),
      place: () => Promise.reject(new Error('nothing is fetched here')),
      placePictures: () => Promise.reject(new Error('nothing is fetched here')),
      evict: () => Promise.resolve(0),
    },
    now: () => clock,
    random: () => 1,
    timers: {
      set: (fn, ms) => {
        wake = fn;
        return due.push(ms);
      },
      clear: () => undefined,
    },
    stamp: () => '000000000001-0000-test' as ReturnType<Parameters<typeof createAssetTransfer>[0]['stamp']>,
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
  const states = () => store.connection.raw.prepare('SELECT DISTINCT state FROM sync_asset').pluck().all();
  transfer.kick();
  await transfer.settled();
  expect(Math.max(...due)).toBeLessThanOrEqual(1_000);
  for (let round = 0; round < 12; round += 1) {
    clock += due.at(-1) ?? 0;
    wake();
    await transfer.settled();
  }
  expect(Math.max(...due)).toBe(300_000);
  expect(states()).toEqual(['queued']);
  online = true;
  transfer.kick();
  await transfer.settled();
  expect(states()).toEqual(['queued']);
  transfer.reachable();
  await transfer.settled();
  expect(states()).toEqual(['uploaded']);
  transfer.dispose();
  store.dispose();
});
