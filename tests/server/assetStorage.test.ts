import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDiskStorage } from '../../server/assets/diskStorage.ts';
import { openS3Storage } from '../../server/assets/s3Storage.ts';
import { openings, pastCacheMissing } from '../helpers/openings.ts';
import { startTestS3 } from '../helpers/testS3.ts';
import { findRealS3 } from '../helpers/realS3.ts';
import { assetStorageBehaviour } from './assetStorageBehaviour.ts';

describe('assets on disk', () =>
  assetStorageBehaviour(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shoebox-assets-'));
    return { storage: await openDiskStorage(folder), close: () => rm(folder, { recursive: true, force: true }) };
  }));

const pastCache = await pastCacheMissing();
if (pastCache !== undefined) {
  test(`a disk's assets go past the cache of the system: NOT RUN, ${pastCache}`, () => {
    console.warn(`a disk's assets go past the cache of the system: not run, ${pastCache}`);
    expect(pastCache).not.toBe('');
  });
} else {
  test('a large asset is read past the cache of the system, and through it by whoever asks again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shoebox-assets-'));
    const storage = await openDiskStorage(folder);
    const bytes = randomBytes(3_000_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    await storage.begin('large-one');
    await storage.append('large-one', 0, Readable.from([bytes]), bytes.length, true);
    await storage.finish('large-one', digest);
    const path = join(folder, 'blobs', digest.slice(0, 2), digest.slice(2, 4), digest);
    const read = async (): Promise<{ readonly content: Buffer; readonly open: readonly boolean[] }> => {
      const content = await storage.read(digest);
      const open = openings(path);
      const pieces: Uint8Array[] = [];
      for await (const piece of content) pieces.push(piece);
      return { content: Buffer.concat(pieces), open };
    };
    const [once, again] = [await read(), await read()];
    expect(once.open).toContain(true);
    expect(again.open).toEqual([false]);
    expect(once.content.equals(bytes)).toBe(true);
    expect(again.content.equals(bytes)).toBe(true);
    await storage.dispose();
    await rm(folder, { recursive: true, force: true });
  });
}

describe('assets in s3rver', () =>
  assetStorageBehaviour(async () => {
    const s3 = await startTestS3();
    return { storage: await openS3Storage(s3.settings), close: () => s3.stop() };
  }));

const real = await findRealS3();
if (real.start === undefined) {
  test(`assets in a real S3 server (Swift s3api): NOT RUN, ${real.reason}`, () => {
    console.warn(`assets in a real S3 server: not run, ${real.reason}`);
    expect(real.start).toBeUndefined();
  });
} else {
  const { start } = real;
  describe(`assets in a real S3 server (${real.reason})`, () => {
    let s3: Awaited<ReturnType<typeof start>>;
    beforeAll(async () => {
      s3 = await start();
    }, 300_000);
    afterAll(() => s3?.stop());
    assetStorageBehaviour(async () => ({ storage: await openS3Storage(s3.settings), close: async () => undefined }));

    test('a wrong key is refused, so signatures are really checked', async () => {
      await expect(
        openS3Storage({ ...s3.settings, secretKey: 'wrong', bucket: `${s3.settings.bucket}x` }),
      ).rejects.toThrow();
    });
  });
}
