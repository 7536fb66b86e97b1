import { createRequire } from 'node:module';
import { readFileSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.ts';
import type { ExifToolCalls } from './exiftoolFacts.ts';
import { openWithSharp, PixelError, pipelineSeconds, type Pixels, type PixelSource } from './pixels.ts';
import { pictureSizes } from './thumbnailCache.ts';

/** Where cameras keep the JPEG they show on their own screen, largest first as a rule. */
const previewTags = ['JpgFromRaw', 'PreviewImage', 'JpgFromRaw2', 'OtherImage', 'ThumbnailImage'] as const;

/** RAW files up to this size are developed when they hold no preview; the decoder takes about 6 bytes per byte. */
const maximumBytes = 128 * 1024 * 1024;

/** Cameras leave out a few rows and columns of the sensor in their own pictures; a frame of 16:9 leaves out a sixth. */
const shapeTolerance = 0.03;

/** The part of libraw-wasm's inner module that is used. */
interface LibRaw {
  new (): {
    open(bytes: Uint8Array, settings: Readonly<Record<string, unknown>>): unknown;
    imageData(): unknown;
    delete?(): void;
  };
}

const developed = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  data: z.instanceof(Uint8Array),
});

export interface RawDecoder {
  /**
   * The picture of a RAW file: the embedded preview when it is large enough (or nothing better can be had), else the
   * sensor data developed at half size. When all is wanted, the larger of the two, if both show the
   * same frame. Turned by the RAW's own orientation.
   * @throws PixelError when there is neither preview nor readable sensor data.
   */
  open(source: PixelSource): Promise<Pixels>;
}

/** Makes a decoder on top of exiftool (previews) and LibRaw (sensor data, loaded at first use). */
export function createRawDecoder({ exiftool }: { readonly exiftool: ExifToolCalls }): RawDecoder {
  let loading: Promise<LibRaw> | undefined;
  return {
    open: async (source) => {
      const facts = await factsOf(exiftool, source.path);
      const preview = await embeddedPreview(exiftool, source, facts.orientation);
      const wanted = source.wanted === Infinity ? facts.longEdge : source.wanted;
      // Half of what is wanted looks better than a development without the camera's own rendering; of the whole picture, half
      // is all that a development gives.
      if (preview !== undefined && longEdgeOf(preview) * 2 >= wanted) return preview;
      try {
        loading ??= loadLibRaw();
        const developed = await develop(await loading, source);
        return preview !== undefined && isBetter(preview, developed) ? preview : developed;
      } catch (error) {
        if (preview !== undefined) return preview;
        throw error;
      }
    },
  };
}

/** The largest of the embedded previews, or the first that is as large as wanted. */
async function embeddedPreview(
  exiftool: ExifToolCalls,
  source: PixelSource,
  orientation: number,
): Promise<Pixels | undefined> {
  let best: Pixels | undefined;
  for (const tag of previewTags) {
    const jpeg = await extract(exiftool, tag, source.path);
    if (jpeg === undefined) continue;
    try {
      const opened = await openWithSharp(jpeg, 'jpeg', 'lenient');
      // A preview with an orientation of its own turns itself; one without takes the RAW's.
      const own = (await sharp(jpeg).metadata()).orientation;
      const found = own === undefined ? turn(opened, orientation) : opened;
      if (best === undefined || found.width * found.height > best.width * best.height) best = found;
    } catch (error) {
      if (!(error instanceof PixelError)) throw error;
    }
    if (best !== undefined && longEdgeOf(best) >= source.wanted) break;
  }
  return best === undefined ? undefined : { ...best, reduced: true };
}

/** Larger, or of another shape: a preview large enough to be shown is the frame in which a person has trimmed. */
function isBetter(preview: Pixels, developed: Pixels): boolean {
  if (longEdgeOf(preview) >= longEdgeOf(developed)) return true;
  const shape = (preview.width * developed.height) / (preview.height * developed.width);
  return longEdgeOf(preview) * 2 >= pictureSizes.preview && Math.abs(shape - 1) > shapeTolerance;
}

function longEdgeOf({ width, height }: Pick<Pixels, 'width' | 'height'>): number {
  return Math.max(width, height);
}

async function extract(exiftool: ExifToolCalls, tag: string, path: string): Promise<Buffer | undefined> {
  try {
    const bytes = await exiftool.extractBinaryTagToBuffer(tag, path, { ignoreMinorErrors: true });
    return bytes[0] === 0xff && bytes[1] === 0xd8 ? bytes : undefined;
  } catch {
    // exiftool reports a tag that is not there as an error; another may be.
    return undefined;
  }
}

/** Applies an EXIF orientation. sharp turns first and mirrors after, which makes 5 and 7 a quarter turn and a mirror. */
function turn({ image, width, height }: Pixels, orientation: number): Pixels {
  const degrees = new Map([
    [3, 180],
    [5, 90],
    [6, 90],
    [7, 90],
    [8, 270],
  ]);
  const turned = image
    .rotate(degrees.get(orientation) ?? 0)
    .flip(orientation === 4 || orientation === 7)
    .flop(orientation === 2 || orientation === 5);
  return orientation >= 5 ? { image: turned, width: height, height: width } : { image: turned, width, height };
}

/** What the RAW says of itself: its orientation, and the long side of its picture, Infinity where it says nothing. */
async function factsOf(exiftool: ExifToolCalls, path: string): Promise<{ orientation: number; longEdge: number }> {
  let tags: unknown;
  try {
    tags = await exiftool.readRaw(path, { readArgs: ['-fast2', '-n', '-Orientation', '-ImageSize'] });
  } catch {
    // Nothing to be had from a damaged file: it stays as stored.
  }
  const orientation = z.object({ Orientation: z.number().int().min(1).max(8) }).safeParse(tags);
  const size = z.object({ ImageSize: z.string().regex(/^\d+[ x]\d+$/u) }).safeParse(tags);
  return {
    orientation: orientation.success ? orientation.data.Orientation : 1,
    longEdge: size.success ? Math.max(...size.data.ImageSize.split(/[ x]/u).map(Number)) : Infinity,
  };
}

async function develop(LibRawClass: LibRaw, { path, bytes }: PixelSource): Promise<Pixels> {
  if (bytes === undefined && statSync(path).size > maximumBytes) {
    throw new AppError('fileTooLarge', 'The RAW file holds no preview and is too large to be developed.');
  }
  const decoder = new LibRawClass();
  try {
    decoder.open(new Uint8Array(bytes ?? readFileSync(path)), { halfSize: true, useCameraWb: true, outputBps: 8 });
    const parsed = developed.safeParse(decoder.imageData());
    if (!parsed.success) throw new PixelError('The RAW file holds no preview and its sensor data cannot be read.');
    const { width, height, data } = parsed.data;
    const image = sharp(data, { raw: { width, height, channels: 3 } }).timeout({ seconds: pipelineSeconds });
    return { image, width, height, reduced: true };
  } catch (error) {
    if (error instanceof PixelError) throw error;
    throw new PixelError('The RAW file holds no preview and its sensor data cannot be read.', { cause: error });
  } finally {
    decoder.delete?.();
  }
}

async function loadLibRaw(): Promise<LibRaw> {
  const require = createRequire(import.meta.url);
  const { default: make } = (await import(pathToFileURL(require.resolve('libraw-wasm/dist/libraw.js')).href)) as {
    default: (options: { wasmBinary: Uint8Array }) => Promise<{ LibRaw: LibRaw }>;
  };
  return (await make({ wasmBinary: readFileSync(require.resolve('libraw-wasm/dist/libraw.wasm')) })).LibRaw;
}
