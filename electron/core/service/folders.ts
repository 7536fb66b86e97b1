import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { looksLikePhoto } from '../../../shared/model/photoFiles.ts';

/** One folder as a shell without a native dialog shows it. */
export interface FolderListing {
  readonly path: string;
  readonly parent: string | null;
  readonly folders: { name: string; path: string }[];
  /** Files in it that look like photos or videos, by ending only: a hint for the person, never a decision. */
  readonly photos: number;
}

/**
 * Lists the sub-folders of a folder, hidden ones left out, in the person's alphabetical order.
 * @throws AppError notFound, fileUnreadable naming the folder.
 */
export async function listFolders(path: string | undefined): Promise<FolderListing> {
  const wanted = resolve(path ?? homedir());
  if (wanted.includes('\0')) throw new AppError('invalidInput', 'A folder name cannot hold a NUL character.');
  try {
    const real = await realpath(wanted);
    const entries = await readdir(real, { withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => ({ name: entry.name, path: join(real, entry.name) }))
      .sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
    const photos = entries.filter((entry) => entry.isFile() && looksLikePhoto(entry.name)).length;
    const parent = dirname(real);
    return { path: real, parent: parent === real ? null : parent, folders, photos };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new AppError('notFound', `There is no folder ${wanted}.`, { path: wanted });
    throw new AppError('fileUnreadable', `The folder ${wanted} cannot be read.`, { path: wanted }, { cause: error });
  }
}
