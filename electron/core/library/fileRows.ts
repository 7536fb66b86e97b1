import type { Connection } from '../store/connection.ts';
import type { ScannedFile } from './scanJobs.ts';

export type FileState = 'waiting' | 'header' | 'present' | 'missing' | 'rejected' | 'sidecar';

/** A place where bytes lie. `path` is relative to its folder, with `/`. */
export interface FileRow {
  readonly id: string;
  readonly folder_id: string;
  readonly path: string;
  readonly resource_id: string | null;
  readonly photo_id: string | null;
  readonly byte_size: number;
  readonly modified_ns: string;
  readonly changed_ns: string;
  readonly inode: string;
  readonly device: string;
  readonly sha256: string | null;
  readonly state: FileState;
  readonly reason: string | null;
  readonly attempts: number;
  /** 1: a person cancelled its import before it was read; it waits until they ask for it. */
  readonly declined: number;
}

export interface FolderRow {
  readonly id: string;
  readonly kind: 'watched' | 'originals';
  readonly path: string;
  /** JSON {inode, device}: which directory this was when it was last seen whole. */
  readonly marker: string | null;
  readonly state: 'available' | 'unavailable';
  readonly reason: string | null;
  readonly watch_mode: 'native' | 'polling' | 'rescan';
  /** `tree`: everything below it; `files`: only the files once chosen. */
  readonly scope: 'tree' | 'files';
  readonly added_at: number;
  readonly scanned_at: number | null;
}

/** Of a row of `resource`: its own files count, and those of other photos with the same bytes (heldBytes.ts reads both). */
const stateHere = `CASE
  WHEN EXISTS (SELECT 1 FROM file CROSS JOIN folder ON folder.id = file.folder_id
    WHERE file.rowid IN (SELECT rowid FROM file INDEXED BY file_resource WHERE resource_id = resource.id
        UNION ALL SELECT rowid FROM file INDEXED BY file_sha256 WHERE sha256 = resource.sha256)
      AND file.state IN ('present', 'sidecar') AND folder.state = 'available') THEN 'here'
  WHEN local_state = 'remote' THEN 'remote'
  ELSE 'missing' END`;

