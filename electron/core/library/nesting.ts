import type { FileRow, FileRows, FolderRow } from './fileRows.ts';
import { isBelow, isInside, portablePath } from './pathInside.ts';

/**
 * Folders that lie inside one another: one watched as a whole, with others around it of which only some files were chosen. A
 * file is listed in one of them, the innermost. Listed in two it had a copy of itself: edited in place, it was torn from its
 * photo as if that copy had stayed.
 */
export interface Nesting {
  /** The innermost folder that is this path or lies around it. */
  around(path: string): FolderRow | undefined;
  /** Folders below one, by their path in it, with `/`. */
  below(folder: Pick<FolderRow, 'path'>): ReadonlyMap<string, FolderRow>;
  /**
   * A folder is watched as a whole from now on: those inside it become part of it, and files chosen below it while only a
   * folder around it was known become its own; they keep their rows. Inside an `ingest` transaction.
   * @returns the ids of the folders that are none any more
   */
  takeOver(folder: Pick<FolderRow, 'id' | 'path'>): readonly string[];
}

export function createNesting({ files }: { readonly files: FileRows }): Nesting {
  const watched = () => files.folders().filter((folder) => folder.kind === 'watched');

  /** Where a library of an older version lists a file of both folders twice, one row stays: the one that has a photo. */
  function dropDoubles(moving: readonly FileRow[], to: string, pathThere: (path: string) => string): void {
    for (const row of moving) {
      const there = files.fileAt(to, pathThere(row.path));
      if (there === undefined) continue;
      const dropped = row.photo_id === null ? row : there;
      files.deleteFile(dropped.id);
      if (dropped.resource_id !== null) files.refreshResource(dropped.resource_id);
    }
  }

  return {
    around: (path) =>
      watched()
        .filter((folder) => isInside(folder.path, path))
        .reduce<FolderRow | undefined>(
          (inner, folder) => (inner === undefined || isBelow(inner.path, folder.path) ? folder : inner),
          undefined,
        ),
    below: ({ path }) =>
      new Map(
        watched()
          .filter((folder) => isBelow(path, folder.path))
          .map((folder) => [portablePath(path, folder.path), folder]),
      ),
    takeOver: ({ id, path }) => {
      const others = watched().filter((folder) => folder.id !== id);
      for (const outer of others.filter((folder) => isBelow(folder.path, path))) {
        const prefix = `${portablePath(outer.path, path)}/`;
        const moving = files.files(outer.id).filter((row) => row.path.startsWith(prefix));
        dropDoubles(moving, id, (inside) => inside.slice(prefix.length));
        files.moveFilesIn(outer.id, id, prefix);
      }
      const inner = others.filter((folder) => isBelow(path, folder.path));
      for (const one of inner) {
        const prefix = `${portablePath(path, one.path)}/`;
        dropDoubles(files.files(one.id), id, (inside) => prefix + inside);
        files.moveFiles(one.id, id, prefix);
        files.deleteFolder(one.id);
      }
      return inner.map((one) => one.id);
    },
  };
}
