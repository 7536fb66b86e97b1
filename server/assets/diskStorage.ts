import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, type BigIntStats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { bulkSize, createBulkBuffers } from '../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../shared/disk/bulkReader.ts';
import { createBulkWriter } from '../../shared/disk/bulkWriter.ts';
import { takenOver, type AppendResult, type AssetStorage } from './assetStorage.ts';
import { createRunningDigests } from './runningDigests.ts';
import { syncFolder } from './syncFolder.ts';
import { createUploadTurns, type UploadTurn } from './uploadTurns.ts';

/** Large enough that reading costs few turns of the event loop, small enough that many downloads fit in memory. */
const readSize = 512 * 1024;
/** Large files that are remembered as read. */
const mostRemembered = 4096;
/** Behind the name of an upload that is just becoming a blob. */
const asideEnding = '.whole';
/** Buffers kept for the next uploads, and for the next downloads. */
const keptBuffers = 8;

/** A request that has an upload's file open. */
interface Receiving {
  readonly uploadID: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly turn: UploadTurn;
}

/** What it adds; as in `AssetStorage.append`. */
interface Arriving {
  readonly offset: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly limit: number;
  readonly last: boolean;
}

/**
 * Assets on a disk: `uploads/<id>` while bytes arrive, `blobs/ab/cd/<sha256>` once they are whole. A file becomes visible
 * by rename after fsync, and the folder is synced too, so that a power cut leaves the old state or the new one.
 * @param alone no other process has this folder: hashes of uploads are kept as their chunks come, and nobody looks whether an
 * upload's file is still the same. Of several, each may write to an upload until its requests for it have ended, and only the
 * file itself tells what it holds
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
  const asidePath = (uploadID: string): string => uploadPath(uploadID) + asideEnding;
  const blobFolder = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new AppError('invalidInput', 'This asset name cannot exist.');
    return join(blobs, digest.slice(0, 2), digest.slice(2, 4));
  };
  const blobPath = (digest: string): string => join(blobFolder(digest), digest);
  const turns = createUploadTurns();
  /** The files whose hash was taken, by upload; where other processes have the folder as well. */
  const hashed = new Map<string, string>();
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

  const receive = async (
    { uploadID, path, file, turn }: Receiving,
    { offset, bytes, limit, last }: Arriving,
  ): Promise<AppendResult> => {
    const ino = alone ? undefined : (await file.stat()).ino;
    /** Touches the file, unless it belongs to somebody else by now. */
    const touch = (work: () => Promise<void>): Promise<void> =>
      turn.work(async () => {
        if (ino !== undefined && (await inodeOf(path)) !== ino) throw takenOver();
        await work();
      });
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
      await touch(async () => {
        await file.truncate(offset);
        if (before !== undefined) await digests?.keep(uploadID, file, offset, before);
      }).catch(() => undefined);
      throw error;
    } finally {
      await writer.close();
    }
    const wholeDigest = whole?.copy().digest('hex');
    // Of the file that was written: another may have its name by now.
    if (wholeDigest !== undefined && !alone) hashed.set(uploadID, markIn(await file.stat({ bigint: true })));
    const chunkDigest = hash.digest('hex');
    return { received, chunkDigest, tooLong: false, ...(wholeDigest === undefined ? {} : { wholeDigest }) };
  };

  /**
   * Takes an upload out of the reach of other processes. One that is begun anew there is another file by now.
   * @returns where it lies
   */
  const setAside = async (uploadID: string): Promise<string> => {
    const aside = asidePath(uploadID);
    await rename(uploadPath(uploadID), aside);
    if ((await markOf(aside)) !== hashed.get(uploadID)) {
      await rm(aside, { force: true });
      throw takenOver();
    }
    return aside;
  };

  return {
    async begin(uploadID) {
      requireName(uploadID);
      digests?.forget(uploadID);
      await turns.take(uploadID).work(async () => undefined);
    },
    async append(uploadID, offset, bytes, limit, last = false) {
      const path = uploadPath(uploadID);
      const turn = turns.take(uploadID);
      try {
        const file = await turn.work(() => (offset === 0 ? openAnew(path) : open(path, 'r+')));
        try {
          return await receive({ uploadID, path, file, turn }, { offset, bytes, limit, last });
        } finally {
          await file.close();
        }
      } finally {
        turn.end();
      }
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
      const path = uploadPath(uploadID);
      // Before it is read: a file that takes its place meanwhile is none whose hash this is.
      const mark = alone ? undefined : await markOf(path);
      const hash = createHash('sha256');
      for await (const part of await openBulkReader(path, readBuffers)) hash.update(part as Uint8Array);
      if (mark !== undefined) hashed.set(uploadID, mark);
      return hash.digest('hex');
    },
    // Begun anew meanwhile: what lies there is not what this digest was computed from.
    finish: (uploadID, digest) =>
      turns.workUnheld(uploadID, async () => {
        const target = blobFolder(digest);
        await mkdir(target, { recursive: true });
        const path = alone ? uploadPath(uploadID) : await setAside(uploadID);
        const file = await open(path, 'r+');
        try {
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(path, blobPath(digest));
        hashed.delete(uploadID);
        // A folder has a new folder in it at most the first time that one is written to. At once: a disk that journals
        // makes all of it durable in one go.
        const fresh = [target, dirname(target)].filter((folder) => !durable.has(folder));
        await Promise.all([target, ...fresh.map((folder) => dirname(folder))].map((folder) => syncFolder(folder)));
        for (const folder of fresh) durable.add(folder);
      }),
    async abandon(uploadID) {
      turns.forget(uploadID);
      hashed.delete(uploadID);
      digests?.forget(uploadID);
      await rm(uploadPath(uploadID), { force: true });
      if (!alone) await rm(asidePath(uploadID), { force: true });
    },
    async unfinished() {
      const names = await readdir(uploads);
      return [
        ...new Set(names.map((name) => (name.endsWith(asideEnding) ? name.slice(0, -asideEnding.length) : name))),
      ];
    },
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
  }
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    // Another process was in the middle of the same.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw takenOver();
    throw error;
  }
}

/** What a file that takes the place of another does not have in common with it: of a file that is gone, the inode is free. */
function markIn({ ino, size, mtimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs].join(' ');
}

async function markOf(path: string): Promise<string | undefined> {
  try {
    return markIn(await stat(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch {
    return undefined;
  }
}
