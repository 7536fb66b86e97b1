import { createHash } from 'node:crypto';
import { open, mkdir, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, errorMessage, isAppError } from '../../../shared/errors.ts';
import { createExifTool, createFactsReader } from './exiftoolFacts.ts';
import type { Facts } from './facts.ts';
import { toFileError } from './fileErrors.ts';
import { formats, sniff, type Format } from './formats.ts';
import { createHeicDecoder } from './heic.ts';
import { encodePicture, makePicture, thumbhashOf, type Decoders } from './picture.ts';
import { NoPoster, openWithSharp, PixelError } from './pixels.ts';
import { createEditJobs, type EditJobs } from './renderEdit.ts';
import { createRawDecoder } from './raw.ts';
import { picturePath, writePicture, type PictureSize } from './thumbnailCache.ts';
import { createVideoReader } from './video.ts';

/** Files up to this size are read once into memory; longer ones (videos) are hashed as a stream. In bytes. */
const wholeFileLimit = 64 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

export interface ContentRequest {
  readonly path: string;
  readonly format: Format;
  /** As last seen, so that a long file is given more time. */
  readonly byteSize: number;
  /** False hashes only; the picture is made when it is first looked at. */
  readonly thumbnail: boolean;
  readonly cacheDirectory: string;
  /** Copy the file here while reading it: fsynced, read back and compared before the call returns. */
  readonly copyTo: string | null;
  /** Makes temporary names unique. */
  readonly nonce: string;
}

/** What became of a file's pixels. */
export type PixelOutcome =
  | { readonly kind: 'made'; readonly thumbhash: string; readonly ratio: number; readonly damaged: string | null }
  | {
      readonly kind: 'none';
      readonly reason: string;
      readonly code: 'damaged' | 'tooLarge' | 'timedOut' | 'needsPoster';
    }
  | { readonly kind: 'skipped' };

export interface ContentResult {
  readonly sha256: string;
  readonly byteSize: number;
  /** The file's stat while it was read; equal before and after, or the call fails. Nanoseconds as text. */
  readonly modifiedNs: string;
  readonly changedNs: string;
  readonly inode: string;
  readonly device: string;
  readonly pixels: PixelOutcome;
}

export interface PictureRequest {
  readonly path: string;
  readonly format: Format;
  readonly size: PictureSize;
  readonly cacheDirectory: string;
  /** The cache key: the SHA-256 of the content. */
  readonly key: string;
  readonly nonce: string;
}

/** A picture a window made of a video. */
export interface PosterRequest {
  readonly bytes: Uint8Array;
  readonly key: string;
  readonly cacheDirectory: string;
  readonly nonce: string;
}

export interface FactsRequest {
  readonly path: string;
  /** Null for a sidecar. */
  readonly format: Format | null;
  readonly make: string | null;
}

/** What the media worker can be asked for. */
export type MediaJobs = EditJobs & {
  /** Reads a file once: SHA-256, copy, thumbnail. @throws AppError conflict when the file changed meanwhile. */
  readonly content: (request: ContentRequest) => Promise<ContentResult>;
  /** Makes one picture into the cache. @throws AppError fileUnreadable when the file has no readable pixels. */
  readonly picture: (request: PictureRequest) => Promise<PixelOutcome>;
  /** Draws a picture from outside anew in both sizes; what was sent is never kept as it came. */
  readonly poster: (request: PosterRequest) => Promise<PixelOutcome>;
  readonly facts: (request: FactsRequest) => Promise<Facts>;
  readonly memory: () => { readonly rss: number };
  readonly end: () => Promise<void>;
};

/** Builds the jobs with decoders of their own. Nothing here touches the database, the network or a key. */
export function createMediaJobs(): MediaJobs {
  const exiftool = createExifTool();
  const video = createVideoReader();
  const decoders: Decoders = { heic: createHeicDecoder(), raw: createRawDecoder({ exiftool }), video };
  const reader = createFactsReader({ exiftool });
  return {
    content: (request) => readContent(decoders, request),
    picture: (request) => picture(decoders, request, undefined),
    poster: (request) => poster(request),
    facts: async ({ path, format, make }) => {
      const facts = await readFacts(reader, path, format, make);
      if (format === null || formats[format].family !== 'video') return facts;
      const container = await video.facts(path).catch(() => undefined);
      return {
        ...facts,
        width: facts.width ?? container?.width ?? null,
        height: facts.height ?? container?.height ?? null,
        durationMs: facts.durationMs ?? container?.durationMs ?? null,
        orientation: orientationOf(container?.rotation ?? 0),
      };
    },
    memory: () => ({ rss: process.memoryUsage.rss() }),
    ...createEditJobs(decoders, exiftool),
    end: () => exiftool.end(),
  };
}

