import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { bulkSize, createBulkBuffers } from '../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../shared/disk/bulkReader.ts';
import type { AssetStorage } from './assetStorage.ts';
import { dropOldest } from './dropOldest.ts';
import { syncFolder } from '../../shared/disk/syncFolder.ts';
import { openUploadFiles, orTakenOver } from './uploadFiles.ts';

/** Large enough that reading costs few turns of the event loop, small enough that many downloads fit in memory. */
const readSize = 512 * 1024;
/** Large files that are remembered as read. */
const mostRemembered = 4096;
/** Buffers kept for the next downloads. */
const keptBuffers = 8;

/**
 * Assets on a disk: `uploads/<id>` while bytes arrive, `blobs/ab/cd/<sha256>` once they are whole. A file becomes visible
 * by rename after fsync, and the folder is synced too, so that a power cut leaves the old state or the new one.
 * @param alone no other process has this folder: the file that an upload's chunks came into becomes the blob. Of several, each
 * may write to an upload until its requests for it have ended: a copy that only one of them has had in hand, and has hashed,
 * becomes the blob
 */
export async function openDiskStorage(folder: string, { alone }: { readonly alone: boolean }): Promise<AssetStorage> {
  const uploads = join(folder, 'uploads');
  const blobs = join(folder, 'blobs');
  await mkdir(uploads, { recursive: true });
  await mkdir(blobs, { recursive: true });

  const blobFolder = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new AppError('invalidInput', 'This asset name cannot exist.');
    return join(blobs, digest.slice(0, 2), digest.slice(2, 4));
  };
  const blobPath = (digest: string): string => join(blobFolder(digest), digest);
  const readBuffers = createBulkBuffers(readSize, keptBuffers);
  const uploadFiles = await openUploadFiles({ folder: uploads, alone, readBuffers });
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
    dropOldest(lately, mostRemembered);
    return isAgain;
  };
  /** Folders whose own names are known to be on the disk. */
  const durable = new Set<string>([blobs]);

  return {
    ...uploadFiles,
    finish: (uploadID, digest) =>
      uploadFiles.finish(uploadID, digest, async (path) => {
        const target = blobFolder(digest);
        await mkdir(target, { recursive: true });
        // Whoever abandons an upload may do so now.
        await orTakenOver(() => rename(path, blobPath(digest)));
        // A folder has a new folder in it at most the first time that one is written to. At once: a disk that journals
        // makes all of it durable in one go.
        const fresh = [target, dirname(target)].filter((made) => !durable.has(made));
        await Promise.all([target, ...fresh.map((made) => dirname(made))].map((made) => syncFolder(made)));
        for (const made of fresh) durable.add(made);
      }),
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
