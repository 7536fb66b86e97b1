import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import type { AnyRouter } from '@orpc/server';
import { createAppEvents, type AppEvents } from './appEvents.ts';
import { createAppSharing } from './appSharing.ts';
import { createEditablePath, createEditedPictures } from './edits/editedPictures.ts';
import { createEdits } from './edits/edits.ts';
import { createDragOut } from './edits/dragOut.ts';
import { createPhotoExport } from './edits/exportPhotos.ts';
import { adoptPosterChoices } from './edits/posterChoices.ts';
import { createPosterFrames } from './edits/posterFrames.ts';
import { createUnusedPictures } from './edits/unusedPictures.ts';
import type { HostPlatform } from './host.ts';
import { createIncoming, type Incoming } from './library/incoming.ts';
import { createIngest, type Ingest } from './library/ingest.ts';
import { createOrganising } from './library/organising.ts';
import type { ScanJobs } from './library/scanJobs.ts';
import { createIdlePreviews } from './media/idlePreviews.ts';
import { createMediaPool } from './media/mediaPool.ts';
import { createMediaSource } from './media/mediaSource.ts';
import { createOriginalHere } from './media/originalHere.ts';
import type { MediaSource } from './mediaSourcePort.ts';
import { createAlbumsService } from './service/albums.ts';
import { createAccountService } from './service/account.ts';
import { createAppService } from './service/app.ts';
import { createEditsService } from './service/edits.ts';
import { createLibraryService } from './service/library.ts';
import { createPhotosService } from './service/photos.ts';
import { createSearchService } from './service/search.ts';
import { createSharingService } from './service/sharing.ts';
import { createSyncService } from './service/sync.ts';
import { createTagsService } from './service/tags.ts';
import { createUndoService } from './service/undo.ts';
import { createPermissions } from './sharing/permissions.ts';
import { openSettings, type SettingsFile } from './settings.ts';
import { originalPath } from './store/queries/heldBytes.ts';
import { openStore, type Store } from './store/store.ts';
import type { AssetPolicy } from './sync/assetTransfer.ts';
import { createLibrarySync, deviceNode, type LibrarySync, type RunningHost } from './sync/librarySync.ts';
import { createSyncClock, newestStampIn, newestStampSeen } from './sync/syncClock.ts';
import { createLastingCaller } from './workers/lastingCaller.ts';
import { nodeWorkers, type WorkerSpawner } from './workers/spawnWorkers.ts';

/** What a shell passes in. Everything that differs between a window, a browser, a terminal and a test is here. */
export interface LibraryAppDependencies {
  /** The library folder; made when missing. */
  readonly directory: string;
  readonly version: string;
  readonly platform: string;
  readonly host: HostPlatform;
  /** Wall clock in ms since 1970. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly reportError?: (error: unknown) => void;
  /** How workers start; a packaged desktop app has its own way. */
  readonly workers?: WorkerSpawner;
  /** False for a command that ends by itself: nothing is watched, and nothing unfinished goes on by itself. */
  readonly background?: boolean;
  /** Starts the container server in this process, for "Share from this computer"; a shell without one leaves it out. */
  readonly startServer?: () => Promise<RunningHost>;
}

/** One open library: the router every shell serves, and the order in which it starts and stops. */
export interface LibraryApp {
  readonly store: Store;
  readonly events: AppEvents;
  readonly settings: SettingsFile;
  readonly router: AnyRouter;
  readonly ingest: Ingest;
  readonly incoming: Incoming;
  readonly media: MediaSource;
  readonly sync: LibrarySync;
  /** Stops what runs, in reverse order of starting, and lets go of the library. */
  dispose(): Promise<void>;
}

/**
 * Opens a library and builds everything on it.
 * @throws AppError libraryLocked, libraryNewer, libraryCorrupt, libraryReadOnly, diskFull.
 */
