/** Bytes of one buffer: the most that is moved at a time. */
export const bulkSize = 1024 * 1024;

/**
 * Memory for moving large files. A file opened past the system's cache takes only memory that begins at a page: Node's own
 * buffers begin sixteen bytes into one, that of an ArrayBuffer which could be resized at its beginning.
 */
export interface BulkBuffers {
  /** `bulkSize` bytes that hold whatever they held last. */
  take(): Uint8Array;
  /** Once only: of two files with one buffer neither would be what came in. */
  giveBack(buffer: Uint8Array): void;
}

/** @param kept buffers kept for the next file: one made for each would have the whole heap marked every few files */
export function createBulkBuffers(kept: number): BulkBuffers {
  const spare: Uint8Array[] = [];
  return {
    take: () => spare.pop() ?? new Uint8Array(new ArrayBuffer(bulkSize, { maxByteLength: bulkSize }), 0, bulkSize),
    giveBack: (buffer) => {
      if (spare.length < kept) spare.push(buffer);
    },
  };
}
