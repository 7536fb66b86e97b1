/** A file from so many bytes on is large: it is worth going past the system's cache. */
export const bulkSize = 1024 * 1024;

/**
 * Memory for moving large files. A file that is open past the system's cache takes only memory that begins at a page. Node's
 * own buffers begin 16 bytes behind the start of one; a resizable ArrayBuffer begins exactly there, and has its pages to
 * itself, so that a process that is forked meanwhile shares none of them.
 */
export interface BulkBuffers {
  /** Bytes of each. */
  readonly size: number;
  /** What it holds is what it held last. */
  take(): Uint8Array;
  /** Each buffer once: given back twice, two files would share it. */
  giveBack(buffer: Uint8Array): void;
}

/**
 * @param size bytes of each
 * @param kept how many are kept for the next file: one made for each would have the whole heap marked every few files
 */
export function createBulkBuffers(size: number, kept: number): BulkBuffers {
  const spare: Uint8Array[] = [];
  return {
    size,
    take: () => spare.pop() ?? new Uint8Array(new ArrayBuffer(size, { maxByteLength: size }), 0, size),
    giveBack: (buffer) => {
      if (spare.length < kept) spare.push(buffer);
    },
  };
}
