import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { AppError } from '../../../shared/errors.ts';

/**
 * One process at a time owns a library. The lock is an exclusive transaction held open on a small SQLite file of its
 * own: the operating system lets go of it when the process dies however it dies, so no stale lock can remain.
 * @throws AppError libraryLocked naming the process that has the library open.
 */
export function lockLibrary(directory: string, pid: number): { dispose(): void } {
  const ownerFile = join(directory, 'lock-owner.json');
  const lock = new BetterSqlite3(join(directory, 'lock.sqlite'), { timeout: 0 });
  try {
    lock.pragma('journal_mode = DELETE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const owner = readOwner(ownerFile);
    throw new AppError(
      'libraryLocked',
      `This library is already open${owner === null ? '' : ` in process ${owner}`}. Use that window, or close it first.`,
      { pid: owner },
      { cause: error },
    );
  }
  try {
    writeFileSync(ownerFile, JSON.stringify({ pid }));
  } catch {
    // It only tells others who has the library. On a full disk one must still get in, to make room.
  }
  return {
    dispose: () => {
      lock.exec('ROLLBACK');
      lock.close();
    },
  };
}

function readOwner(file: string): number | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof owner === 'object' && owner !== null && 'pid' in owner && typeof owner.pid === 'number'
      ? owner.pid
      : null;
  } catch {
    return null;
  }
}
