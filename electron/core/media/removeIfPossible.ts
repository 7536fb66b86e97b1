import { rmSync } from 'node:fs';

/**
 * Removes a file that is of no use any more, if that can be done. For clearing up after an error: on a disk that fails this
 * fails as well, and what went wrong first is what is to be told.
 */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays, and is in nobody's way: it is written over, or swept with the other remains.
  }
}
