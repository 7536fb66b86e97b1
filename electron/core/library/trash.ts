import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Deleted } from '../../../shared/contract/photos.ts';
import { errorMessage } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { Connection } from '../store/connection.ts';
import { handOnFile } from '../store/queries/fileHeir.ts';
import type { Store } from '../store/store.ts';
import { mayDelete, readZones } from '../store/zoneRights.ts';
import type { FileState } from './fileRows.ts';
import { permitted, photosText, readTargets, updatePhoto, type Changed, type Target } from './photoTargets.ts';
import type { Steps } from './steps.ts';

/** The trash: 30 days, everything comes back as it was, originals in watched folders are the person's own. */
export interface Trash {
  trash(ids: readonly string[]): Promise<Changed>;
  /** Tags, albums and places in them were never taken away, so they are there again. */
  restore(ids: readonly string[]): Promise<Changed>;
  /**
   * For good, and not undoable. Only photos that are in the trash go, and none that is restored before its turn comes. A file
   * that cannot be removed keeps no photo back: the answer counts it, and `reportError` is told of each.
   */
  deleteForever(ids: readonly string[], moveFilesToSystemTrash: boolean): Promise<Deleted>;
  empty(): Promise<Deleted>;
  /**
   * Deletes for good what has lain in the trash of my own zones for 30 days, by the dates of the photos and by what was
   * seen here: a date from a computer whose clock was wrong deletes nothing.
   * @param past a moment that is past for certain (trustedTime.ts); undefined deletes nothing
   */
  expire(past: number | undefined): Promise<Deleted>;
}

export interface TrashDependencies {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  /** Moves a file of a watched folder to the system's trash. @throws AppError notSupported */
  readonly moveToSystemTrash: (path: string) => Promise<void>;
  readonly reportError: (error: unknown) => void;
}

/** How long a photo stays in the trash, in ms. */
export const trashTime = 30 * 86_400_000;
/** A photo takes about ten rows with it. */
const photosPerTransaction = 20;

/** Tables with rows of a photo, in an order in which nothing is left pointing at what is gone. */
const belongings = ['album_item', 'photo_tag', 'comment', 'rating', 'personal', 'edit', 'resource'] as const;

/** A photo in the trash, and since when. */
type Trashed = Target & { readonly trashed_at: number };

interface FileRow {
  readonly id: string;
  readonly path: string;
  readonly folder: string;
  readonly kind: 'watched' | 'originals';
  readonly state: FileState;
  readonly sha256: string | null;
}

export function createTrash(deps: TrashDependencies): Trash {
  const { store, steps, now, moveToSystemTrash, reportError } = deps;
  const { connection } = store;

  const deletable = (photo: Target, zones: ReturnType<typeof readZones>): boolean =>
    mayDelete(zones.get(photo.zone_id), photo.created_by) &&
    belongings.every((table) =>
      connection
        .statement<[string], { zone_id: string; created_by: string | null }>(
          `SELECT zone_id, created_by FROM ${table} WHERE photo_id = ?`,
        )
        .all(photo.id)
        .every((row) => mayDelete(zones.get(row.zone_id), row.created_by)),
    );

  const inTrash = (ids: readonly string[]): Trashed[] =>
    readTargets<{ trashed_at: number | null }>(connection, ids, ['trashed_at']).filter(
      (photo): photo is Trashed => photo.trashed_at !== null,
    );

  /**
   * Removes the rows of those photos that still lie in the trash since the same moment: between two batches an import of the
   * same bytes, or another computer, may have restored one, and thrown away again it has its whole time again.
   */
  const removeTrashed = (photos: readonly Trashed[]): { removed: number; refused: number; files: FileRow[] } => {
    const since = new Map(photos.map((photo) => [photo.id, photo.trashed_at]));
    const still = inTrash([...since.keys()]).filter((photo) => photo.trashed_at === since.get(photo.id));
    const zones = readZones(connection);
    const going = still.filter((photo) => deletable(photo, zones)).map((photo) => photo.id);
    const files = going.length === 0 ? [] : removeRows(connection, going);
    return { removed: going.length, refused: still.length - going.length, files };
  };

  /** @param choose which photos go; asked when the steps before are done */
  const remove = (choose: () => readonly Trashed[], moveFilesToSystemTrash: boolean): Promise<Deleted> =>
    steps.exclusive(async () => {
      const photos = choose();
      let changed = 0;
      let refused = 0;
      const left: { readonly path: string; readonly reason: string }[] = [];
      const leave = (path: string, error: unknown): void => {
        const reason = whyNotRemoved(error, path);
        left.push({ path, reason });
        reportError(new Error(`${path} could not be removed: ${reason}`, { cause: error }));
      };
      for (let start = 0; start < photos.length; start += photosPerTransaction) {
        if (start > 0) await steps.pause();
        const batch = photos.slice(start, start + photosPerTransaction);
        // The rows must be gone for certain before a file goes: a row without its file is a loss, a file without a row is not.
        const done = store.withFullSync(() => store.transaction('app', () => removeTrashed(batch)));
        changed += done.removed;
        refused += done.refused;
        // In the turn of the commit: an import of the same bytes that comes next finds neither row nor file, never one of them.
        for (const path of done.files.filter(({ kind }) => kind === 'originals').map(pathOf)) {
          try {
            rmSync(path, { force: true });
          } catch (error) {
            leave(path, error);
          }
        }
        if (!moveFilesToSystemTrash) continue;
        for (const file of done.files.filter(({ kind }) => kind !== 'originals')) {
          try {
            await moveToSystemTrash(pathOf(file));
          } catch (error) {
            if (!wasGone(file)) leave(pathOf(file), error);
          }
        }
      }
      const [example] = left;
      return {
        changed,
        refused,
        filesLeft: example === undefined ? null : { count: left.length, example },
      };
    });

  const trashed = (): string[] =>
    connection
      .statement<[], { id: string }>('SELECT id FROM photo WHERE trashed_at IS NOT NULL')
      .all()
      .map((row) => row.id);

  /** Since when each photo is seen in the trash here: the later of that and its own date counts. */
  const noteSeen = (at: number): void =>
    store.transaction('maintenance', () => {
      connection
        .statement<[]>('DELETE FROM trash_seen WHERE photo_id IN (SELECT id FROM photo WHERE trashed_at IS NULL)')
        .run();
      connection.statement<[number, number]>('UPDATE trash_seen SET since = ? WHERE since > ?').run(at, at);
      connection
        .statement<[number]>(
          `INSERT OR IGNORE INTO trash_seen (photo_id, since) SELECT id, ? FROM photo WHERE trashed_at IS NOT NULL`,
        )
        .run(at);
    });

  const expired = (past: number, at: number): string[] =>
    connection
      .statement<[number, number], { id: string }>(
        `SELECT p.id FROM trash_seen AS seen JOIN photo AS p ON p.id = seen.photo_id JOIN zone ON zone.id = p.zone_id
         WHERE zone.store = 'private' AND max(seen.since, CASE WHEN p.trashed_at > ? THEN 0 ELSE p.trashed_at END) < ?`,
      )
      .all(at, past - trashTime)
      .map((row) => row.id);

  const setTrashed = (ids: readonly string[], at: number | null): Promise<Changed> =>
    steps.run(() => {
      const targets = readTargets<{ trashed_at: number | null }>(connection, ids, ['trashed_at']);
      const { allowed, refused } = permitted(
        connection,
        targets.filter((photo) => (photo.trashed_at === null) === (at !== null)),
        'delete',
      );
      const count = photosText(allowed.length);
      return {
        label: at === null ? `Restored ${count} from the trash` : `Moved ${count} to the trash`,
        rows: allowed,
        write: (photo) => updatePhoto(connection, photo.id, now(), { trashed_at: at, trashed_by: null }),
        result: { changed: allowed.length, refused },
      };
    });

  return {
    trash: (ids) => setTrashed(ids, now()),
    restore: (ids) => setTrashed(ids, null),
    deleteForever: (ids, moveFilesToSystemTrash) => remove(() => inTrash(ids), moveFilesToSystemTrash),
    empty: () => {
      // What a person has seen when they said so, not what is thrown away while other steps are waited for.
      const photos = inTrash(trashed());
      return remove(() => photos, false);
    },
    expire: async (past) => {
      const at = now();
      noteSeen(at);
      if (past === undefined) return { changed: 0, refused: 0, filesLeft: null };
      const photos = inTrash(expired(past, at));
      return remove(() => photos, false);
    },
  };
}

