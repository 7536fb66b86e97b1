import { lstatSync } from 'node:fs';
import type { FileRow, FolderRow } from './fileRows.ts';
import type { ScannedFile } from './scanJobs.ts';
import { absolutePath, type PassContext } from './session.ts';

/**
 * What becomes of the photo of a file that has changed in place. `edited`: the file takes it along. `new`: another copy stayed
 * as it was and keeps it. `newAfter`: the same, but another changed copy takes it along, and must have done so when this one is
 * read: a tool that treats both alike leaves equal copies, and this one would look like a photo that was there before. `held`:
 * that other copy is read by another session; look again when one has ended.
 */
export type CopyChange = 'edited' | 'new' | 'newAfter' | 'held';

/**
 * Decides for the changed files of one scan, each asked about once. Inside its transaction, when the rows of what has moved
 * and gone are written.
 * @param seen the files of the folder as they lie now, by path
 */
export function createChangedCopies(
  { files, sessions }: Pick<PassContext, 'files' | 'sessions'>,
  folder: FolderRow,
  seen: ReadonlyMap<string, ScannedFile>,
): (row: FileRow) => CopyChange {
  /** Resources that a file of this scan takes along. */
  const taken = new Set<string>();
  let open: ReadonlyMap<string, 'new' | 'edited'> | undefined;

  /** As it was when it was read. One that cannot be looked at may be: its disk is expected back. */
  function stays(copy: FileRow): boolean {
    if (copy.folder_id === folder.id) {
      const file = seen.get(copy.path);
      // By its look alone: a disk that was taken out and put back has another number, and maybe other inodes.
      return file === undefined || looksAsBefore(copy, file.byteSize, file.modifiedNs);
    }
    const other = files.folder(copy.folder_id);
    // Nobody but us writes the library's own copies.
    if (other === undefined || other.kind === 'originals') return true;
    try {
      const stat = lstatSync(absolutePath(other, copy.path), { bigint: true });
      return looksAsBefore(copy, Number(stat.size), String(stat.mtimeNs));
    } catch {
      return true;
    }
  }

  return (row) => {
    if (row.photo_id === null || row.state === 'sidecar') return 'new';
    if (row.resource_id === null) return 'edited';
    const path = absolutePath(folder, row.path);
    const copies = files.filesOfResource(row.resource_id).filter((copy) => {
      const place = copy.id === row.id ? folder : files.folder(copy.folder_id);
      // A library of an older version may list this very file in two folders.
      return copy.state === 'present' && place !== undefined && absolutePath(place, copy.path) !== path;
    });
    if (copies.some(stays)) return 'new';
    if (copies.length > 0) open ??= sessions.openChanges();
    if (copies.some((copy) => open?.get(copy.id) === 'edited')) return 'held';
    if (taken.has(row.resource_id)) return 'newAfter';
    taken.add(row.resource_id);
    return 'edited';
  };
}

const looksAsBefore = (row: FileRow, byteSize: number, modifiedNs: string): boolean =>
  row.byte_size === byteSize && row.modified_ns === modifiedNs;
