import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProgressiveJpeg } from '../../electron/core/media/dimensions.ts';
import { createMediaJobs, type MediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';

describe('files read while another is drawn', () => {
  let folder: string;
  let jobs: MediaJobs;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shoebox-content-'));
    jobs = createMediaJobs();
  });
  afterAll(async () => {
    await jobs.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Eight photos of one colour each, every second one progressive, of very different lengths. */
  async function writePhotos() {
    return Promise.all(
      [10, 40, 70, 100, 130, 160, 190, 220].map(async (red, index) => {
        const path = join(folder, `${red}.jpg`);
        const edge = 200 + index * 300;
        const image = sharp({
          create: { width: edge, height: edge / 2, channels: 3, background: { r: red, g: 30, b: 30 } },
        });
        writeFileSync(path, await image.jpeg({ progressive: index % 2 === 1 }).toBuffer());
        return { path, red };
      }),
    );
  }

  it('each gives its own hash, its own picture and its own copy', async () => {
    const photos = await writePhotos();
    const results = await Promise.all(
      photos.map(({ path, red }) =>
        jobs.content(
          {
            path,
            format: 'jpeg',
            byteSize: 1,
            thumbnail: true,
            cacheDirectory: folder,
            copyTo: join(folder, `copy-${red}`),
            nonce: String(red),
          },
          undefined,
        ),
      ),
    );
    for (const [index, { path, red }] of photos.entries()) {
      const bytes = readFileSync(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(results[index]).toMatchObject({ sha256, byteSize: bytes.length, pixels: { kind: 'made', ratio: 2 } });
      expect(readFileSync(join(folder, `copy-${red}`)).equals(bytes)).toBe(true);
      const picture = readPicture(picturePath(folder, sha256, 'thumb'));
      const { dominant } = await sharp(picture?.bytes).stats();
      expect(Math.abs(dominant.r - red)).toBeLessThan(16);
    }
  });

  it('a cancelled one waits for no turn, and leaves no copy', async () => {
    const [first, second] = await writePhotos();
    const request = (path = '', nonce = '') => ({
      path,
      format: 'jpeg' as const,
      byteSize: 1,
      thumbnail: true,
      cacheDirectory: folder,
      copyTo: join(folder, `cancelled-${nonce}`),
      nonce,
    });
    const controller = new AbortController();
    const drawn = jobs.content(request(first?.path, 'one'), undefined);
    const cancelled = jobs.content(request(second?.path, 'two'), controller.signal);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    await expect(drawn).resolves.toMatchObject({ pixels: { kind: 'made' } });
    expect(() => readFileSync(join(folder, 'cancelled-two'))).toThrow(/ENOENT/);
  });
});

describe('the frame header of a JPEG', () => {
  it('tells whether it comes in passes over the whole picture', async () => {
    const image = () => sharp({ create: { width: 40, height: 30, channels: 3, background: '#336699' } });
    expect(isProgressiveJpeg(await image().jpeg().toBuffer())).toBe(false);
    expect(isProgressiveJpeg(await image().jpeg({ progressive: true }).toBuffer())).toBe(true);
    expect(isProgressiveJpeg((await image().jpeg().toBuffer()).subarray(0, 12))).toBeUndefined();
  });
});
