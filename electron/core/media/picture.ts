import { rgbaToThumbHash } from 'thumbhash';
import sharp, { type Sharp } from 'sharp';
import { assertNever } from '../../../shared/assertNever.ts';
import { formats, type Format } from './formats.ts';
import type { HeicDecoder } from './heic.ts';
import { decoderError, openPlainJpeg, openWithSharp, PixelError } from './pixels.ts';
import type { Pixels, PixelSource, Strictness } from './pixels.ts';
import type { RawDecoder } from './raw.ts';
import { pictureSizes, type PictureSize } from './thumbnailCache.ts';
import type { VideoReader } from './video.ts';

/** A picture made of a file. `ratio` is width over height as displayed. */
export interface MadePicture {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
  /** Of a thumbnail: about 25 bytes in base64 that draw a blurred placeholder. Empty for other sizes. */
  readonly thumbhash: string;
  /** Set when the file is cut short or broken and this is what could be saved of it. */
  readonly damaged: string | null;
}

/** The decoders behind the formats libvips does not read. */
export interface Decoders {
  readonly heic: HeicDecoder;
  readonly raw: RawDecoder;
  readonly video: VideoReader;
}

/**
 * Makes a small upright picture of a file, first strictly, then of whatever can be read.
 * @throws PixelError when no pixels can be had; AppError fileTooLarge, timedOut.
 */
export async function makePicture(
  decoders: Decoders,
  source: Omit<PixelSource, 'wanted'>,
  size: PictureSize,
): Promise<MadePicture> {
  const wanted = { ...source, wanted: pictureSizes[size] };
  try {
    const made = await encodePicture(await openToDraw(decoders, wanted, 'strict'), size, source.format);
    return { ...made, damaged: null };
  } catch (error) {
    // Only libvips has a lenient way of reading; the other decoders have already done what they can.
    if (!(error instanceof PixelError) || !readByLibvips(source)) throw error;
    const made = await encodePicture(await openToDraw(decoders, wanted, 'lenient'), size, source.format);
    return { ...made, damaged: error.message };
  }
}

/** Opened for a picture only: what it measures is seen when the picture is made. */
async function openToDraw(decoders: Decoders, source: PixelSource, strictness: Strictness) {
  const { format, bytes } = source;
  const plain = format === 'jpeg' && bytes !== undefined ? openPlainJpeg(bytes, strictness) : undefined;
  return plain ?? (await openPixels(decoders, source, strictness));
}

/**
 * Opens the pixels of any supported file as an upright sharp pipeline. RAW gives its embedded preview, video its cover.
 * @throws PixelError with a reason for the person; AppError fileTooLarge beyond the caps.
 */
export async function openPixels(
  { heic, raw, video }: Decoders,
  source: PixelSource,
  strictness: Strictness,
): Promise<Pixels> {
  const { family, label } = formats[source.format];
  switch (family) {
    case 'image':
      if (source.format === 'heic') return heic.open(source);
      return openWithSharp(source.bytes ?? source.path, source.format, strictness);
    case 'raw':
      return raw.open(source);
    case 'video':
      return video.picture(source);
    case 'unsupported':
      throw new PixelError(`${label} pictures cannot be shown yet.`);
    default:
      return assertNever(family, 'format family');
  }
}

function readByLibvips({ format }: Pick<PixelSource, 'format'>): boolean {
  return formats[format].family === 'image' && format !== 'heic';
}

/** Resizes and encodes opened pixels. @throws PixelError, AppError as libvips fails while it decodes. */
export async function encodePicture({ image }: Pick<Pixels, 'image'>, size: PictureSize, format: Format) {
  const edge = pictureSizes[size];
  try {
    const resized = image.resize(edge, edge, { fit: 'inside', withoutEnlargement: true });
    if (size === 'thumb') return await encodeThumbnail(resized);
    // JPEG: on the 12-MP bench it costs two thirds of WebP's time (docs/ingest.md). The profile is kept.
    const encoded = resized.keepIccProfile().flatten({ background: '#ffffff' }).jpeg({ quality: 82 });
    const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height, thumbhash: '' };
  } catch (error) {
    throw decoderError(error, format);
  }
}

/**
 * WebP in sRGB without a profile: small, and right in every browser. The pixels are taken out once for the picture and its
 * thumbhash: reading the picture back for the second would cost a tenth of the whole.
 */
async function encodeThumbnail(resized: Sharp) {
  const { data, info } = await resized.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const bytes = await sharp(data, { raw: { width, height, channels } }).webp({ quality: 80, effort: 2 }).toBuffer();
  return { bytes, width, height, thumbhash: thumbhashOf({ data, width, height, channels }) };
}

/** 8-bit pixels, interleaved: grey, grey and alpha, RGB or RGBA. */
interface RawPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Long side of what a thumbhash is computed from, in pixels: it keeps seven waves a side. */
const thumbhashEdge = 24;

/**
 * The thumbhash of a thumbnail's pixels, averaged over squares of every second pixel in every second row (what that
 * leaves out, and what is left at the edges, does not show in seven waves).
 */
function thumbhashOf({ data, width, height, channels }: RawPixels): string {
  const square = Math.max(1, Math.ceil(Math.max(width, height) / thumbhashEdge));
  const step = square < 4 ? 1 : 2;
  const [across, down] = [Math.max(1, Math.floor(width / square)), Math.max(1, Math.floor(height / square))];
  const colours = channels >= 3 ? 3 : 1;
  const hasAlpha = channels === 2 || channels === 4;
  const small = new Uint8Array(across * down * 4);
  for (let y = 0, to = 0; y < down; y += 1) {
    for (let x = 0; x < across; x += 1, to += 4) {
      const [right, bottom] = [Math.min(width, (x + 1) * square), Math.min(height, (y + 1) * square)];
      let [red, green, blue, alpha, count] = [0, 0, 0, 0, 0];
      for (let row = y * square; row < bottom; row += step) {
        for (let at = (row * width + x * square) * channels, end = (row * width + right) * channels; at < end;) {
          red += data[at] ?? 0;
          green += data[at + (colours === 3 ? 1 : 0)] ?? 0;
          blue += data[at + (colours === 3 ? 2 : 0)] ?? 0;
          alpha += hasAlpha ? (data[at + colours] ?? 0) : 255;
          count += 1;
          at += channels * step;
        }
      }
      small[to] = red / count;
      small[to + 1] = green / count;
      small[to + 2] = blue / count;
      small[to + 3] = alpha / count;
    }
  }
  return Buffer.from(rgbaToThumbHash(across, down, small)).toString('base64');
}
