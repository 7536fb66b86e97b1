import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../shared/errors.ts';
import type { AppEvents } from './appEvents.ts';
import type { HostPlatform } from './host.ts';
import type { AlbumItems } from './library/albumItems.ts';
import type { MediaSource } from './mediaSourcePort.ts';
import { createSharing, type Sharing } from './sharing/sharing.ts';
import type { Store } from './store/store.ts';
import type { LibrarySync } from './sync/librarySync.ts';

export interface AppSharingDependencies {
  readonly store: Store;
  readonly sync: Pick<LibrarySync, 'cloud' | 'inspectServer' | 'control'>;
  readonly events: AppEvents;
  readonly host: Pick<HostPlatform, 'notify' | 'capabilities'>;
  readonly media: MediaSource;
  readonly albumItems: Pick<AlbumItems, 'add'>;
  readonly now: () => number;
  readonly newId: () => string;
  readonly reportError: (error: unknown) => void;
}

/** A cover travels inside the share record, which has a size limit; a grid picture beyond this stays at home, bytes. */
const largestCover = 120_000;

/** How long originals that are still on their way to the server are waited for, ms. */
const arrivalWait = 30_000;

/** How often long steps that wait for time to pass are looked at, ms. */
const waitingCheck = 15 * 60_000;

/** Sharing, connected to the rest of the app: the signed-in server, the sync worker, pictures and notifications. */
export function createAppSharing(deps: AppSharingDependencies): Sharing {
  const { store, sync, events, host, media, reportError } = deps;
  const sharing = createSharing({
    store,
    now: deps.now,
    newId: deps.newId,
    pause: () => nextTurn(),
    delay: (ms) => delay(ms),
    cloud: () => sync.cloud(),
    requestSync: () => {
      sync.control.syncNow().catch((error: unknown) => {
        // Signed out or stopping: what was written waits, and goes with the next run.
        if (!(error instanceof AppError)) reportError(error);
      });
    },
    inspectServer: (origin) => sync.inspectServer(origin),
    fetchOriginals: async (photoIDs) => {
      const remote = store.connection.statement<[string], { id: string; file_name: string }>(
        `SELECT id, file_name FROM resource WHERE photo_id IN (SELECT value FROM json_each(?)) AND local_state = 'remote'
         AND sha256 IS NOT NULL ORDER BY id`,
      );
      const ids = JSON.stringify(photoIDs);
      const end = deps.now() + arrivalWait;
      for (let missing = remote.all(ids); missing.length > 0; missing = remote.all(ids)) {
        for (const { id } of missing) await sync.control.fetch(id);
        const [first] = remote.all(ids);
        if (first === undefined) return;
        // The person who added it is still sending it: what the server does not have cannot be copied yet.
        if (deps.now() > end) {
          throw new AppError(
            'notFound',
            `${first.file_name} has not arrived at the server yet. Nothing was changed; try again when it has.`,
            { missing: remote.all(ids).length },
          );
        }
        await delay(250);
      }
    },
    cover: async (photoID) => {
      try {
        const picture = await media.open(photoID, 'thumb', AbortSignal.timeout(5_000));
        return picture.body.kind === 'bytes' && picture.size <= largestCover ? picture.body.bytes : undefined;
      } catch (error) {
        // A share without a cover is a share; the photo says itself what is wrong with it.
        if (error instanceof Error) return undefined;
        throw error;
      }
    },
    addToAlbum: (albumID, photoIDs) => deps.albumItems.add(albumID, photoIDs),
    onProgress: (progress) => events.publish({ type: 'shareProgress', progress }),
    onChange: () => events.publish({ type: 'sharingChanged' }),
    notify: (notification) => {
      if (host.capabilities.notifications) host.notify(notification);
    },
    reportError,
  });
  // A grace period ends by the clock: with nothing to sync, nobody else would look at it.
  const timer = setInterval(() => {
    if (sharing.tasks.waiting) void sharing.afterSync();
  }, waitingCheck);
  timer.unref();
  const imports = events.listen((event) => {
    if (event.type === 'importProgress' && event.progress.endedAt !== null) void sharing.arrivals.settle();
  });
  return {
    ...sharing,
    dispose: () => {
      clearInterval(timer);
      imports.dispose();
      sharing.dispose();
    },
  };
}
