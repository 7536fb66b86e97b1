import { sep } from 'node:path';
import type { ImportIssue, ImportProgress } from '../../../shared/model/library.ts';
import type { Format } from '../media/formats.ts';
import type { Connection } from '../store/connection.ts';
import { nameParts } from './fileNames.ts';

export type SessionState = ImportProgress['state'];
export type SessionKind = 'import' | 'scan';
export type ImportMode = 'copy' | 'reference';

/** One run of taking files in: an import a person asked for, or a scan of a watched folder that found something. */
export interface SessionRow {
  readonly id: string;
  readonly kind: SessionKind;
  readonly mode: ImportMode;
  readonly state: SessionState;
  readonly source: string;
  /** JSON array of absolute paths. */
  readonly roots: string;
  readonly message: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
}

/** `pair`: may belong to another file of the same name (Live Photo video, RAW beside JPEG): decided after that one. */
export type ItemRole = 'main' | 'pair' | 'sidecar';

export type ItemOutcome = 'pending' | 'read' | 'imported' | 'duplicate' | 'updated' | 'sidecar' | 'skipped' | 'failed';

/** One file of a session. `pending`: found; `read`: its header made a row; the others are final. */
export interface ItemRow {
  readonly id: number;
  readonly session_id: string;
  readonly path: string;
  readonly role: ItemRole;
  readonly change: 'new' | 'edited';
  readonly outcome: ItemOutcome;
  readonly format: Format | null;
  readonly byte_size: number;
  readonly modified_ns: string;
  readonly folder_id: string | null;
  readonly file_id: string | null;
  readonly photo_id: string | null;
  readonly thumbnail: number;
  readonly reason: string | null;
}

export type NewItem = Pick<
  ItemRow,
  'path' | 'role' | 'change' | 'byte_size' | 'modified_ns' | 'folder_id' | 'file_id' | 'photo_id'
>;

/**
 * SQL of sessions and their items. Plain functions over a connection; transactions are the caller's.
 * @param separator what stands between the parts of an item's path: this system's by default
 */
