import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import { handOnFile } from '../store/queries/fileHeir.ts';
import { isKeptForRefused } from '../store/queries/refusedFiles.ts';
import type { Store } from '../store/store.ts';
import { nextTurn } from './steps.ts';

/** Copies of ours whose photo was deleted for good on another computer. */
export interface UnownedFiles {
  /**
   * Notes which copies belong to no photo, and removes those that have belonged to none for as long as the trash would
   * have kept them. One whose bytes a photo needs goes to that photo instead.
   * @param past a moment that is past for certain (trustedTime.ts); undefined removes nothing
   * @returns how many files were removed
   */
  expire(past: number | undefined): Promise<number>;
}

/** A file no photo names, and that is kept for nothing else. */
const isUnowned = `NOT EXISTS (SELECT 1 FROM resource WHERE resource.id = file.resource_id) AND NOT ${isKeptForRefused}`;

interface UnownedRow {
  readonly id: string;
  readonly sha256: string | null;
  readonly folder: string;
  readonly path: string;
}

/** Files looked at in one turn: a library has hundreds of thousands, and the window has to stay quick. */
const filesPerTurn = 2_000;

/** @param keptMs how long a copy is kept after its photo, in ms */
export function createUnownedFiles(deps: {
  readonly store: Store;
  readonly now: () => number;
  readonly keptMs: number;
  readonly reportError: (error: unknown) => void;
  readonly pause?: () => Promise<void>;
}): UnownedFiles {
  const { store, now, keptMs, reportError, pause = nextTurn } = deps;
  const { connection } = store;
  const { statement } = connection;

  /** Files in place are the person's own and are never looked at here. */
  async function note(): Promise<void> {
    for (let after = ''; ;) {
      const rows = statement<[string, number], { id: string; unowned: number }>(
        `SELECT file.id, folder.kind = 'originals' AND ${isUnowned} AS unowned
         FROM file JOIN folder ON folder.id = file.folder_id WHERE file.id > ? ORDER BY file.id LIMIT ?`,
      ).all(after, filesPerTurn);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.id;
      const found = rows.filter((row) => row.unowned === 1);
      if (found.length > 0) {
        store.transaction('maintenance', () => {
          const add = statement<[string, number]>('INSERT OR IGNORE INTO unowned_file (file_id, since) VALUES (?, ?)');
          for (const { id } of found) add.run(id, now());
        });
      }
      await pause();
    }
  }

  return {
    expire: async (past) => {
      store.transaction('maintenance', () => {
        statement<[number, number]>('UPDATE unowned_file SET since = ? WHERE since > ?').run(now(), now());
        statement<[]>(
          `DELETE FROM unowned_file WHERE EXISTS (SELECT 1 FROM file
             WHERE file.id = unowned_file.file_id AND NOT (${isUnowned}))`,
        ).run();
      });
      await note();
      if (past === undefined) return 0;
      const going = store.withFullSync(() =>
        store.transaction('maintenance', () => {
          // Asked again here: while the library was looked through, somebody may have imported the photo once more.
          const due = statement<[number], UnownedRow>(
            `SELECT file.id, file.sha256, folder.path AS folder, file.path AS path FROM unowned_file AS noted
             JOIN file ON file.id = noted.file_id JOIN folder ON folder.id = file.folder_id
             WHERE noted.since < ? AND ${isUnowned}`,
          ).all(past - keptMs);
          const nobodys = due.filter((file) => !handOnFile(connection, file));
          for (const { id } of nobodys) statement<[string]>('DELETE FROM file WHERE id = ?').run(id);
          return nobodys;
        }),
      );
      // In the turn of the commit, as trash.ts does it: an import of the same bytes finds neither row nor file.
      for (const { folder, path } of going) {
        try {
          rmSync(join(folder, ...path.split('/')), { force: true });
        } catch (error) {
          reportError(new Error(`${path} could not be removed: ${errorMessage(error)}`, { cause: error }));
        }
      }
      return going.length;
    },
  };
}
