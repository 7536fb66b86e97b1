import { createHash } from 'node:crypto';
import { open, mkdir, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashPieces } from '../../../shared/disk/hashPieces.ts';
import { AppError, errorMessage, isAppError } from '../../../shared/errors.ts';
import { inTurn } from '../workers/inTurn.ts';
import { chunks, chunksOf } from './chunks.ts';
import { createExifTool, createFactsReader } from './exiftoolFacts.ts';
import type { Facts } from './facts.ts';
import { toFileError } from './fileErrors.ts';
import { formats, sniff, type Format } from './formats.ts';
import type { PlaceNames } from './placeNames.ts';
import { createHeicDecoder } from './heic.ts';
import { encodePicture, makePicture, type Decoders } from './picture.ts';
import { NoPoster, openWithSharp, PixelError } from './pixels.ts';
import type { EditJobs } from './renderEdit.ts';
import { createRawDecoder } from './raw.ts';
import type { StrippedVideoRequest } from './strippedVideo.ts';
import { picturePath, writePicture, type PictureSize } from './thumbnailCache.ts';
import { createVideoReader } from './video.ts';

/** Files up to this size are read once into memory; longer ones (videos) are hashed as a stream. In bytes. */
const wholeFileLimit = 64 * 1024 * 1024;
/** Photos up to this size are read into memory that is kept for the next one: fresh pages cost more than the reading. */
const keptBytes = 16 * 1024 * 1024;
/** Read at once into memory: most photos whole, and no more of a longer file than a slow card gives in a second or so. */
const fillBytes = 8 * 1024 * 1024;

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
  /**
   * Reads a file once: SHA-256, copy, thumbnail.
   * @throws AppError conflict when the file changed meanwhile; cancelled, within a moment however long the file is.
   */
  readonly content: (request: ContentRequest, signal?: AbortSignal) => Promise<ContentResult>;
  /** Makes one picture into the cache. @throws AppError fileUnreadable when the file has no readable pixels. */
  readonly picture: (request: PictureRequest) => Promise<PixelOutcome>;
  /** Draws a picture from outside anew in both sizes; what was sent is never kept as it came. */
  readonly poster: (request: PosterRequest) => Promise<PixelOutcome>;
  readonly facts: (request: FactsRequest) => Promise<Facts>;
  /** The names of a position in degrees, looked up offline. @throws AppError internal when exiftool cannot be started. */
  readonly placeNames: (position: { readonly latitude: number; readonly longitude: number }) => Promise<PlaceNames>;
  /** Copies a video without its place or facts. @throws AppError fileUnsupported when they cannot be removed. */
  readonly strippedVideo: (request: StrippedVideoRequest, signal?: AbortSignal) => Promise<void>;
  readonly memory: () => { readonly rss: number };
  /** Pieces of files read or written so far, and whether a file is being read or copied, not drawn. */
  readonly progress: () => { readonly steps: number; readonly isReading: boolean };
  readonly end: () => Promise<void>;
};

