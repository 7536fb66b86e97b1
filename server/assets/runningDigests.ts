import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { dropOldest } from './dropOldest.ts';

/** Uploads of which a hash is kept; the one that has waited longest goes first. */
const mostKept = 1_000;

/**
 * The hashes over what uploads of several chunks have so far: without them a film would be read again as a whole when its
 * last chunk has come, before its sender hears anything.
 */
export interface RunningDigests {
  /**
   * Takes out the hash over the bytes before `end`.
   * @returns undefined when it is not known, or the file was touched since
   */
  take(uploadID: string, file: FileHandle, end: number): Promise<Hash | undefined>;
  /** @param end how many bytes the hash is over. Where the file has another size, somebody else writes to it now: it is not kept */
  keep(uploadID: string, file: FileHandle, end: number, hash: Hash): Promise<void>;
  forget(uploadID: string): void;
}

export function createRunningDigests(): RunningDigests {
  const kept = new Map<string, { readonly mark: string; readonly hash: Hash }>();
  return {
    async take(uploadID, file, end) {
      const entry = kept.get(uploadID);
      kept.delete(uploadID);
      return entry !== undefined && entry.mark === (await markOf(file, end)) ? entry.hash : undefined;
    },
    async keep(uploadID, file, end, hash) {
      const mark = await markOf(file, end);
      if (mark === undefined) return;
      kept.set(uploadID, { mark, hash });
      dropOldest(kept, mostKept);
    },
    forget: (uploadID) => {
      kept.delete(uploadID);
    },
  };
}

/** What changes with every writing to a file; undefined when it does not end at `end`. */
async function markOf(file: FileHandle, end: number): Promise<string | undefined> {
  const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  // With the size, also where the clock that stamps files is coarse: a hash is never taken for one over more bytes.
  return Number(size) === end ? [ino, size, mtimeNs, ctimeNs].join(' ') : undefined;
}
