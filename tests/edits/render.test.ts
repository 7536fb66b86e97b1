import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'exifr';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { sourceColourOf } from '../../electron/core/media/colourProfile.ts';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { convertSpace } from '../../shared/edits/convert.ts';
import { stackToJson } from '../../shared/edits/stack.ts';
import { exportOptions } from '../../shared/model/edit.ts';
import type { ExportOptions } from '../../shared/model/edit.ts';
import { photos, photosHere } from './photos.ts';
import { stackFrom } from './chart.ts';

const jobs = createMediaJobs();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-render-'));
});
afterAll(async () => {
  await jobs.end();
  rmSync(folder, { recursive: true, force: true });
});

let next = 0;
async function renderTo(path: string, edits: string, options: Partial<ExportOptions> = {}): Promise<string> {
  const parsed = exportOptions.parse(options);
  const target = join(folder, `out${next++}.${parsed.format === 'jpeg' ? 'jpg' : parsed.format}`);
  await jobs.renderFile({ path, stack: stackToJson(stackFrom(edits)), target, options: parsed });
  return target;
}
const sha = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const facts = async (path: string): Promise<Record<string, unknown>> =>
  ((await parse(path, { xmp: true, iptc: true, reviveValues: false })) ?? {}) as Record<string, unknown>;

describe.runIf(photosHere)('a rendered file (with the real photos)', () => {
  test('of a photo lying on its side stands upright, says so, and keeps its facts', async () => {
    const source = photos('orientation/landscape_6.jpg');
    const target = await renderTo(source, 'exposure=0.4');
    const meta = await sharp(target).metadata();
    expect([meta.width, meta.height, meta.orientation ?? 1]).toEqual([600, 450, 1]);
    // Upright like the same photo stored upright.
    const upright = await sharp(photos('orientation/landscape_1.jpg')).resize(60, 45).greyscale().raw().toBuffer();
    const made = await sharp(target).resize(60, 45).greyscale().raw().toBuffer();
    const mean = (data: Buffer): number => data.reduce((sum, v) => sum + v, 0) / data.length;
    let [dot, aa, bb] = [0, 0, 0];
    for (let i = 0; i < made.length; i++) {
      const [a, b] = [(made[i] ?? 0) - mean(made), (upright[i] ?? 0) - mean(upright)];
      dot += a * b;
      aa += a * a;
      bb += b * b;
    }
    expect(dot / Math.sqrt(aa * bb)).toBeGreaterThan(0.98);
  });

  test('keeps camera, date and place, loses only the place on request, and everything when asked', async () => {
    const source = photos('livephotos/edited-aae/IMG_4120.JPG');
    const original = await facts(source);
    expect(original).toMatchObject({ Make: 'Apple' });
    expect(original).toHaveProperty('GPSLatitude');
    const all = await facts(await renderTo(source, 'crop=0.25/0.25/0.5/0.5'));
    for (const key of ['Make', 'Model', 'DateTimeOriginal', 'FNumber', 'ISO', 'GPSLatitude', 'LensModel'])
      expect([key, all[key]]).toEqual([key, original[key]]);
    const quiet = await facts(await renderTo(source, 'crop=0.25/0.25/0.5/0.5', { metadata: 'noLocation' }));
    expect(quiet).toMatchObject({ Make: 'Apple', DateTimeOriginal: original['DateTimeOriginal'] });
    expect(Object.keys(quiet).filter((key) => /gps|latitude|longitude/i.test(key))).toEqual([]);
    const bare = await renderTo(source, 'crop=0.25/0.25/0.5/0.5', { metadata: 'none', colour: 'srgb' });
    expect((await sharp(bare).metadata()).exif).toBeUndefined();
  });

  test.each(['jpeg', 'webp', 'avif', 'png'] as const)(
    'in %s has the wanted size, quality and facts',
    async (format) => {
      const source = photos('metadata/road-trip/IMG_1252.jpg');
      const fine = await renderTo(source, 'contrast=20', { format, quality: 90, maxSize: 400 });
      const coarse = await renderTo(source, 'contrast=20', { format, quality: 30, maxSize: 400 });
      const meta = await sharp(fine).metadata();
      expect(meta.format).toBe(format === 'avif' ? 'heif' : format);
      expect(Math.max(meta.width, meta.height)).toBe(400);
      const smaller = format === 'png' ? 1.01 : 0.8; // PNG loses nothing, whatever quality is asked
      expect(readFileSync(coarse).length).toBeLessThan(readFileSync(fine).length * smaller);
      expect(meta.exif).toBeDefined();
    },
  );

  test('never takes the place of a file that is there, and leaves nothing behind when it fails', async () => {
    const target = join(folder, 'taken.jpg');
    writeFileSync(target, 'mine');
    const request = { path: photos('cameras/Nikon_D70.jpg'), stack: stackToJson(stackFrom('')), target };
    const options = exportOptions.parse({});
    await expect(jobs.renderFile({ ...request, options })).rejects.toMatchObject({ code: 'alreadyExists' });
    expect(readFileSync(target, 'utf8')).toBe('mine');
    const before = readdirSync(folder).length;
    const broken = { ...request, path: photos('MANIFEST.csv'), target: join(folder, 'never.jpg'), options };
    await expect(jobs.renderFile(broken)).rejects.toMatchObject({ code: 'fileUnsupported' });
    expect(readdirSync(folder)).toHaveLength(before);
  });

  test('can be cancelled half way', async () => {
    const controller = new AbortController();
    const target = join(folder, 'cancelled.jpg');
    const running = jobs.renderFile(
      {
        path: photos('cameras/burst-iphone-xr/IMG_3580.JPG'),
        stack: stackToJson(stackFrom('clarity=50,sharpness=50')),
        target,
        options: exportOptions.parse({}),
      },
      controller.signal,
    );
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(target)).toBe(false);
  });
});

