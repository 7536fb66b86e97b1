import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import type { AssetStorage } from './assetStorage.ts';

/** Large enough that reading costs few turns of the event loop, small enough that many downloads fit in memory. */
const readSize = 256 * 1024;

/**
 * Assets on a disk: `uploads/<id>` while bytes arrive, `blobs/ab/cd/<sha256>` once they are whole. A file becomes visible
 * by rename after fsync, and the folder is synced too, so that a power cut leaves the old state or the new one.
 */
export async function openDiskStorage(folder: string): Promise<AssetStorage> {
  const uploads = join(folder, 'uploads');
  const blobs = join(folder, 'blobs');
  await mkdir(uploads, { recursive: true });
  await mkdir(blobs, { recursive: true });

  const uploadPath = (uploadID: string): string => {
    if (!/^[A-Za-z0-9_-]{8,64}$/.test(uploadID)) throw new AppError('invalidInput', 'This upload id cannot exist.');
    return join(uploads, uploadID);
  };
  const blobFolder = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new AppError('invalidInput', 'This asset name cannot exist.');
    return join(blobs, digest.slice(0, 2), digest.slice(2, 4));
  };
  const blobPath = (digest: string): string => join(blobFolder(digest), digest);

  return {
    async begin(uploadID) {
      const file = await open(uploadPath(uploadID), 'w', 0o600);
      await file.close();
    },
    async append(uploadID, offset, bytes, limit) {
      const file = await open(uploadPath(uploadID), 'r+');
      const hash = createHash('sha256');
      let received = offset;
      try {
        for await (const part of bytes) {
          if (received + part.length > limit) {
            await file.truncate(offset);
            return { received: offset, chunkDigest: '', tooLong: true };
          }
          hash.update(part);
          await writeAll(file, part, received);
          received += part.length;
        }
        await file.datasync();
      } catch (error) {
        // A connection that broke off: what came after the last whole chunk never counts.
        await file.truncate(offset);
        throw error;
      } finally {
        await file.close();
      }
      return { received, chunkDigest: hash.digest('hex'), tooLong: false };
    },
    truncate: (uploadID, length) => truncate(uploadPath(uploadID), length),
    async received(uploadID) {
      try {
        return (await stat(uploadPath(uploadID))).size;
      } catch {
        return undefined;
      }
    },
    async digest(uploadID) {
      const hash = createHash('sha256');
      for await (const part of createReadStream(uploadPath(uploadID), { highWaterMark: readSize }))
        hash.update(part as Uint8Array);
      return hash.digest('hex');
    },
    async finish(uploadID, digest) {
      const target = blobFolder(digest);
      await mkdir(target, { recursive: true });
      const file = await open(uploadPath(uploadID), 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(uploadPath(uploadID), blobPath(digest));
      for (const folderPath of [target, join(target, '..'), blobs]) await syncFolder(folderPath);
    },
    abandon: (uploadID) => rm(uploadPath(uploadID), { force: true }),
    unfinished: () => readdir(uploads),
    async exists(digest) {
      try {
        return (await stat(blobPath(digest))).isFile();
      } catch {
        return false;
      }
    },
    async read(digest, range) {
      // A plain stream, not a FileHandle's: that one takes a promise per piece and half the speed.
      const stream = createReadStream(blobPath(digest), {
        highWaterMark: readSize,
        ...(range === undefined ? {} : { start: range.from, end: range.to }),
      });
      try {
        await once(stream, 'open');
      } catch {
        throw new AppError('fileUnreadable', 'These bytes are not stored here.');
      }
      return stream;
    },
    remove: (digest) => rm(blobPath(digest), { force: true }),
    async *list() {
      for (const first of await readdir(blobs)) {
        for (const second of await readdir(join(blobs, first))) yield* await readdir(join(blobs, first, second));
      }
    },
    async dispose() {},
  };
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
