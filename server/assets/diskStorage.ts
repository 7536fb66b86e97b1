import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { takenOver, type AssetStorage } from './assetStorage.ts';
import { syncFolder } from './syncFolder.ts';

/** Large enough that reading costs few turns of the event loop, small enough that many downloads fit in memory. */
const readSize = 256 * 1024;
/** Bytes gathered before they are written: the network brings them in pieces of 64 KB, each worth a system call. */
const writeSize = 1024 * 1024;
/** Pieces gathered at most, however small they come: each costs memory of its own. */
const mostParts = 64;

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
  /** Who may write to an upload: the newest request for it. One that hangs and wakes again must not touch what became of it. */
  const writers = new Map<string, symbol>();
  /** The write under way to an upload, which a newer request lets end first. */
  const writing = new Map<string, Promise<unknown>>();
  /** Folders whose own names are known to be on the disk. */
  const durable = new Set<string>([blobs]);

  return {
    async begin(uploadID) {
      writers.set(uploadID, Symbol(uploadID));
      await writing.get(uploadID)?.catch(() => undefined);
      const path = uploadPath(uploadID);
      // A new file, not the old one emptied: another process may hold that open still. Nearly always there is no old one.
      const made = await open(path, 'wx', 0o600).catch(() => undefined);
      if (made !== undefined) return made.close();
      await rm(path, { force: true });
      const file = await open(path, 'wx', 0o600);
      await file.close();
    },
    async append(uploadID, offset, bytes, limit, last = false) {
      const me = Symbol(uploadID);
      writers.set(uploadID, me);
      await writing.get(uploadID)?.catch(() => undefined);
      const file = await open(uploadPath(uploadID), 'r+');
      const { ino } = await file.stat();
      const mayWrite = async (): Promise<boolean> =>
        writers.get(uploadID) === me && (await inodeOf(uploadPath(uploadID))) === ino && writers.get(uploadID) === me;
      /** Touches the file, unless it belongs to somebody else by now. */
      const touch = async (work: () => Promise<unknown>): Promise<void> => {
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
      let received = offset;
      let parts: Uint8Array[] = [];
      let written = offset;
      const flush = async (): Promise<void> => {
        const some = parts;
        parts = [];
        if (some.length === 0) return;
        await touch(async () => {
          written += await writeAll(file, some, written);
        });
      };
      try {
        for await (const part of bytes) {
          if (received + part.length > limit) {
            await touch(() => file.truncate(offset));
            return { received: offset, chunkDigest: '', tooLong: true };
          }
          hash.update(part);
          parts.push(part);
          received += part.length;
          if (received - written >= writeSize || parts.length >= mostParts) await flush();
        }
        await flush();
        if (!last) await file.datasync();
      } catch (error) {
        // A connection that broke off: what came after the last whole chunk never counts.
        if (await mayWrite()) await touch(() => file.truncate(offset));
        throw error;
      } finally {
        await file.close();
        if (writers.get(uploadID) === me) writers.delete(uploadID);
      }
      const chunkDigest = hash.digest('hex');
      return { received, chunkDigest, tooLong: false, ...(offset === 0 ? { wholeDigest: chunkDigest } : {}) };
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

/** Writes parts one behind the other. @returns how many bytes they were */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<number> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const { bytesWritten } = await file.writev(parts, position);
  // The system may take fewer, on a disk that is just becoming full: the rest is told, or fails in words.
  for (let done = bytesWritten; done < length;) {
    const rest = Buffer.concat(parts).subarray(done);
    done += (await file.write(rest, 0, rest.length, position + done)).bytesWritten;
  }
  return length;
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch {
    return undefined;
  }
}
