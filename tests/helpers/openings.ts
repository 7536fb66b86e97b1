import { constants, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { openPastCache } from '../../shared/disk/pastCache.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** How this process has a file open: for each descriptor, whether it is past the cache of the system. Linux alone tells. */
export function openings(path: string): boolean[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`) !== path) return [];
      const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0';
      return [(Number.parseInt(flags, 8) & constants.O_DIRECT) !== 0];
    } catch {
      // One that was closed while we looked, the listing's own among them.
      return [];
    }
  });
}

/** Why no file can be opened past the cache in the folder of tests; undefined when one can. */
export async function pastCacheMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'this system has no way past its cache';
  const probe = temporaryFolder('past-cache');
  let file: FileHandle | undefined;
  let direct: FileHandle | undefined;
  try {
    file = await open(join(probe.path, 'probe'), 'w+');
    direct = await openPastCache(file, constants.O_RDONLY);
    return direct === undefined ? 'the file system of temporary files has no way past the cache' : undefined;
  } finally {
    await direct?.close();
    await file?.close();
    probe.dispose();
  }
}
