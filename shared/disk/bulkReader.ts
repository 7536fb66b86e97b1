import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { bulkSize, type BulkBuffers } from './bulkBuffers.ts';
import { closePastCache, directBlock, openPastCache } from './pastCache.ts';

/**
 * Reads a file, a buffer at a time, for a reader that may be slow or leave early. A large one is read past the system's cache
 * where that can be done. Each piece is the reader's own.
 * @param range bytes from..to inclusive; all of the file without
 * @throws the system's error when the file cannot be opened
 */
export async function openBulkReader(
  path: string,
  buffers: BulkBuffers,
  range: { readonly from: number; readonly to: number } = { from: 0, to: Number.MAX_SAFE_INTEGER },
): Promise<Readable> {
  const file = await open(path, 'r');
  let direct: FileHandle | undefined;
  let { from } = range;
  let reading: Promise<Uint8Array> = Promise.resolve(new Uint8Array());

  const leaveDirect = async (): Promise<void> => {
    const left = direct;
    direct = undefined;
    await closePastCache(left);
  };
  const readPastCache = async (buffer: Uint8Array, position: number): Promise<number | undefined> => {
    try {
      return (await direct?.read(buffer, 0, buffer.length, position))?.bytesRead;
    } catch {
      // What is wrong with the disk itself, the ordinary way will say.
      await leaveDirect();
      return undefined;
    }
  };
  /** @returns the next piece; no bytes at the end */
  const next = async (): Promise<Uint8Array> => {
    // Past the cache, reading begins at a block: what comes before `from` is left out.
    const before = from % directBlock;
    const most = Math.min(buffers.size, range.to - from + 1 + before);
    if (most <= before) return new Uint8Array();
    const buffer = buffers.take();
    try {
      const bytesRead =
        (await readPastCache(buffer, from - before)) ?? (await file.read(buffer, 0, most, from - before)).bytesRead;
      const piece = Buffer.from(buffer.subarray(before, Math.max(before, Math.min(bytesRead, most))));
      from += piece.length;
      return piece;
    } finally {
      buffers.giveBack(buffer);
    }
  };
  const close = async (): Promise<void> => {
    // A descriptor that is closed while it is read from may be another file's before the reading is over.
    await reading.catch(() => undefined);
    await leaveDirect();
    await file.close();
  };

  try {
    const { size } = await file.stat();
    if (size >= bulkSize) direct = await openPastCache(file, constants.O_RDONLY);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return new Readable({
    highWaterMark: buffers.size,
    read() {
      reading = next();
      reading.then(
        (piece) => this.push(piece.length === 0 ? null : piece),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(reason, done) {
      close().then(() => done(reason), done);
    },
  });
}
