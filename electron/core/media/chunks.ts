import type { FileHandle } from 'node:fs/promises';

/** In bytes. */
const chunkBytes = 1024 * 1024;

/**
 * The first `size` bytes of a file, piece by piece, or as many as there are: one that grows while it is read would have no
 * end. Each piece is overwritten by the next.
 * @param before called before each piece; what it throws ends the reading
 */
export async function* chunks(handle: FileHandle, size: number, before?: () => void): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let position = 0;
  while (position < size) {
    before?.();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - position), position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Bytes that are in memory already, in pieces of the same length. */
export function* chunksOf(bytes: Uint8Array, before?: () => void): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    before?.();
    yield bytes.subarray(at, at + chunkBytes);
  }
}
