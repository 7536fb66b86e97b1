import { randomBytes } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { assertNever } from '../../../shared/assertNever.ts';
import { makeSmallSource } from '../../../shared/edits/clarity.ts';
import { changesNothing, compileStack } from '../../../shared/edits/compile.ts';
import type { WorkingSpace } from '../../../shared/edits/colourSpace.ts';
import { convertSpace } from '../../../shared/edits/convert.ts';
import { renderStrips } from '../../../shared/edits/execute.ts';
import type { PixelSource as EditPixels } from '../../../shared/edits/resample.ts';
import { readStack } from '../../../shared/edits/stack.ts';
import type { EditStack, EditStackJson } from '../../../shared/edits/stack.ts';
import { AppError } from '../../../shared/errors.ts';
import type { ExportOptions } from '../../../shared/model/edit.ts';
import { sourceColourOf } from './colourProfile.ts';
import { copyMetadata } from './copyMetadata.ts';
import type { ExifToolCalls } from './exiftoolFacts.ts';
import { toFileError } from './fileErrors.ts';
import { formats, sniff, type Format } from './formats.ts';
import { openPixels, type Decoders } from './picture.ts';
import { decoderError, openWithSharp, PixelError, type Pixels } from './pixels.ts';
import { isThere, takeName } from './takeName.ts';
import { picturePath, pictureSizes, writePicture, type PictureSize } from './thumbnailCache.ts';

/** What can be edited in a file: the size of its decoded, upright picture and the space its codes are in. */
export interface EditSource {
  readonly width: number;
  readonly height: number;
  readonly space: WorkingSpace;
  readonly family: 'image' | 'raw' | 'video';
}

/** An edited picture for the cache: grid thumbnail or viewer preview. */
export interface EditedPictureRequest {
  readonly path: string;
  readonly stack: EditStackJson;
  readonly size: PictureSize;
  readonly cacheDirectory: string;
  readonly key: string;
  readonly nonce: string;
}

/** The picture the editor starts from. */
export type EditRenditionRequest = Omit<EditedPictureRequest, 'stack' | 'size'>;

/** A rendered file. `target` must not exist; it appears whole or not at all. */
export interface RenderFileRequest {
  readonly path: string;
  readonly stack: EditStackJson;
  readonly target: string;
  readonly options: Omit<ExportOptions, 'original'>;
}

export interface RenderedFile {
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
}

/** The part of the media worker's calls that executes edits. */
export type EditJobs = {
  /** @throws AppError fileUnreadable, fileUnsupported, fileTooLarge */
  readonly editSource: (request: { readonly path: string }) => Promise<EditSource>;
  /** Renders into the picture cache. @returns the width over height of what was made. */
  readonly editedPicture: (request: EditedPictureRequest, signal?: AbortSignal) => Promise<{ readonly ratio: number }>;
  /**
   * Makes the editor's picture into the cache: 1600 px without edits, in the codes of the photo's working space and
   * therefore without a profile. Lossless: JPEG's own error, even at quality 99, is larger than a small slider step.
   */
  readonly editRendition: (request: EditRenditionRequest) => Promise<{ readonly ratio: number }>;
  /**
   * Renders at full size into a new file.
   * @throws AppError alreadyExists, diskFull, fileUnreadable, cancelled; fileTooLarge when only less than the size asked for
   *   can be had of a picture too large to be decoded
   */
  readonly renderFile: (request: RenderFileRequest, signal?: AbortSignal) => Promise<RenderedFile>;
};

interface Opened extends Pixels {
  readonly space: WorkingSpace;
}

/** Rows between two looks at whether somebody cancelled. */
const stripsPerTurn = 16;

