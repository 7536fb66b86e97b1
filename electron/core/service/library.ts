import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { HistoryEntry } from '../../../shared/model/history.ts';
import type { LibraryInfo } from '../../../shared/model/library.ts';
import type { Ingest } from '../library/ingest.ts';
import type { Store } from '../store/store.ts';

interface LibraryServiceDependencies {
  readonly store: Store;
  readonly ingest: Ingest;
  /** Watched folders were added, removed or found in another state. */
  readonly foldersChanged: () => void;
}

/** The `library` slice: what it holds, taking files in, watched folders, history. */
export function createLibraryService({ store, ingest, foldersChanged }: LibraryServiceDependencies) {
  const os = implement(contract.library);
  return {
    info: os.info.handler(() => readLibraryInfo(store)),
    import: os.import.handler(async ({ input }) => ({
      sessionID: await ingest.import(input.paths, { mode: input.mode }),
    })),
    imports: os.imports.handler(() => [...ingest.sessions()]),
    pauseImport: os.pauseImport.handler(({ input }) => {
      ingest.pause(input.sessionID);
      return {};
    }),
    resumeImport: os.resumeImport.handler(({ input }) => {
      ingest.resume(input.sessionID);
      return {};
    }),
    cancelImport: os.cancelImport.handler(async ({ input }) => {
      await ingest.cancel(input.sessionID);
      return {};
    }),
    importReport: os.importReport.handler(({ input }) => {
      const { issues, total } = ingest.report(input.sessionID, input.after, input.limit);
      return { issues: [...issues], total };
    }),
    folders: os.folders.handler(() => [...ingest.folders.list()]),
    addFolder: os.addFolder.handler(async ({ input }) => {
      const folder = await ingest.folders.add(input.path);
      foldersChanged();
      return folder;
    }),
    removeFolder: os.removeFolder.handler(async ({ input }) => {
      await ingest.folders.remove(input.id, { forgetPhotos: input.forgetPhotos });
      foldersChanged();
      return {};
    }),
    rescan: os.rescan.handler(async ({ input }) => {
      await ingest.folders.rescan(input.id);
      foldersChanged();
      return {};
    }),
    history: os.history.handler(({ input }) => readHistoryPage(store, input.store, input.after, input.limit)),
  };
}

/** Counts of the library as its lists show them: a hidden photo counts as hidden only, one in the trash as that. */
export function readLibraryInfo(store: Store): LibraryInfo {
  const counts = store.connection
    .statement<[], Omit<LibraryInfo, 'id' | 'directory'>>(
      `SELECT coalesce(sum(trashed_at IS NULL AND NOT hidden AND media_type = 'image'), 0) AS photos,
         coalesce(sum(trashed_at IS NULL AND NOT hidden AND media_type = 'video'), 0) AS videos,
         coalesce(sum(trashed_at IS NULL AND NOT hidden AND favourite), 0) AS favourites,
         coalesce(sum(trashed_at IS NULL AND hidden), 0) AS hidden,
         coalesce(sum(trashed_at IS NOT NULL), 0) AS trashed,
         coalesce(sum(byte_size), 0) AS bytes
       FROM photo`,
    )
    .get();
  const none = { photos: 0, videos: 0, favourites: 0, hidden: 0, trashed: 0, bytes: 0 };
  return { id: store.meta('libraryID') ?? '', directory: store.directory, ...(counts ?? none) };
}

/** A page of persistent history for diagnostics: one entry per changed row, without the values. */
function readHistoryPage(store: Store, name: 'private' | 'shared', after: number, limit: number): HistoryEntry[] {
  return store.history.changesAfter(name, after, { limit }).map((change) => ({
    token: change.transaction,
    author: change.author,
    at: change.at,
    store: name,
    entity: change.entity,
    id: change.rowId,
    change: change.kind,
    columns: change.kind === 'update' ? Object.keys(change.values ?? {}) : [],
  }));
}
