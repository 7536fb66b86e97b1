import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isProgressiveJpeg } from '../../electron/core/media/dimensions.ts';
import { createMediaJobs, type MediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';

/** The unit of `ulimit -f` in sh, in bytes. */
const shellBlock = 512;
const jobsModule = new URL('../../electron/core/media/mediaJobs.ts', import.meta.url).href;

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

describe('a long video that is copied', () => {
  const chunk = Buffer.alloc(1024 * 1024, 1);
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shoebox-long-'));
    path = join(folder, 'v.mp4');
    // Above what is read into memory in one go: such a file is read once for its hash and once for its copy.
    for (let at = 0; at < 68; at += 1) appendFileSync(path, chunk);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const request = () => ({
    path,
    format: 'mp4' as const,
    byteSize: 1,
    thumbnail: false,
    cacheDirectory: folder,
    copyTo: join(folder, 'copy'),
    nonce: 'n',
  });

  it('while it is still being written is to be read again, and no disk is blamed', async () => {
    // Written to between the two readings: the copy exists from the second one on.
    let written = false;
    const watching = watch(folder, (_, name) => {
      if (name !== 'copy' || written) return;
      written = true;
      appendFileSync(path, chunk);
    });
    const reading = createMediaJobs().content(request());
    await expect(reading).rejects.toMatchObject({ code: 'conflict', message: 'The file is still being written.' });
    watching.close();
    expect(readdirSync(folder)).toEqual(['v.mp4']);
  });

  it('gets on for whoever asks, through every reading and writing of it', async () => {
    const worker = createMediaJobs();
    expect(worker.progress()).toEqual({ steps: 0, isReading: false });
    const reading = worker.content(request());
    expect(worker.progress().isReading).toBe(true);
    await reading;
    const { steps, isReading } = worker.progress();
    expect(isReading).toBe(false);
    // A mebibyte at a time: hashed, copied and read back.
    expect(steps).toBeGreaterThanOrEqual(3 * 68);
  });

  it('and cancelled is read no further, neither for its hash nor for its copy, and leaves no copy', async () => {
    const hashing = new AbortController();
    const hashed = createMediaJobs().content(request(), hashing.signal);
    hashing.abort();
    await expect(hashed).rejects.toMatchObject({ code: 'cancelled' });
    for (const bytes of [68, 60].map((mebibytes) => mebibytes * chunk.length)) {
      // The shorter one is in memory while it is copied.
      truncateSync(path, bytes);
      const copying = new AbortController();
      const watching = watch(folder, (_, name) => {
        if (name === 'copy') copying.abort();
      });
      await expect(createMediaJobs().content(request(), copying.signal)).rejects.toMatchObject({ code: 'cancelled' });
      watching.close();
      expect(readdirSync(folder)).toEqual(['v.mp4']);
    }
  });

  it.runIf(process.platform !== 'win32')(
    'by writes that take only a part of what they are given is whole, or tells what stopped them',
    async () => {
      // A limit on the size of files makes the write that meets it a short one, as a disk that fills up does.
      const limit = 64 * 1024 + 512;
      const script = `import { createMediaJobs } from ${JSON.stringify(jobsModule)};
      createMediaJobs().content(${JSON.stringify(request())}).then(() => 'made', (error) => error.message).then(console.log);`;
      rmSync(path);
      for (let at = 0; at < 64; at += 1) appendFileSync(path, chunk);
      appendFileSync(path, chunk.subarray(0, 600 * 1024));
      const node = `ulimit -f ${(limit * 1024) / shellBlock}; exec "$0" --input-type=module -e "$1"`;
      const said = execFileSync('sh', ['-c', node, process.execPath, script], { encoding: 'utf8' });
      expect(said).toContain('EFBIG');
    },
  );
});

describe('the frame header of a JPEG', () => {
  it('tells whether it comes in passes over the whole picture', async () => {
    const image = () => sharp({ create: { width: 40, height: 30, channels: 3, background: '#336699' } });
    expect(isProgressiveJpeg(await image().jpeg().toBuffer())).toBe(false);
    expect(isProgressiveJpeg(await image().jpeg({ progressive: true }).toBuffer())).toBe(true);
    expect(isProgressiveJpeg((await image().jpeg().toBuffer()).subarray(0, 12))).toBeUndefined();
  });
});
