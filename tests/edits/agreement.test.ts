import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { sourceColourOf } from '../../electron/core/media/colourProfile.ts';
import { stackToJson } from '../../shared/edits/stack.ts';
import { exportOptions } from '../../shared/model/edit.ts';
import { stackFrom } from './chart.ts';
import { deltaE2000, differences, summary } from './deltaE.ts';
import { openPreviewBrowser } from './preview/browser.ts';
import type { PreviewBrowser } from './preview/browser.ts';
import { photos, photosHere } from './photos.ts';

const jobs = createMediaJobs();
let browser: PreviewBrowser;
let folder = '';
let next = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-agree-'));
  browser = await openPreviewBrowser();
});
afterAll(async () => {
  await browser.dispose();
  await jobs.end();
  rmSync(folder, { recursive: true, force: true });
});

/** The editor's picture of a photo, as the media worker makes it. */
async function rendition(path: string): Promise<Buffer> {
  const key = createHash('sha256').update(path).digest('hex');
  await jobs.editRendition({ path, cacheDirectory: folder, key, nonce: 'n' });
  return readPicture(picturePath(folder, key, 'preview'))?.bytes ?? Buffer.alloc(0);
}

/** What is exported, as small as the preview, in its own codes. */
async function exported(path: string, stack: string, width: number, height: number): Promise<Buffer> {
  const target = join(folder, `${next++}.png`);
  await jobs.renderFile({
    path,
    stack: stackToJson(stackFrom(stack)),
    target,
    options: exportOptions.parse({ format: 'png', metadata: 'none', maxSize: Math.max(width, height) }),
  });
  const { data, info } = await sharp(target, { ignoreIcc: true })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([width, height]);
  return data;
}

const everything =
  'exposure=0.35,contrast=15,highlights=-20,shadows=15,whites=8,blacks=-8,gamma=1.05,curve=0/0.01;0.5/0.53;1/1,' +
  'saturation=8,vibrance=25,warmth=15,tint=4,sharpness=25,clarity=25,vignette=-30,grain=10';
const stacks: Readonly<Record<string, string>> = {
  nothing: '',
  light: 'exposure=0.6,contrast=30,highlights=-50,shadows=50,whites=10,blacks=-10',
  colour: 'warmth=40,tint=-10,vibrance=50,saturation=-10',
  'black and white': 'blackAndWhite=60/35/5/20,contrast=40,grain=25,vignette=-40',
  detail: 'clarity=40,sharpness=35',
  geometry: 'straighten=4,crop=0.1/0.15/0.7/0.6,rotate=90,flip=horizontal',
  everything,
};
const kinds = Object.keys(stacks);
/** What each is edited by: a full-size export per kind takes seconds, so the two largest get all steps in one. */
const pictures = [
  ['cameras/Apple iPhone 5.jpg', kinds],
  ['cameras/burst-iphone-xr/IMG_3580.JPG', ['everything']],
  ['livephotos/motion-android/PXL_20200710_061629144.MP.jpg', ['everything']],
  ['metadata/road-trip/wild-2.jpg', kinds],
  ['formats/jpeg-special/Iceland-P3.jpg', kinds],
  ['orientation/landscape_6.jpg', kinds],
] as const;

/** Every difference by kind of step, over all photos. */
const pooled = new Map<string, Float64Array[]>();
const text = (mean: number, p99: number): string => `mean ΔE2000 ${mean.toFixed(3)}  p99 ${p99.toFixed(2)}`;

