import type { Connection } from '../store/connection.ts';
import { createLocalState } from './localState.ts';
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
  /** Readings that failed for a reason that should pass, since the file was last taken; kept when it is given up for them. */
  readonly attempts: number;
  /** When the last of them counted, in ms. */
  readonly attempted_at: number | null;
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

/** SQL of folders and files: facts about this computer's disks, which make no history. */
export function createFileRows(connection: Connection) {
  const { statement } = connection;
  const localState = createLocalState(connection);

  /** Runs a change that may give a file to another resource; the one that it leaves has one place less. */
  function rebind(id: string, change: () => void): void {
    const resourceOf = () =>
      statement<[string], { resource_id: string | null }>('SELECT resource_id FROM file WHERE id = ?').get(id)
        ?.resource_id ?? null;
    const before = resourceOf();
    change();
    if (before !== null && before !== resourceOf()) localState.refreshResource(before);
  }

  return {
    ...localState,
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
    /** Files of one folder below `prefix`, which ends in `/`, become files of the folder that lies there. */
    moveFilesIn: (from: string, to: string, prefix: string): void => {
      statement<string[]>(
        `UPDATE file SET folder_id = ?, path = substr(path, length(?) + 1)
         WHERE folder_id = ? AND path >= ? AND path < ?`,
      ).run(to, prefix, from, prefix, `${prefix.slice(0, -1)}0`);
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
    insertFile: (row: Omit<FileRow, 'attempts' | 'attempted_at' | 'declined'>): void => {
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
    /** Attempts go on being counted while the file waits, but not of one that was refused: it lies there in another way now. */
    setFileState: (id: string, state: FileState, reason: string | null = null): void => {
      statement<[string, string | null, string, string]>(
        `UPDATE file SET state = ?, reason = ?, declined = 0,
           attempts = CASE WHEN ? = 'waiting' AND state <> 'rejected' THEN attempts ELSE 0 END WHERE id = ?`,
      ).run(state, reason, state, id);
    },
    /**
     * One more reading has failed. It counts unless another did within `apartMs`, before or behind: the clock may have been
     * set. @returns how many have counted since the file was last taken or refused
     */
    countAttempt: (id: string, now: number, apartMs: number): number => {
      const file = statement<[string], Pick<FileRow, 'state' | 'attempts' | 'attempted_at'>>(
        'SELECT state, attempts, attempted_at FROM file WHERE id = ?',
      ).get(id);
      if (file === undefined) return 0;
      const counted = file.state === 'rejected' ? 0 : file.attempts;
      const isSoon = file.attempted_at !== null && Math.abs(now - file.attempted_at) < apartMs;
      if (counted > 0 && isSoon) return counted;
      statement<[number, number, string]>('UPDATE file SET attempts = ?, attempted_at = ? WHERE id = ?').run(
        counted + 1,
        now,
        id,
      );
      return counted + 1;
    },
    /** What should have passed never did: refused as it lies there, until it changes or a person asks for it. */
    giveUp: (id: string, reason: string): void => {
      statement<[string, string]>(`UPDATE file SET state = 'rejected', reason = ?, declined = 0 WHERE id = ?`).run(
        reason,
        id,
      );
    },
    /** A person cancelled the import that would have read it. */
    decline: (id: string): void => {
      statement<[string]>(
        `UPDATE file SET state = 'rejected', reason = 'Its import was cancelled.', declined = 1 WHERE id = ?`,
      ).run(id);
    },
    /**
     * A person asks for what they had declined, and for what was given up for a reason that may have passed: under `inside`
     * (a path in the folder, '' for all of it).
     */
    askFor: (folderID: string, inside: string): void => {
      const asked = `UPDATE file SET state = 'waiting', reason = NULL, declined = 0, attempts = 0
         WHERE folder_id = ? AND (declined = 1 OR (state = 'rejected' AND attempts > 0))`;
      if (inside === '') {
        statement<[string]>(asked).run(folderID);
        return;
      }
      statement<string[]>(`${asked} AND path = ?`).run(folderID, inside);
      statement<string[]>(`${asked} AND path >= ? AND path < ?`).run(folderID, `${inside}/`, `${inside}0`);
    },
    /** The content of a file is known: whose it is, and its hash. */
    bindFile: (id: string, photoID: string | null, resourceID: string | null, sha256: string): void => {
      rebind(id, () =>
        statement<(string | null)[]>(
          `UPDATE file SET photo_id = ?, resource_id = ?, sha256 = ?, state = 'present', reason = NULL, declined = 0,
             attempts = 0 WHERE id = ?`,
        ).run(photoID, resourceID, sha256, id),
      );
    },
    /** A header row was made for this file. One that was given up lies there in another way now: its attempts begin anew. */
    ownFile: (id: string, photoID: string): void => {
      rebind(id, () =>
        statement<[string, string]>(
          `UPDATE file SET photo_id = ?, resource_id = NULL, state = 'header', reason = NULL, declined = 0,
             attempts = CASE state WHEN 'rejected' THEN 0 ELSE attempts END WHERE id = ?`,
        ).run(photoID, id),
      );
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
      rebind(id, () =>
        statement<[string, string, string]>(
          `UPDATE file SET photo_id = ?, resource_id = ?, state = 'sidecar', reason = NULL, declined = 0, attempts = 0
           WHERE id = ?`,
        ).run(photoID, resourceID, id),
      );
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

/** Inode, size and modification time: a rename keeps all three (and changes only the change time). */
export function isSameFile(row: FileRow, file: ScannedFile | undefined): boolean {
  return (
    file !== undefined &&
    row.inode === file.inode &&
    row.device === file.device &&
    row.byte_size === file.byteSize &&
    row.modified_ns === file.modifiedNs
  );
}
