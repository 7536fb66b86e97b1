import { createHash } from 'node:crypto';

/**
 * The SHA-256 of bytes that come in pieces, hex; pieces of a stream are bytes as long as it was given no encoding.
 * @throws what the source throws
 */
export async function hashPieces(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
