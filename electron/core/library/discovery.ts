import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAppError } from '../../../shared/errors.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { Caller } from '../workers/channel.ts';
import { rolesOf } from './fileNames.ts';
import type { Folders } from './folders.ts';
import type { Gate } from './gate.ts';
import { isInside } from './pathInside.ts';
import type { ScanJobs } from './scanJobs.ts';
import type { PassContext } from './session.ts';
import type { NewItem } from './sessionRows.ts';

/**
 * Lists the files of an import into its items. What cannot be listed is an item that failed, and why. A chosen path is
 * listed whole or not at all, whenever the process ends; one that has items already is not listed again.
 */
export interface Discovery {
  /** Lists everything below the chosen paths. Files inside the library itself are left alone. */
  below(sessionID: string, gate: Gate): Promise<void>;
  /** References the chosen files where they lie: their folder is known from now on, but not searched for others. */
  inPlace(sessionID: string, gate: Gate): Promise<void>;
  /** Whether every chosen path has been listed, as far as the items tell: an empty folder has none. */
  isDone(sessionID: string): boolean;
}

export function createDiscovery(
  deps: Pick<PassContext, 'store' | 'sessions'> & {
    readonly scan: Pick<Caller<ScanJobs>, 'call'>;
    readonly folders: Pick<Folders, 'reference'>;
  },
): Discovery {
  const { store, sessions, scan, folders } = deps;
  const libraryDirectory = store.directory;

  /** Items inside another chosen path say nothing of the one around it: that is listed again, which adds what is missing. */
  const unlistedRoots = (id: string) => {
    const roots = JSON.parse(sessions.session(id)?.roots ?? '[]') as string[];
    const outer = holdingOthers(roots);
    return roots.filter((root) => outer.has(root) || !sessions.hasItemsIn(id, root));
  };

  function insertFound(
    id: string,
    found: readonly NewItem[],
    problems: readonly { readonly path: string; readonly reason: string }[],
  ): void {
    const roles = rolesOf(found.map((item) => item.path));
    store.transaction('ingest', () => {
      for (const item of found) sessions.insertItem(id, { ...item, role: roles.get(item.path) ?? 'main' });
      for (const { path, reason } of problems) sessions.insertFailed(id, path, reason);
    });
  }

  return {
    below: async (id, gate) => {
      const found: NewItem[] = [];
      const problems: { path: string; reason: string }[] = [];
      for (const root of unlistedRoots(id)) {
        await gate.pass();
        try {
          const stat = await lstat(root, { bigint: true });
          if (stat.isDirectory()) {
            const walk = await scan.call('walk', { root });
            problems.push(...walk.problems);
            for (const file of walk.files) {
              const path = join(root, ...file.path.split('/'));
              // The library may lie inside the folder a person chose; its own files are no photos to take in. A root that
              // is itself in the library holds files handed over as bytes (incoming.ts).
              if (!isInside(libraryDirectory, path) || isInside(libraryDirectory, root))
                found.push(newItem(path, file.byteSize, file.modifiedNs));
            }
          } else found.push(newItem(root, Number(stat.size), String(stat.mtimeNs)));
        } catch (error) {
          if (isAppError(error) && error.code === 'cancelled') throw error;
          problems.push({ path: root, reason: toFileError(error, root).message });
        }
      }
      insertFound(id, found, problems);
    },

    inPlace: async (id, gate) => {
      const problems: { path: string; reason: string }[] = [];
      const fail = (paths: readonly string[], error: unknown): void => {
        for (const path of paths) problems.push({ path, reason: toFileError(error, path).message });
      };
      const wanted: { readonly folder: string; readonly files: string[] | undefined }[] = [];
      // Files of one folder are taken together: for each by itself the folder would be looked through anew.
      const filesOf = new Map<string, string[]>();
      for (const root of unlistedRoots(id)) {
        await gate.pass();
        try {
          if ((await lstat(root)).isDirectory()) {
            wanted.push({ folder: root, files: undefined });
            continue;
          }
        } catch (error) {
          fail([root], error);
          continue;
        }
        const files = filesOf.get(dirname(root)) ?? [];
        if (files.length === 0) wanted.push({ folder: dirname(root), files });
        files.push(root);
        filesOf.set(dirname(root), files);
      }
      for (const { folder, files } of wanted) {
        await gate.pass();
        try {
          const { items, problems: unlisted } = await folders.reference(folder, files);
          problems.push(...unlisted);
          store.transaction('ingest', () => {
            for (const item of items) sessions.insertItem(id, item);
          });
        } catch (error) {
          if (isAppError(error) && (error.code === 'cancelled' || error.code === 'diskFull')) throw error;
          fail(files ?? [folder], error);
        }
      }
      insertFound(id, [], problems);
    },

    isDone: (id) => unlistedRoots(id).length === 0,
  };
}

function newItem(path: string, byteSize: number, modifiedNs: string): NewItem {
  return {
    path,
    role: 'main',
    change: 'new',
    byte_size: byteSize,
    modified_ns: modifiedNs,
    folder_id: null,
    file_id: null,
    photo_id: null,
  };
}

/**
 * Those of the chosen paths that hold another one. A person may choose ten thousand files, so no path is compared with every
 * other: each way up is walked once, as far as another has not been before.
 */
function holdingOthers(roots: readonly string[]): ReadonlySet<string> {
  const chosen = new Set(roots);
  const passed = new Set<string>();
  const holding = new Set<string>();
  for (const root of chosen) {
    let [inner, folder] = [root, dirname(root)];
    // The top of a disk is its own folder.
    while (folder !== inner && !passed.has(folder)) {
      passed.add(folder);
      if (chosen.has(folder)) holding.add(folder);
      [inner, folder] = [folder, dirname(folder)];
    }
  }
  return holding;
}
