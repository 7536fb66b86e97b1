import { lstatSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, isAppError } from '../../../shared/errors.ts';
import { folderID } from '../../../shared/ids.ts';
import type { WatchedFolder } from '../../../shared/model/library.ts';
import { toNamedPathError } from '../media/fileErrors.ts';
import type { Caller } from '../workers/channel.ts';
import type { FolderRow } from './fileRows.ts';
import { createNesting } from './nesting.ts';
import { isBelow, isInside } from './pathInside.ts';
import { markerOf, reconcile } from './reconcile.ts';
import { createReferencing, type Referencing } from './referencing.ts';
import { rootIdentity, type ScanJobs, type WalkResult } from './scanJobs.ts';
import type { PassContext } from './session.ts';
import type { NewItem } from './sessionRows.ts';
import { createWatcher, type Every, type Watcher, type WatchMode } from './watcher.ts';

/** Folders whose photos are used where they lie. They are never written to. */
export interface Folders {
  list(): readonly WatchedFolder[];
  /**
   * Watches a folder and everything below it, from now on. The first scan runs behind the answer.
   * @throws AppError notFound, fileUnreadable; alreadyExists when it lies inside a watched folder; invalidInput.
   */
  add(path: string): Promise<WatchedFolder>;
  /** Stops watching. Its photos stay, as missing or on the server, unless `forgetPhotos`. No file is touched. */
  remove(id: string, options?: { readonly forgetPhotos?: boolean }): Promise<void>;
  /** Looks through one folder or all; a person's word confirms a mass disappearance, and takes what was cancelled or given up. */
  rescan(id?: string): Promise<void>;
  /** Starts the watchers and looks through everything once. */
  start(): Promise<void>;
  /** Something is still being written: look again when it may be done. */
  lookAgainSoon(id: string): void;
  /** Files chosen in a folder (their paths), or all below it, as items of a session, referenced in place. */
  readonly reference: Referencing['reference'];
  /** A session has ended: folders with files that waited for one are looked through again. */
  sessionEnded(): void;
  /** Resolves when no scan runs or is due at once. */
  idle(): Promise<void>;
  dispose(): Promise<void>;
}

export interface FoldersDependencies extends PassContext {
  readonly scan: Pick<Caller<ScanJobs>, 'call'>;
  readonly reportError: (error: unknown) => void;
  readonly settleMs: number;
  readonly unfinishedMs: number;
  readonly rescanMs: number;
  /** How often a folder that cannot be reached is looked for, in ms. */
  readonly returnMs: number;
  readonly watch: boolean;
  readonly every: Every;
  readonly isNetwork: (path: string) => boolean;
  /** Writes down a session for what a scan found; inside the scan's own transaction. @returns its id. */
  readonly begin: (folder: FolderRow, items: readonly NewItem[]) => string;
  /** Runs a session to its end. */
  readonly run: (sessionID: string) => Promise<void>;
  /** Ends what has yet to be read of a folder that is about to be no longer watched. */
  readonly leave: (folder: FolderRow) => Promise<void>;
  /** Told of a folder that was just looked through. */
  readonly onSeen: (folderID: string) => void;
}

/** Hints come in bursts (a copied folder): one scan for all of them, this many ms after the last. */
const hintMs = 400;
/** A folder in which something changes all the time is scanned all the same, this many ms after the first. */
const longestHintMs = 5_000;

