import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { bulkSize, createBulkBuffers, type BulkBuffers } from '../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../shared/disk/bulkReader.ts';
import { createBulkWriter } from '../../shared/disk/bulkWriter.ts';
import { systemCode } from '../../shared/disk/systemCode.ts';
import { takenOver, type AppendResult, type AssetStorage } from './assetStorage.ts';
import { dropOldest } from './dropOldest.ts';
import { createRunningDigests } from './runningDigests.ts';
import { createUploadTurns, type UploadTurn } from './uploadTurns.ts';

/** Buffers kept for the next uploads. */
const keptBuffers = 8;
/** Uploads whose hash is remembered until they become blobs; the one that has waited longest goes first. */
const mostHashed = 1_000;
/** An upload's id, and behind it, of a copy that is to become a blob, what sets that apart from all others. */
const fileName = /^([A-Za-z0-9_-]{8,64})(\.[0-9a-f]+\.whole)?$/;

/** The files of uploads under way: the first half of `AssetStorage`, whose words on it hold here as well. */
export interface UploadFiles extends Pick<
  AssetStorage,
  'begin' | 'append' | 'truncate' | 'received' | 'digest' | 'abandon' | 'unfinished'
> {
  /**
   * Makes a whole upload durable and has it given its place.
   * @param digest as `append` or `digest` told it last
   * @param place renames the file at this path
   * @throws AppError conflict when what lies there does not have this digest, or may not have it any more
   */
  finish(uploadID: string, digest: string, place: (path: string) => Promise<void>): Promise<void>;
}

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
 * @param alone see `openDiskStorage`
 * @param readBuffers for reading an upload again whose hash is not known
 */