export function createSessionRows(connection: Connection, separator: string = sep) {
  const { statement } = connection;
  /** Where the paths below a folder begin and end in the order of the index: from the first, to before the second. */
  const rangeIn = (folder: string): readonly [string, string] => {
    const inside = folder.endsWith(separator) ? folder : `${folder}${separator}`;
    return [inside, inside.slice(0, -1) + String.fromCharCode(separator.charCodeAt(0) + 1)];
  };
  return {
    insertSession: (row: SessionRow): void => {
      statement<(string | number | null)[]>(
        `INSERT INTO import_session (id, kind, mode, state, source, roots, message, started_at, ended_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(row.id, row.kind, row.mode, row.state, row.source, row.roots, row.message, row.started_at, row.ended_at);
    },
    session: (id: string): SessionRow | undefined =>
      statement<[string], SessionRow>('SELECT * FROM import_session WHERE id = ?').get(id),
    /** Unfinished ones, oldest first. */
    unfinished: (): SessionRow[] =>
      statement<[], SessionRow>(
        `SELECT * FROM import_session WHERE state NOT IN ('done', 'cancelled') ORDER BY started_at, rowid`,
      ).all(),
    /** Every unfinished one, however old, and the newest of all, newest first. */
    listed: (newest: number): SessionRow[] =>
      statement<[number], SessionRow>(
        `SELECT * FROM import_session WHERE state NOT IN ('done', 'cancelled') OR id IN
           (SELECT id FROM import_session ORDER BY started_at DESC, rowid DESC LIMIT ?)
         ORDER BY started_at DESC, rowid DESC`,
      ).all(newest),
    setState: (id: string, state: SessionState, message: string | null, endedAt: number | null): void => {
      statement<[string, string | null, number | null, string]>(
        'UPDATE import_session SET state = ?, message = ?, ended_at = ? WHERE id = ?',
      ).run(state, message, endedAt, id);
    },
    /** Sessions beyond the newest few are forgotten, with their reports. */
    forgetOld: (keep: number): void => {
      statement<[number]>(
        `DELETE FROM import_session WHERE state IN ('done', 'cancelled') AND id NOT IN
           (SELECT id FROM import_session ORDER BY started_at DESC, rowid DESC LIMIT ?)`,
      ).run(keep);
    },
    /** A path already listed in this session is left as it is. */
    insertItem: (sessionID: string, item: NewItem): void => {
      statement<(string | number | null)[]>(
        `INSERT OR IGNORE INTO import_item
           (session_id, path, role, change, outcome, byte_size, modified_ns, folder_id, file_id, photo_id)
         VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)`,
      ).run(
        sessionID,
        item.path,
        item.role,
        item.change,
        item.byte_size,
        item.modified_ns,
        item.folder_id,
        item.file_id,
        item.photo_id,
      );
    },
    /** A path that could not even be listed. */
    insertFailed: (sessionID: string, path: string, reason: string): void => {
      statement<[string, string, string]>(
        `INSERT OR IGNORE INTO import_item (session_id, path, role, change, outcome, byte_size, modified_ns, reason)
         VALUES (?, ?, 'main', 'new', 'failed', 0, '0', ?)`,
      ).run(sessionID, path, reason);
    },
    /** Whether anything at a path or below it is an item of the session. Asked of every chosen path: by the index. */
    hasItemsIn: (sessionID: string, path: string): boolean => {
      const [inside, behind] = rangeIn(path);
      const found = statement<string[], { found: number }>(
        `SELECT 1 AS found FROM import_item WHERE session_id = ? AND path = ?
         UNION ALL SELECT 1 FROM import_item WHERE session_id = ? AND path >= ? AND path < ? LIMIT 1`,
      ).get(sessionID, path, sessionID, inside, behind);
      return found !== undefined;
    },
    /** The next items of a stage after an id, in the order they were found. */
    items: (sessionID: string, outcome: ItemOutcome, role: ItemRole, after: number, limit: number): ItemRow[] =>
      statement<[string, string, string, number, number], ItemRow>(
        `SELECT * FROM import_item WHERE session_id = ? AND outcome = ? AND role = ? AND id > ? ORDER BY id LIMIT ?`,
      ).all(sessionID, outcome, role, after, limit),
    /** Files of a folder that a running or paused session still has to read. */
    openFiles: (folderID: string): ReadonlySet<string> =>
      new Set(
        statement<[string], { file_id: string }>(
          // By where the file is listed now: a folder that was watched since may have taken it over from the one around it.
          `SELECT item.file_id AS file_id FROM import_item AS item JOIN import_session AS session
             ON session.id = item.session_id JOIN file ON file.id = item.file_id
           WHERE session.state NOT IN ('done', 'cancelled') AND file.folder_id = ?
             AND item.outcome IN ('pending', 'read')`,
        )
          .all(folderID)
          .map((row) => row.file_id),
      ),
    /** Files in place that a running or paused session still has to read, and what it takes each for. */
    openChanges: (): ReadonlyMap<string, 'new' | 'edited'> =>
      new Map(
        statement<[], { file_id: string; change: 'new' | 'edited' }>(
          `SELECT item.file_id AS file_id, item.change AS change FROM import_item AS item JOIN import_session AS session
             ON session.id = item.session_id
           WHERE session.state NOT IN ('done', 'cancelled') AND item.outcome IN ('pending', 'read')
             AND item.file_id IS NOT NULL`,
        )
          .all()
          .map((row) => [row.file_id, row.change]),
      ),
    /** What a session still has to read in one folder. */
    openItems: (sessionID: string, folderID: string): ItemRow[] =>
      statement<[string, string], ItemRow>(
        `SELECT item.* FROM import_item AS item JOIN file ON file.id = item.file_id
         WHERE item.session_id = ? AND item.outcome IN ('pending', 'read') AND file.folder_id = ? ORDER BY item.id`,
      ).all(sessionID, folderID),
    /** Files in place of a session that nothing was read of yet. */
    unseenFiles: (sessionID: string): { file_id: string; path: string }[] =>
      statement<[string], { file_id: string; path: string }>(
        `SELECT file_id, path FROM import_item WHERE session_id = ? AND outcome = 'pending' AND file_id IS NOT NULL`,
      ).all(sessionID),
    item: (id: number): ItemRow | undefined =>
      statement<[number], ItemRow>('SELECT * FROM import_item WHERE id = ?').get(id),
    readItem: (id: number, format: string, photoID: string | null, fileID: string | null): void => {
      statement<[string, string | null, string | null, number]>(
        `UPDATE import_item SET outcome = 'read', format = ?, photo_id = ?, file_id = ? WHERE id = ?`,
      ).run(format, photoID, fileID, id);
    },
    finishItem: (
      id: number,
      outcome: ItemOutcome,
      { photoID = null, reason = null, thumbnail = false }: FinishedItem = {},
    ): void => {
      statement<(string | number | null)[]>(
        `UPDATE import_item SET outcome = ?, photo_id = coalesce(?, photo_id), reason = ?, thumbnail = ? WHERE id = ?`,
      ).run(outcome, photoID, reason, thumbnail ? 1 : 0, id);
    },
    /** The file is not ready to be taken; a later scan looks again. */
    deleteItem: (id: number): void => {
      statement<[number]>('DELETE FROM import_item WHERE id = ?').run(id);
    },
    /** A header row that was never finished (its file failed, or the session was cancelled) is let go of. */
    clearPhoto: (photoID: string): void => {
      statement<[string]>('UPDATE import_item SET photo_id = NULL WHERE photo_id = ?').run(photoID);
    },
    /** Photos of a session that still wait for their full facts and were not passed over. */
    photosWithoutFacts: (sessionID: string, limit: number): string[] =>
      statement<[string, number], { photo_id: string }>(
        `SELECT DISTINCT item.photo_id AS photo_id FROM import_item AS item JOIN photo ON photo.id = item.photo_id
         WHERE item.session_id = ? AND photo.facts_level BETWEEN 1 AND 2 AND item.reason IS NULL
           AND item.outcome NOT IN ('pending', 'read') LIMIT ?`,
      )
        .all(sessionID, limit)
        .map((row) => row.photo_id),
    /** The facts of a photo cannot be read now; its sessions go on without. @returns false when that was known. */
    passOverFacts: (
      photoID: string,
      reason = 'Its file could not be reached when its facts were to be read.',
    ): boolean =>
      statement<[string, string]>(
        `UPDATE import_item SET reason = ?
         WHERE photo_id = ? AND reason IS NULL AND outcome NOT IN ('pending', 'read')`,
      ).run(reason, photoID) > 0,
    /** Photos with an original in a folder that wait for their full facts, and for no session. */
    // CROSS JOIN: each photo by its own few files; left to itself SQLite goes through the whole folder for each.
    owedFacts: (folderID: string): string[] =>
      statement<[string], { id: string }>(
        `SELECT photo.id AS id FROM photo WHERE photo.facts_level < 3 AND photo.facts_level > 0
           AND EXISTS (SELECT 1 FROM resource CROSS JOIN file ON file.resource_id = resource.id
             WHERE resource.photo_id = photo.id AND resource.kind = 'original'
               AND file.state = 'present' AND file.folder_id = ?)
           AND NOT EXISTS (SELECT 1 FROM import_item AS item JOIN import_session AS session
             ON session.id = item.session_id
             WHERE item.photo_id = photo.id AND item.reason IS NULL AND session.state NOT IN ('done', 'cancelled'))`,
      )
        .all(folderID)
        .map((row) => row.id),
    /**
     * Files of this session in one folder (not deeper, where one name may stand for another photo), with the photos they
     * became: sidecars look for their photo here.
     */
    neighbours: (sessionID: string, folder: string): { path: string; photo_id: string }[] =>
      statement<[string, string, string], { path: string; photo_id: string }>(
        `SELECT path, photo_id FROM import_item
         WHERE session_id = ? AND path >= ? AND path < ? AND photo_id IS NOT NULL AND role <> 'sidecar'`,
      )
        .all(sessionID, ...rangeIn(folder))
        .filter((one) => nameParts(one.path).folder === folder),
    counts: (sessionID: string): { outcome: ItemOutcome; count: number; thumbnails: number }[] =>
      statement<[string], { outcome: ItemOutcome; count: number; thumbnails: number }>(
        `SELECT outcome, count(*) AS count, sum(thumbnail) AS thumbnails FROM import_item
         WHERE session_id = ? GROUP BY outcome`,
      ).all(sessionID),
    issues: (sessionID: string, after: number, limit: number): { issues: ImportIssue[]; total: number } => ({
      issues: statement<[string, number, number], ImportIssue>(
        `SELECT path, outcome, coalesce(reason, '') AS reason FROM import_item
         WHERE session_id = ? AND outcome IN ('skipped', 'failed') ORDER BY id LIMIT ? OFFSET ?`,
      ).all(sessionID, limit, after),
      total:
        statement<[string], { total: number }>(
          `SELECT count(*) AS total FROM import_item WHERE session_id = ? AND outcome IN ('skipped', 'failed')`,
        ).get(sessionID)?.total ?? 0,
    }),
  };
}

interface FinishedItem {
  readonly photoID?: string | null;
  readonly reason?: string | null;
  readonly thumbnail?: boolean;
}

export type SessionRows = ReturnType<typeof createSessionRows>;