/** Builds the calls on the worker's own decoders. The original is opened for reading and never otherwise. */
export function createEditJobs(decoders: Decoders, exiftool: Pick<ExifToolCalls, 'write'>): EditJobs {
  return {
    editSource: async ({ path }) => {
      const format = await formatOf(path);
      const { family } = formats[format];
      if (family === 'unsupported')
        throw new AppError('fileUnsupported', `${formats[format].label} pictures cannot be edited.`, { path });
      const { width, height, space } = await readable(path, () => openAsShown(decoders, path, format));
      return { width, height, space, family };
    },
    editedPicture: async ({ path, stack, size, cacheDirectory, key, nonce }, signal) => {
      const made = await render(decoders, path, stack, { edge: pictureSizes[size] }, signal);
      convertSpace(made.data, made.channels, made.space, 'srgb');
      const image = sharp(made.data, { raw: made });
      const bytes =
        size === 'thumb'
          ? await image.webp({ quality: 80, effort: 2 }).toBuffer()
          : await image.flatten({ background: '#ffffff' }).jpeg({ quality: 82 }).toBuffer();
      writePicture(picturePath(cacheDirectory, key, size), bytes, nonce);
      return { ratio: made.width / made.height };
    },
    editRendition: async ({ path, cacheDirectory, key, nonce }) =>
      readable(path, async () => {
        const format = await formatOf(path);
        const { image } = await openAsShown(decoders, path, format);
        const { data, info } = await image
          .resize(pictureSizes.preview, pictureSizes.preview, {
            fit: 'inside',
            withoutEnlargement: true,
            // Decoding small by dropping frequencies is fast and visibly not what the export is made of.
            fastShrinkOnLoad: false,
          })
          .toColourspace('srgb')
          .flatten({ background: '#ffffff' })
          .png({ compressionLevel: 1 })
          .toBuffer({ resolveWithObject: true })
          .catch((error: unknown) => {
            throw decoderError(error, format);
          });
        writePicture(picturePath(cacheDirectory, key, 'preview'), data, nonce);
        return { ratio: info.width / info.height };
      }),
    renderFile: async ({ path, stack, target, options }, signal) => {
      if (await isThere(target)) throw nameTaken(target);
      const made = await render(decoders, path, stack, { maxSize: options.maxSize }, signal);
      const space: WorkingSpace = options.colour === 'srgb' ? 'srgb' : made.space;
      convertSpace(made.data, made.channels, made.space, space);
      return write(made, space, { path, target, options }, exiftool, signal);
    },
  };
}

async function formatOf(path: string): Promise<Format> {
  const head = Buffer.alloc(4096);
  try {
    const handle = await open(path, 'r');
    try {
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      const format = sniff(head.subarray(0, bytesRead), path);
      if (format !== undefined) return format;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toFileError(error, path);
  }
  throw new AppError('fileUnsupported', 'This is no picture that can be edited.', { path });
}

async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PixelError) throw new AppError('fileUnreadable', error.message, { path }, { cause: error });
    throw error;
  }
}

/** The very picture the viewer's preview is made of: a RAW's embedded one where that is large enough. */
function openAsShown(decoders: Decoders, path: string, format: Format): Promise<Opened> {
  return openForEditing(decoders, path, format, pictureSizes.preview);
}

/** What a file is rendered from: the picture as it is shown where enough is left of that, else all that can be had. */
async function openForFile(
  decoders: Decoders,
  path: string,
  format: Format,
  stack: EditStack,
  maxSize: number | null,
): Promise<Opened> {
  if (maxSize !== null) {
    const shown = await openAsShown(decoders, path, format);
    const { output } = compileStack(stack, shown, shown.space).geometry;
    if (shown.reduced !== true || Math.max(output.width, output.height) >= maxSize) return shown;
  }
  return openForEditing(decoders, path, format, Infinity);
}

/** Opens the picture upright, in its own codes where they are of a working space, converted to sRGB elsewhere. */
async function openForEditing(decoders: Decoders, path: string, format: Format, wanted: number): Promise<Opened> {
  if (formats[format].family !== 'image' || format === 'heic') {
    const pixels = await openPixels(decoders, { path, format, wanted }, 'lenient');
    const image = format === 'heic' ? pixels.image.removeAlpha() : pixels.image;
    return { ...pixels, image, space: 'srgb' };
  }
  const { icc } = await sharp(path, { failOn: 'none' })
    .metadata()
    .catch((error: unknown) => {
      throw decoderError(error, format);
    });
  const { space, convert } = sourceColourOf(icc);
  return { ...(await openWithSharp(path, format, 'lenient', { ignoreIcc: !convert })), space };
}

interface Rendered {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly space: WorkingSpace;
}

/** How large: with `edge` as long side, in pixels; or at full size, to be made smaller to `maxSize` (null: not at all). */
type Extent = { readonly edge: number } | { readonly maxSize: number | null };

