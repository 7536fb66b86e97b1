import { link, lstat, rename, rm } from 'node:fs/promises';
import { systemCode } from '../../../shared/disk/systemCode.ts';

/** How systems say that a disk has no hard links. EISDIR is Windows' word for it, on exFAT. */
const withoutLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EISDIR']);

/**
 * Gives a finished file the name it is to have, in the same file system. A name that is taken stays as it is.
 * @param options.keep leaves the old name as a second one of the same file, where there are hard links
 * @returns false when the name is taken; the file then still has the old one.
 * @throws the system's error (ENOENT, EACCES, …).
 */
export async function takeName(
  from: string,
  to: string,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return false;
    // exFAT and some network disks have no hard links: look first, then rename.
    if (!withoutLinks.has(code)) throw error;
    if (await isThere(to)) return false;
    await rename(from, to);
    return true;
  }
  // The file has its name, and that is what was asked: a second one that cannot go now takes nothing away from it.
  if (!keep) await rm(from, { force: true }).catch(() => undefined);
  return true;
}

/** Whether a name is taken, be it by a link that leads nowhere. @throws the system's error when it cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
