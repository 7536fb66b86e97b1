import { lstatSync } from 'node:fs';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { createChangedCopies } from './changedCopies.ts';
import { rolesOf } from './fileNames.ts';
import { isSameFile, type FileRow, type FolderRow } from './fileRows.ts';
import type { ScannedFile, WalkResult } from './scanJobs.ts';
import { absolutePath, type PassContext } from './session.ts';
import type { NewItem } from './sessionRows.ts';

/** What a scan of a folder found to do. */
export interface Reconciled {
  /** Files to be read: new ones and edited ones. */
  readonly items: readonly NewItem[];
  readonly moved: number;
  readonly missing: number;
  /** Files that wait for their writer to finish; look again later. */
  readonly waiting: number;
  /** Changed copies that another session has to be done with first; look again when one has ended. */
  readonly held: number;
}

/** The folder cannot be believed now: nothing was changed but its state. */
export interface Unbelievable {
  readonly reason: string;
}

/** A file untouched for this long is taken as finished; a younger one is looked at again. In ms. */
const settleMs = 2_000;

/** A folder that had at least this many files and lost more than half of them at once is not believed. */
const massMinimum = 10;

interface Diff {
  readonly unchanged: Set<string>;
  readonly seen: Map<string, ScannedFile>;
  readonly known: readonly FileRow[];
}

/**
 * Compares a folder as it lies on disk with what is known of it: moves and renames keep their rows, edits and new
 * files become items, what is gone is marked missing and never deleted. `confirmed`: a person has said that a mass
 * disappearance is real. Nothing under the folder is opened, let alone written.
 */
export function reconcile(
  context: PassContext,
  folder: FolderRow,
  walk: WalkResult,
  { confirmed = false, settle = settleMs }: { readonly confirmed?: boolean; readonly settle?: number } = {},
): Reconciled | Unbelievable {
  const { store, files } = context;
  const known = files.files(folder.id);
  const knownPaths = new Set(known.map((row) => row.path));
  const seen = new Map(
    walk.files.filter((file) => folder.scope === 'tree' || knownPaths.has(file.path)).map((file) => [file.path, file]),
  );
  const unchanged = new Set(known.filter((row) => isUnchanged(row, seen.get(row.path))).map((row) => row.id));
  const diff: Diff = { unchanged, seen, known };
  const moves = findMoves(context, folder, diff);
  const moved = new Set([...moves.values()].map((row) => row.id));
  const unreadable = new Set(walk.unreadable);
  const gone = known.filter(
    (row) =>
      !unchanged.has(row.id) &&
      !seen.has(row.path) &&
      !moved.has(row.id) &&
      row.state !== 'missing' &&
      !isUnknown(unreadable, row.path),
  );
  const doubt = doubtOf(folder, walk, diff, gone.length, confirmed);
  if (doubt !== undefined) return { reason: doubt };
  return store.transaction('ingest', () => apply(context, folder, walk, diff, moves, gone, settle));
}

/** Whether the walk could not look at a path, or not into a folder around it. A disk may fail at every one of its files. */
function isUnknown(unreadable: ReadonlySet<string>, path: string): boolean {
  if (unreadable.size === 0) return false;
  if (unreadable.has('') || unreadable.has(path)) return true;
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (unreadable.has(path.slice(0, slash))) return true;
  }
  return false;
}

function isUnchanged(row: FileRow, seen: ScannedFile | undefined): boolean {
  return (
    seen !== undefined &&
    row.state !== 'waiting' &&
    row.state !== 'missing' &&
    row.byte_size === seen.byteSize &&
    row.modified_ns === seen.modifiedNs &&
    row.changed_ns === seen.changedNs &&
    row.inode === seen.inode
  );
}

/**
 * Refused, declined or deleted by a person, and as it was by all that a remount leaves: FAT and exFAT have no inode numbers of
 * their own, and what a person has said of a file must not hang on a number that the system counted out.
 */
function isStillRefused(row: FileRow, seen: ScannedFile): boolean {
  return row.state === 'rejected' && row.byte_size === seen.byteSize && row.modified_ns === seen.modifiedNs;
}

/**
 * Why the folder's state should not be believed: another directory lies at its place (an empty mount point, another
 * disk), or most of its files are gone at once. Undefined when all is well.
 */
