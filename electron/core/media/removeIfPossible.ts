import { rmSync } from 'node:fs';

/**
 * Removes a file that is of no use any more, if that can be done. For clearing up after an error, too: on a disk that fails
 * this fails as well, and what went wrong first is what is to be told. What stays must be in nobody's way.
 * @returns false where it stays: another program has it open, the disk fails
 */
export function removeIfPossible(path: string): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch {
    return false;
  }
}
