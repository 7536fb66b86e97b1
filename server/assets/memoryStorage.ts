import { createHash } from 'node:crypto';
import { AppError } from '../../shared/errors.ts';
import { takenOver, type AssetStorage } from './assetStorage.ts';

/** Assets in memory: for the simulator, where nothing may leave the microtask queue. */
export function createMemoryStorage(): AssetStorage {
  const uploads = new Map<string, Buffer>();
  const blobs = new Map<string, Buffer>();
  const held = (uploadID: string): Buffer => {
    const bytes = uploads.get(uploadID);
    if (bytes === undefined) throw new AppError('fileUnreadable', 'This upload was never started or is over.');
    return bytes;
  };
  return {
    async begin(uploadID) {
      uploads.set(uploadID, Buffer.alloc(0));
    },
    async append(uploadID, offset, bytes, limit) {
      const parts = [held(uploadID).subarray(0, offset)];
      let length = offset;
      const hash = createHash('sha256');
      for await (const part of bytes) {
        length += part.length;
        if (length > limit) return { received: offset, chunkDigest: '', tooLong: true };
        hash.update(part);
        parts.push(Buffer.from(part));
      }
      uploads.set(uploadID, Buffer.concat(parts));
      return { received: length, chunkDigest: hash.digest('hex'), tooLong: false };
    },
    async truncate(uploadID, length) {
      uploads.set(uploadID, held(uploadID).subarray(0, length));
    },
    async received(uploadID) {
      return uploads.get(uploadID)?.length;
    },
    async digest(uploadID, size) {
      const bytes = held(uploadID);
      if (bytes.length !== size) throw takenOver();
      return createHash('sha256').update(bytes).digest('hex');
    },
    async finish(uploadID, digest) {
      blobs.set(digest, held(uploadID));
      uploads.delete(uploadID);
    },
    async abandon(uploadID) {
      uploads.delete(uploadID);
    },
    async unfinished() {
      return [...uploads.keys()];
    },
    async exists(digest) {
      return blobs.has(digest);
    },
    async read(digest, range) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new AppError('fileUnreadable', 'These bytes are not stored here.');
      return once(range === undefined ? bytes : bytes.subarray(range.from, range.to + 1));
    },
    async remove(digest) {
      blobs.delete(digest);
    },
    async *list() {
      yield* blobs.keys();
    },
    async dispose() {
      uploads.clear();
      blobs.clear();
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