/** SQL of folders and files: facts about this computer's disks, which make no history. */
export function createFileRows(connection: Connection) {
  const { statement } = connection;
  return {
    folders: (): FolderRow[] => statement<[], FolderRow>('SELECT * FROM folder ORDER BY path').all(),
    folder: (id: string): FolderRow | undefined =>
      statement<[string], FolderRow>('SELECT * FROM folder WHERE id = ?').get(id),
    insertFolder: (
      row: Pick<FolderRow, 'id' | 'kind' | 'path' | 'marker' | 'watch_mode' | 'scope' | 'added_at'>,
    ): void => {
      statement<(string | number | null)[]>(
        'INSERT INTO folder (id, kind, path, marker, watch_mode, scope, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ).run(row.id, row.kind, row.path, row.marker, row.watch_mode, row.scope, row.added_at);
    },
    setFolder: (
      id: string,
      change: Partial<Pick<FolderRow, 'state' | 'reason' | 'marker' | 'watch_mode' | 'scope' | 'scanned_at'>>,
    ): void => {
      for (const [column, value] of Object.entries(change)) {
        statement<(string | number | null)[]>(`UPDATE folder SET ${column} = ? WHERE id = ?`).run(value, id);
      }
    },
    setFolderPath: (id: string, path: string): void => {
      statement<[string, string]>('UPDATE folder SET path = ? WHERE id = ?').run(path, id);
    },
    /** Files of one folder become files of another that contains it. */
    moveFiles: (from: string, to: string, prefix: string): void => {
      statement<[string, string, string]>('UPDATE file SET folder_id = ?, path = ? || path WHERE folder_id = ?').run(
        to,
        prefix,
        from,
      );
    },
    /** A file that was seen and not yet read. */
    insertWaiting: (id: string, folderID: string, seen: ScannedFile): void => {
      statement<(string | number)[]>(
        `INSERT INTO file (id, folder_id, path, byte_size, modified_ns, changed_ns, inode, device, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')`,
      ).run(id, folderID, seen.path, seen.byteSize, seen.modifiedNs, seen.changedNs, seen.inode, seen.device);
    },
    deleteFolder: (id: string): void => {
      statement<[string]>('DELETE FROM folder WHERE id = ?').run(id);
    },
    files: (folderID: string): FileRow[] =>
      statement<[string], FileRow>('SELECT * FROM file WHERE folder_id = ?').all(folderID),
    file: (id: string): FileRow | undefined => statement<[string], FileRow>('SELECT * FROM file WHERE id = ?').get(id),
    fileAt: (folderID: string, path: string): FileRow | undefined =>
      statement<[string, string], FileRow>('SELECT * FROM file WHERE folder_id = ? AND path = ?').get(folderID, path),
    filesOfPhoto: (photoID: string): FileRow[] =>
      statement<[string], FileRow>('SELECT * FROM file WHERE photo_id = ? ORDER BY id').all(photoID),
    filesOfResource: (resourceID: string): FileRow[] =>
      statement<[string], FileRow>('SELECT * FROM file WHERE resource_id = ? ORDER BY id').all(resourceID),
    /** Files anywhere that were the same inode with the same size: what a rename leaves behind. */
    filesByIdentity: (inode: string, byteSize: number): FileRow[] =>
      statement<[string, number], FileRow>('SELECT * FROM file WHERE inode = ? AND byte_size = ?').all(inode, byteSize),
    insertFile: (row: Omit<FileRow, 'attempts' | 'declined'>): void => {
      statement<(string | number | null)[]>(
        `INSERT INTO file (id, folder_id, path, resource_id, photo_id, byte_size, modified_ns, changed_ns, inode,
           device, sha256, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        row.id,
        row.folder_id,
        row.path,
        row.resource_id,
        row.photo_id,
        row.byte_size,
        row.modified_ns,
        row.changed_ns,
        row.inode,
        row.device,
        row.sha256,
        row.state,
        row.reason,
      );
    },
    /** The file lies there now (moved, or seen again). */
    placeFile: (id: string, folderID: string, seen: ScannedFile): void => {
      statement<(string | number)[]>(
        `UPDATE file SET folder_id = ?, path = ?, byte_size = ?, modified_ns = ?, changed_ns = ?, inode = ?, device = ?
         WHERE id = ?`,
      ).run(folderID, seen.path, seen.byteSize, seen.modifiedNs, seen.changedNs, seen.inode, seen.device, id);
    },
    setFileState: (id: string, state: FileState, reason: string | null = null): void => {
      statement<[string, string | null, number, string]>(
        'UPDATE file SET state = ?, reason = ?, declined = 0, attempts = attempts * ? WHERE id = ?',
      ).run(state, reason, state === 'waiting' ? 1 : 0, id);
    },
    /** One more reading has failed. @returns how many since the file was last taken or refused */
    countAttempt: (id: string): number =>
      statement<[string], { attempts: number }>(
        'UPDATE file SET attempts = attempts + 1 WHERE id = ? RETURNING attempts',
      ).get(id)?.attempts ?? 0,
    /** A person cancelled the import that would have read it. */
    decline: (id: string): void => {
      statement<[string]>(
        `UPDATE file SET state = 'rejected', reason = 'Its import was cancelled.', declined = 1 WHERE id = ?`,
      ).run(id);
    },
    /** A person asks for what they had declined: under `inside` (a path in the folder, '' for all of it). */
    askFor: (folderID: string, inside: string): void => {
      statement<[string, string, string, string]>(
        `UPDATE file SET state = 'waiting', reason = NULL, declined = 0
         WHERE folder_id = ? AND declined = 1 AND (? = '' OR path = ? OR path GLOB ?)`,
      ).run(folderID, inside, inside, `${inside.replaceAll(/[*?[]/gu, '[$&]')}/*`);
    },
    /** The content of a file is known: whose it is, and its hash. */
    bindFile: (id: string, photoID: string | null, resourceID: string | null, sha256: string): void => {
      statement<(string | null)[]>(
        `UPDATE file SET photo_id = ?, resource_id = ?, sha256 = ?, state = 'present', reason = NULL, declined = 0, attempts = 0
         WHERE id = ?`,
      ).run(photoID, resourceID, sha256, id);
    },
    /** A header row was made for this file. */
    ownFile: (id: string, photoID: string): void => {
      statement<[string, string]>(
        `UPDATE file SET photo_id = ?, resource_id = NULL, state = 'header', reason = NULL, declined = 0
         WHERE id = ?`,
      ).run(photoID, id);
    },
    /** The photo these files belonged to is taken back. */
    disownFiles: (photoID: string): void => {
      statement<[string]>('UPDATE file SET photo_id = NULL, resource_id = NULL WHERE photo_id = ?').run(photoID);
    },
    /** Keeps what the content pass saw of the file as the state to compare with. */
    setSeen: (
      id: string,
      seen: Pick<ScannedFile, 'byteSize' | 'modifiedNs' | 'changedNs' | 'inode' | 'device'>,
    ): void => {
      statement<(string | number)[]>(
        'UPDATE file SET byte_size = ?, modified_ns = ?, changed_ns = ?, inode = ?, device = ? WHERE id = ?',
      ).run(seen.byteSize, seen.modifiedNs, seen.changedNs, seen.inode, seen.device, id);
    },
    bindSidecar: (id: string, photoID: string, resourceID: string): void => {
      statement<[string, string, string]>(
        `UPDATE file SET photo_id = ?, resource_id = ?, state = 'sidecar', reason = NULL, declined = 0
         WHERE id = ?`,
      ).run(photoID, resourceID, id);
    },
    /** Files in one sub-folder of a folder (not deeper). */
    besides: (folderID: string, inside: string): FileRow[] => {
      const prefix = inside === '' ? '' : `${inside}/`;
      return statement<[string, string, string], FileRow>(
        'SELECT * FROM file WHERE folder_id = ? AND path >= ? AND path < ?',
      )
        .all(folderID, prefix, inside === '' ? '\u{10ffff}' : `${inside}0`)
        .filter((row) => !row.path.slice(prefix.length).includes('/'));
    },
    deleteFile: (id: string): void => {
      statement<[string]>('DELETE FROM file WHERE id = ?').run(id);
    },
    /** Moves a path out of the way for the length of a transaction, so that swapped names do not collide. */
    parkFile: (id: string): void => {
      statement<[string]>(`UPDATE file SET path = char(0) || id WHERE id = ?`).run(id);
    },
    /**
     * Says of a resource, and of those of other photos with the same bytes, whether any file of it can be reached, from the
     * files and their folders.
     */
    refreshResource: (resourceID: string): void => {
      statement<[string, string]>(
        `UPDATE resource SET local_state = ${stateHere} WHERE id IN (SELECT ?
           UNION ALL SELECT same.id FROM resource AS own JOIN resource AS same ON same.sha256 = own.sha256 WHERE own.id = ?)`,
      ).run(resourceID, resourceID);
    },
    /** The same for every resource with these bytes: a file of them has gone or changed. */
    refreshBytes: (sha256: string): void => {
      statement<[string]>(`UPDATE resource SET local_state = ${stateHere} WHERE sha256 = ?`).run(sha256);
    },
    refreshFolderResources: (folderID: string): void => {
      statement<[string, string]>(
        `UPDATE resource SET local_state = ${stateHere} WHERE id IN (SELECT resource_id FROM file WHERE folder_id = ?
           UNION SELECT same.id FROM file JOIN resource AS same ON same.sha256 = file.sha256 WHERE file.folder_id = ?)`,
      ).run(folderID, folderID);
    },
    waitingIn: (folderID: string): number =>
      connection
        .statement<[string], { count: number }>(
          `SELECT count(*) AS count FROM file WHERE folder_id = ? AND state = 'waiting'`,
        )
        .get(folderID)?.count ?? 0,
    declinedIn: (folderID: string): number =>
      statement<[string], { count: number }>(
        'SELECT count(*) AS count FROM file WHERE folder_id = ? AND declined = 1',
      ).get(folderID)?.count ?? 0,
    photosIn: (folderID: string): number =>
      statement<[string], { count: number }>(
        'SELECT count(DISTINCT photo_id) AS count FROM file WHERE folder_id = ? AND photo_id IS NOT NULL',
      ).get(folderID)?.count ?? 0,
  };
}

export type FileRows = ReturnType<typeof createFileRows>;
