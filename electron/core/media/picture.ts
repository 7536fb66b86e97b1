import { rgbaToThumbHash } from 'thumbhash';
import sharp from 'sharp';
import { assertNever } from '../../../shared/assertNever.ts';
import { AppError } from '../../../shared/errors.ts';
import { formats, type Format } from './formats.ts';
import type { HeicDecoder } from './heic.ts';
import { decoderError, openWithSharp, PixelError, type Pixels, type PixelSource, type Strictness } from './pixels.ts';
import type { RawDecoder } from './raw.ts';
import { pictureSizes, type PictureSize } from './thumbnailCache.ts';
import type { VideoReader } from './video.ts';

/** A picture made of a file. `ratio` is width over height as displayed. */
export interface MadePicture {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
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
    const made = await encodePicture(await openPixels(decoders, wanted, 'strict'), size, source.format);
    return { ...made, damaged: null };
  } catch (error) {
    // Only libvips has a lenient way of reading; the other decoders have already done what they can.
    if (!(error instanceof PixelError) || !readByLibvips(source)) throw error;
    const made = await encodePicture(await openPixels(decoders, wanted, 'lenient'), size, source.format);
    return { ...made, damaged: error.message };
  }
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
export async function encodePicture({ image }: Pixels, size: PictureSize, format: Format) {
  const edge = pictureSizes[size];
  try {
    const resized = image.resize(edge, edge, { fit: 'inside', withoutEnlargement: true });
    const encoded =
      size === 'thumb'
        ? // sRGB without a profile: small, and right in every browser.
          resized.toColourspace('srgb').webp({ quality: 80, effort: 2 })
        : // JPEG: on the 12-MP bench it costs two thirds of WebP's time (docs/ingest.md). The profile is kept.
          resized.keepIccProfile().flatten({ background: '#ffffff' }).jpeg({ quality: 82 });
    const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height };
  } catch (error) {
    throw decoderError(error, format);
  }
}

/**
 * The thumbhash of a thumbnail: about 25 bytes in base64 that draw a blurred placeholder.
 * @throws AppError internal when the thumbnail just made cannot be read back.
 */
export async function thumbhashOf(thumbnail: Uint8Array): Promise<string> {
  try {
    const { data, info } = await sharp(thumbnail)
      .resize(100, 100, { fit: 'inside', withoutEnlargement: true })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
  } catch (error) {
    throw new AppError('internal', 'A thumbnail could not be read back.', {}, { cause: error });
  }
}
