import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { bulkSize, type BulkBuffers } from '../../../shared/disk/bulkBuffers.ts';
import { createBulkWriter } from '../../../shared/disk/bulkWriter.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { OpenAsset, PartialAsset } from '../sync/assetFiles.ts';
import { hashOf } from './fileLooks.ts';

/** Says what the disk says in words a transfer can act on: a full one is waited for. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFileError(error, path);
  }
}

/** Bytes in memory, to be read as a file is. */
export function openedBytes(bytes: Uint8Array): OpenAsset {
  return {
    size: bytes.length,
    read: (from, length) => Promise.resolve(bytes.subarray(from, from + length)),
    close: () => Promise.resolve(),
  };
}

/**
 * Large pieces are read into the same memory again and again: made anew for each photo, it has the heap marked every few
 * photos (measured: a sixth of two processors).
 */
export function openedFile(handle: FileHandle, size: number, buffers: BulkBuffers): OpenAsset {
  let kept: Uint8Array | undefined;
  /** What is small costs less to make than to keep. */
  const bufferFor = (length: number): Uint8Array => {
    if (length < bulkSize || length > buffers.size) return Buffer.allocUnsafeSlow(length);
    kept ??= buffers.take();
    return kept.subarray(0, length);
  };
  return {
    size,
    read: async (from, length) => {
      const buffer = bufferFor(Math.max(0, Math.min(length, size - from)));
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, from + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    close: async () => {
      if (kept !== undefined) buffers.giveBack(kept);
      kept = undefined;
      await handle.close();
    },
  };
}

/** A download under way: made if there is none, gone on with if there is. */
export async function openPartial(path: string, buffers: BulkBuffers): Promise<PartialAsset> {
  let handle = await open(path, constants.O_RDWR | constants.O_CREAT);
  const { size } = await handle.stat();
  /** Over everything so far; what an earlier run left is read once, when the hash is asked for. */
  let running = size === 0 ? createHash('sha256') : undefined;
  let writer = createBulkWriter(handle, size, buffers);
  return {
    get size() {
      return writer.end;
    },
    append: (bytes) =>
      onDisk(path, async () => {
        running?.update(bytes);
        await writer.add(bytes);
      }),
    hash: () =>
      onDisk(path, async () => {
        await writer.flush();
        if (running !== undefined) return running.copy().digest('hex');
        return hashOf(path, buffers);
      }),
    discard: () =>
      onDisk(path, async () => {
        await writer.close();
        await handle.close();
        // A new file, not the old one emptied: whoever has that open still would go on in the middle of this one.
        await rm(path, { force: true });
        handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
        writer = createBulkWriter(handle, 0, buffers);
        running = createHash('sha256');
      }),
    close: async () => {
      try {
        await onDisk(path, () => writer.flush());
      } finally {
        await writer.close();
        await handle.close();
      }
    },
  };
}