/** A video's turn as an EXIF orientation, so that everything downstream knows one way of turning. */
function orientationOf(rotation: number): number | null {
  return (
    new Map([
      [90, 6],
      [180, 3],
      [270, 8],
    ]).get(((rotation % 360) + 360) % 360) ?? null
  );
}

async function readFacts(
  reader: ReturnType<typeof createFactsReader>,
  path: string,
  format: Format | null,
  make: string | null,
): Promise<Facts> {
  try {
    return await reader.read(path, format, make);
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError('fileUnreadable', `The facts in the file cannot be read: ${errorMessage(error)}`, { path });
  }
}

async function readContent(decoders: Decoders, request: ContentRequest): Promise<ContentResult> {
  const { path, copyTo } = request;
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw new AppError('fileUnsupported', 'This is not an ordinary file.', { path });
    const size = Number(before.size);
    const whole = size <= wholeFileLimit ? await handle.readFile() : undefined;
    const sha256 = whole === undefined ? await hashStream(handle) : createHash('sha256').update(whole).digest('hex');
    if (copyTo !== null) await copyFile(whole ?? handle, copyTo, sha256);
    const after = await handle.stat({ bigint: true });
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || (whole?.length ?? size) !== size) {
      throw new AppError('conflict', 'The file is still being written.', { path });
    }
    await handle.close();
    handle = undefined;
    const pixels: PixelOutcome = request.thumbnail
      ? await picture(decoders, { ...request, size: 'thumb', key: sha256 }, whole)
      : { kind: 'skipped' };
    return {
      sha256,
      byteSize: size,
      modifiedNs: String(before.mtimeNs),
      changedNs: String(before.ctimeNs),
      inode: String(before.ino),
      device: String(before.dev),
      pixels,
    };
  } catch (error) {
    if (copyTo !== null) await rm(copyTo, { force: true });
    throw toFileError(error, path);
  } finally {
    await handle?.close();
  }
}

async function picture(
  decoders: Decoders,
  request: PictureRequest,
  bytes: Uint8Array | undefined,
): Promise<PixelOutcome> {
  const { path, format, size, key, cacheDirectory, nonce } = request;
  try {
    const made = await makePicture(decoders, { path, format, ...(bytes === undefined ? {} : { bytes }) }, size);
    const thumbhash = size === 'thumb' ? await thumbhashOf(made.bytes) : '';
    writePicture(picturePath(cacheDirectory, key, size), made.bytes, nonce);
    return { kind: 'made', thumbhash, ratio: made.width / made.height, damaged: made.damaged };
  } catch (error) {
    return outcomeOf(error);
  }
}

async function poster({ bytes, key, cacheDirectory, nonce }: PosterRequest): Promise<PixelOutcome> {
  try {
    const format = sniff(bytes);
    if (format !== 'jpeg' && format !== 'png' && format !== 'webp') throw new PixelError('This is no picture.');
    const open = () => openWithSharp(bytes, format, 'strict');
    const preview = await encodePicture(await open(), 'preview', format);
    const thumb = await encodePicture(await open(), 'thumb', format);
    writePicture(picturePath(cacheDirectory, key, 'preview'), preview.bytes, nonce);
    writePicture(picturePath(cacheDirectory, key, 'thumb'), thumb.bytes, nonce);
    const thumbhash = await thumbhashOf(thumb.bytes);
    return { kind: 'made', thumbhash, ratio: thumb.width / thumb.height, damaged: null };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** What a failed decode means for the file; everything else is thrown on. */
function outcomeOf(error: unknown): PixelOutcome {
  if (error instanceof NoPoster) return { kind: 'none', reason: error.message, code: 'needsPoster' };
  if (error instanceof PixelError) return { kind: 'none', reason: error.message, code: 'damaged' };
  if (isAppError(error) && (error.code === 'fileTooLarge' || error.code === 'timedOut')) {
    return { kind: 'none', reason: error.message, code: error.code === 'timedOut' ? 'timedOut' : 'tooLarge' };
  }
  throw error;
}

async function hashStream(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks(handle)) hash.update(chunk);
  return hash.digest('hex');
}

async function* chunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Writes the copy, makes it durable, reads it back and compares: only then may the row that names it be written. */
async function copyFile(source: Uint8Array | FileHandle, target: string, sha256: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const copy = await open(target, 'w+');
  try {
    if (source instanceof Uint8Array) await copy.writeFile(source);
    else for await (const chunk of chunks(source)) await copy.write(chunk);
    await copy.sync();
    if ((await hashStream(copy)) !== sha256) {
      throw new AppError('fileUnreadable', 'The copy differs from the original. The disk may be failing.', {
        path: target,
      });
    }
  } catch (error) {
    throw toFileError(error, target);
  } finally {
    await copy.close();
  }
}
