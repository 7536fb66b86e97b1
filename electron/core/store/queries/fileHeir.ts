import type { Connection } from '../connection.ts';

/**
 * Gives a file whose photo is going to another photo of the same bytes that has none of its own (a copy made for a
 * share, say), so that no bytes are let go of that a photo still needs. Call it inside the transaction of the removal.
 * @param file its row's id and the SHA-256 of its bytes in hex
 * @returns whether another photo has the file now; false means nobody needs it
 */
export function handOnFile(
  connection: Connection,
  file: { readonly id: string; readonly sha256: string | null },
): boolean {
  if (file.sha256 === null) return false;
  const heir = connection
    .statement<[string], { id: string; photo_id: string }>(
      `SELECT r.id, r.photo_id FROM resource AS r WHERE r.sha256 = ?
       AND NOT EXISTS (SELECT 1 FROM file AS f WHERE f.resource_id = r.id AND f.state = 'present') LIMIT 1`,
    )
    .get(file.sha256);
  if (heir === undefined) return false;
  connection
    .statement<[string, string, string]>('UPDATE file SET resource_id = ?, photo_id = ? WHERE id = ?')
    .run(heir.id, heir.photo_id, file.id);
  return true;
}
