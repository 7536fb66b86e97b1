import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Organiser } from './organiser.ts';

/** Where a photo's file lies, whose it is, and the hash of its bytes where that is known. */
export type PhotoFile = [kind: 'watched' | 'originals', photo: string, sha256?: string];

/** Gives a made-up photo a file on disk, in a watched folder or among the library's originals. @returns its path */
export function withPhotoFile(library: Organiser, ...[kind, photo, sha256]: PhotoFile): string {
  const place = join(library.directory, `files-${kind}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `${photo}.jpg`), 'bytes');
  library.store.connection.raw.exec(`
    INSERT OR IGNORE INTO folder (id, kind, path, added_at) VALUES ('${kind}', '${kind}', '${place}', 1);
    INSERT INTO file (id, folder_id, path, photo_id, byte_size, modified_ns, changed_ns, inode, device, sha256, state)
    VALUES ('f-${photo}', '${kind}', '${photo}.jpg', '${photo}', 5, '1', '1', '1', '1', ${sha256 === undefined ? 'NULL' : `'${sha256}'`}, 'present')`);
  return join(place, `${photo}.jpg`);
}
