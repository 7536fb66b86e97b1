import type { EditID, PhotoID } from '../../../shared/ids.ts';
import { compileGeometry } from '../../../shared/edits/geometry.ts';
import { emptyStack, isEmptyStack, readStack, stackToJson } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { EditVersion } from '../../../shared/model/edit.ts';
import type { Connection } from '../store/connection.ts';
import { derivedId } from '../store/derivedId.ts';
import { ratioOf } from '../store/derivedColumns.ts';

/** What editing needs to know of a photo. */
export interface EditablePhoto {
  readonly id: PhotoID;
  readonly zoneID: string;
  readonly fileName: string;
  readonly mediaType: 'image' | 'video';
  readonly createdBy: string | null;
  readonly sha256: string | null;
  /** Changes with the poster of a video, whose bytes stay the same. */
  readonly thumbhash: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly orientation: number | null;
  readonly current: EditID | null;
  /** The current version's stack; empty without one, or when its version has not arrived yet. */
  readonly stack: EditStack;
}

interface PhotoRow {
  id: PhotoID;
  zone_id: string;
  file_name: string;
  media_type: 'image' | 'video';
  created_by: string | null;
  sha256: string | null;
  thumbhash: string | null;
  width: number | null;
  height: number | null;
  orientation: number | null;
  current_edit_id: EditID | null;
  stack: string | null;
}

/** The rows of edits and the photos they belong to. Reading never throws for a stack a newer version wrote. */
export interface EditTable {
  /** The photos of these ids that exist, in the order asked for. */
  photos(ids: readonly string[]): readonly EditablePhoto[];
  /** All versions of a photo, newest first. */
  versions(photoID: string): readonly EditVersion[];
  /** The stack of one version of a photo, or undefined. */
  stackOf(photoID: string, version: string): EditStack | undefined;
  /** Adds a version and makes it current. Inside a transaction. */
  add(photo: EditablePhoto, version: NewVersion): void;
  /**
   * Lists the picture of a chosen frame among the photo's resources, so that it travels; nothing where it is listed.
   * @param picture the SHA-256 of its bytes, which are here. Inside a transaction.
   */
  addFrame(photo: EditablePhoto, picture: string, byteSize: number, at: number): void;
  /** Whether the picture of a frame is listed among the photo's resources, and whether its bytes should be here. */
  frameState(photoID: string, picture: string): 'here' | 'remote' | 'missing' | undefined;
  setFrameState(photoID: string, picture: string, state: 'here' | 'missing'): void;
  /** Makes a version, or the original (null), current. Inside a transaction. */
  choose(photo: EditablePhoto, version: EditID | null, stack: EditStack, at: number): void;
  /** Photos among these whose tile shape does not fit their current edits, with the shape they need (times 1,000). */
  wrongRatios(ids: readonly string[]): readonly { readonly id: PhotoID; readonly ratio: number }[];
  setRatio(id: PhotoID, ratio: number): void;
}

export interface NewVersion {
  readonly id: EditID;
  readonly stack: EditStack;
  readonly label: string | null;
  readonly at: number;
}

const photoColumns = `p.id, p.zone_id, p.file_name, p.media_type, p.created_by, p.sha256, p.thumbhash, p.width, p.height,
  p.orientation, p.current_edit_id, e.stack`;

/** Reads a stack's JSON text; text that is no stack counts as no edits, so that one bad row hides no photo. */
function stackFromText(text: string | null): EditStack {
  if (text === null) return emptyStack;
  try {
    return readStack(JSON.parse(text));
  } catch {
    return emptyStack;
  }
}

/** The tile's width over height, times 1,000, after the edits. */
function editedRatio(photo: Pick<EditablePhoto, 'width' | 'height' | 'orientation'>, stack: EditStack): number {
  const ratio = ratioOf(photo.width, photo.height, photo.orientation);
  if (isEmptyStack(stack)) return ratio;
  const { output } = compileGeometry(stack, { width: ratio * 10, height: 10_000 });
  return ratioOf(output.width, output.height, 1);
}