const pathOf = (file: FileRow): string => join(file.folder, file.path);

/**
 * Whether the last scan missed the file, and it is not there now either. Not being there alone says little: the drive may be
 * away, and the file with it.
 */
function wasGone(file: FileRow): boolean {
  if (file.state !== 'missing') return false;
  try {
    return lstatSync(pathOf(file), { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** Why a file is still there, for a person. */
function whyNotRemoved(error: unknown, path: string): string {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') return `You have no permission to remove ${path}.`;
  return code === 'EBUSY' || code === 'EROFS' ? toFileError(error, path).message : errorMessage(error);
}

/** Removes photos and all that belongs to them; answers the files whose bytes nothing needs any more. */
function removeRows(connection: Connection, photoIDs: readonly string[]): FileRow[] {
  const ids = JSON.stringify(photoIDs);
  const files = connection
    .statement<[string], FileRow>(
      `SELECT file.id, file.path, folder.path AS folder, folder.kind, file.state, file.sha256 FROM json_each(?) AS gone
       CROSS JOIN file ON file.photo_id = gone.value JOIN folder ON folder.id = file.folder_id`,
    )
    .all(ids);
  // Pictures made of bytes that no row knows any more are removed by whoever next reads this list.
  connection
    .statement<[string]>(
      `INSERT OR IGNORE INTO forgotten (sha256)
       SELECT sha256 FROM resource WHERE sha256 IS NOT NULL AND photo_id IN (SELECT value FROM json_each(?))`,
    )
    .run(ids);
  for (const table of belongings) {
    connection.statement<[string]>(`DELETE FROM ${table} WHERE photo_id IN (SELECT value FROM json_each(?))`).run(ids);
  }
  connection.statement<[string]>('DELETE FROM photo WHERE id IN (SELECT value FROM json_each(?))').run(ids);
  return files.filter((file) => !handedOn(connection, file));
}

/**
 * Gives a file to another photo of the same bytes that has none of its own (a copy made for a share), or lets go of it.
 * A watched file stays known as one the person deleted here, so that the next scan does not bring it back.
 * @returns whether another photo needs the file
 */
function handedOn(connection: Connection, file: FileRow): boolean {
  if (handOnFile(connection, file)) return true;
  if (file.kind === 'originals') connection.statement<[string]>('DELETE FROM file WHERE id = ?').run(file.id);
  else {
    connection
      .statement<[string]>(
        `UPDATE file SET state = 'rejected', reason = 'Deleted from the library; the file was left where it is.',
           resource_id = NULL, photo_id = NULL WHERE id = ?`,
      )
      .run(file.id);
  }
  return false;
}
