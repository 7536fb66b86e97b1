import { mkdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError, errorMessage, isAppError } from '../../../shared/errors.ts';
import type { ImportIssue, ImportProgress } from '../../../shared/model/library.ts';
import { toNamedPathError } from '../media/fileErrors.ts';
import type { MediaPool } from '../media/mediaPool.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from '../workers/channel.ts';
import { createContentPass } from './contentPass.ts';
import { createDiscovery } from './discovery.ts';
import { createFactsPass } from './factsPass.ts';
import { createFileRows, type FolderRow } from './fileRows.ts';
import { createFolders, type Folders } from './folders.ts';
import { createGate, type Gate } from './gate.ts';
import { createLateFacts } from './lateFacts.ts';
import { createOriginals, type Originals } from './originals.ts';
import { createSerial, sleep } from './pacing.ts';
import { createPairPass } from './pairPass.ts';
import { isInside } from './pathInside.ts';
import { createPhotoRows } from './photoRows.ts';
import { createProgress } from './progress.ts';
import type { ScanJobs } from './scanJobs.ts';
import { runSession, type PassContext } from './session.ts';
import { createSessionRows, type ImportMode, type NewItem, type SessionState } from './sessionRows.ts';
import { createSidecarPass } from './sidecarPass.ts';
import { waitForSpace } from './space.ts';
import { createUnread } from './unread.ts';
import { interval, isNetworkFolder, type Every } from './watcher.ts';

/** Taking files into the library. All calls answer at once; the work goes on behind them and is told by progress. */
export interface Ingest {
  /**
   * Starts an import of files and folders. @returns the session's id.
   * @throws AppError notFound, fileUnreadable for a path that is not there; invalidInput for one inside the library.
   */
  import(paths: readonly string[], options?: ImportOptions): Promise<string>;
  /** Every session that has not ended, paused ones too, and the last that have, newest first. */
  sessions(): readonly ImportProgress[];
  session(id: string): ImportProgress;
  /** The paths that were chosen for each session that has not ended, by its id. */
  unfinishedRoots(): ReadonlyMap<string, readonly string[]>;
  /** Files of a session that were not taken, and why. */
  report(id: string, after: number, limit: number): { readonly issues: readonly ImportIssue[]; readonly total: number };
  pause(id: string): void;
  resume(id: string): void;
  /** What was taken stays; header rows of files not yet read whole go. */
  cancel(id: string): Promise<void>;
  /** Resolves with the final counts when the session has ended. */
  finished(id: string): Promise<ImportProgress>;
  onProgress(listener: (progress: ImportProgress) => void): { dispose(): void };
  readonly folders: Folders;
  /** Resumes what a closed or killed app left unfinished, then looks through every watched folder. */
  start(): Promise<void>;
  /** Resolves when nothing runs and no scan is due. */
  idle(): Promise<void>;
  dispose(): Promise<void>;
}

export interface ImportOptions {
  readonly mode?: ImportMode;
  /** The paths are copies of our own inside the library folder (incoming.ts), shown to the person under this name. */
  readonly ownCopies?: string;
}

export interface IngestDependencies {
  readonly store: Store;
  readonly pool: Pick<MediaPool, 'run' | 'warm'>;
  readonly scan: Pick<Caller<ScanJobs>, 'call'>;
  readonly now: () => number;
  readonly newId: () => string;
  /** Where thumbnails lie. */
  readonly cacheDirectory: string;
  readonly reportError: (error: unknown) => void;
  /** False leaves thumbnails to be made when a photo is first looked at. */
  readonly thumbnails?: boolean;
  /** How long a file must have been untouched, in ms; see reconcile.ts. */
  readonly settleMs?: number;
  /** How long a file without a clean end counts as still being written, in ms. */
  readonly unfinishedMs?: number;
  /** Every folder is looked through at least this often, in ms: events get lost. */
  readonly rescanMs?: number;
  /** How often a folder that cannot be reached is looked for, in ms. */
  readonly returnMs?: number;
  /** False never starts watchers (a command that ends by itself). */
  readonly watch?: boolean;
  /** Runs what is due at intervals; timers by default. */
  readonly every?: Every;
  /** Where copies are put; into folders by month by default. */
  readonly originals?: (directory: string) => Originals;
  /** Whether a folder lies on another machine; told by its file system by default. */
  readonly isNetwork?: (path: string) => boolean;
}

/** Sessions kept for their report. */
const keptSessions = 20;