describe.runIf(photosHere)('preview and export (with the real photos)', () => {
  test.each(pictures)('agree on %s edited by %j', { timeout: 240_000 }, async (name, tried) => {
    const path = photos(name);
    const { width, height, space } = await jobs.editSource({ path });
    await browser.call('open', browser.serve(await rendition(path), 'image/jpeg'), 'gpu', { width, height }, space);
    const lines: string[] = [];
    const apart: string[] = [];
    for (const kind of tried) {
      const stack = stacks[kind] ?? '';
      const drawn = await browser.call('draw', stackToJson(stackFrom(stack)), 1600);
      const preview = Buffer.from(drawn.rgba, 'base64');
      const full = await exported(path, stack, drawn.width, drawn.height);
      const all = differences(space, { data: preview, channels: 4 }, { data: full, channels: 3 });
      pooled.set(kind, [...(pooled.get(kind) ?? []), all]);
      const { mean, p99 } = summary(all);
      lines.push(`${kind.padEnd(16)} ${text(mean, p99)}`);
      // A single photo full of noise in the dark may lie a little above what holds over all of them.
      if (!(mean < 1 && p99 < 4)) apart.push(`${kind}: ${text(mean, p99)}`);
    }
    console.log(`${name} (${width} x ${height}, ${space})\n  ${lines.join('\n  ')}`);
    expect(apart).toEqual([]);
  });

  test('agree over all these photos: mean under 1, 99th percentile under 3 for every kind of step', () => {
    const lines: string[] = [];
    const apart: string[] = [];
    for (const [kind, parts] of pooled) {
      const all = new Float64Array(parts.reduce((count, part) => count + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      const { mean, p99 } = summary(all);
      lines.push(`${kind.padEnd(16)} ${text(mean, p99)}`);
      if (!(mean < 1 && p99 < 3)) apart.push(kind);
    }
    console.log(`All ${pictures.length} photos\n  ${lines.join('\n  ')}`);
    expect([...pooled.keys()].toSorted()).toEqual(kinds.toSorted());
    expect(apart).toEqual([]);
  });

  test('agree without a GPU as well', async () => {
    const path = photos('metadata/road-trip/wild-2.jpg');
    const { width, height, space } = await jobs.editSource({ path });
    const url = browser.serve(await rendition(path), 'image/jpeg');
    const drawn: Buffer[] = [];
    for (const kind of ['gpu', 'cpu'] as const) {
      await browser.call('open', url, kind, { width, height }, space);
      drawn.push(Buffer.from((await browser.call('draw', stackToJson(stackFrom(everything)), 1600)).rgba, 'base64'));
    }
    const [gpu = Buffer.alloc(0), cpu = Buffer.alloc(0)] = drawn;
    // Drawn again as while something is dragged: from the second frame on the light is kept, the pixels painted over.
    for (let i = 0; i < 2; i++) {
      const again = Buffer.from((await browser.call('draw', stackToJson(stackFrom(everything)), 1600)).rgba, 'base64');
      let worst = 0;
      for (const [at, code] of cpu.entries()) worst = Math.max(worst, Math.abs(code - (again[at] ?? 255)));
      expect(again).toHaveLength(cpu.length);
      expect(worst).toBeLessThanOrEqual(2);
    }
    const { mean, p99 } = summary(differences(space, { data: gpu, channels: 4 }, { data: cpu, channels: 4 }));
    console.log(`GPU against CPU preview: mean ΔE2000 ${mean.toFixed(3)}, p99 ${p99.toFixed(2)}`);
    expect(mean).toBeLessThan(0.3);
    expect(p99).toBeLessThan(1.5);
  });

  test('the comparison shows the photo before its edits on the left, the warning paints what is clipped', async () => {
    const path = photos('metadata/road-trip/wild-2.jpg');
    const { width, height, space } = await jobs.editSource({ path });
    await browser.call('open', browser.serve(await rendition(path), 'image/jpeg'), 'gpu', { width, height }, space);
    const pixels = async (stack: string, options = {}): Promise<Buffer> =>
      Buffer.from((await browser.call('draw', stackToJson(stackFrom(stack)), 400, options)).rgba, 'base64');
    const [before, after, split] = [
      await pixels(''),
      await pixels('exposure=1.5'),
      await pixels('exposure=1.5', { split: 0.5 }),
    ];
    const at = (buffer: Buffer, x: number): number[] => [
      ...buffer.subarray((100 * 400 + x) * 4, (100 * 400 + x) * 4 + 3),
    ];
    expect(at(split, 100)).toEqual(at(before, 100));
    expect(at(split, 300)).toEqual(at(after, 300));
    const warned = await pixels('exposure=4', { warn: true });
    let painted = 0;
    for (let i = 0; i < warned.length; i += 4) if (warned[i] === 237 && warned[i + 1] === 59) painted++;
    expect(painted).toBeGreaterThan(1000);
    const { count, mean } = await browser.call('sample', stackToJson(stackFrom('exposure=1.5')));
    expect(count).toBe(192 * Math.round((192 * height) / width));
    expect(mean[0]).toBeGreaterThan((await browser.call('sample', stackToJson(stackFrom('')))).mean[0] ?? 255);
  });
});

test('the colour difference is CIEDE2000: published pairs give the published figures', () => {
  // Sharma, Wu, Dalal 2005, table 1: pairs 1, 7, 17, 25 and 34.
  const pairs = [
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ] as const;
  for (const [one, two, wanted] of pairs) expect(deltaE2000(one, two)).toBeCloseTo(wanted, 4);
});

test.runIf(photosHere)('which real profiles allow editing in their own codes (with the real photos)', async () => {
  const colour = async (name: string) => sourceColourOf((await sharp(photos(name)).metadata()).icc);
  expect(await colour('cameras/burst-iphone-xr/IMG_3580.JPG')).toEqual({ space: 'display-p3', convert: false });
  expect(await colour('metadata/BlueSquare.jpg')).toEqual({ space: 'srgb', convert: false });
  expect(await colour('cameras/Nikon_D70.jpg')).toEqual({ space: 'srgb', convert: false });
  expect(await colour('orientation/landscape_1.jpg')).toEqual({ space: 'srgb', convert: false });
  expect(await colour('metadata/thompson-springs.jpg')).toMatchObject({ space: 'srgb', convert: true });
});