export function createFolders(deps: FoldersDependencies): Folders {
  const { store, files, photos, scan, now, newId, reportError } = deps;
  const watchers = new Map<string, Watcher>();
  const scans = new Map<string, { current: Promise<void>; again: boolean; confirmed: boolean }>();
  const hints = new Map<string, { readonly timer: NodeJS.Timeout; readonly first: number }>();
  let again: NodeJS.Timeout | undefined;
  /** Folders with files that were still being written. */
  const due = new Set<string>();
  /** Folders about to be no longer watched: nothing new begins in them. */
  const leaving = new Set<string>();
  /** Folders with copies that wait for the session that reads another of them. */
  const held = new Set<string>();
  let disposed = false;
  const nesting = createNesting({ files });
  const { reference } = createReferencing({
    ...deps,
    nesting,
    insert: (path) => {
      const id = newId();
      store.transaction('ingest', () => insert(id, path, 'files'));
      return mustExist(id);
    },
    mustExist,
    onHeld: (id) => held.add(id),
  });
  const hourly = deps.every(deps.rescanMs, () => {
    for (const folder of watched()) {
      // The system had no room for its watches: perhaps it has now. The scan sets them anew.
      if (folder.watch_mode === 'rescan') unwatch(folder.id);
      void request(folder.id);
    }
  });
  // A disk that comes back tells nobody: its folders are looked for now and then.
  const returning = deps.every(deps.returnMs, () => {
    for (const folder of watched()) if (folder.state === 'unavailable' && isThere(folder.path)) void request(folder.id);
  });

  return {
    list: () => watched().map(toModel),
    add: async (path) => {
      const real = await folderPath(path);
      const known = watched().find((folder) => folder.path === real);
      if (known !== undefined && known.scope === 'tree') return toModel(known);
      refuseOverlap(real);
      const id = known?.id ?? newId();
      store.transaction('ingest', () => {
        if (known !== undefined) files.setFolder(id, { scope: 'tree' });
        else insert(id, real, 'tree');
        for (const inner of nesting.takeOver({ id, path: real })) unwatch(inner);
        // To watch it is to want all of it, also what an import of some of it was cancelled for.
        files.askFor(id, '');
      });
      watch(mustExist(id));
      void request(id);
      return toModel(mustExist(id));
    },
    remove: async (id, { forgetPhotos = false } = {}) => {
      const folder = mustExist(id);
      leaving.add(id);
      try {
        // First: a scan is done when its session is, and a paused one may be that never.
        await deps.leave(folder);
        await scans.get(id)?.current;
        await watchers.get(id)?.dispose();
        watchers.delete(id);
        if (forgetPhotos) forget(id);
        store.transaction('ingest', () => {
          const resources = new Set(files.files(id).flatMap((file) => file.resource_id ?? []));
          files.deleteFolder(id);
          for (const resourceID of resources) files.refreshResource(resourceID);
        });
      } finally {
        leaving.delete(id);
      }
    },
    rescan: async (id) => {
      const ids = id === undefined ? watched().map((one) => one.id) : [mustExist(id).id];
      store.transaction('ingest', () => {
        for (const one of ids) files.askFor(one, '');
      });
      await Promise.all(ids.map((one) => request(one, true)));
    },
    start: async () => {
      for (const folder of watched()) watch(folder);
      await Promise.all(watched().map((folder) => request(folder.id)));
    },
    lookAgainSoon: (id) => lookAgain(id),
    reference,
    sessionEnded: () => {
      for (const id of held) lookAgain(id);
      held.clear();
    },
    idle: async () => {
      while (scans.size > 0 || hints.size > 0 || (again !== undefined && !disposed)) {
        await Promise.all([...scans.values()].map((one) => one.current));
        if (hints.size > 0 || again !== undefined) await new Promise((done) => setTimeout(done, 50));
      }
    },
    dispose: async () => {
      disposed = true;
      hourly.dispose();
      returning.dispose();
      clearTimeout(again);
      for (const { timer } of hints.values()) clearTimeout(timer);
      hints.clear();
      await Promise.all([...watchers.values()].map((watcher) => watcher.dispose()));
      await Promise.all([...scans.values()].map((one) => one.current));
    },
  };

  function watched(): FolderRow[] {
    return files.folders().filter((folder) => folder.kind === 'watched');
  }

  function mustExist(id: string): FolderRow {
    const folder = files.folder(id);
    if (folder === undefined || folder.kind !== 'watched') {
      throw new AppError('notFound', 'This folder is not watched.', { folderID: id });
    }
    return folder;
  }

  function toModel(folder: FolderRow): WatchedFolder {
    return {
      id: folderID.parse(folder.id),
      path: folder.path,
      state: folder.state,
      reason: folder.reason,
      watchMode: folder.watch_mode,
      photos: files.photosIn(folder.id),
      waiting: files.waitingIn(folder.id),
      declined: files.declinedIn(folder.id),
      scannedAt: folder.scanned_at,
    };
  }

  function watch(folder: FolderRow): void {
    if (!deps.watch || disposed || folder.scope === 'files' || watchers.has(folder.id)) return;
    const { every, isNetwork } = deps;
    const watcher = createWatcher({
      path: folder.path,
      onHint: () => hint(folder.id),
      onMode: (mode, reason) => noteMode(folder.id, mode, reason),
      every,
      isNetwork,
    });
    watchers.set(folder.id, watcher);
  }

  function unwatch(id: string): void {
    void watchers.get(id)?.dispose();
    watchers.delete(id);
  }

  function noteMode(id: string, mode: WatchMode, remark: string | null): void {
    const folder = files.folder(id);
    if (folder === undefined) return;
    // Why a folder cannot be reached is worth more than how it would be watched.
    const reason = folder.state === 'available' ? remark : folder.reason;
    if (folder.watch_mode === mode && folder.reason === reason) return;
    store.transaction('ingest', () => files.setFolder(id, { watch_mode: mode, reason }));
  }

  function hint(id: string): void {
    if (disposed) return;
    const waiting = hints.get(id);
    clearTimeout(waiting?.timer);
    const at = performance.now();
    const first = waiting?.first ?? at;
    const timer = setTimeout(
      () => {
        hints.delete(id);
        void request(id);
      },
      Math.max(0, Math.min(hintMs, first + longestHintMs - at)),
    );
    hints.set(id, { timer, first });
  }

  /** Scans a folder now, or once more after the scan that runs. Resolves when a scan begun after this call is done. */
  function request(id: string, confirmed = false): Promise<void> {
    const active = scans.get(id);
    if (active !== undefined) {
      active.again = true;
      active.confirmed ||= confirmed;
      return active.current;
    }
    const state = { current: Promise.resolve(), again: true, confirmed };
    scans.set(id, state);
    state.current = (async () => {
      try {
        while (state.again && !disposed && !leaving.has(id)) {
          const confirm = state.confirmed;
          state.again = false;
          state.confirmed = false;
          await scanOnce(id, confirm);
        }
      } catch (error) {
        reportError(error);
      } finally {
        scans.delete(id);
      }
    })();
    return state.current;
  }

  async function scanOnce(id: string, confirmed: boolean): Promise<void> {
    const folder = files.folder(id);
    if (folder === undefined) return;
    let walk: WalkResult;
    try {
      walk = await scan.call('walk', { root: folder.path });
    } catch (error) {
      if (!isAppError(error)) throw error;
      return markUnavailable(folder, error.message);
    }
    if (leaving.has(id)) return;
    const sessionID = store.transaction('ingest', () => {
      const found = reconcile(deps, folder, walk, { confirmed, settle: deps.settleMs });
      if ('reason' in found) {
        markUnavailable(folder, found.reason);
        return undefined;
      }
      if (found.waiting > 0) lookAgain(id);
      if (found.held > 0) held.add(id);
      return found.items.length === 0 ? undefined : deps.begin(folder, found.items);
    });
    const isSeen = files.folder(id)?.state === 'available';
    if (isSeen && !watchers.has(id)) watch(mustExist(id));
    if (isSeen) deps.onSeen(id);
    if (sessionID !== undefined) await deps.run(sessionID);
  }

  function lookAgain(id: string): void {
    due.add(id);
    if (disposed || again !== undefined) return;
    again = setTimeout(
      () => {
        again = undefined;
        for (const one of due) void request(one);
        due.clear();
      },
      Math.max(deps.settleMs, 200) + 100,
    );
    again.unref();
  }

  /** Nothing is deleted and nothing marked gone: the folder as a whole cannot be seen now. */
  function markUnavailable(folder: FolderRow, reason: string): void {
    if (folder.state === 'unavailable' && folder.reason === reason) return;
    store.transaction('ingest', () => {
      files.setFolder(folder.id, { state: 'unavailable', reason });
      files.refreshFolderResources(folder.id);
    });
    unwatch(folder.id);
  }

  async function folderPath(path: string): Promise<string> {
    if (path.includes('\0')) throw new AppError('invalidInput', 'A path cannot hold a NUL character.');
    const wanted = resolve(path);
    try {
      const real = await realpath(wanted);
      if (!(await stat(real)).isDirectory()) {
        throw new AppError('invalidInput', `${wanted} is not a folder.`, { path: wanted });
      }
      if (isInside(real, store.directory) || isInside(store.directory, real)) {
        throw new AppError('invalidInput', `${wanted} and the library lie inside one another.`, { path: wanted });
      }
      return real;
    } catch (error) {
      throw toNamedPathError(error, wanted);
    }
  }

  function refuseOverlap(path: string): void {
    const outer = watched().find((folder) => folder.scope === 'tree' && isBelow(folder.path, path));
    if (outer === undefined) return;
    throw new AppError('alreadyExists', `${path} is watched already, as part of ${outer.path}.`, { path });
  }

  function insert(id: string, path: string, scope: 'tree' | 'files'): void {
    files.insertFolder({
      id,
      kind: 'watched',
      path,
      marker: markerOf(rootIdentity(path)),
      watch_mode: 'native',
      scope,
      added_at: now(),
    });
  }

  /** Takes away photos that lie nowhere else. The files stay: watching the folder again brings them back. */
  function forget(id: string): void {
    const ids = [...new Set(files.files(id).flatMap((file) => file.photo_id ?? []))].filter((photoID) =>
      files.filesOfPhoto(photoID).every((file) => file.folder_id === id),
    );
    for (let start = 0; start < ids.length; start += 200) {
      store.transaction('app', () => {
        for (const photoID of ids.slice(start, start + 200)) photos.forget(photoID);
      });
    }
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