export function createIngest(deps: IngestDependencies): Ingest {
  const { store, pool, scan, now, newId, cacheDirectory, reportError } = deps;
  const files = createFileRows(store.connection);
  const sessions = createSessionRows(store.connection);
  const photos = createPhotoRows(store.connection, newId);
  const context: PassContext = { store, sessions, files, photos, now, newId };
  const directory = join(store.directory, 'originals');
  const originals = deps.originals?.(directory) ?? createOriginals({ directory });
  const originalsFolder = ensureOriginals(context, directory);
  const progress = createProgress({ sessions });
  const running = new Map<string, { gate: Gate; done: Promise<void>; isListing: () => boolean }>();
  /** States a full disk did not let us write down: what a person is told must still be true. */
  const unwritten = new Map<string, { readonly state: SessionState; readonly message: string | null }>();
  const serial = createSerial();
  /** What a crash had left is being cleared away; it asks the database, which must stay open until then. */
  let clearing: Promise<void> = Promise.resolve();
  let disposed = false;
  const unread = createUnread(context);
  const facts = createFactsPass({
    ...context,
    pool,
    onUnreachable: (folderID) => {
      if (folderID !== originalsFolder) folders.lookAgainSoon(folderID);
    },
  });
  const lateFacts = createLateFacts({ sessions, facts, reportError });
  const headers = (paths: readonly string[]) => scan.call('headers', { paths });
  const folders = createFolders({
    ...context,
    scan,
    reportError,
    settleMs: deps.settleMs ?? 2_000,
    unfinishedMs: deps.unfinishedMs ?? 30_000,
    rescanMs: deps.rescanMs ?? 3_600_000,
    returnMs: deps.returnMs ?? 10_000,
    watch: deps.watch ?? true,
    every: deps.every ?? interval,
    isNetwork: deps.isNetwork ?? isNetworkFolder,
    begin: (folder, items) => begin('scan', 'reference', basename(folder.path) || folder.path, [folder.path], items),
    run: (id) => run(id),
    leave,
    onSeen: (folderID) => lateFacts.read(folderID),
  });
  const discovery = createDiscovery({ store, sessions, scan, folders });

  return {
    folders,
    import: async (paths, { mode = 'copy', ownCopies } = {}) => {
      const roots: string[] = [];
      for (const path of paths) roots.push(await existing(store.directory, path, ownCopies !== undefined));
      const [first = ''] = roots;
      const source =
        ownCopies ??
        (roots.length === 1 ? basename(first) || first : `${basename(first)} and ${roots.length - 1} more`);
      const id = store.transaction('ingest', () => begin('import', mode, source, roots, undefined));
      void run(id);
      return id;
    },
    sessions: () => sessions.listed(keptSessions).map(({ id }) => progress.of(shownRow(id))),
    session: (id) => progress.of(shownRow(id)),
    unfinishedRoots: () => new Map(sessions.unfinished().map(({ id, roots }) => [id, rootsOf(roots)])),
    report: (id, after, limit) => {
      sessionRow(id);
      return sessions.issues(id, after, limit);
    },
    pause: (id) => {
      const active = running.get(id);
      if (active === undefined) return;
      active.gate.hold();
      setState(id, 'paused', null);
    },
    resume: (id) => {
      const row = sessionRow(id);
      if (row.state !== 'paused') return;
      const active = running.get(id);
      // Of one that was paused while it looked for files and then ended, only the items tell how far it had come.
      const isListing = active?.isListing() ?? (row.kind === 'import' && !discovery.isDone(id));
      setState(id, isListing ? 'scanning' : 'running', null);
      if (active === undefined) void run(id);
      else active.gate.release();
    },
    cancel,
    finished: async (id) => {
      for (let active = running.get(id); active !== undefined; active = running.get(id)) await active.done;
      return progress.of(sessionRow(id));
    },
    onProgress: progress.subscribe,
    start: async () => {
      clearing = originals.clearTemporary({
        nameOf: nameOfCopy,
        isKnown: (path) => files.fileAt(originalsFolder, path) !== undefined,
        reportError,
      });
      await clearing;
      if (disposed) return;
      for (const row of sessions.unfinished()) {
        // A disk that was full while files were being listed: the list may lack some.
        if (row.state === 'waitingForSpace') setState(row.id, row.kind === 'import' ? 'scanning' : 'running', null);
        if (row.state !== 'paused') void run(row.id);
      }
      lateFacts.read(originalsFolder);
      await folders.start();
    },
    idle: async () => {
      do {
        await Promise.all([...running.values()].map((one) => one.done));
        await folders.idle();
        await lateFacts.idle();
      } while (running.size > 0);
    },
    dispose: async () => {
      disposed = true;
      await clearing.catch(() => undefined);
      // First: a scan of a folder is done when its session is, which may be a whole library.
      for (const { gate } of running.values()) gate.close();
      await folders.dispose();
      await lateFacts.dispose();
      await Promise.all([...running.values()].map((one) => one.done));
      progress.dispose();
    },
  };

  /** The name of the file a copy in the making was made of; its temporary name ends in the number of its item. */
  function nameOfCopy(temporary: string): string | undefined {
    const item = sessions.item(Number(temporary.slice(temporary.lastIndexOf('-') + 1)));
    return item === undefined ? undefined : basename(item.path);
  }

  function sessionRow(id: string) {
    const row = sessions.session(id);
    if (row === undefined) throw new AppError('notFound', 'There is no such import.', { sessionID: id });
    return row;
  }

  function setState(id: string, state: SessionState, message: string | null): void {
    store.transaction('ingest', () => sessions.setState(id, state, message, null));
    progress.tell(sessionRow(id));
  }

  async function cancel(id: string): Promise<void> {
    const row = sessionRow(id);
    if (row.state === 'done' || row.state === 'cancelled') return;
    const active = running.get(id);
    active?.gate.close();
    await active?.done;
    store.transaction('ingest', () => {
      unread.ofSession(id);
      sessions.setState(id, 'cancelled', null, now());
    });
    progress.tell(sessionRow(id));
    folders.sessionEnded();
  }

  /** A folder is no longer to be watched: what has yet to be read of it will not be, paused or not. */
  async function leave(folder: FolderRow): Promise<void> {
    for (const { id, roots } of sessions.unfinished()) {
      if (sessions.openItems(id, folder.id).length === 0) continue;
      if (rootsOf(roots).every((root) => isInside(folder.path, root))) await cancel(id);
      // An import in place of several folders goes on with the others; what it is reading of this one now, it drops itself.
      else store.transaction('ingest', () => unread.ofFolder(id, folder.id));
    }
  }

  /** Writes a session down; with `items` its files are known already. Inside a transaction. */
  function begin(
    kind: 'import' | 'scan',
    mode: ImportMode,
    source: string,
    roots: readonly string[],
    items: readonly NewItem[] | undefined,
  ): string {
    const id = newId();
    sessions.insertSession({
      id,
      kind,
      mode,
      state: items === undefined ? 'scanning' : 'running',
      source,
      roots: JSON.stringify(roots),
      message: null,
      started_at: now(),
      ended_at: null,
    });
    for (const item of items ?? []) sessions.insertItem(id, item);
    sessions.forgetOld(keptSessions);
    return id;
  }

  function shownRow(id: string) {
    return { ...sessionRow(id), ...unwritten.get(id) };
  }

  function run(id: string): Promise<void> {
    const known = running.get(id);
    if (known !== undefined) return known.done;
    // Written down by a scan that was under way: it begins at the next start.
    if (disposed) return Promise.resolve();
    const gate = createGate();
    const row = sessionRow(id);
    let isListing = row.state === 'scanning';
    const copies = row.mode === 'copy' ? { place: originals, folderID: originalsFolder } : undefined;
    const content = createContentPass({
      ...context,
      pool,
      cacheDirectory,
      originals: copies,
      thumbnails: deps.thumbnails ?? true,
      unfinishedMs: deps.unfinishedMs ?? 30_000,
      serial,
      sleep,
      reportError,
      onUnfinished: (folderID) => folders.lookAgainSoon(folderID),
    });
    const done = runSession({
      ...context,
      sessionID: id,
      gate,
      headers,
      discover: async () => {
        await (row.mode === 'copy' ? discovery.below(id, gate) : discovery.inPlace(id, gate));
        isListing = false;
      },
      expect: (count) => pool.warm(count),
      content,
      facts,
      pairs: createPairPass({ ...context, pool, content }),
      sidecars: createSidecarPass({ ...context, facts, originals: copies }),
      waitForSpace: (signal) => waitForSpace(store.directory, signal, sleep),
      onState: (state, message) => {
        if (sessionRow(id).state === state) unwritten.delete(id);
        else unwritten.set(id, { state, message });
        progress.tell(shownRow(id));
      },
      onProgress: () => progress.hint(id),
      reportError,
    })
      .catch((error: unknown) => {
        if (isAppError(error) && error.code === 'cancelled') return;
        reportError(error);
        setState(id, 'paused', errorMessage(error));
      })
      .finally(() => {
        running.delete(id);
        unwritten.delete(id);
        progress.tell(sessionRow(id));
        folders.sessionEnded();
      });
    running.set(id, { gate, done, isListing: () => isListing });
    progress.tell(sessionRow(id));
    return done;
  }
}

