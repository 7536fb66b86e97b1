import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stepOf, withStep } from '../../../shared/edits/stack.ts';
import type { EditID } from '../../../shared/ids.ts';
import { rowsPerTransaction } from '../library/steps.ts';
import { framePath, picturePath, readPicture, writePicture } from '../media/thumbnailCache.ts';
import type { Store } from '../store/store.ts';
import { createEditTable } from './editTable.ts';

/** Kept in the library's own notes once it is done. */
const note = 'posterChoicesAdopted';

export interface PosterChoicesDependencies {
  readonly store: Store;
  readonly cacheDirectory: string;
  readonly now: () => number;
  readonly newId: () => string;
  readonly mayEdit: (photoID: string) => { readonly allowed: boolean };
}

/**
 * Turns posters that were chosen before the choice was an edit into edits, once per library. A choice of then replaced the
 * video's picture on this computer alone, without a note of it: it shows by the picture here being another than the one
 * that this computer gave to the server before. Its place in the video is not known. A choice made before anything was
 * given to the server stays the video's own picture, which is what the server gets.
 * @returns how many were found
 */
export function adoptPosterChoices(deps: PosterChoicesDependencies): number {
  const { store, cacheDirectory, now, newId, mayEdit } = deps;
  if (store.meta(note) !== undefined) return 0;
  const table = createEditTable(store.connection);
  const videos = store.connection
    .statement<[], { id: string; sha256: string; given: string }>(
      `SELECT p.id, p.sha256, r.sha256 AS given FROM photo AS p JOIN zone ON zone.id = p.zone_id
         JOIN resource AS r ON r.photo_id = p.id AND r.kind = 'thumbnail' AND r.local_state = 'here'
       WHERE p.media_type = 'video' AND p.created_by IS NULL AND p.sha256 IS NOT NULL AND r.sha256 IS NOT NULL`,
    )
    .all();
  const chosen = videos.flatMap(({ id, sha256, given }) => {
    const [photo] = table.photos([id]);
    if (photo === undefined || stepOf(photo.stack, 'poster') !== undefined || !mayEdit(id).allowed) return [];
    if (hashOfFile(picturePath(cacheDirectory, sha256, 'thumb'), given) === given) return [];
    const whole = readPicture(picturePath(cacheDirectory, sha256, 'preview'))?.bytes;
    if (whole === undefined) return [];
    const picture = createHash('sha256').update(whole).digest('hex');
    writePicture(framePath(cacheDirectory, picture), whole, newId());
    return [{ photo, picture, byteSize: whole.length }];
  });
  for (let start = 0; start < chosen.length; start += rowsPerTransaction)
    store.transaction('maintenance', () => {
      for (const { photo, picture, byteSize } of chosen.slice(start, start + rowsPerTransaction)) {
        const stack = withStep(photo.stack, { kind: 'poster', picture, seconds: null });
        const at = now();
        table.add(photo, { id: newId() as EditID, stack, label: null, at });
        table.addFrame(photo, picture, byteSize, at);
      }
    });
  store.setMeta(note, String(chosen.length));
  return chosen.length;
}

/** SHA-256 of a whole file, as it was offered to the server; `otherwise` when it cannot be read. */
function hashOfFile(path: string, otherwise: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return otherwise;
  }
}
