import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaJobs, type MediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { stackToJson } from '../../shared/edits/stack.ts';
import { exportOptions } from '../../shared/model/edit.ts';
import { stackFrom } from '../edits/chart.ts';
import { photos, photosHere } from '../edits/photos.ts';
import { writeRaw, type RawFile } from '../helpers/rawFile.ts';

let folder = '';
let jobs: MediaJobs;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-full-size-'));
  jobs = createMediaJobs();
});
afterAll(async () => {
  await jobs.end();
  rmSync(folder, { recursive: true, force: true });
});

let next = 0;
async function exported(path: string, maxSize: number | null, edits = '') {
  const target = join(folder, `out${next++}.png`);
  const options = exportOptions.parse({ format: 'png', maxSize, metadata: 'none' });
  const { width, height } = await jobs.renderFile({ path, stack: stackToJson(stackFrom(edits)), target, options });
  const { dominant } = await sharp(target).stats();
  // The cameras' own pictures below are red; the mosaic is not.
  return { width, height, isCamera: dominant.r > 150 && dominant.g < 100 };
}

const preview = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } })
    .jpeg()
    .toBuffer();

function raw(file: Omit<RawFile, 'width' | 'height'>): string {
  const path = join(folder, `raw${next++}.dng`);
  writeRaw(path, { width: 4_000, height: 3_000, ...file });
  return path;
}

describe('the export of a RAW', () => {
  it('at full size is made of the largest picture in it, not of the first that fills a screen', async () => {
    const previews = [await preview(1_616, 1_212), await preview(2_400, 1_800)];
    const path = raw({ previews });
    expect(await exported(path, null)).toEqual({ width: 2_400, height: 1_800, isCamera: true });
  });

  it('at full size is developed where the pictures in it are small', async () => {
    const path = raw({ previews: [await preview(1_616, 1_212)] });
    expect(await exported(path, null)).toEqual({ width: 2_000, height: 1_500, isCamera: false });
  });

  it('keeps the frame that was shown, which a camera may have made wider than its sensor', async () => {
    const path = raw({ previews: [await preview(1_616, 909)] });
    expect(await exported(path, null)).toEqual({ width: 1_616, height: 909, isCamera: true });
  });

  it('takes a small picture rather than none where the sensor data cannot be read', async () => {
    const path = raw({ previews: [await preview(1_616, 1_212)], sensor: false });
    expect(await exported(path, null)).toEqual({ width: 1_616, height: 1_212, isCamera: true });
  });

  it('made small is of the picture that is shown as long as that has the pixels after trimming', async () => {
    const path = raw({ previews: [await preview(1_616, 1_212)] });
    expect(await exported(path, 1_200)).toEqual({ width: 1_200, height: 900, isCamera: true });
    expect(await exported(path, 1_200, 'crop=0/0/0.7/0.7')).toEqual({ width: 1_200, height: 900, isCamera: false });
  });
});

describe.runIf(photosHere)('a HEIC too large to be decoded (with the real photos)', () => {
  it('is shown by the thumbnail in it, which is never exported in place of the picture', async () => {
    const path = photos('formats/heic/200MP.heic');
    expect(await jobs.editSource({ path })).toMatchObject({ width: 384, height: 512 });
    expect(await exported(path, 400)).toMatchObject({ width: 300, height: 400 });
    const refused = { code: 'fileTooLarge', message: expect.stringContaining('200 megapixels') };
    await expect(exported(path, null)).rejects.toMatchObject(refused);
    await expect(exported(path, 1_024)).rejects.toMatchObject(refused);
  });
});
