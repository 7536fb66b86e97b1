import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { bulkSize, createBulkBuffers } from '../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../shared/disk/bulkReader.ts';
import { createBulkWriter } from '../../shared/disk/bulkWriter.ts';
import { takenOver, type AssetStorage } from './assetStorage.ts';
import { createRunningDigests } from './runningDigests.ts';
import { syncFolder } from './syncFolder.ts';

/** Large enough that reading costs few turns of the event loop, small enough that many downloads fit in memory. */
const readSize = 512 * 1024;
/** Large files that are remembered as read. */
const mostRemembered = 4096;
/** Buffers kept for the next uploads, and for the next downloads. */
const keptBuffers = 8;

/**
 * Assets on a disk: `uploads/<id>` while bytes arrive, `blobs/ab/cd/<sha256>` once they are whole. A file becomes visible
 * by rename after fsync, and the folder is synced too, so that a power cut leaves the old state or the new one.
 * @param alone no other process has this folder: hashes of uploads are kept as their chunks come. Of several, each may write
 * to an upload until its requests for it have ended, and only the file itself tells what it holds
 */
export async function openDiskStorage(folder: string, { alone }: { readonly alone: boolean }): Promise<AssetStorage> {
  const uploads = join(folder, 'uploads');
  const blobs = join(folder, 'blobs');
  await mkdir(uploads, { recursive: true });
  await mkdir(blobs, { recursive: true });

  const requireName = (uploadID: string): void => {
    if (!/^[A-Za-z0-9_-]{8,64}$/.test(uploadID)) throw new AppError('invalidInput', 'This upload id cannot exist.');
  };
  const uploadPath = (uploadID: string): string => {
    requireName(uploadID);
    return join(uploads, uploadID);
  };
  const blobFolder = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new AppError('invalidInput', 'This asset name cannot exist.');
    return join(blobs, digest.slice(0, 2), digest.slice(2, 4));
  };
  const blobPath = (digest: string): string => join(blobFolder(digest), digest);
  /** Who may write to an upload: the newest request for it. One that hangs and wakes again must not touch what became of it. */
  const writers = new Map<string, symbol>();
  /** The write under way to an upload, which a newer request lets end first. */
  const writing = new Map<string, Promise<unknown>>();
  const writeBuffers = createBulkBuffers(bulkSize, keptBuffers);
  const readBuffers = createBulkBuffers(readSize, keptBuffers);
  const digests = alone ? createRunningDigests() : undefined;
  /** Large files that were read lately. */
  const lately = new Set<string>();
  /**
   * Notes that a large file is read. Most libraries have one other computer, which fetches each file once: that goes past the
   * system's cache. What is asked for again, perhaps by everybody with whom an album is shared, goes through it.
   * @returns whether it was read lately
   */
  const noteRead = (digest: string): boolean => {
    const isAgain = lately.delete(digest);
    lately.add(digest);
    const [oldest] = lately;
    if (lately.size > mostRemembered && oldest !== undefined) lately.delete(oldest);
    return isAgain;
  };
  /** Folders whose own names are known to be on the disk. */
  const durable = new Set<string>([blobs]);

  return {
    async begin(uploadID) {
      requireName(uploadID);
      writers.set(uploadID, Symbol(uploadID));
      digests?.forget(uploadID);
      await writing.get(uploadID)?.catch(() => undefined);
    },
    async append(uploadID, offset, bytes, limit, last = false) {
      const me = Symbol(uploadID);
      writers.set(uploadID, me);
      await writing.get(uploadID)?.catch(() => undefined);
      const path = uploadPath(uploadID);
      const file = offset === 0 ? await openAnew(path) : await open(path, 'r+');
      const ino = alone ? undefined : (await file.stat()).ino;
      const mayWrite = async (): Promise<boolean> =>
        writers.get(uploadID) === me && (alone || ((await inodeOf(path)) === ino && writers.get(uploadID) === me));
      /** Touches the file, unless it belongs to somebody else by now. */
      const touch = async (work: () => Promise<void>): Promise<void> => {
        if (!(await mayWrite())) throw takenOver();
        const done = work();
        writing.set(uploadID, done);
        try {
          await done;
        } finally {
          if (writing.get(uploadID) === done) writing.delete(uploadID);
        }
      };
      const hash = createHash('sha256');
      const before = offset === 0 ? undefined : await digests?.take(uploadID, file, offset);
      /** Over all of the upload, where that is known. */
      const whole = offset === 0 ? hash : before?.copy();
      let received = offset;
      const writer = createBulkWriter(file, offset, writeBuffers, touch);
      try {
        for await (const part of bytes) {
          if (received + part.length > limit) {
            await touch(() => file.truncate(offset));
            return { received: offset, chunkDigest: '', tooLong: true };
          }
          hash.update(part);
          if (whole !== hash) whole?.update(part);
          received += part.length;
          await writer.add(part);
        }
        await writer.flush();
        if (!last) {
          await file.datasync();
          if (whole !== undefined) await digests?.keep(uploadID, file, received, whole.copy());
        }
      } catch (error) {
        // A connection that broke off: what came after the last whole chunk never counts.
        if (await mayWrite()) {
          await touch(() => file.truncate(offset));
          if (before !== undefined) await digests?.keep(uploadID, file, offset, before);
        }
        throw error;
      } finally {
        await writer.close();
        await file.close();
        if (writers.get(uploadID) === me) writers.delete(uploadID);
      }
      const wholeDigest = whole?.copy().digest('hex');
      const chunkDigest = hash.digest('hex');
      return { received, chunkDigest, tooLong: false, ...(wholeDigest === undefined ? {} : { wholeDigest }) };
    },
    async truncate(uploadID, length) {
      digests?.forget(uploadID);
      await truncate(uploadPath(uploadID), length);
    },
    async received(uploadID) {
      try {
        return (await stat(uploadPath(uploadID))).size;
      } catch {
        return undefined;
      }
    },
    async digest(uploadID) {
      const hash = createHash('sha256');
      for await (const part of await openBulkReader(uploadPath(uploadID), readBuffers)) hash.update(part as Uint8Array);
      return hash.digest('hex');
    },
    async finish(uploadID, digest) {
      // Begun anew meanwhile: what lies there is not what this digest was computed from.
      if (writers.has(uploadID)) throw takenOver();
      const target = blobFolder(digest);
      await mkdir(target, { recursive: true });
      const file = await open(uploadPath(uploadID), 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(uploadPath(uploadID), blobPath(digest));
      // A folder has a new folder in it at most the first time that one is written to. At once: a disk that journals
      // makes all of it durable in one go.
      const fresh = [target, dirname(target)].filter((folder) => !durable.has(folder));
      await Promise.all([target, ...fresh.map((folder) => dirname(folder))].map((folder) => syncFolder(folder)));
      for (const folder of fresh) durable.add(folder);
    },
    abandon: (uploadID) => {
      writers.delete(uploadID);
      digests?.forget(uploadID);
      return rm(uploadPath(uploadID), { force: true });
    },
    unfinished: () => readdir(uploads),
    async exists(digest) {
      try {
        return (await stat(blobPath(digest))).isFile();
      } catch {
        return false;
      }
    },
    async read(digest, range) {
      const path = blobPath(digest);
      try {
        const { size } = await stat(path);
        if (size >= bulkSize && !noteRead(digest)) return await openBulkReader(path, readBuffers, range);
        // A plain stream, not a FileHandle's: that one takes a promise per piece and half the speed.
        const stream = createReadStream(path, {
          highWaterMark: readSize,
          ...(range === undefined ? {} : { start: range.from, end: range.to }),
        });
        await once(stream, 'open');
        return stream;
      } catch (error) {
        throw new AppError('fileUnreadable', 'These bytes are not stored here.', {}, { cause: error });
      }
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

/**
 * A new file, not the old one emptied: another request, here or in another process, may hold that open still, and would go on
 * in the middle of this one. Nearly always there is no old one.
 */
async function openAnew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch {
    await rm(path, { force: true });
    return open(path, 'wx', 0o600);
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch {
    return undefined;
  }
}
