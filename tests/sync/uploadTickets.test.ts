import { expect, test } from 'vitest';
import type { AssetJob } from '../../electron/core/sync/assetQueue.ts';
import { uploadRequest } from '../../electron/core/sync/assetUpload.ts';
import type { CloudDatabase } from '../../electron/core/sync/cloudDatabase.ts';
import { createUploadTickets } from '../../electron/core/sync/uploadTickets.ts';
import { createLocalZones } from '../../electron/core/sync/localZones.ts';
import { openMemoryStore } from '../../electron/core/store/store.ts';
import { AppError } from '../../shared/errors.ts';
import { createSharingWorld } from '../helpers/sharingWorld.ts';
import { bytes, cloudWith, filesWith, resource, storeWithTransfers } from './assetFakes.ts';
import { createAssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import { formatStamp } from '../../shared/cloud/hybridClock.ts';

const job = (id: string, more: Partial<AssetJob['resource']> = {}, rest: Partial<AssetJob> = {}): AssetJob => ({
  resource: { ...resource, id, ...more },
  direction: 'upload',
  uploadUrl: null,
  attempts: 0,
  ...rest,
});

/** A server that grants what it is asked, but for one it refuses, and the names it was asked for in each request. */
function granting() {
  const asked: (readonly string[])[] = [];
  const requestUploads: CloudDatabase['requestUploads'] = (_scope, _zone, requests) => {
    asked.push(requests.map(({ recordName }) => recordName));
    return Promise.resolve(
      requests.map(({ recordName }) =>
        recordName === 'refused' ? undefined : { url: `http://server/${recordName}`, chunkBytes: 10 },
      ),
    );
  };
  return { asked, requestUploads };
}

const zones = () => {
  const store = openMemoryStore({ now: () => 1, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
  return createLocalZones(store.connection, () => 1);
};

test('small files of one zone are asked for together, and one that is refused gets no ticket', async () => {
  const cloud = granting();
  const tickets = await createUploadTickets({ cloud, zones: zones() }).of([job('a'), job('refused'), job('b')]);
  expect(cloud.asked).toEqual([['a', 'refused', 'b']]);
  expect([...tickets.keys()]).toEqual(['a', 'b']);
  expect(tickets.get('b')).toEqual({ url: 'http://server/b', chunkBytes: 10 });
});

test('what is large, already begun, without bytes or on its way here asks for itself, and so does one alone', async () => {
  const cloud = granting();
  const { of } = createUploadTickets({ cloud, zones: zones() });
  const others = [
    job('large', { byteSize: 4 * 1024 * 1024 + 1 }),
    job('begun', {}, { uploadUrl: 'http://server/upload/1' }),
    job('empty', { byteSize: 0 }),
    job('coming', {}, { direction: 'download' }),
    job('elsewhere', { zoneId: 'a zone that has ended' }),
    job('elsewhere too', { zoneId: 'a zone that has ended' }),
  ];
  expect((await of([...others, job('alone')])).size).toBe(0);
  expect(cloud.asked).toEqual([]);
});

test('a server that does not answer leaves every upload to ask for itself', async () => {
  const cloud = { requestUploads: () => Promise.reject(new Error('no answer')) };
  expect((await createUploadTickets({ cloud, zones: zones() }).of([job('a'), job('b')])).size).toBe(0);
});

test('a transfer of small files asks once for all of them, and only the refused one by itself', async () => {
  const store = storeWithTransfers(['a', 'b', 'refused', 'c'], { direction: 'upload', byteSize: bytes.length });
  const cloud = granting();
  const alone: string[] = [];
  const sent: string[] = [];
  const transfer = createAssetTransfer({
    store,
    cloud: cloudWith({
      requestUploads: cloud.requestUploads,
      requestUpload: (_scope, _zone, { recordName }) => {
        alone.push(recordName);
        return Promise.reject(new AppError('quotaExceeded', 'full', { serverErrorCode: 'QUOTA_EXCEEDED' }));
      },
      uploadChunk: (url, chunk, from, size) => {
        sent.push(url);
        const received = from + chunk.length;
        return Promise.resolve(received === size ? { asset: { fileChecksum: 'c', size } } : { received });
      },
    }),
    files: filesWith(Buffer.alloc(0), bytes),
    now: () => 1,
    random: () => 0.5,
    timers: { set: () => 0, clear: () => undefined },
    stamp: () => formatStamp({ ms: 1, counter: 1, node: 'm' }),
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
  transfer.kick();
  await transfer.settled();
  expect(cloud.asked).toEqual([['a', 'b', 'c', 'refused']]);
  expect(alone).toEqual(['refused']);
  expect(new Set(sent)).toEqual(new Set(['http://server/a', 'http://server/b', 'http://server/c']));
  expect(store.connection.raw.prepare('SELECT resource_id, state, reason FROM sync_asset').raw().all()).toEqual([
    ['a', 'uploaded', null],
    ['b', 'uploaded', null],
    ['c', 'uploaded', null],
    ['refused', 'queued', 'storageFull'],
  ]);
  transfer.dispose();
  store.dispose();
});

test('the server grants several uploads at once, and refuses the one that is too large for it', async () => {
  const world = await createSharingWorld();
  try {
    const ana = await world.person('Ana');
    ana.photo('sunset');
    await ana.sync();
    const requests = [
      uploadRequest({ id: 'one', sha256: '11'.repeat(32) }, 20),
      uploadRequest({ id: 'two', sha256: '22'.repeat(32) }, Number.MAX_SAFE_INTEGER),
      uploadRequest({ id: 'three', sha256: '33'.repeat(32) }, 30),
    ];
    const tickets = await ana.cloud.requestUploads('private', { zoneName: 'library' }, requests);
    expect(tickets.map((ticket) => ticket !== undefined && 'url' in ticket)).toEqual([true, false, true]);
    const [first, , third] = tickets.map((ticket) => (ticket !== undefined && 'url' in ticket ? ticket.url : ''));
    expect(first).not.toBe(third);
    expect(await ana.cloud.uploadStatus(third ?? '')).toEqual({ received: 0 });
  } finally {
    await world.dispose();
  }
});
