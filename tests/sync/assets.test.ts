import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { downloadAsset } from '../../electron/core/sync/assetDownload.ts';
import { assetRank, createAssetQueue } from '../../electron/core/sync/assetQueue.ts';
import { createAssetTransfer } from '../../electron/core/sync/assetTransfer.ts';
import { uploadAsset } from '../../electron/core/sync/assetUpload.ts';
import { createBandwidth } from '../../electron/core/sync/bandwidth.ts';
import { openMemoryStore } from '../../electron/core/store/store.ts';
import { around, bytes, cloudWith, filesWith, resource, storeWithTransfers, stream } from './assetFakes.ts';

test('a download goes on where an earlier one stopped', async () => {
  const asked: number[] = [];
  const files = filesWith(bytes.subarray(0, 10));
  const cloud = cloudWith({
    download: (_url, from) => {
      asked.push(from);
      return Promise.resolve(stream(bytes.subarray(from, from + 5), bytes.subarray(from + 5)));
    },
  });
  await downloadAsset(around(cloud, files), resource, 'http://server/asset');
  expect(asked).toEqual([10]);
  expect(files.left()).toEqual(bytes);
  expect(files.placed).toEqual(['r1']);
});

test('a file without bytes is sent as one chunk of none, and arrives as a file', async () => {
  const empty = { ...resource, byteSize: 0, sha256: createHash('sha256').digest('hex') };
  const asset = { size: 0, receipt: 'r', fileChecksum: 'c', referenceChecksum: 'c', wrappingKey: 'k' };
  const sent: [number, number, number][] = [];
  const cloud = cloudWith({
    requestUpload: () => Promise.resolve({ url: 'http://server/upload', chunkBytes: 10 }),
    uploadChunk: (_url, chunk, from, size) => {
      sent.push([chunk.length, from, size]);
      return Promise.resolve({ asset });
    },
    download: () => Promise.resolve(stream()),
  });
  const place = { scope: 'private', zone: { zoneName: 'library' } } as const;
  const upload = { ...around(cloud, filesWith(Buffer.alloc(0), Buffer.alloc(0))), rememberUrl: () => undefined };
  expect(await uploadAsset(upload, empty, place, null)).toEqual(asset);
  expect(sent).toEqual([[0, 0, 0]]);
  const files = filesWith(Buffer.alloc(0));
  await downloadAsset(around(cloud, files), empty, 'http://server/asset');
  expect(files.placed).toEqual(['r1']);
});

test('a download with one wrong byte is never placed, and starts over', async () => {
  const wrong = Buffer.from(bytes);
  wrong[7] = 0;
  const files = filesWith(Buffer.alloc(0));
  const cloud = cloudWith({ download: () => Promise.resolve(stream(wrong)) });
  await expect(downloadAsset(around(cloud, files), resource, 'http://server/asset')).rejects.toMatchObject({
    code: 'fileUnreadable',
  });
  expect(files.placed).toEqual([]);
  expect(files.left()).toHaveLength(0);
});

test('what claims to be a picture and is far larger is refused, before it is fetched or while it is', async () => {
  const chunk = Buffer.alloc(1024 * 1024);
  for (const kind of ['thumbnail', 'editedThumbnail']) {
    let sent = 0;
    const endless = async function* (): AsyncIterable<Uint8Array> {
      for (; ; sent += chunk.length) yield chunk;
    };
    const files = filesWith(Buffer.alloc(0));
    const cloud = cloudWith({ download: () => Promise.resolve(endless()) });
    const known = { ...resource, kind, byteSize: 5 * 1024 ** 3 };
    await expect(downloadAsset(around(cloud, files), known, 'http://server/asset')).rejects.toMatchObject({
      code: 'fileTooLarge',
    });
    expect(sent).toBe(0);
    const unknown = { ...resource, kind, byteSize: 0 };
    await expect(downloadAsset(around(cloud, files), unknown, 'http://server/asset')).rejects.toMatchObject({
      code: 'fileTooLarge',
    });
    expect(sent).toBeLessThan(10 * chunk.length);
    expect(files.left()).toHaveLength(0);
    expect(files.placed).toEqual([]);
  }
});

test('a download that ends early keeps what it has, and is a trouble of its own', async () => {
  const files = filesWith(Buffer.alloc(0));
  const cloud = cloudWith({ download: () => Promise.resolve(stream(bytes.subarray(0, 20))) });
  await expect(downloadAsset(around(cloud, files), resource, 'http://server/asset')).rejects.toMatchObject({
    code: 'fileUnreadable',
  });
  expect(files.left()).toHaveLength(20);
});