/** Executes a stack on a file. */
async function render(
  decoders: Decoders,
  path: string,
  stackJson: EditStackJson,
  extent: Extent,
  signal: AbortSignal | undefined,
): Promise<Rendered> {
  const stack = readStack(stackJson);
  const format = await formatOf(path);
  return readable(path, async () => {
    const opened =
      'edge' in extent
        ? await openAsShown(decoders, path, format)
        : await openForFile(decoders, path, format, stack, extent.maxSize);
    const compiled = compileStack(stack, opened, opened.space);
    const full = compiled.geometry.output;
    const scale = 'edge' in extent ? Math.min(1, extent.edge / Math.max(full.width, full.height)) : 1;
    const output = { width: atLeastOne(full.width * scale), height: atLeastOne(full.height * scale) };
    const decoded = await decode(opened, scale, format);
    const source: EditPixels = decoded;
    const small = makeSmallSource(source.data, source, source.channels);
    if (changesNothing(compiled) && scale === 1)
      return {
        ...decoded,
        data: new Uint8ClampedArray(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length),
        space: opened.space,
      };
    const data = new Uint8ClampedArray(output.width * output.height * source.channels);
    let strips = 0;
    for (const strip of renderStrips({ compiled, source, output, small })) {
      data.set(strip.data, strip.y * output.width * source.channels);
      if (++strips % stripsPerTurn !== 0) continue;
      await setImmediate();
      if (signal?.aborted === true) throw new AppError('cancelled', 'The rendering was cancelled.');
    }
    return { data, ...output, channels: source.channels, space: opened.space };
  });
}

const atLeastOne = (value: number): number => Math.max(1, Math.round(value));

async function decode(
  { image, width, height }: Pixels,
  scale: number,
  format: Format,
): Promise<{ data: Buffer; width: number; height: number; channels: 3 | 4 }> {
  try {
    const sized =
      scale === 1 ? image : image.resize(atLeastOne(width * scale), atLeastOne(height * scale), { fit: 'fill' });
    const { data, info } = await sized
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3 && info.channels !== 4) throw new PixelError('The picture has no colours to edit.');
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (error) {
    throw error instanceof PixelError ? error : decoderError(error, format);
  }
}

async function write(
  made: Rendered,
  space: WorkingSpace,
  { path, target, options }: Omit<RenderFileRequest, 'stack'>,
  exiftool: Pick<ExifToolCalls, 'write'>,
  signal: AbortSignal | undefined,
): Promise<RenderedFile> {
  // The extension stays last: exiftool decides by it which container it writes.
  const temporary = target.replace(/(\.[^.]+)$/u, `.${randomBytes(6).toString('hex')}.part$1`);
  try {
    const { maxSize } = options;
    const image = sharp(made.data, { raw: made });
    const sized =
      maxSize === null ? image : image.resize(maxSize, maxSize, { fit: 'inside', withoutEnlargement: true });
    const info = await encode(sized, options).toFile(temporary);
    await copyMetadata(exiftool, {
      from: path,
      to: temporary,
      metadata: options.metadata,
      profile: space === 'display-p3',
      width: info.width,
      height: info.height,
    });
    if (signal?.aborted === true) throw new AppError('cancelled', 'The export was cancelled.');
    const { size } = await stat(temporary);
    // Not before it is whole: a worker that ends over its work would leave an empty file under the name.
    if (!(await takeName(temporary, target))) throw nameTaken(target);
    return { width: info.width, height: info.height, byteSize: size };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toFileError(error, target);
  }
}

function nameTaken(target: string): AppError {
  return new AppError('alreadyExists', 'A file of this name is there already.', { path: target });
}

function encode(image: Sharp, { format, quality }: Pick<ExportOptions, 'format' | 'quality'>): Sharp {
  switch (format) {
    case 'jpeg':
      // Above 92 colour edges are worth their bytes.
      return image
        .flatten({ background: '#ffffff' })
        .jpeg({ quality, chromaSubsampling: quality > 92 ? '4:4:4' : '4:2:0' });
    case 'webp':
      return image.webp({ quality, effort: 3 });
    case 'avif':
      return image.avif({ quality, effort: 3 });
    case 'png':
      return image.png({ compressionLevel: 6 });
    default:
      return assertNever(format, 'export format');
  }
}