describe.runIf(photosHere)('colour (with the real photos)', () => {
  test('a Display P3 photo keeps its codes and its profile, or is converted to sRGB on request', async () => {
    const source = photos('formats/jpeg-special/Iceland-P3.jpg');
    const raw = await sharp(source, { ignoreIcc: true }).raw().toBuffer();
    const kept = await renderTo(source, '', { format: 'png' });
    expect(sourceColourOf((await sharp(kept).metadata()).icc)).toEqual({ space: 'display-p3', convert: false });
    expect((await sharp(kept, { ignoreIcc: true }).raw().toBuffer()).equals(raw)).toBe(true);

    const converted = await renderTo(source, '', { format: 'png', colour: 'srgb' });
    expect((await sharp(converted).metadata()).icc).toBeUndefined();
    // Against lcms, through the embedded profile.
    const reference = await sharp(source).toColourspace('srgb').raw().toBuffer();
    const mine = await sharp(converted).raw().toBuffer();
    let [sum, worst] = [0, 0];
    for (let i = 0; i < mine.length; i++) {
      const off = Math.abs((mine[i] ?? 0) - (reference[i] ?? 0));
      sum += off;
      worst = Math.max(worst, off);
    }
    expect(sum / mine.length).toBeLessThan(0.6);
    expect(worst).toBeLessThan(8);
  });

  test('converting there and back gives every colour of the smaller space back', () => {
    const data = new Uint8ClampedArray(3 * 4096).map((_, i) => (i * 37 + (i >> 3)) % 256);
    const before = data.slice();
    convertSpace(data, 3, 'srgb', 'display-p3');
    expect(data).not.toEqual(before);
    convertSpace(data, 3, 'display-p3', 'srgb');
    let worst = 0;
    for (const [i, value] of data.entries()) worst = Math.max(worst, Math.abs(value - (before[i] ?? 0)));
    expect(worst).toBeLessThanOrEqual(6); // eight bits in between: dark channels beside bright ones lose a little
  });

  test('CMYK, grey, 16-bit and see-through pictures are edited from their colours', async () => {
    for (const name of [
      'formats/jpeg-special/jpg-32bit-cmyk-no-icc.jpg',
      'formats/jpeg-special/jpg-8bit-gray-scale-with-icc-profile.jpg',
      'formats/png/16-bit-grey-alpha.png',
      'formats/avif/fox.profile2.12bpc.yuv444.avif',
      'formats/tiff/16bit.r.tif',
    ]) {
      const target = await renderTo(photos(name), 'exposure=0.5,sharpness=20,clarity=20', { format: 'png' });
      const [before, after] = await Promise.all([sharp(photos(name)).metadata(), sharp(target).metadata()]);
      expect([name, after.width, after.height, after.hasAlpha]).toEqual([
        name,
        before.width,
        before.height,
        before.hasAlpha,
      ]);
    }
  });
});

describe.runIf(photosHere)('what is edited (with the real photos)', () => {
  test('HEIC and RAW are edited from their decoded picture', async () => {
    for (const name of ['livephotos/iphone-xr-heic/IMG_3589.HEIC', 'formats/raw/CRW_0101.CRW']) {
      const source = await jobs.editSource({ path: photos(name) });
      const half = await renderTo(photos(name), 'crop=0.25/0.25/0.5/0.5,blackAndWhite=on');
      const meta = await sharp(half).metadata();
      expect(Math.abs(meta.width - source.width / 2)).toBeLessThanOrEqual(1);
      expect(Math.abs(meta.height - source.height / 2)).toBeLessThanOrEqual(1);
      const { channels } = await sharp(half).stats();
      expect(Math.abs((channels[0]?.mean ?? 0) - (channels[2]?.mean ?? 99))).toBeLessThan(1);
    }
  });

  test('the original bytes stay as they were through every kind of render', async () => {
    const names = [
      'orientation/portrait_5.jpg',
      'formats/webp/denali.webp',
      'formats/heic/subsec_no_timezone.heic',
      'formats/png/16-bit-grey-alpha.png',
    ];
    const before = names.map((name) => sha(photos(name)));
    for (const name of names) {
      await renderTo(photos(name), 'exposure=1,crop=0.1/0.1/0.5/0.5,straighten=4');
      await jobs.editSource({ path: photos(name) });
    }
    expect(names.map((name) => sha(photos(name)))).toEqual(before);
  });

  test('an edited thumbnail has the shape of the crop and lies in the cache under its own key', async () => {
    const key = 'f'.repeat(64);
    const { ratio } = await jobs.editedPicture({
      path: photos('cameras/burst-iphone-xr/IMG_3580.JPG'),
      stack: stackToJson(stackFrom('rotate=90,crop=0/0/1/0.5,vignette=-40')),
      size: 'thumb',
      cacheDirectory: folder,
      key,
      nonce: 'n',
    });
    const picture = readPicture(picturePath(folder, key, 'thumb'));
    const meta = await sharp(picture?.bytes ?? Buffer.alloc(0)).metadata();
    expect(Math.max(meta.width, meta.height)).toBe(512);
    expect(meta.width / meta.height).toBeCloseTo(ratio, 5);
    expect(ratio).toBeCloseTo(3024 / 2016, 1);
    expect(meta.icc).toBeUndefined();
  });
});
