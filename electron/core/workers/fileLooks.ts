import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { BulkBuffers } from '../../../shared/disk/bulkBuffers.ts';
import { openBulkReader } from '../../../shared/disk/bulkReader.ts';
import { hashPieces } from '../../../shared/disk/hashPieces.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';

/** What a file looks like that is not there. */
export const nothing = 'nothing';

/** Length and time of a file; `nothing` where there is none, and a text like no other where it cannot be told. */
export function lookOf(path: string): string {
  try {
    const { byteSize, modifiedNs } = identity(path);
    return `${byteSize} ${modifiedNs}`;
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? nothing : `unknown ${randomUUID()}`;
  }
}

/** The SHA-256 of a file as it lies there, hex. @throws the system's error */
export async function hashOf(path: string, buffers: BulkBuffers): Promise<string> {
  return hashPieces(await openBulkReader(path, buffers));
}

/** What ingest's scan compares, so that it takes a placed file for a known one. */
export function identity(path: string) {
  const seen = statSync(path, { bigint: true });
  return {
    byteSize: Number(seen.size),
    modifiedNs: String(seen.mtimeNs),
    changedNs: String(seen.ctimeNs),
    inode: String(seen.ino),
    device: String(seen.dev),
  };
}