function rootsOf(roots: string): readonly string[] {
  return JSON.parse(roots) as string[];
}

/** The folder row of the library's own copies; its path follows when the library is moved. */
function ensureOriginals({ store, files, now, newId }: PassContext, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const known = files.folders().find((folder: FolderRow) => folder.kind === 'originals');
  if (known !== undefined) {
    if (known.path !== directory) store.transaction('ingest', () => files.setFolderPath(known.id, directory));
    return known.id;
  }
  const id = newId();
  store.transaction('ingest', () =>
    files.insertFolder({
      id,
      kind: 'originals',
      path: directory,
      marker: null,
      watch_mode: 'rescan',
      scope: 'files',
      added_at: now(),
    }),
  );
  return id;
}

/** The real path of something a person chose. */
async function existing(libraryDirectory: string, path: string, mayBeInside: boolean): Promise<string> {
  if (path.includes('\0')) throw new AppError('invalidInput', 'A path cannot hold a NUL character.');
  const wanted = resolve(path);
  let real: string;
  try {
    real = await realpath(wanted);
  } catch (error) {
    throw toNamedPathError(error, wanted);
  }
  if (!mayBeInside && isInside(await realpath(libraryDirectory), real)) {
    throw new AppError('invalidInput', `${wanted} lies inside the library itself.`, { path: wanted });
  }
  return real;
}