export async function createLibraryApp(deps: LibraryAppDependencies): Promise<LibraryApp> {
  const { directory, version, platform, host, now = Date.now, newId = randomUUIDv7 } = deps;
  const reportError = deps.reportError ?? ((error: unknown) => console.error(error));
  const owned = createOwned(reportError);
  try {
    const store: Store = owned.add(openStore({ directory, now, newId, reportError, stamp: () => clock().stamp() }));
    const clock = once(() =>
      createSyncClock({
        now,
        node: deviceNode(store),
        last: newestStampIn(store.connection),
        seen: () => newestStampSeen(store.connection),
      }),
    );
    const events = owned.add(createAppEvents(now));
    const settings = openSettings(directory);
    owned.add(
      store.didChange.subscribe(({ store: name, token, local }) =>
        events.publish({ type: 'storeChanged', store: name, token, local }),
      ),
    );
    const organising = owned.add(
      createOrganising({
        store,
        now,
        newId,
        reportError,
        moveToSystemTrash: (path) => host.moveToTrash(path),
        placeNames: (latitude, longitude) => pool.run('placeNames', { latitude, longitude }, { priority: 'now' }),
      }),
    );
    const workers = deps.workers ?? nodeWorkers();
    const background = deps.background ?? true;
    const cacheDirectory = join(directory, 'cache');
    const pool = owned.add(createMediaPool({ spawn: workers.media }));
    const scan = owned.add(createLastingCaller<ScanJobs>(workers.scan));
    const ingest = owned.add(
      createIngest({ store, pool, scan, now, newId, cacheDirectory, reportError, watch: background }),
    );
    owned.add(ingest.onProgress((progress) => events.publish({ type: 'importProgress', progress })));
    const incoming = owned.add(createIncoming({ directory, ingest, reportError }));
    const editablePath = createEditablePath(store, cacheDirectory, (id) => originalPath(store.connection, id));
    const edited = owned.add(
      createEditedPictures({ store, media: pool, cacheDirectory, newId, editablePath, reportError }),
    );
    const permissions = createPermissions(store.connection);
    const frames = createPosterFrames({ store, media: pool, cacheDirectory, newId });
    const edits = createEdits({
      store,
      steps: organising.steps,
      now,
      newId,
      mayEdit: (id) => permissions.mayPhoto(id, 'edit'),
      source: (id) => pool.run('editSource', { path: editablePath(id) }, { priority: 'now' }),
      frameSize: (picture) => frames.sizeOf(picture),
    });
    const originalHere = createOriginalHere({
      connection: store.connection,
      fetchResource: async (id) => {
        // A command mirrors nothing by itself.
        await sync.ensureStarted();
        await sync.control.fetch(id);
      },
    });
    const photoExport = createPhotoExport({ store, media: pool, originalHere });
    const media = createMediaSource({
      store,
      pool,
      cacheDirectory,
      newId,
      edited,
      fetchResource: (id) => sync.control.fetch(id),
    });
    const dragOut = createDragOut({
      store,
      photoExport,
      media,
      directory: join(cacheDirectory, 'drag'),
      startDrag: (files, icon) => host.startDrag(files, icon),
      now,
      newId,
    });
    let bytesPerSecond: number | null = null;
    const policy = (): AssetPolicy => {
      const { originals, cacheLimitGB } = settings.get();
      return { originals, cacheLimitBytes: cacheLimitGB * 1_000_000_000, bytesPerSecond };
    };
    const sync = owned.add(
      createLibrarySync({
        store,
        keychain: host.keychain,
        fetch: (request) => fetch(request),
        spawn: workers.sync,
        policy: policy(),
        now,
        newId,
        startServer: deps.startServer,
        onStatus: () => events.publish({ type: 'syncStatusChanged' }),
        onRest: () => void sharing.afterSync(),
        reportError,
      }),
    );
    const sharing = owned.add(
      createAppSharing({
        store,
        sync,
        events,
        host,
        media,
        albumItems: organising.albumItems,
        now,
        newId,
        reportError,
      }),
    );
    owned.add(
      events.listen(({ type }) => {
        if (type === 'settingsChanged') sync.control.setPolicy(policy());
      }),
    );
    const router = {
      app: createAppService({
        version,
        platform,
        host,
        events,
        settings,
        dragOut,
        directory,
        originalHere,
      }),
      library: createLibraryService({
        store,
        ingest,
        foldersChanged: () => events.publish({ type: 'foldersChanged' }),
      }),
      photos: createPhotosService({ organising, savePoster: (id, bytes) => media.savePoster(id, bytes) }),
      albums: createAlbumsService(organising),
      tags: createTagsService(organising),
      search: createSearchService(organising),
      undo: createUndoService(organising),
      edits: createEditsService({ edits, frames, photoExport }),
      account: createAccountService(sync.accounts),
      sharing: createSharingService(sharing),
      sync: createSyncService({
        store,
        sync,
        version,
        platform,
        setBandwidth: (limit) => {
          bytesPerSecond = limit;
          sync.control.setPolicy(policy());
        },
      }),
    };
    if (background) {
      try {
        adoptPosterChoices({ store, cacheDirectory, now, newId, mayEdit: (id) => permissions.mayPhoto(id, 'edit') });
      } catch (error) {
        reportError(error);
      }
      const isBusy = () => ingest.sessions().some(({ endedAt }) => endedAt === null);
      owned.add(createIdlePreviews({ store, media, isBusy, reportError }));
      owned.add(createUnusedPictures({ store, cacheDirectory, now, reportError }));
      ingest
        .start()
        .then(() => incoming.takeLeftovers())
        .catch(reportError);
      // First the server of this computer, which may be the one this library is signed in to.
      sync
        .resumeHosting()
        .catch(reportError)
        .then(() => sync.accounts.begin())
        // An import that had ended when the app closed ends no more: without a connection nobody else would send it on.
        .then(() => sharing.arrivals.settle())
        .catch(reportError);
    }
    return { store, events, settings, router, ingest, incoming, media, sync, dispose: owned.dispose };
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}

/** Makes something when it is first needed: it needs what is still being made. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Remembers what was made so that it can be let go of in reverse order, also when making the next thing failed. */
function createOwned(reportError: (error: unknown) => void) {
  const disposables: { dispose(): void | Promise<void> }[] = [];
  return {
    add: <T extends { dispose(): void | Promise<void> }>(made: T): T => {
      disposables.push(made);
      return made;
    },
    dispose: async () => {
      for (const made of disposables.splice(0).reverse()) {
        try {
          await made.dispose();
        } catch (error) {
          reportError(error);
        }
      }
    },
  };
}