/** Builds the jobs with decoders of their own. Nothing here touches the database, the network or a key. */
export function createMediaJobs(): MediaJobs {
  const exiftool = createExifTool();
  const video = createVideoReader();
  const decoders: Decoders = { heic: createHeicDecoder(), raw: createRawDecoder({ exiftool }), video };
  const reader = createFactsReader({ exiftool });
  // Loaded at the first edit: a worker is ready for an import's photos the sooner.
  let loadedEdits: Promise<EditJobs> | undefined;
  const edits = (): Promise<EditJobs> => {
    loadedEdits ??= import('./renderEdit.ts').then(({ createEditJobs }) => createEditJobs(decoders, exiftool));
    return loadedEdits;
  };
  const memory = createFileMemory();
  // The pool sends the next file ahead of the running one's end: it is read and hashed while that one is drawn.
  const draw = inTurn((work: () => Promise<PixelOutcome>) => work());
  let steps = 0;
  const reading = new Set<ContentRequest>();
  return {
    content: async (request, signal) => {
      reading.add(request);
      try {
        const inDrawingTurn = (work: () => Promise<PixelOutcome>) => {
          reading.delete(request);
          return draw(work, signal);
        };
        return await readContent(decoders, memory, request, inDrawingTurn, () => {
          if (signal?.aborted === true) throw new AppError('cancelled', 'The work was cancelled.');
          steps += 1;
        });
      } finally {
        reading.delete(request);
      }
    },
    progress: () => ({ steps, isReading: reading.size > 0 }),
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
    placeNames: async ({ latitude, longitude }) => {
      try {
        return await reader.placeNames(latitude, longitude);
      } catch (error) {
        throw new AppError('internal', `The name of a place could not be looked up: ${errorMessage(error)}`);
      }
    },
    memory: () => ({ rss: process.memoryUsage.rss() }),
    editSource: async (request) => (await edits()).editSource(request),
    editedPicture: async (request, signal) => (await edits()).editedPicture(request, signal),
    editRendition: async (request) => (await edits()).editRendition(request),
    renderFile: async (request, signal) => (await edits()).renderFile(request, signal),
    strippedVideo: async (request, signal) => (await import('./strippedVideo.ts')).writeStrippedVideo(request, signal),
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

/** Memory for the whole files of two jobs, one drawn and one read; whoever comes meanwhile gets memory of its own. */
interface FileMemory {
  /** Runs `work` with room for exactly `size` bytes, which nobody may hold on to afterwards. */
  lend<T>(size: number, work: (room: Buffer) => Promise<T>): Promise<T>;
}

function createFileMemory(): FileMemory {
  const free = [Buffer.alloc(0), Buffer.alloc(0)];
  return {
    lend: async (size, work) => {
      const kept = size > keptBytes ? undefined : free.pop();
      if (kept === undefined) return work(Buffer.allocUnsafeSlow(size));
      const room = kept.length < size ? Buffer.allocUnsafeSlow(Math.min(keptBytes, size * 2)) : kept;
      try {
        return await work(room.subarray(0, size));
      } finally {
        free.push(room);
      }
    },
  };
}

/** Fills `room` from the start of a file. @returns how many bytes there were; fewer when it has shrunk. */
async function fill(handle: FileHandle, room: Buffer, step: () => void): Promise<number> {
  let filled = 0;
  while (filled < room.length) {
    step();
    const { bytesRead } = await handle.read(room, filled, Math.min(fillBytes, room.length - filled), filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function readContent(
  decoders: Decoders,
  memory: FileMemory,
  request: ContentRequest,
  /** Decodes one file at a time, so that a crash has one cause. */
  inDrawingTurn: (work: () => Promise<PixelOutcome>) => Promise<PixelOutcome>,
  /** Called before each piece that is read or written. @throws AppError cancelled */
  step: () => void,
): Promise<ContentResult> {
  const { path, copyTo } = request;
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) throw new AppError('fileUnsupported', 'This is not an ordinary file.', { path });
    const size = Number(before.size);
    const opened = handle;
    const read = async (room: Buffer | undefined): Promise<ContentResult> => {
      const length = room === undefined ? size : await fill(opened, room, step);
      const sha256 =
        room === undefined ? await hashStream(opened, size, step) : createHash('sha256').update(room).digest('hex');
      const copied = copyTo === null ? sha256 : await copyFile(room ?? opened, size, copyTo, step);
      const after = await opened.stat({ bigint: true });
      // Asked before the two are compared: a file that is read twice and written to meanwhile speaks of no failing disk.
      if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || length !== size) {
        throw new AppError('conflict', 'The file is still being written.', { path });
      }
      if (copied !== sha256) {
        throw new AppError('fileUnreadable', 'The copy differs from the original. The disk may be failing.', {
          path: copyTo,
        });
      }
      await opened.close();
      handle = undefined;
      const pixels: PixelOutcome = request.thumbnail
        ? await inDrawingTurn(() => picture(decoders, { ...request, size: 'thumb', key: sha256 }, room))
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
    };
    return size <= wholeFileLimit ? await memory.lend(size, read) : await read(undefined);
  } catch (error) {
    if (copyTo !== null) await rm(copyTo, { force: true }).catch(() => undefined);
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
    writePicture(picturePath(cacheDirectory, key, size), made.bytes, nonce);
    return { kind: 'made', thumbhash: made.thumbhash, ratio: made.width / made.height, damaged: made.damaged };
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
    return { kind: 'made', thumbhash: thumb.thumbhash, ratio: thumb.width / thumb.height, damaged: null };
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

/** The SHA-256 of the first `size` bytes of a file, or of as many as there are. */
function hashStream(handle: FileHandle, size: number, step: () => void): Promise<string> {
  return hashPieces(chunks(handle, size, step));
}

/**
 * Writes the copy, makes it durable and reads it back: only when that is the original's hash may the row that names it be
 * written. @returns the SHA-256 of what the disk now gives.
 */
async function copyFile(
  source: Uint8Array | FileHandle,
  size: number,
  target: string,
  step: () => void,
): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  // A try before may have given the file of this name its place already: that file is not written into.
  await rm(target, { force: true });
  const copy = await open(target, 'w+');
  try {
    // Goes on where a write took only a part, as `write` alone does not.
    await copy.writeFile(source instanceof Uint8Array ? chunksOf(source, step) : chunks(source, size, step));
    step();
    await copy.sync();
    // One byte more than there should be would be a difference as well.
    return await hashStream(copy, Number.MAX_SAFE_INTEGER, step);
  } catch (error) {
    throw toFileError(error, target);
  } finally {
    await copy.close();
  }
}
