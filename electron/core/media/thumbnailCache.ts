import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { toFileError } from './fileErrors.ts';
import { removeIfPossible } from './removeIfPossible.ts';

/** Pictures made from originals: 512 px for grids, 1600 px for the viewer. The long side, in pixels. */
export const pictureSizes = { thumb: 512, preview: 1_600 } as const;
export type PictureSize = keyof typeof pictureSizes;

/** A cached picture, checked. `bytes` is the picture alone. */
export interface CachedPicture {
  readonly bytes: Buffer;
  readonly mimeType: 'image/webp' | 'image/jpeg' | 'image/png';
}

const seal = Buffer.from('SBX1');
const trailerBytes = seal.length + 32;

const keyForm = /^[0-9a-f]{64}$/u;

/**
 * Whether a picture can have this name: a SHA-256 in hex. Names come from rows, and rows come from other people as well;
 * whoever goes through many of them leaves out what is none, so that one bad row does not stop the rest.
 */
export function isPictureKey(key: string): boolean {
  return keyForm.test(key);
}

/**
 * Records with another text in the place of a hash are refused when they are read (recordMapper.ts). A row of before that,
 * or a mistake of our own, must not lead out of the cache either: these paths are written to and removed.
 */
function checkKey(key: string): void {
  if (!isPictureKey(key)) throw new AppError('internal', 'A picture is named by a SHA-256, and this name is none.');
}

/**
 * Where a picture of some content lies: `<cache>/thumbs/<aa>/<sha256>-512.webp`, or `-1600.jpg`. Content-addressed, so copies of a
 * photo share one, and an edited file gets a new one by itself. `key` is a SHA-256 in hex; rendered edits pass the
 * hash of what they depend on.
 * @throws AppError internal for a key that is no SHA-256
 */
export function picturePath(cacheDirectory: string, key: string, size: PictureSize): string {
  checkKey(key);
  const ending = size === 'thumb' ? 'webp' : 'jpg';
  return join(cacheDirectory, 'thumbs', key.slice(0, 2), `${key}-${pictureSizes[size]}.${ending}`);
}

/**
 * Where the picture of a chosen frame of a video lies. @param picture the SHA-256 in hex of its bytes: kept apart from the
 * pictures of photos, whose names are the hashes of their originals. @throws AppError internal for anything else
 */
export function framePath(cacheDirectory: string, picture: string): string {
  checkKey(picture);
  return picturePath(cacheDirectory, frameKey(picture), 'preview');
}

/** The name in the cache of a chosen frame, see {@link framePath}. */
export function frameKey(picture: string): string {
  return createHash('sha256').update(`frame\n${picture}`).digest('hex');
}

/**
 * Writes a picture by temporary file and rename, with its SHA-256 in a trailer: both WebP and JPEG readers ignore
 * what follows the image, so the file stays an ordinary picture and needs no index that could be lost.
 * `nonce` keeps two writers of the same picture apart.
 * @throws AppError diskFull and its relatives.
 */
export function writePicture(path: string, bytes: Uint8Array, nonce: string): void {
  const temporary = `${path}.${nonce}.tmp`;
  try {
    const handle = openMaking(temporary);
    try {
      writeSync(handle, Buffer.concat([bytes, seal, createHash('sha256').update(bytes).digest()]));
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeIfPossible(temporary);
    throw toFileError(error, path);
  }
}

/** Opens a new file; its folder is made when it is missing, which it is for 256 of all pictures. */
function openMaking(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'w');
  }
}

/**
 * Reads a picture and checks it against its trailer. Undefined when it is missing, cut short or has a flipped bit;
 * a damaged file is removed so that it is made again.
 */
export function readPicture(path: string): CachedPicture | undefined {
  let all: Buffer;
  try {
    all = readFileSync(path);
  } catch {
    return undefined;
  }
  const bytes = all.subarray(0, Math.max(0, all.length - trailerBytes));
  const trailer = all.subarray(bytes.length);
  const whole =
    bytes.length > 0 &&
    trailer.subarray(0, seal.length).equals(seal) &&
    trailer.subarray(seal.length).equals(createHash('sha256').update(bytes).digest());
  if (!whole) {
    removeIfPossible(path);
    return undefined;
  }
  return { bytes, mimeType: bytes[0] === 0xff ? 'image/jpeg' : bytes[0] === 0x89 ? 'image/png' : 'image/webp' };
}
