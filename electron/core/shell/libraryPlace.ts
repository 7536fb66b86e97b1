import { mkdir, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { isBelow } from '../library/pathInside.ts';
import { realPlace } from '../../../shared/disk/realPlace.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { toFileError } from '../media/fileErrors.ts';

/** The name of a library's folder where the person has not chosen one of their own. */
const folderName = 'Shoebox';

/**
 * The folder of the library to open: the one that was named, else the one in SHOEBOX_LIBRARY, else the one the person
 * chose last, else "Shoebox" in their Pictures folder.
 * @param named as given with `--library`, relative to the working folder
 * @param remembered the absolute path of the library chosen last
 * @throws AppError invalidInput for an empty name or one with a NUL character
 */
export function libraryPlace(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  remembered?: string,
): string {
  const wanted = named ?? env['SHOEBOX_LIBRARY'] ?? remembered;
  if (wanted === undefined) return join(homedir(), 'Pictures', folderName);
  if (wanted.trim() === '' || wanted.includes('\0'))
    throw new AppError('invalidInput', 'The library needs the name of a folder.');
  return resolve(wanted);
}

/**
 * Where a library goes when the person chooses a folder for it: the folder itself when it is a library or empty, else a
 * folder "Shoebox" in it, so that a library never mixes with other things. The folder is made when it is missing, and
 * nothing is made when the choice is refused.
 * @param current the folder of the library that is open
 * @throws AppError invalidInput for what cannot be a library's folder; fileUnreadable, libraryReadOnly, diskFull.
 */
export async function libraryFolderFor(path: string, current: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new AppError('invalidInput', 'The library needs the whole path of a folder.');
  }
  const wanted = resolve(path);
  try {
    const folder = await realPlace(wanted);
    const inner = (await mayHoldLibrary(folder)) ? undefined : await realPlace(join(folder, folderName));
    const chosen = inner ?? folder;
    const open = await realpath(current);
    if (chosen === open) throw new AppError('invalidInput', 'This library is open already.', { path: chosen });
    if (isBelow(open, chosen)) {
      throw new AppError('invalidInput', 'A library cannot lie inside another one. Choose a folder outside.', {
        path: chosen,
      });
    }
    if (inner !== undefined && !(await mayHoldLibrary(inner))) {
      throw new AppError('invalidInput', `${inner} holds other things already. Choose an empty folder.`, {
        path: inner,
      });
    }
    await mkdir(chosen, { recursive: true });
    return chosen;
  } catch (error) {
    throw toFileError(error, wanted);
  }
}

/** True for a folder that is missing, empty or a library. @throws AppError fileUnreadable for what is no folder */
async function mayHoldLibrary(folder: string): Promise<boolean> {
  try {
    const names = await readdir(folder);
    return names.length === 0 || names.includes('library.sqlite');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return true;
    if (code === 'ENOTDIR') throw new AppError('fileUnreadable', `${folder} is not a folder.`, { path: folder });
    throw error;
  }
}
