import { createHash } from 'node:crypto';
import { stackToJson, stepOf } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { Connection } from '../store/connection.ts';
import { createEditTable, type EditablePhoto } from './editTable.ts';

/** Raised when the mathematics changes, so that pictures rendered by the one before are made again. */
const renderingVersion = 1;

/** The name in the cache of a photo's picture with these edits. Null while the photo's content is not known. */
export function editedKey(
  photo: Pick<EditablePhoto, 'sha256' | 'mediaType' | 'thumbhash'>,
  stack: EditStack,
): string | null {
  if (photo.sha256 === null) return null;
  // What a video shows without a chosen frame is its poster, whose placeholder tells one from another.
  const content = photo.mediaType === 'video' ? `${photo.sha256}\n${photo.thumbhash ?? ''}` : photo.sha256;
  return createHash('sha256')
    .update(`${renderingVersion}\n${content}\n${JSON.stringify(stackToJson(stack))}`)
    .digest('hex');
}

/** Rendered from a smaller picture: kept apart, so that the original's own takes its place once it is here. */
export function standInKey(key: string): string {
  return createHash('sha256').update(`${key}\nstand-in`).digest('hex');
}

/** The editor's picture of a content. */
export function uneditedKey(content: string): string {
  return createHash('sha256').update(`${renderingVersion}\nunedited\n${content}`).digest('hex');
}

/**
 * Every name under which pictures made from a photo may lie in the cache: of its original, of its resources (the frames
 * chosen of a video among them), with the edits of each of its versions, and as the editor shows it.
 */
export function pictureKeys(connection: Connection, photoID: string): readonly string[] {
  const table = createEditTable(connection);
  const [photo] = table.photos([photoID]);
  if (photo === undefined) return [];
  const resources = connection
    .statement<[string], { sha256: string }>('SELECT sha256 FROM resource WHERE photo_id = ? AND sha256 IS NOT NULL')
    .all(photoID)
    .map(({ sha256 }) => sha256);
  const versions = table.versions(photoID).flatMap(({ id }) => {
    const stack = table.stackOf(photoID, id);
    const key = stack === undefined ? null : editedKey(photo, stack);
    const frame = stack === undefined ? undefined : stepOf(stack, 'poster')?.picture;
    return [...(key === null ? [] : [key, standInKey(key)]), ...(frame === undefined ? [] : [frame])];
  });
  const own = photo.sha256 === null ? [] : [photo.sha256];
  return [...new Set([...own, ...resources, ...versions, uneditedKey(photo.sha256 ?? photoID)])];
}
