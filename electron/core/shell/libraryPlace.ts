import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '../../../shared/errors.ts';

/**
 * The folder of the library to open: the one that was named, else the one in SHOEBOX_LIBRARY, else "Shoebox" in the
 * person's Pictures folder.
 * @param named as given with `--library`, relative to the working folder
 * @throws AppError invalidInput for an empty name or one with a NUL character
 */
export function libraryPlace(named: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const wanted = named ?? env['SHOEBOX_LIBRARY'];
  if (wanted === undefined) return join(homedir(), 'Pictures', 'Shoebox');
  if (wanted.trim() === '' || wanted.includes('\0'))
    throw new AppError('invalidInput', 'The library needs the name of a folder.');
  return resolve(wanted);
}
