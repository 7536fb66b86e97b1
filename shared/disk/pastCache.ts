import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/**
 * Where bytes are moved past the cache, their place and number are multiples of this. Hardly any disk has larger sectors; one
 * that has refuses. In bytes.
 */
export const directBlock = 4096;

/**
 * Opens a file that is open already once more, past the system's cache: bytes that nobody reads again soon would push out of
 * it what other programs then have to read anew. Linux alone has it (open(2), O_DIRECT), and a file system may refuse it here
 * or only when the first bytes are moved.
 * @param flags how it is opened, of `fs.constants`
 * @returns undefined where it cannot be
 */
export async function openPastCache(file: FileHandle, flags: number): Promise<FileHandle | undefined> {
  if (process.platform !== 'linux') return undefined;
  // By its descriptor: its name may be another file's by now.
  return open(`/proc/self/fd/${file.fd}`, flags | constants.O_DIRECT).catch(() => undefined);
}

/** Closes what `openPastCache` opened. What the system has to say about the file, it says at the ordinary descriptor as well. */
export async function closePastCache(direct: FileHandle | undefined): Promise<void> {
  await direct?.close().catch(() => undefined);
}
