import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Where bytes are moved past the cache, their place and number are multiples of this: no disk has larger sectors. In bytes. */
export const directBlock = 4096;

/**
 * Opens a file that is open already once more, past the system's cache: what a photo's bytes take from there, everything else
 * on the computer would have to read again, and for whom nobody asks soon. Linux alone has it (open(2), O_DIRECT); a file
 * system may refuse it here, or only when the first bytes are moved.
 * @param flags how it is opened, of `fs.constants`
 * @returns undefined where it cannot be
 */
export async function openPastCache(file: FileHandle, flags: number): Promise<FileHandle | undefined> {
  if (process.platform !== 'linux') return undefined;
  // By its descriptor: its name may be another file's by now.
  return open(`/proc/self/fd/${file.fd}`, flags | constants.O_DIRECT).catch(() => undefined);
}