function doubtOf(
  folder: FolderRow,
  walk: WalkResult,
  { known, seen, unchanged }: Diff,
  gone: number,
  confirmed: boolean,
): string | undefined {
  // What a person declined or deleted counts as well: forgotten, it would be taken when its disk is back.
  const remembered = known.filter(
    (row) => row.state === 'present' || row.state === 'header' || row.state === 'rejected',
  );
  if (remembered.length === 0) return undefined;
  const replaced = folder.marker !== null && folder.marker !== markerOf(walk.root);
  const isThere = (row: FileRow) => unchanged.has(row.id) || seen.get(row.path)?.byteSize === row.byte_size;
  if (replaced && !remembered.some(isThere)) {
    return 'Another folder lies in its place: its disk may not be connected.';
  }
  const here = remembered.filter((row) => row.state !== 'rejected' || row.declined === 1);
  if (!confirmed && here.length >= massMinimum && gone > here.length / 2) {
    return `${gone} of its ${here.length} files are gone at once. If you removed them, rescan the folder to confirm.`;
  }
  return undefined;
}

/** Which directory this is, for `folder.marker`. Kept in the database: a watched folder is never written to. */
export function markerOf(root: { readonly inode: string; readonly device: string }): string {
  return JSON.stringify({ inode: root.inode, device: root.device });
}

/** Paths in this folder whose file is a known one from elsewhere: same inode, size and modification time. */
function findMoves({ files }: PassContext, folder: FolderRow, { seen, known, unchanged }: Diff): Map<string, FileRow> {
  const byPath = new Map(known.map((row) => [row.path, row]));
  const moves = new Map<string, FileRow>();
  const taken = new Set<string>();
  for (const [path, file] of seen) {
    const own = byPath.get(path);
    if (own !== undefined && (unchanged.has(own.id) || isSameFile(own, file))) continue;
    const from = files
      .filesByIdentity(file.inode, file.byteSize)
      .find(
        (row) =>
          !taken.has(row.id) &&
          !unchanged.has(row.id) &&
          isSameFile(row, file) &&
          (row.folder_id === folder.id
            ? !isSameFile(row, seen.get(row.path))
            : isGone(files.folder(row.folder_id), row)),
      );
    if (from === undefined) continue;
    taken.add(from.id);
    moves.set(path, from);
  }
  return moves;
}

function isGone(folder: FolderRow | undefined, row: FileRow): boolean {
  if (folder === undefined) return true;
  try {
    const stat = lstatSync(absolutePath(folder, row.path), { bigint: true });
    return String(stat.ino) !== row.inode;
  } catch (error) {
    return systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR';
  }
}

