import { createReadStream, type Stats } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { hashPieces } from '../../../shared/disk/hashPieces.ts';
import { syncFolder } from '../../../shared/disk/syncFolder.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';

/** How file systems say that they cannot sync a file or a folder (network disks, Windows). */
const cannotSync = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Regular files under a folder, relative; none when it is not there. Copies in the making are left out. */
export async function listFiles(folder: string): Promise<string[]> {
  // Only what is not there is empty: of a folder that cannot be read nobody knows what it holds.
  const entries = await orWhenMissing(readdir(folder, { recursive: true, withFileTypes: true }), []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some((part) => part.startsWith('.incoming')))
    .toSorted();
}

/** What lies at a path; undefined when nothing does. */
export function lstatIfThere(path: string): Promise<Stats | undefined> {
  return orWhenMissing(lstat(path), undefined);
}

/** The same for anything that may be missing. @throws whatever else goes wrong */
export async function orWhenMissing<T, Missing>(work: Promise<T>, missing: Missing): Promise<T | Missing> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return missing;
    throw error;
  }
}

/**
 * Whether a copy is there already: by size and time, else by its bytes. FAT keeps times in steps of two seconds and without a
 * zone, so that a time alone would have everything copied anew each time.
 */
export async function isCopied(from: string, source: Stats, to: string, there: Stats): Promise<boolean> {
  if (!there.isFile() || there.size !== source.size) return false;
  if (Math.abs(there.mtimeMs - source.mtimeMs) < 2) return true;
  // A copy that cannot be read is none.
  const known = await hashOf(to).catch(() => undefined);
  return known !== undefined && known === (await hashOf(from));
}

/**
 * Copies one file, compares the hashes, and gives it its name only when it is whole and safe from a disk that is pulled out.
 * @param making where the copy lies until then, on the same disk
 */
export async function copyVerified(from: string, to: string, making = `${to}.copying`): Promise<void> {
  try {
    const { atime, mtime } = await lstat(from);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, making);
    if ((await hashOf(from)) !== (await hashOf(making))) {
      throw new AppError('fileUnreadable', `The copy of ${from} does not match it. The disk may be failing.`, {
        path: from,
      });
    }
    await utimes(making, atime, mtime);
    await syncFile(making);
    await rename(making, to);
  } catch (error) {
    await rm(making, { force: true });
    throw error;
  }
}

/** Makes a file's bytes durable, where its disk can. */
export async function syncFile(path: string): Promise<void> {
  // A copy of a file that may not be written may not be either; only Windows asks for that right.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r').catch(ignoreUnable);
  try {
    await file?.sync().catch(ignoreUnable);
  } finally {
    await file?.close();
  }
}

/** Makes the names in folders durable, where their disk can. */
export async function syncFolders(paths: Iterable<string>): Promise<void> {
  for (const path of paths) await syncFolder(path).catch(ignoreUnable);
}

function ignoreUnable(error: unknown): undefined {
  if (cannotSync.has(systemCode(error) ?? '')) return undefined;
  throw error;
}

const hashOf = (path: string): Promise<string> => hashPieces(createReadStream(path));
