import { createHash, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, open, readdir, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { bulkSize, createBulkBuffers, type BulkBuffers } from '../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../shared/disk/bulkReader.ts';
import { createBulkWriter } from '../../shared/disk/bulkWriter.ts';
import { takenOver, type AppendResult, type AssetStorage } from './assetStorage.ts';
import { createRunningDigests } from './runningDigests.ts';
import { createUploadTurns, type UploadTurn } from './uploadTurns.ts';

/** Buffers kept for the next uploads. */
const keptBuffers = 8;
/** Uploads whose hash is remembered until they become blobs; the one that has waited longest goes first. */
const mostHashed = 1_000;
/** An upload's id, and behind it, of one that is just becoming a blob, what sets it apart from all others. */
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
   * @throws AppError conflict when the file may not be the one with this digest any more
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
export function createUploadFiles(deps: {
  readonly folder: string;
  readonly alone: boolean;
  readonly readBuffers: BulkBuffers;
}): UploadFiles {
  const { folder, alone, readBuffers } = deps;
  const turns = createUploadTurns();
  const writeBuffers = createBulkBuffers(bulkSize, keptBuffers);
  const digests = alone ? createRunningDigests() : undefined;
  /** What whole uploads hold, and how their files looked then; the mark is empty where nobody else has the folder. */
  const hashed = new Map<string, { readonly digest: string; readonly mark: string }>();

  const pathOf = (uploadID: string): string => {
    if (fileName.exec(uploadID)?.[1] !== uploadID) throw new AppError('invalidInput', 'This upload id cannot exist.');
    return join(folder, uploadID);
  };

  const take = (uploadID: string): UploadTurn => {
    hashed.delete(uploadID);
    return turns.take(uploadID);
  };

  const noteHash = (uploadID: string, digest: string, mark: string): void => {
    hashed.delete(uploadID);
    hashed.set(uploadID, { digest, mark });
    const [oldest] = hashed.keys();
    if (hashed.size > mostHashed && oldest !== undefined) hashed.delete(oldest);
  };

  const openAt = async (path: string, offset: number): Promise<FileHandle> => {
    if (offset === 0) return openAnew(path);
    const file = await open(path, 'r+');
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
        if (!last) await digests?.keep(uploadID, file, received, whole.copy());
        wholeDigest = whole.copy().digest('hex');
        // Of the file that was written: another may have its name by now.
        noteHash(uploadID, wholeDigest, alone ? '' : markIn(await file.stat({ bigint: true })));
      });
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
    const chunkDigest = hash.digest('hex');
    return { received, chunkDigest, tooLong: false, ...(wholeDigest === undefined ? {} : { wholeDigest }) };
  };

  /**
   * Takes an upload out of the reach of other processes, under a name no other has.
   * @param mark how the file looked when it was hashed: one that was begun anew looks otherwise, but for what is written within
   * one tick of the file system's clock, and is left where it is
   * @returns where it lies
   */
  const setAside = async (path: string, mark: string): Promise<string> => {
    if ((await markOf(path)) !== mark) throw takenOver();
    const aside = `${path}.${randomBytes(6).toString('hex')}.whole`;
    await rename(path, aside);
    if ((await markOf(aside)) === mark) return aside;
    await putBack(aside, path);
    throw takenOver();
  };

  /** Makes a file durable that is whole. @throws AppError conflict when somebody has written to it since it was hashed */
  const makeDurable = async (path: string, mark: string): Promise<void> => {
    const file = await open(path, 'r+');
    try {
      await file.sync();
      if (!alone && markIn(await file.stat({ bigint: true })) !== mark) throw takenOver();
    } finally {
      await file.close();
    }
  };

  return {
    async begin(uploadID) {
      pathOf(uploadID);
      digests?.forget(uploadID);
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
        digests?.forget(uploadID);
        hashed.delete(uploadID);
        await truncate(pathOf(uploadID), length);
      }),
    async received(uploadID) {
      try {
        return (await stat(pathOf(uploadID))).size;
      } catch {
        return undefined;
      }
    },
    digest: (uploadID) =>
      turns.workUnheld(uploadID, async () => {
        const path = pathOf(uploadID);
        // Before it is read: a file that takes its place meanwhile is none whose hash this is.
        const mark = alone ? '' : ((await markOf(path)) ?? '');
        const hash = createHash('sha256');
        for await (const part of await openBulkReader(path, readBuffers)) hash.update(part as Uint8Array);
        const digest = hash.digest('hex');
        noteHash(uploadID, digest, mark);
        return digest;
      }),
    finish: (uploadID, digest, place) =>
      turns.workUnheld(uploadID, async () => {
        const known = hashed.get(uploadID);
        hashed.delete(uploadID);
        // Begun anew since: what lies there is not what this digest was computed from.
        if (known?.digest !== digest) throw takenOver();
        const path = pathOf(uploadID);
        const whole = alone ? path : await setAside(path, known.mark);
        try {
          await makeDurable(whole, known.mark);
          await place(whole);
        } catch (error) {
          if (!alone) await putBack(whole, path).catch(() => undefined);
          throw error;
        }
      }),
    async abandon(uploadID) {
      const path = pathOf(uploadID);
      turns.forget(uploadID);
      hashed.delete(uploadID);
      digests?.forget(uploadID);
      await rm(path, { force: true });
      if (alone) return;
      for (const name of await readdir(folder))
        if (name !== uploadID && fileName.exec(name)?.[1] === uploadID) await rm(join(folder, name), { force: true });
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
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw takenOver();
    throw error;
  }
}

/** Gives a file that was set aside its name back, unless somebody has begun the upload anew: then it goes. */
async function putBack(aside: string, path: string): Promise<void> {
  try {
    await link(aside, path);
  } catch (error) {
    // Some file systems have no links.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return rename(aside, path);
  }
  await rm(aside, { force: true });
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