export function createEditTable(connection: Connection): EditTable {
  const toPhoto = (row: PhotoRow): EditablePhoto => ({
    id: row.id,
    zoneID: row.zone_id,
    fileName: row.file_name,
    mediaType: row.media_type,
    createdBy: row.created_by,
    sha256: row.sha256,
    thumbhash: row.thumbhash,
    width: row.width,
    height: row.height,
    orientation: row.orientation,
    current: row.current_edit_id,
    stack: stackFromText(row.stack),
  });
  const setCurrent = (photo: EditablePhoto, version: EditID | null, stack: EditStack, at: number): void => {
    connection
      .statement<[string | null, number, number, string]>(
        'UPDATE photo SET current_edit_id = ?, ratio = ?, modified_by = NULL, modified_at = ? WHERE id = ?',
      )
      .run(version, editedRatio(photo, stack), at, photo.id);
  };
  return {
    photos: (ids) =>
      connection
        .statement<[string], PhotoRow>(
          `SELECT ${photoColumns} FROM json_each(?) AS wanted JOIN photo AS p ON p.id = wanted.value
           LEFT JOIN edit AS e ON e.id = p.current_edit_id ORDER BY wanted.key`,
        )
        .all(JSON.stringify(ids))
        .map(toPhoto),
    versions: (photoID) =>
      connection
        .statement<
          [string],
          { id: EditID; author: string | null; created_at: number; label: string | null; stack: string }
        >(
          `SELECT e.id, e.created_at, e.label, e.stack,
             CASE WHEN e.created_by IS NULL THEN NULL ELSE coalesce(
               (SELECT coalesce(display_name, email) FROM participant WHERE zone_id = e.zone_id AND user_name = e.created_by),
               (SELECT coalesce(owner_display, owner_email) FROM share WHERE zone_id = e.zone_id AND owner_name = e.created_by),
               e.created_by) END AS author
           FROM edit AS e WHERE e.photo_id = ? ORDER BY e.created_at DESC, e.id DESC`,
        )
        .all(photoID)
        .map((row) => {
          const stack = stackFromText(row.stack);
          return {
            id: row.id,
            author: row.author,
            createdAt: row.created_at,
            label: row.label,
            stack: stackToJson(stack),
            newerKinds: stack.newer.map((step) => step.kind),
          };
        }),
    stackOf: (photoID, version) => {
      const row = connection
        .statement<[string, string], { stack: string }>('SELECT stack FROM edit WHERE id = ? AND photo_id = ?')
        .get(version, photoID);
      return row === undefined ? undefined : stackFromText(row.stack);
    },
    add: (photo, { id, stack, label, at }) => {
      connection
        .statement<[string, string, string, string, number, string | null, number, number]>(
          `INSERT INTO edit (id, zone_id, photo_id, stack, format_version, label, created_at, modified_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, photo.zoneID, photo.id, JSON.stringify(stackToJson(stack)), stack.version, label, at, at);
      setCurrent(photo, id, stack, at);
    },
    addFrame: (photo, picture, byteSize, at) => {
      // Two computers that choose the same frame of a photo make the same row. One that a copy brought along will do.
      connection
        .statement<[string, string, string, string, number, string, number, number, string, string]>(
          `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, mime_type, byte_size, sha256, created_at, modified_at)
           SELECT ?, ?, ?, 'editedThumbnail', ?, 'image/jpeg', ?, ?, ?, ?
           WHERE NOT EXISTS (SELECT 1 FROM resource WHERE photo_id = ? AND kind = 'editedThumbnail' AND sha256 = ?)`,
        )
        .run(
          derivedId('Frame', photo.id, picture),
          photo.zoneID,
          photo.id,
          `${picture}.jpg`,
          byteSize,
          picture,
          at,
          at,
          photo.id,
          picture,
        );
    },
    frameState: (photoID, picture) =>
      connection
        .statement<[string, string], { local_state: 'here' | 'remote' | 'missing' }>(
          `SELECT local_state FROM resource WHERE photo_id = ? AND kind = 'editedThumbnail' AND sha256 = ?`,
        )
        .get(photoID, picture)?.local_state,
    setFrameState: (photoID, picture, state) => {
      connection
        .statement<[string, string, string]>(
          `UPDATE resource SET local_state = ? WHERE photo_id = ? AND kind = 'editedThumbnail' AND sha256 = ?`,
        )
        .run(state, photoID, picture);
    },
    choose: setCurrent,
    wrongRatios: (ids) =>
      connection
        .statement<[string], PhotoRow & { ratio: number }>(
          `SELECT ${photoColumns}, p.ratio FROM json_each(?) AS wanted JOIN photo AS p ON p.id = wanted.value
           LEFT JOIN edit AS e ON e.id = p.current_edit_id`,
        )
        .all(JSON.stringify(ids))
        .map((row) => ({ id: row.id, is: row.ratio, ratio: editedRatio(row, stackFromText(row.stack)) }))
        .filter(({ is, ratio }) => is !== ratio),
    setRatio: (id, ratio) => {
      connection.statement<[number, string]>('UPDATE photo SET ratio = ? WHERE id = ?').run(ratio, id);
    },
  };
}