function apply(
  context: PassContext,
  folder: FolderRow,
  walk: WalkResult,
  diff: Diff,
  moves: ReadonlyMap<string, FileRow>,
  gone: readonly FileRow[],
  settle: number,
): Reconciled {
  const { files, newId, now } = context;
  const touched = new Set<string>();
  // Names may have been swapped: first every moved row steps aside, then each takes its new place.
  for (const row of moves.values()) files.parkFile(row.id);
  const movedIds = new Set([...moves.values()].map((row) => row.id));
  const byPath = new Map(diff.known.filter((row) => !movedIds.has(row.id)).map((row) => [row.path, row]));
  for (const [path, row] of moves) {
    const file = diff.seen.get(path);
    const occupant = byPath.get(path);
    if (file === undefined) continue;
    // What was at the new place has been overwritten by the move: it is missing, and has no path any more.
    if (occupant !== undefined) {
      files.parkFile(occupant.id);
      files.setFileState(occupant.id, 'missing');
      if (occupant.resource_id !== null) touched.add(occupant.resource_id);
      byPath.delete(path);
    }
    files.placeFile(row.id, folder.id, file);
    if (row.state === 'missing') files.setFileState(row.id, row.sha256 === null ? 'waiting' : 'present');
    if (row.resource_id !== null) touched.add(row.resource_id);
  }
  for (const row of gone) {
    // Never taken, so nothing of a person's hangs on it.
    if (row.photo_id === null) {
      files.deleteFile(row.id);
      continue;
    }
    files.setFileState(row.id, 'missing');
    if (row.resource_id !== null) touched.add(row.resource_id);
  }
  const fresh = [...diff.seen.values()].filter((file) => !moves.has(file.path));
  const roles = rolesOf(
    fresh.map((file) => file.path),
    [...diff.seen.keys()],
  );
  const items: NewItem[] = [];
  const open = context.sessions.openFiles(folder.id);
  const changeOf = createChangedCopies(context, folder, diff.seen);
  let waiting = 0;
  let held = 0;
  for (const file of fresh) {
    const row = byPath.get(file.path);
    if (row !== undefined && (diff.unchanged.has(row.id) || open.has(row.id))) continue;
    if (row !== undefined && row.state !== 'waiting' && (isSameFile(row, file) || isStillRefused(row, file))) {
      // Only its rights, its name's case, a link count or its disk's numbers changed; or a missing one is back as it was.
      files.placeFile(row.id, folder.id, file);
      if (row.state === 'missing') files.setFileState(row.id, row.sha256 === null ? 'waiting' : 'present');
      if (row.resource_id !== null) touched.add(row.resource_id);
      // Refused before it was ever read: perhaps it can be read now, unless no more than its number is another. One that was
      // read has been deleted by the person.
      const isTouched = row.state === 'rejected' && row.changed_ns !== file.changedNs;
      const again = row.sha256 === null && row.declined === 0 && (isTouched || row.state === 'missing');
      if (!again) continue;
      if (row.state === 'rejected') files.setFileState(row.id, 'waiting');
    }
    if (!isSettled(file, row, now(), settle)) {
      waiting += 1;
      rememberWaiting(context, folder, file, row);
      continue;
    }
    const change = row === undefined ? 'new' : changeOf(row);
    if (change === 'held') {
      held += 1;
      continue;
    }
    const role = roles.get(file.path) ?? 'main';
    const edits = row !== undefined && change === 'edited';
    const fileID = row?.id ?? newId();
    if (row === undefined) files.insertWaiting(fileID, folder.id, file);
    // A file whose content is known keeps the old look until the new content is: a crash between loses no edit.
    else if (row.sha256 === null) files.setSeen(row.id, file);
    items.push({
      path: absolutePath(folder, file.path),
      // What is a `pair` is read when all others have been.
      role: edits && role === 'pair' ? 'main' : change === 'newAfter' && role === 'main' ? 'pair' : role,
      change: edits ? 'edited' : 'new',
      byte_size: file.byteSize,
      modified_ns: file.modifiedNs,
      folder_id: folder.id,
      file_id: fileID,
      photo_id: edits ? row.photo_id : null,
    });
  }
  for (const resourceID of touched) files.refreshResource(resourceID);
  files.setFolder(folder.id, { marker: markerOf(walk.root), scanned_at: now() });
  // A remark on how an available folder is watched stays.
  if (folder.state === 'unavailable') {
    files.setFolder(folder.id, { state: 'available', reason: null });
    files.refreshFolderResources(folder.id);
  }
  return { items, moved: moves.size, missing: gone.length, waiting, held };
}

/** Two equal looks: untouched for a while, or as it was when it was last seen waiting. */
function isSettled(file: ScannedFile, row: FileRow | undefined, now: number, settle: number): boolean {
  const age = now - Number(BigInt(file.changedNs) / 1_000_000n);
  if (age >= settle) return true;
  // A clock that runs behind the disk's: then being unchanged since the last look has to do.
  return age < 0 && row?.state === 'waiting' && row.changed_ns === file.changedNs && row.byte_size === file.byteSize;
}

function rememberWaiting(context: PassContext, folder: FolderRow, file: ScannedFile, row: FileRow | undefined): void {
  const { files, newId } = context;
  if (row === undefined) {
    const id = newId();
    files.insertWaiting(id, folder.id, file);
    return;
  }
  // A known photo that is being rewritten keeps its row as it is until the writer is done.
  if (row.photo_id !== null && row.state !== 'waiting') return;
  files.setSeen(row.id, file);
  // One that was refused as it lay there before: with this look alone it would count as unchanged ever after.
  if (row.state !== 'waiting') files.setFileState(row.id, 'waiting');
}
