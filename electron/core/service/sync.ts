import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Store } from '../store/store.ts';
import { syncDiagnostics } from '../sync/diagnostics.ts';
import type { LibrarySync } from '../sync/librarySync.ts';
import { createSyncEvents } from '../sync/syncEvents.ts';

/** The `sync` slice. */
export function createSyncService(deps: {
  readonly store: Store;
  readonly sync: LibrarySync;
  readonly version: string;
  readonly platform: string;
  readonly setBandwidth: (bytesPerSecond: number | null) => void;
}) {
  const os = implement(contract.sync);
  const { sync, store } = deps;
  const events = createSyncEvents(store);
  return {
    status: os.status.handler(() => sync.control.status),
    now: os.now.handler(async () => {
      await sync.ensureStarted();
      return sync.control.syncNow();
    }),
    pause: os.pause.handler(async () => {
      await sync.control.pause();
      return {};
    }),
    resume: os.resume.handler(async () => {
      await sync.control.resume();
      return {};
    }),
    events: os.events.handler(({ input }) => [...events.list(input.limit)]),
    fetch: os.fetch.handler(async ({ input }) => {
      await sync.control.fetch(input.id);
      return {};
    }),
    setBandwidth: os.setBandwidth.handler(({ input }) => {
      deps.setBandwidth(input.bytesPerSecond);
      return {};
    }),
    diagnostics: os.diagnostics.handler(() => ({ text: syncDiagnostics(store, sync.control.status, deps) })),
    hosted: os.hosted.handler(() => sync.hosted),
    startHosting: os.startHosting.handler(() => sync.startHosting()),
    stopHosting: os.stopHosting.handler(() => sync.stopHosting()),
  };
}
