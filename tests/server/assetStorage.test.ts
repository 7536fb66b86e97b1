import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDiskStorage } from '../../server/assets/diskStorage.ts';
import { openS3Storage } from '../../server/assets/s3Storage.ts';
import { startTestS3 } from '../helpers/testS3.ts';
import { findRealS3 } from '../helpers/realS3.ts';
import { assetStorageBehaviour } from './assetStorageBehaviour.ts';

describe('assets on disk', () =>
  assetStorageBehaviour(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shoebox-assets-'));
    return { storage: await openDiskStorage(folder), close: () => rm(folder, { recursive: true, force: true }) };
  }));

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
