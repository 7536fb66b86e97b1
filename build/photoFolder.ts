import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

export interface PhotoFolderOptions {
  readonly directory: string;
  readonly photos: number;
  /** Stored pixels. */
  readonly width?: number;
  readonly height?: number;
  /** JPEG quality; 12 megapixels at 89 come to about 2.8 MB, as from a phone. */
  readonly quality?: number;
}

/** Different pictures behind a folder of photos; each file still has bytes of its own. */
const pictures = 8;
const placeholder = '2000:01:01 00:00:00';

/**
 * Writes a folder of JPEGs that look like a camera's to a decoder: noise over a gradient, EXIF with a date of its own,
 * a minute apart. The pictures repeat, the bytes do not. Files already there are left.
 */
export async function makePhotoFolder({
  directory,
  photos,
  width = 4_000,
  height = 3_000,
  quality = 89,
}: PhotoFolderOptions): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const bases: Buffer[] = [];
  for (let index = 0; index < Math.min(pictures, photos); index += 1) {
    const base = await drawNoise(width, height, index)
      .jpeg({ quality })
      .withExif({
        IFD0: { Make: 'Shoebox', Model: 'Drawn 12' },
        IFD2: { DateTimeOriginal: placeholder, FNumber: '28/10', ISOSpeedRatings: '100', FocalLength: '26/1' },
      })
      .toBuffer();
    if (!base.includes(placeholder)) throw new Error('The drawn photo carries no EXIF date to change');
    bases.push(base);
  }
  const start = Date.UTC(2015, 0, 1);
  for (let index = 0; index < photos; index += 1) {
    const base = bases[index % bases.length];
    if (base === undefined) continue;
    const copy = Buffer.from(base);
    const date = new Date(start + index * 60_000).toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
    copy.write(date, copy.indexOf(placeholder), 'latin1');
    const path = join(directory, `IMG_${String(index + 1).padStart(5, '0')}.jpg`);
    writeFileSync(path, copy);
    utimesSync(path, start / 1_000 + index * 60, start / 1_000 + index * 60);
  }
}

function drawNoise(width: number, height: number, seed: number): Sharp {
  const background = { r: 60 + seed * 20, g: 90, b: 200 - seed * 20 };
  return sharp({
    create: { width, height, channels: 3, background, noise: { type: 'gaussian', mean: 110 + seed * 5, sigma: 26 } },
  }).blur(1.1);
}