export async function openUploadFiles(deps: {
  readonly folder: string;
  readonly alone: boolean;
  readonly readBuffers: BulkBuffers;
}): Promise<UploadFiles> {
  const { folder, alone, readBuffers } = deps;
  // Copies that a power cut left when there were others still.
  if (alone) await removeAll(folder, (name) => isCopy(name));
  const turns = createUploadTurns();
  const writeBuffers = createBulkBuffers(bulkSize, keptBuffers);
  const digests = createRunningDigests();
  /** What whole uploads hold, as far as this process knows. */
  const hashed = new Map<string, string>();

  const pathOf = (uploadID: string): string => {
    if (fileName.exec(uploadID)?.[1] !== uploadID) throw new AppError('invalidInput', 'This upload id cannot exist.');
    return join(folder, uploadID);
  };

  const take = (uploadID: string): UploadTurn => {
    hashed.delete(uploadID);
    return turns.take(uploadID);
  };

  const noteHash = (uploadID: string, digest: string): void => {
    hashed.delete(uploadID);
    hashed.set(uploadID, digest);
    dropOldest(hashed, mostHashed);
  };

  /**
   * @param also is given each piece that is read
   * @returns the SHA-256 (hex) of an upload's file, and how many bytes it is over
   */
  const hashOf = (
    path: string,
    also?: (part: Uint8Array) => Promise<void>,
  ): Promise<{ readonly digest: string; readonly size: number }> =>
    orTakenOver(async () => {
      const hash = createHash('sha256');
      let size = 0;
      for await (const part of (await openBulkReader(path, readBuffers)) as AsyncIterable<Uint8Array>) {
        hash.update(part);
        size += part.length;
        await also?.(part);
      }
      return { digest: hash.digest('hex'), size };
    });

  const openAt = async (path: string, offset: number): Promise<FileHandle> => {
    if (offset === 0) return openAnew(path);
    const file = await orTakenOver(() => open(path, 'r+'));
    try {
      // An older request may have taken back what this one goes on from.
      if ((await file.stat()).size < offset) throw takenOver();
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  };

  const receive = async (
    { uploadID, path, file, turn }: Receiving,
    { offset, bytes, limit, last }: Arriving,
  ): Promise<AppendResult> => {
    const ino = alone ? undefined : (await file.stat()).ino;
    /** How far the file reaches at least, if nobody else has cut it off. */
    let reach = offset;
    /** Touches the file, unless another process has put its own in its place, or has taken away what this goes on from. */
    const touch = (work: () => Promise<void>): Promise<void> =>
      turn.work(async () => {
        if (ino === undefined) return work();
        const there = await orTakenOver(() => stat(path));
        if (there.ino !== ino || there.size < reach) throw takenOver();
        await orTakenOver(work);
        reach = (await file.stat()).size;
      });
    const hash = createHash('sha256');
    const before = offset === 0 ? undefined : await digests.take(uploadID, file, offset);
    /** Over all of the upload, where that is known. */
    const whole = offset === 0 ? hash : before?.copy();
    let wholeDigest: string | undefined;
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
      await touch(async () => {
        if (!last) await file.datasync();
        if (whole === undefined) return;
        if (!last) await digests.keep(uploadID, file, received, whole.copy());
        wholeDigest = whole.copy().digest('hex');
        noteHash(uploadID, wholeDigest);
      });
    } catch (error) {
      await writer.close();
      // A connection that broke off: what came after the last whole chunk does not count, unless its sender has gone on from
      // there by way of another process.
      await touch(async () => {
        if (!alone && (await file.stat()).size > writer.end) return;
        await file.truncate(offset);
        if (before !== undefined) await digests.keep(uploadID, file, offset, before);
      }).catch(() => undefined);
      throw error;
    } finally {
      await writer.close();
    }
    const chunkDigest = hash.digest('hex');
    return { received, chunkDigest, tooLong: false, ...(wholeDigest === undefined ? {} : { wholeDigest }) };
  };

  /**
   * Copies an upload to a file that no other process has ever had open: one may be writing to the upload still, and its system
   * may bring that to the disk later than it says.
   * @returns where the copy lies
   * @throws AppError conflict when it does not have this digest
   */
  const copyWhole = async (path: string, digest: string): Promise<string> => {
    const copy = `${path}.${randomBytes(6).toString('hex')}.whole`;
    const file = await open(copy, 'wx', 0o600);
    const writer = createBulkWriter(file, 0, writeBuffers);
    try {
      try {
        if ((await hashOf(path, writer.add)).digest !== digest) throw takenOver();
        await writer.flush();
        await file.sync();
      } finally {
        await writer.close();
        await file.close();
      }
    } catch (error) {
      await rm(copy, { force: true });
      throw error;
    }
    return copy;
  };

  return {
    async begin(uploadID) {
      pathOf(uploadID);
      digests.forget(uploadID);
      await take(uploadID).work(async () => undefined);
    },
    async append(uploadID, offset, bytes, limit, last = false) {
      const path = pathOf(uploadID);
      const turn = take(uploadID);
      try {
        const file = await turn.work(() => {
          // Once more: somebody may have been taking the hash of what was there.
          hashed.delete(uploadID);
          return openAt(path, offset);
        });
        try {
          return await receive({ uploadID, path, file, turn }, { offset, bytes, limit, last });
        } finally {
          await file.close();
        }
      } finally {
        turn.end();
      }
    },
    truncate: (uploadID, length) =>
      turns.workUnheld(uploadID, async () => {
        digests.forget(uploadID);
        hashed.delete(uploadID);
        const path = pathOf(uploadID);
        // Shorter already: it must not grow by what nobody sent.
        if ((await orTakenOver(() => stat(path))).size > length) await truncate(path, length);
      }),
    async received(uploadID) {
      try {
        return (await stat(pathOf(uploadID))).size;
      } catch {
        return undefined;
      }
    },
    digest: (uploadID, wanted) =>
      turns.workUnheld(uploadID, async () => {
        const { digest, size } = await hashOf(pathOf(uploadID));
        if (size !== wanted) throw takenOver();
        noteHash(uploadID, digest);
        return digest;
      }),
    finish: (uploadID, digest, place) =>
      turns.workUnheld(uploadID, async () => {
        const known = hashed.get(uploadID);
        hashed.delete(uploadID);
        // Begun anew since: what lies there is not what this digest was computed from.
        if (known !== digest) throw takenOver();
        const path = pathOf(uploadID);
        if (alone) {
          await orTakenOver(() => makeDurable(path));
          return place(path);
        }
        const copy = await copyWhole(path, digest);
        try {
          await place(copy);
        } catch (error) {
          await rm(copy, { force: true });
          throw error;
        }
        await rm(path, { force: true });
      }),
    async abandon(uploadID) {
      const path = pathOf(uploadID);
      turns.forget(uploadID);
      hashed.delete(uploadID);
      digests.forget(uploadID);
      await rm(path, { force: true });
      if (!alone) await removeAll(folder, (name) => isCopy(name, uploadID));
    },
    async unfinished() {
      // Other names are none of ours: some file systems leave files beside those that are removed while they are open.
      return [...new Set((await readdir(folder)).flatMap((name) => fileName.exec(name)?.[1] ?? []))];
    },
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
    if (systemCode(error) === 'EEXIST') throw takenOver();
    throw error;
  }
}

/** Whether a file's name is that of a copy, of this upload where one is named. */
function isCopy(name: string, ofUpload?: string): boolean {
  const [, uploadID, behind] = fileName.exec(name) ?? [];
  return behind !== undefined && (ofUpload === undefined || uploadID === ofUpload);
}

async function removeAll(folder: string, which: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(folder)).filter(which)) await rm(join(folder, name), { force: true });
}

async function makeDurable(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** How systems, the second of them NFS, say that a file is not there any more. */
const goneCodes: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESTALE']);

/** Does something to an upload's file, which another request may have taken away. @throws AppError conflict when it has */
export async function orTakenOver<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (goneCodes.has(systemCode(error))) throw takenOver();
    throw error;
  }
}
