import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { toFileError } from '../media/fileErrors.ts';
import { readHeader, type HeaderResult } from '../media/headerFacts.ts';
import { portablePath } from './pathInside.ts';

/** A file as the walk saw it. `path` is relative to the root, with `/`. Big numbers are text: a double loses bits. */
export interface ScannedFile {
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedNs: string;
  readonly changedNs: string;
  readonly inode: string;
  readonly device: string;
}

export interface WalkResult {
  readonly files: readonly ScannedFile[];
  /** Folders and files that could not be looked at, relative, with a sentence. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
  /** Folders whose listing failed, and files that are listed but cannot be looked at: what lies there is unknown, not gone. */
  readonly unreadable: readonly string[];
  readonly root: { readonly inode: string; readonly device: string };
}

export type ScanJobs = {
  /**
   * Lists every ordinary file under a root. Hidden names (a leading dot), system folders and symbolic links are left
   * out on purpose. @throws AppError folderUnavailable when the root itself cannot be listed.
   */
  readonly walk: (params: { readonly root: string }) => WalkResult;
  /** Heads of many files; one result per path, in order. */
  readonly headers: (params: { readonly paths: readonly string[] }) => Promise<readonly HeaderResult[]>;
};

/** Folders that systems and storage boxes keep for themselves. */
const systemFolders = new Set([
  '@eaDir',
  '#recycle',
  '#snapshot',
  '$RECYCLE.BIN',
  'System Volume Information',
  'lost+found',
  '__MACOSX',
]);

/** What makes a folder a library. */
const databaseName = 'library.sqlite';

/** True for names a walk leaves out: hidden ones, `._` companions of macOS, system folders. */
export function isLeftOut(name: string): boolean {
  return name.startsWith('.') || systemFolders.has(name) || name === 'Thumbs.db' || name === 'desktop.ini';
}

export function createScanJobs(): ScanJobs {
  return {
    walk: ({ root }) => walk(root),
    headers: async ({ paths }) => {
      const results: HeaderResult[] = [];
      for (const path of paths) results.push(await readHeader(path));
      return results;
    },
  };
}

function walk(root: string): WalkResult {
  const files: ScannedFile[] = [];
  const problems: { path: string; reason: string }[] = [];
  const unreadable: string[] = [];
  const identity = rootIdentity(root);
  const visit = (directory: string) => {
    let entries: Dirent[];
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch (error) {
      if (directory === root) throw unavailable(root, error);
      if (systemCode(error) === 'ENOENT') return;
      unreadable.push(portablePath(root, directory));
      problems.push({ path: directory, reason: toFileError(error, directory).message });
      return;
    }
    // A library's own copies and pictures are no photos of somebody's folder, whichever library is open now.
    if (directory !== root && entries.some((entry) => entry.name === databaseName)) return;
    for (const entry of entries) {
      if (isLeftOut(entry.name)) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) addFile(path);
    }
  };
  const addFile = (path: string) => {
    try {
      const stat = lstatSync(path, { bigint: true });
      files.push({
        path: portablePath(root, path),
        byteSize: Number(stat.size),
        modifiedNs: String(stat.mtimeNs),
        changedNs: String(stat.ctimeNs),
        inode: String(stat.ino),
        device: String(stat.dev),
      });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        unreadable.push(portablePath(root, path));
        problems.push({ path, reason: toFileError(error, path).message });
      } else if (path.includes('\uFFFD')) {
        // Bytes that are no text arrive as U+FFFD, and no file of that name is there to be opened.
        problems.push({ path, reason: 'Its name is not valid Unicode; rename it first.' });
      }
      // Else it went between listing and looking: the next scan sees it right.
    }
  };
  visit(root);
  return { files, problems, unreadable, root: identity };
}

/** Which directory a root is, so that another one put in its place (an empty mount point) is told apart. */
export function rootIdentity(root: string): { inode: string; device: string } {
  try {
    const stat = lstatSync(root, { bigint: true });
    if (!stat.isDirectory()) throw new AppError('folderUnavailable', `${root} is not a folder.`, { path: root });
    return { inode: String(stat.ino), device: String(stat.dev) };
  } catch (error) {
    throw unavailable(root, error);
  }
}

function unavailable(root: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = systemCode(error);
  const why =
    code === 'ENOENT'
      ? 'The folder is not there. Is its disk connected?'
      : code === 'EACCES' || code === 'EPERM'
        ? 'You have no permission to read the folder.'
        : 'The disk reports an error.';
  return new AppError('folderUnavailable', why, { path: root, system: code ?? null }, { cause: error });
}
