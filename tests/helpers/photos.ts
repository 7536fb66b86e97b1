import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ExifTool } from 'exiftool-vendored';
import sharp from 'sharp';

/** What a drawn photo says of itself, as exiftool tags ("DateTimeOriginal": "2024:05:01 12:00:00"). */
export type DrawnTags = Readonly<Record<string, string | number | readonly string[]>>;

export interface DrawOptions {
  readonly width?: number;
  readonly height?: number;
  /** Chooses the picture: equal seeds draw equal pixels. */
  readonly seed?: number;
  readonly format?: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';
  readonly tags?: DrawnTags;
  /** Modification time of the file, in ms; long ago by default, so that it counts as settled. */
  readonly modifiedMs?: number;
}

/** The bytes of a drawn photo: a gradient in a colour of its own with a block in it, so that each seed differs. */
export async function drawPhoto({
  width = 640,
  height = 480,
  seed = 1,
  format = 'jpeg',
}: DrawOptions = {}): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  const block = { left: (seed * 37) % width, top: (seed * 53) % height, size: Math.ceil(height / 5) };
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      const inBlock =
        x - block.left >= 0 && x - block.left < block.size && y - block.top >= 0 && y - block.top < block.size;
      pixels[at] = inBlock ? 255 - ((seed * 40) % 200) : (x * 255) / width;
      pixels[at + 1] = inBlock ? (seed * 90) % 255 : (y * 255) / height;
      pixels[at + 2] = inBlock ? (seed * 17) % 255 : (seed * 67) % 255;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** Writes drawn photos with facts. One exiftool process serves all; dispose it at the end of a suite. */
export function createPhotoMaker() {
  const exiftool = new ExifTool({ maxProcs: 1 });
  const write = async (path: string, options: DrawOptions = {}): Promise<void> => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await drawPhoto(options));
    if (options.tags !== undefined) {
      await exiftool.write(path, options.tags, { writeArgs: ['-overwrite_original'] });
    }
    age(path, options.modifiedMs);
  };
  return {
    write,
    /** A folder of `count` JPEGs, a minute apart. */
    folder: async (directory: string, count: number, options: DrawOptions = {}): Promise<string[]> => {
      const paths: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const path = `${directory}/IMG_${String(index + 1).padStart(4, '0')}.jpg`;
        await write(path, { ...options, seed: (options.seed ?? 0) + index + 1 });
        paths.push(path);
      }
      return paths;
    },
    dispose: () => exiftool.end(),
  };
}

/** Sets a file's modification time, in ms; a day ago by default. */
export function age(path: string, modifiedMs = Date.now() - 86_400_000): void {
  utimesSync(path, modifiedMs / 1_000, modifiedMs / 1_000);
}

/** Removes a test's folder and everything in it. */
export function clear(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