test('bytes that lie on this computer under another photo do not travel again', async () => {
  const files = filesWith(Buffer.alloc(0), bytes);
  await downloadAsset(around(cloudWith({}), files), resource, 'http://server/asset');
  expect(files.left()).toEqual(bytes);
  expect(files.placed).toEqual(['r1']);
});

test('a local copy that has changed since is left alone, and the bytes come from the server', async () => {
  const files = filesWith(Buffer.alloc(0), Buffer.alloc(bytes.length, 'x'));
  const cloud = cloudWith({ download: (_url, from) => Promise.resolve(stream(bytes.subarray(from))) });
  await downloadAsset(around(cloud, files), resource, 'http://server/asset');
  expect(files.left()).toEqual(bytes);
});

test('two resources with the same bytes, fetched at once, take turns at their one partial file', async () => {
  const store = storeWithTransfers(['r1', 'r2'], {
    direction: 'download',
    byteSize: bytes.length,
    sha256: resource.sha256,
  });
  const files = filesWith(Buffer.alloc(0));
  let open = 0;
  let most = 0;
  const transfer = createAssetTransfer({
    store,
    cloud: cloudWith({
      lookupRecords: (_scope, _zone, names) =>
        Promise.resolve(
          names.map((recordName) => ({
            recordName,
            fields: { data: { value: { downloadURL: `http://server/asset/${recordName}` } } },
          })),
        ),
      download: (_url, from) => Promise.resolve(stream(...[...bytes.subarray(from)].map((one) => Buffer.of(one)))),
    }),
    files: {
      ...files,
      partial: async (sha256) => {
        open += 1;
        most = Math.max(most, open);
        const partial = await files.partial(sha256);
        await partial.discard();
        return {
          ...partial,
          get size() {
            return partial.size;
          },
          close: () => {
            open -= 1;
            return Promise.resolve();
          },
        };
      },
    },
    now: () => 1,
    random: () => 0.5,
    timers: { set: () => 0, clear: () => undefined },
    stamp: () => {
      throw new Error('nothing is uploaded here');
    },
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
  // Asked for by a window twice, while the queue is at work as well.
  transfer.kick();
  await Promise.all([transfer.fetch('r1'), transfer.fetch('r2'), transfer.fetch('r1')]);
  await transfer.settled();
  expect(most).toBe(1);
  expect(files.placed.toSorted()).toEqual(['r1', 'r2']);
  transfer.dispose();
  store.dispose();
});

test('an upload goes on at the offset the server names', async () => {
  const sent: number[] = [];
  const cloud = cloudWith({
    requestUpload: () => Promise.resolve({ url: 'http://server/upload/1', chunkBytes: 10 }),
    uploadChunk: (_url, chunk, from, size) => {
      sent.push(from);
      // The answer to the first chunk was lost: the server is further than we think.
      if (sent.length === 1) {
        return Promise.reject(
          new AppError('serverRecordChanged', 'offset', { serverErrorCode: 'CONFLICT', received: 10 }),
        );
      }
      const received = from + chunk.length;
      return Promise.resolve(received === size ? { asset: { fileChecksum: 'c', size } } : { received });
    },
  });
  const remembered: (string | null)[] = [];
  const asset = await uploadAsset(
    { ...around(cloud, filesWith(Buffer.alloc(0), bytes)), rememberUrl: (_id, url) => remembered.push(url) },
    resource,
    { scope: 'private', zone: { zoneName: 'library' } },
    null,
  );
  expect(sent).toEqual([0, 10, 20, 30, 40]);
  expect(asset).toEqual({ fileChecksum: 'c', size: bytes.length });
  expect(remembered).toEqual(['http://server/upload/1']);
});

test('an upload begun under an address the server no longer has begins anew under the one it has', async () => {
  const sent: string[] = [];
  const cloud = cloudWith({
    requestUpload: () => Promise.resolve({ url: 'http://server:8788/upload/2', chunkBytes: 30 }),
    uploadChunk: (url, chunk, from, size) => {
      sent.push(`${url} from ${from}`);
      const received = from + chunk.length;
      return Promise.resolve(received === size ? { asset: { fileChecksum: 'c', size } } : { received });
    },
  });
  const remembered: (string | null)[] = [];
  await uploadAsset(
    { ...around(cloud, filesWith(Buffer.alloc(0), bytes)), rememberUrl: (_id, url) => remembered.push(url) },
    resource,
    { scope: 'private', zone: { zoneName: 'library' } },
    'http://server:8787/upload/1',
  );
  expect(sent).toEqual(['http://server:8788/upload/2 from 0', 'http://server:8788/upload/2 from 30']);
  expect(remembered).toEqual(['http://server:8788/upload/2']);
});

test.each([
  ['nothing is remembered', null, []],
  ['what an earlier try had begun is forgotten', 'http://elsewhere/upload/1', [null]],
] as const)('of a file that goes in one piece %s', async (_what, earlier, expected) => {
  const cloud = cloudWith({
    requestUpload: () => Promise.resolve({ url: 'http://server/upload/2', chunkBytes: bytes.length }),
    uploadChunk: (_url, _chunk, _from, size) => Promise.resolve({ asset: { fileChecksum: 'c', size } }),
  });
  const remembered: (string | null)[] = [];
  await uploadAsset(
    { ...around(cloud, filesWith(Buffer.alloc(0), bytes)), rememberUrl: (_id, url) => remembered.push(url) },
    resource,
    { scope: 'private', zone: { zoneName: 'library' } },
    earlier,
  );
  expect(remembered).toEqual(expected);
});

test.each([
  ['of the size it was asked for goes where its ticket says', bytes.length, ['http://server/granted']],
  ['that has another size by now asks anew', bytes.length + 1, ['asked', 'http://server/asked']],
] as const)('a file %s', async (_what, byteSize, expected) => {
  const done: string[] = [];
  const cloud = cloudWith({
    requestUpload: () => {
      done.push('asked');
      return Promise.resolve({ url: 'http://server/asked', chunkBytes: 1_000 });
    },
    uploadChunk: (url, _chunk, _from, size) => {
      done.push(url);
      return Promise.resolve({ asset: { fileChecksum: 'c', size } });
    },
  });
  await uploadAsset(
    { ...around(cloud, filesWith(Buffer.alloc(0), bytes)), rememberUrl: () => undefined },
    { ...resource, byteSize },
    { scope: 'private', zone: { zoneName: 'library' } },
    null,
    { url: 'http://server/granted', chunkBytes: 1_000 },
  );
  expect(done).toEqual(expected);
});

test.each([
  [
    'whole, the digest said before is the chunk’s',
    1_000,
    null,
    [Buffer.from(resource.sha256, 'hex').toString('base64')],
  ],
  ['in pieces, each has its own digest', 20, null, [undefined, undefined, undefined]],
  ['from where it broke off, the rest has its own digest', 1_000, 'http://server/upload/1', [undefined]],
] as const)('a file is sent %s', async (_how, chunkBytes, earlier, expected) => {
  const digests: (string | undefined)[] = [];
  const cloud = cloudWith({
    requestUpload: () => Promise.resolve({ url: 'http://server/upload/1', chunkBytes }),
    uploadStatus: () => Promise.resolve({ received: 10 }),
    uploadChunk: (_url, chunk, from, size, sha256) => {
      digests.push(sha256);
      const received = from + chunk.length;
      return Promise.resolve(received === size ? { asset: { fileChecksum: 'c', size } } : { received });
    },
  });
  await uploadAsset(
    { ...around(cloud, filesWith(Buffer.alloc(0), bytes)), rememberUrl: () => undefined },
    resource,
    { scope: 'private', zone: { zoneName: 'library' } },
    earlier,
  );
  expect(digests).toEqual(expected);
});

test('bytes the server already has are not sent', async () => {
  const existing = { fileChecksum: 'c', size: bytes.length, receipt: 'r' };
  const cloud = cloudWith({ requestUpload: () => Promise.resolve({ existing }) });
  const place = { scope: 'private', zone: { zoneName: 'library' } } as const;
  const asset = await uploadAsset(
    { ...around(cloud, filesWith(Buffer.alloc(0), bytes)), rememberUrl: () => undefined },
    resource,
    place,
    null,
  );
  expect(asset).toEqual(existing);
});

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

test('the cache limit never takes the only copy', async () => {
  const store = openMemoryStore({ now: () => 1, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
  store.transaction('sync', ({ raw }) => {
    raw.exec(`INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_at, modified_at, sort_at)
      VALUES ('p1', 'library', 'photo', 'image', 'a.jpg', 1, 1, 1)`);
    for (const id of ['held', 'unknown', 'part', 'other']) {
      raw
        .prepare(
          `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at)
           VALUES (?, 'library', 'p1', 'original', 'a.jpg', 100, ?, 1, 1)`,
        )
        .run(id, digestOf(id));
      raw
        .prepare(
          `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
           VALUES (?, 'library', 'upload', 3, 100, ?, 'done')`,
        )
        .run(id, digestOf(id));
    }
  });
  const files = filesWith(Buffer.alloc(0));
  const transfer = createAssetTransfer({
    store,
    // The server holds one of them whole; of the others it knows the record, a part, or other bytes.
    cloud: cloudWith({
      lookupRecords: (_scope, _zone, names) =>
        Promise.resolve(
          names.map((recordName) => {
            const sha256 = Buffer.from(digestOf(recordName === 'other' ? 'held' : recordName), 'hex').toString(
              'base64',
            );
            const value = {
              fileChecksum: 'x',
              downloadURL: 'http://server/asset/1',
              size: recordName === 'part' ? 99 : 100,
              sha256,
            };
            return { recordName, fields: recordName === 'unknown' ? {} : { data: { value } } };
          }),
        ),
    }),
    files,
    now: () => 1,
    random: () => 0.5,
    timers: { set: () => 0, clear: () => undefined },
    stamp: () => {
      throw new Error('nothing is uploaded here');
    },
    onUploaded: () => undefined,
    onProgress: () => undefined,
    reportError: (error) => {
      throw error;
    },
  });
  transfer.setPolicy({ originals: 'onDemand', cacheLimitBytes: 0, bytesPerSecond: null });
  expect(await transfer.evict(400)).toBe(100);
  expect(files.evicted).toEqual(['held']);
  transfer.setPolicy({ originals: 'everywhere', cacheLimitBytes: 0, bytesPerSecond: null });
  expect(await transfer.evict(200)).toBe(0);
  transfer.dispose();
  store.dispose();
});

test('the cache limit takes what other people added to their share, and never what I added to it', () => {
  const store = openMemoryStore({ now: () => 1, newId: () => '018bcfe5-6800-7000-8000-000000000001' });
  store.transaction('sync', ({ raw }) => {
    raw.exec(`INSERT INTO zone (id, store, name, owner, kind, rights, created_at)
      VALUES ('_ana:share.1', 'shared', 'share.1', '_ana', 'share', 1, 1)`);
    for (const [id, creator] of [
      ['mine', null],
      ['theirs', '_ana'],
    ]) {
      raw
        .prepare(
          `INSERT INTO photo (id, zone_id, kind, media_type, file_name, created_by, created_at, modified_at, sort_at)
           VALUES (?, '_ana:share.1', 'photo', 'image', 'a.jpg', ?, 1, 1, 1)`,
        )
        .run(id, creator);
      raw
        .prepare(
          `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_by, created_at, modified_at)
           VALUES (?, '_ana:share.1', ?, 'original', 'a.jpg', 100, ?, ?, 1, 1)`,
        )
        .run(id, id, id, creator);
      raw
        .prepare(
          `INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
           VALUES (?, '_ana:share.1', 'download', 3, 100, ?, 'done')`,
        )
        .run(id, id);
    }
  });
  expect(
    createAssetQueue(store)
      .evictable(10)
      .map(({ id }) => id),
  ).toEqual(['theirs']);
  store.dispose();
});

test('grid pictures go before originals', () => {
  const kinds = ['pairedVideo', 'original', 'sidecar', 'editedThumbnail', 'thumbnail'];
  expect(kinds.toSorted((one, other) => assetRank(one) - assetRank(other))).toEqual([
    'thumbnail',
    'editedThumbnail',
    'sidecar',
    'original',
    'pairedVideo',
  ]);
});

test('a limit of a thousand bytes a second makes three thousand wait', async () => {
  const waits: number[] = [];
  const slow = createBandwidth({
    now: () => 1_000_000,
    timers: {
      set: (fn, ms) => {
        waits.push(ms);
        fn();
      },
      clear: () => undefined,
    },
  });
  slow.setLimit(1_000);
  for (let part = 0; part < 3; part += 1) await slow.take(1_000);
  expect(waits).toEqual([1_000, 2_000]);
  slow.setLimit(null);
  await slow.take(1_000_000);
  expect(waits).toHaveLength(2);
});
