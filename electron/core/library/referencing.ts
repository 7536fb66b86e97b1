import { AppError, isAppError } from '../../../shared/errors.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { Caller } from '../workers/channel.ts';
import type { FolderRow } from './fileRows.ts';
import type { Nesting } from './nesting.ts';
import { isInside, portablePath } from './pathInside.ts';
import { reconcile } from './reconcile.ts';
import type { ScanJobs } from './scanJobs.ts';
import type { PassContext } from './session.ts';
import type { NewItem } from './sessionRows.ts';

/** Files to be used where they lie, as items of a session. */
export interface Referenced {
  readonly items: readonly NewItem[];
  /** What could not be listed (absolute paths), and why. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

export interface Referencing {
  /**
   * Lists files chosen in a folder (their paths), or all below it. What lies in a folder that is known by itself is listed
   * there, and one of those that cannot be looked through is a problem that does not stop the others.
   * @throws AppError folderUnavailable, fileUnreadable, diskFull, cancelled; notFound when it is no longer watched
   */
  reference(root: string, chosen?: readonly string[]): Promise<Referenced>;
}

export function createReferencing(
  deps: PassContext & {
    readonly scan: Pick<Caller<ScanJobs>, 'call'>;
    readonly nesting: Pick<Nesting, 'around' | 'below'>;
    /** Writes down a folder of which only chosen files are used. @returns its row */
    readonly insert: (path: string) => FolderRow;
    /** @throws AppError notFound when the folder is no longer watched */
    readonly mustExist: (id: string) => FolderRow;
    /** Told of a folder with copies that wait for another session (changedCopies.ts). */
    readonly onHeld: (folderID: string) => void;
  },
): Referencing {
  const { store, files, scan, newId, nesting } = deps;
  return {
    reference: async (root, chosen) => {
      const first = await list(nesting.around(root) ?? deps.insert(root), root, chosen);
      const items = [...first.items];
      const problems = [...first.problems];
      for (const folder of first.others) {
        try {
          const part = await list(folder, folder.path);
          items.push(...part.items);
          problems.push(...part.problems);
        } catch (error) {
          if (isAppError(error) && (error.code === 'cancelled' || error.code === 'diskFull')) throw error;
          problems.push({ path: folder.path, reason: toFileError(error, folder.path).message });
        }
      }
      return { items, problems };
    },
  };

  /** Lists the files of one folder. @returns also the folders inside it that hold some of what was asked for */
  async function list(
    folder: FolderRow,
    root: string,
    chosen?: readonly string[],
  ): Promise<Referenced & { readonly others: ReadonlySet<FolderRow> }> {
    const { id } = folder;
    const walk = await scan.call('walk', { root: folder.path });
    const wanted = new Set((chosen ?? [root]).map((path) => portablePath(folder.path, path)));
    const [under = ''] = wanted;
    const asked = walk.files.filter(({ path }) =>
      chosen === undefined ? under === '' || path.startsWith(`${under}/`) : wanted.has(path),
    );
    const inner = nesting.below(folder);
    const others = new Set<FolderRow>();
    const found = asked.filter(({ path }) => {
      const other = innermost(inner, path);
      if (other !== undefined) others.add(other);
      return other === undefined;
    });
    const items = store.transaction('ingest', () => {
      // No longer watched, perhaps, while it was looked through.
      deps.mustExist(id);
      const known = new Set(files.files(id).map((file) => file.path));
      for (const file of found) if (!known.has(file.path)) files.insertWaiting(newId(), id, file);
      for (const one of wanted) files.askFor(id, one);
      // A person chose these files now: how young they are does not matter, a torn one is reported as damaged.
      const changes = reconcile(deps, folder, walk, { settle: 0 });
      if ('reason' in changes) throw new AppError('folderUnavailable', changes.reason, { path: folder.path });
      if (changes.held > 0) deps.onHeld(id);
      return changes.items;
    });
    const problems = chosen === undefined ? walk.problems.filter(({ path }) => isInside(root, path)) : [];
    return { items, problems, others };
  }
}

/** Of folders by their path, the innermost in which a file lies. */
function innermost(folders: ReadonlyMap<string, FolderRow>, path: string): FolderRow | undefined {
  if (folders.size === 0) return undefined;
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const folder = folders.get(path.slice(0, slash));
    if (folder !== undefined) return folder;
  }
  return undefined;
}
