import { join } from 'node:path';
import { AppError } from '../../../../shared/errors.ts';
import type { Connection } from '../connection.ts';

/** A file on this computer that holds the bytes of a resource. */
export interface HoldingFile {
  readonly path: string;
  readonly folder: string;
  /** 0: its folder cannot be reached now. */
  readonly reachable: 0 | 1;
  /** 0: it has older bytes than the row, which was changed on another computer. */
  readonly current: 0 | 1;
}

/** Bytes of a photo that can be read now. */
export interface HeldBytes {
  readonly path: string;
  readonly mimeType: string | null;
  /** hex */
  readonly sha256: string | null;
  /** False: they are older than what the row speaks of; the newer ones are on their way. */
  readonly current: boolean;
}

/** What a person means by the file of a photo: the first of these that is here. */
const photoKinds = ['original', 'raw', 'pairedVideo'] as const;
export type HeldKind = (typeof photoKinds)[number];

interface ResourceRow {
  readonly id: string;
  readonly mime_type: string | null;
  readonly sha256: string | null;
}

/**
 * The files that hold the bytes of a resource: its own and those of other photos with the same bytes, for one file
 * serves all of them (a copy in a share has none of its own). The best to read comes first: a photo that was edited on
 * another computer may still have the file of its older bytes beside the new one.
 */
export function filesHolding(
  connection: Connection,
  resource: { readonly id: string; readonly sha256: string | null },
): HoldingFile[] {
  return connection
    .statement<[string | null, string, string | null, string | null, string], HoldingFile>(
      `SELECT folder.path AS folder, file.path AS path, folder.state = 'available' AS reachable,
         (file.sha256 IS NULL OR file.sha256 IS ?) AS current
       FROM file CROSS JOIN folder ON folder.id = file.folder_id
       WHERE file.rowid IN (SELECT rowid FROM file INDEXED BY file_resource WHERE resource_id = ?
           UNION ALL SELECT rowid FROM file INDEXED BY file_sha256 WHERE sha256 = ?)
         AND file.state IN ('present', 'sidecar')
       ORDER BY reachable DESC, file.sha256 IS ? DESC, file.resource_id IS ? DESC, file.id`,
    )
    .all(resource.sha256, resource.id, resource.sha256, resource.sha256, resource.id)
    .map((file) => ({ ...file, path: join(file.folder, ...file.path.split('/')) }));
}

/**
 * The bytes of one kind that a photo has on this computer; undefined when it has none.
 * @throws AppError folderUnavailable when every file that holds them lies in a folder that cannot be reached now
 */
export function heldBytes(connection: Connection, photoID: string, kind: HeldKind): HeldBytes | undefined {
  const found = connection
    .statement<[string, string], ResourceRow>(
      `SELECT id, mime_type, sha256 FROM resource INDEXED BY resource_photo WHERE photo_id = ? AND kind = ?
       ORDER BY created_at, id`,
    )
    .all(photoID, kind)
    .flatMap((resource) => filesHolding(connection, resource).map((file) => ({ resource, file })));
  const best = found.find(({ file }) => file.reachable === 1) ?? found[0];
  if (best === undefined) return undefined;
  const { resource, file } = best;
  if (file.reachable === 0) {
    throw new AppError('folderUnavailable', `${file.folder} cannot be reached now.`, { path: file.folder });
  }
  return { path: file.path, mimeType: resource.mime_type, sha256: resource.sha256, current: file.current === 1 };
}

/** The resource of one kind that a photo has on the server alone; undefined when its bytes, as they are now, can be read here. */
export function remoteResource(connection: Connection, photoID: string, kind: HeldKind): string | undefined {
  return connection
    .statement<[string, string], { id: string; sha256: string | null }>(
      `SELECT id, sha256 FROM resource WHERE photo_id = ? AND kind = ? AND local_state = 'remote'`,
    )
    .all(photoID, kind)
    .find((one) => !filesHolding(connection, one).some(({ reachable, current }) => reachable === 1 && current === 1))
    ?.id;
}

/** Where a photo's original lies on this computer now. @throws AppError notFound, folderUnavailable */
export function originalPath(connection: Connection, photoID: string): string {
  for (const kind of photoKinds) {
    const held = heldBytes(connection, photoID, kind);
    if (held !== undefined) return held.path;
  }
  throw notHere(photoID);
}

export function notHere(photoID: string): AppError {
  return new AppError('notFound', 'The file of this photo is not on this computer now.', { photoID });
}

/** Every place on this computer where a photo's bytes lie: its own first, in the order found. */
export function pathsOf(connection: Connection, photoID: string): string[] {
  return connection
    .statement<[string, string, string], { folder: string; path: string }>(
      `SELECT folder.path AS folder, file.path AS path FROM file CROSS JOIN folder ON folder.id = file.folder_id
       WHERE file.rowid IN (SELECT rowid FROM file INDEXED BY file_photo WHERE photo_id = ?
           UNION ALL SELECT file.rowid FROM resource INDEXED BY resource_photo
             CROSS JOIN file INDEXED BY file_sha256 ON file.sha256 = resource.sha256 WHERE resource.photo_id = ?)
         AND file.state IN ('header', 'present')
       ORDER BY file.photo_id IS ? DESC, file.id`,
    )
    .all(photoID, photoID, photoID)
    .map(({ folder, path }) => join(folder, ...path.split('/')));
}
