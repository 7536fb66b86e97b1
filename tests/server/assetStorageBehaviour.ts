import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AssetStorage } from '../../server/assets/assetStorage.ts';

/** The name a store gives to these bytes: their SHA-256, in hex. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const id = (): string => randomBytes(18).toString('base64url');

async function* parts(...chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* broken(first: Buffer): AsyncGenerator<Uint8Array> {
  yield first;
  throw new Error('connection lost');
}

/** What a store of assets promises, wherever its bytes are. */
export function assetStorageBehaviour(open: () => Promise<{ storage: AssetStorage; close(): Promise<void> }>): void {
  let storage: AssetStorage;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ storage, close } = await open());
  });
  afterAll(() => close?.());

  const store = async (bytes: Buffer): Promise<string> => {
    const uploadID = id();
    await storage.begin(uploadID);
    const { received, chunkDigest, tooLong } = await storage.append(uploadID, 0, parts(bytes), 1e9);
    expect([received, tooLong, chunkDigest]).toEqual([bytes.length, false, digestOf(bytes)]);
    await storage.finish(uploadID, chunkDigest);
    return chunkDigest;
  };

  test('bytes come back whole and in ranges, and the same bytes may be stored twice', async () => {
    const bytes = randomBytes(100_000);
    const digest = await store(bytes);
    await store(bytes);
    expect(await storage.exists(digest)).toBe(true);
    expect(await buffer(await storage.read(digest))).toEqual(bytes);
    expect(await buffer(await storage.read(digest, { from: 10, to: 19 }))).toEqual(bytes.subarray(10, 20));
    expect(await buffer(await storage.read(digest, { from: 99_999, to: 99_999 }))).toEqual(bytes.subarray(99_999));
    const listed: string[] = [];
    for await (const held of storage.list()) listed.push(held);
    expect(listed.filter((held) => held === digest)).toHaveLength(1);
  });

  test('a file of several chunks, larger than one part of the store, comes out as it went in', async () => {
    const bytes = randomBytes(18 * 1024 * 1024 + 7);
    const uploadID = id();
    await storage.begin(uploadID);
    const half = 9 * 1024 * 1024;
    await storage.append(uploadID, 0, parts(bytes.subarray(0, 1000), bytes.subarray(1000, half)), 1e9);
    expect(await storage.received(uploadID)).toBe(half);
    await storage.append(uploadID, half, parts(bytes.subarray(half)), 1e9);
    expect(await storage.digest(uploadID, bytes.length)).toBe(digestOf(bytes));
    await storage.finish(uploadID, digestOf(bytes));
    expect(digestOf(await buffer(await storage.read(digestOf(bytes))))).toBe(digestOf(bytes));
    expect(await storage.received(uploadID)).toBeUndefined();
  });

  test('what has another length than was received has no hash', async () => {
    const uploadID = id();
    await storage.begin(uploadID);
    await storage.append(uploadID, 0, parts(randomBytes(1000)), 1e9);
    for (const size of [999, 1001])
      await expect(storage.digest(uploadID, size)).rejects.toMatchObject({ code: 'conflict' });
    await storage.abandon(uploadID);
  });

  test('what was cut off, was too long or is taken back never counts, and the upload goes on from the last whole chunk', async () => {
    const bytes = randomBytes(3000);
    const uploadID = id();
    await storage.begin(uploadID);
    await storage.append(uploadID, 0, parts(bytes.subarray(0, 1000)), 1e9);
    await expect(storage.append(uploadID, 1000, broken(bytes.subarray(1000, 1500)), 1e9)).rejects.toThrow(
      'connection lost',
    );
    expect(await storage.received(uploadID)).toBe(1000);
    expect((await storage.append(uploadID, 1000, parts(bytes.subarray(1000)), 2000)).tooLong).toBe(true);
    expect(await storage.received(uploadID)).toBe(1000);
    await storage.append(uploadID, 1000, parts(randomBytes(500)), 1e9);
    await storage.truncate(uploadID, 1000);
    await storage.append(uploadID, 1000, parts(bytes.subarray(1000)), 1e9);
    expect(await storage.digest(uploadID, bytes.length)).toBe(digestOf(bytes));
    expect(await storage.exists(digestOf(bytes))).toBe(false);
    expect(await storage.unfinished()).toContain(uploadID);
    await storage.abandon(uploadID);
    expect(await storage.unfinished()).not.toContain(uploadID);
    expect(await storage.received(uploadID)).toBeUndefined();
  });

  test('a request that hangs and wakes when another has brought the file touches nothing, however it ends', async () => {
    for (const end of ['breaks off', 'sends on'] as const) {
      const bytes = randomBytes(2000);
      const uploadID = id();
      const awake = Promise.withResolvers<undefined>();
      async function* hanging(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, 100);
        await awake.promise;
        if (end === 'breaks off') throw new Error('connection lost');
        yield randomBytes(1900);
      }
      await storage.begin(uploadID);
      const first = storage.append(uploadID, 0, hanging(), 1e9).then(
        () => 'done',
        () => 'refused',
      );
      await storage.begin(uploadID);
      await storage.append(uploadID, 0, parts(bytes), 1e9, true);
      await storage.finish(uploadID, digestOf(bytes));
      awake.resolve(undefined);
      if (end === 'breaks off') expect(await first).toBe('refused');
      else await first;
      expect(await buffer(await storage.read(digestOf(bytes)))).toEqual(bytes);
      await storage.abandon(uploadID);
    }
  });

  test('what somebody began to send anew is not taken for what was sent before', async () => {
    const bytes = randomBytes(2000);
    const uploadID = id();
    await storage.begin(uploadID);
    await storage.append(uploadID, 0, parts(bytes), 1e9, true);
    await storage.begin(uploadID);
    await storage.append(uploadID, 0, parts(randomBytes(10)), 1e9).catch(() => undefined);
    await storage.begin(uploadID);
    await expect(storage.finish(uploadID, digestOf(bytes))).rejects.toMatchObject({ code: 'conflict' });
    expect(await storage.exists(digestOf(bytes))).toBe(false);
    await storage.abandon(uploadID);
  });

  test('a file that comes byte by byte is a file', async () => {
    const bytes = randomBytes(5000);
    const uploadID = id();
    await storage.begin(uploadID);
    const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    const { chunkDigest } = await storage.append(uploadID, 0, parts(...single), 1e9, true);
    await storage.finish(uploadID, chunkDigest);
    expect(await buffer(await storage.read(digestOf(bytes)))).toEqual(bytes);
  });

  test('an empty file is a file', async () => {
    const uploadID = id();
    await storage.begin(uploadID);
    await storage.append(uploadID, 0, parts(), 1e9);
    const digest = digestOf(Buffer.alloc(0));
    await storage.finish(uploadID, digest);
    expect(await storage.exists(digest)).toBe(true);
    expect(await buffer(await storage.read(digest))).toHaveLength(0);
  });

  test('removed bytes are gone, and removing them again is no error', async () => {
    const digest = await store(randomBytes(10));
    await storage.remove(digest);
    await storage.remove(digest);
    expect(await storage.exists(digest)).toBe(false);
    await expect(storage.read(digest)).rejects.toMatchObject({ code: 'fileUnreadable' });
  });

  test.each(['../x', 'a/b', '', 'x'.repeat(100), '\u0000'.repeat(10)])(
    'a name like %j is refused before it reaches a path or key',
    async (name) => {
      await expect((async () => storage.begin(name))()).rejects.toMatchObject({ code: 'invalidInput' });
      await expect((async () => storage.read(name))()).rejects.toMatchObject({
        code: expect.stringMatching(/invalidInput|fileUnreadable/),
      });
    },
  );
}
