import { readFile } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { AppError } from '../../../shared/errors.ts';
import { isProgressiveJpeg } from './dimensions.ts';
import { formats, type Format } from './formats.ts';
import { asPlainRgb, labToSrgb } from './labTiff.ts';

// One libvips thread per picture (more measured no faster), no cache of operations (memory), and only the loaders
// for formats Shoebox takes: everything else (SVG, PDF, PPM, Radiance, ImageMagick…) is refused whatever a file says.
sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
});

/**
 * Seconds a single libvips pipeline may run by the clock on the wall: the second line, for a busy machine makes a sound
 * file slow. The first is the pool's watchdog, which goes by processor time.
 */
export const pipelineSeconds = 60;

/**
 * The most pixels decoded per format, in megapixels. From what a decode of that size costs in memory: a baseline JPEG
 * or plain PNG streams, a progressive JPEG, an interlaced PNG and WebP hold the picture, AVIF holds it several times.
 */
const megapixelCaps: Partial<Record<Format, number>> = { jpeg: 300, png: 120, webp: 120, gif: 60, tiff: 200, avif: 36 };
const progressiveCap = 100;
/** CIELAB is converted pixel by pixel. */
const labCap = 60;

/** How forgiving a decode is: `strict` refuses a cut-off picture, `lenient` shows what there is. */
export type Strictness = 'strict' | 'lenient';

/** A picture ready to be resized: upright already, or to be turned by EXIF. */
export interface Pixels {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
  /** True for a smaller picture inside the file, or a development at less than full size: the file holds more. */
  readonly reduced?: boolean;
}

/** Pixels could not be had. Not an AppError code of its own: what it means depends on the format and on who asked. */
export class PixelError extends Error {
  override readonly name = 'PixelError';
}

/** A whole video without a picture of its own: a window's decoder can make one (`photos.savePoster`). */
export class NoPoster extends PixelError {}

export interface PixelSource {
  readonly path: string;
  /** The whole file when it was read anyway. */
  readonly bytes?: Uint8Array;
  readonly format: Format;
  /** The long side that will be made of it: lets decoders choose a smaller picture inside the file. Infinity: all of it. */
  readonly wanted: number;
}

/** Opens a picture libvips reads itself. `input` is a path or the bytes of a whole file. */
export async function openWithSharp(
  input: string | Uint8Array,
  format: Format,
  strictness: Strictness,
  /** Leaves the codes as they are instead of taking them through the embedded profile: editing works in them. */
  { ignoreIcc = false } = {},
): Promise<Pixels> {
  const source = format === 'avif' ? await stillOfSequence(input) : input;
  const open = () => sharp(source, { ...reading(format, strictness), ignoreIcc });
  let metadata: Metadata;
  try {
    metadata = await open().metadata();
  } catch (error) {
    const lab = format === 'tiff' ? await openLab(input) : undefined;
    if (lab !== undefined) return lab;
    throw decoderError(error, format);
  }
  const { width, height, autoOrient } = metadata;
  if (metadata.isProgressive === true && width * height > progressiveCap * 1e6) {
    throw tooLarge(width, height, progressiveCap, format);
  }
  return {
    image: open().timeout({ seconds: pipelineSeconds }).autoOrient(),
    width: autoOrient.width,
    height: autoOrient.height,
  };
}

/**
 * The same for the bytes of a JPEG that comes strip by strip, without asking for its size first and without a clock of
 * libvips' own, which is looked at after every strip: together a fifteenth of a thumbnail. Its pixels are capped all the
 * same, and the pool's watchdog has the time. Undefined for any other.
 */
export function openPlainJpeg(bytes: Uint8Array, strictness: Strictness): Pick<Pixels, 'image'> | undefined {
  return isProgressiveJpeg(bytes) === false
    ? { image: sharp(bytes, reading('jpeg', strictness)).autoOrient() }
    : undefined;
}

function reading(format: Format, strictness: Strictness): SharpOptions {
  return {
    failOn: strictness === 'strict' ? 'truncated' : 'none',
    limitInputPixels: (megapixelCaps[format] ?? 60) * 1e6,
    sequentialRead: true,
    animated: false,
  };
}

/**
 * An AVIF image sequence holds a still as well, but libvips goes by the major brand and refuses it: with the brand of
 * a still it reads the same bytes.
 */
async function stillOfSequence(input: string | Uint8Array): Promise<string | Uint8Array> {
  const bytes = typeof input === 'string' ? await readFile(input) : input;
  if (String.fromCharCode(...bytes.subarray(8, 12)) !== 'avis') return input;
  const copy = Buffer.from(bytes);
  copy.write('avif', 8, 'latin1');
  return copy;
}

/** An 8-bit CIELAB TIFF as upright sRGB; undefined when it is none or cannot be read either way. */
async function openLab(input: string | Uint8Array): Promise<Pixels | undefined> {
  const plain = asPlainRgb(typeof input === 'string' ? await readFile(input) : input);
  if (plain === undefined) return undefined;
  try {
    const limits = { limitInputPixels: labCap * 1e6, failOn: 'none' as const };
    const { data, info } = await sharp(plain, limits)
      .autoOrient()
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    labToSrgb(data);
    const { width, height } = info;
    return { image: sharp(data, { raw: { width, height, channels: 3 } }), width, height };
  } catch {
    return undefined;
  }
}

/**
 * What libvips says, in words for the person, as a PixelError or, past the pixel limit, fileTooLarge. Its own words
 * ("VipsJpeg: premature end of JPEG image") stay in the cause.
 */
export function decoderError(error: unknown, format: Format): Error {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  if (/pixel limit/i.test(message)) {
    return new AppError(
      'fileTooLarge',
      `The picture has more than the ${megapixelCaps[format] ?? 60} megapixels that can be decoded safely.`,
    );
  }
  if (/timeout/i.test(message)) return new AppError('timedOut', 'Decoding took too long and was stopped.');
  return new PixelError(`${formats[format].label}: ${damageOf(message)}`, { cause: error });
}

function damageOf(message: string): string {
  if (/premature end|unexpected end|bad seek|truncated|input buffer is empty/i.test(message)) {
    return 'the file ends before its picture does.';
  }
  if (/unsupported image format|unable to parse|corrupt header/i.test(message)) {
    return 'the beginning of the file is damaged, so no picture can be read from it.';
  }
  return 'the data of the picture is damaged.';
}

function tooLarge(width: number, height: number, cap: number, format: Format): AppError {
  const size = Math.round((width * height) / 1e6);
  return new AppError(
    'fileTooLarge',
    `The picture has ${size} megapixels; ${formats[format].label} files of this kind are decoded up to ${cap}.`,
  );
}
