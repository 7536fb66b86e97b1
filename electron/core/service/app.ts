import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import { contractVersion } from '../../../shared/contract/version.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Settings } from '../../../shared/model/app.ts';
import type { AppEvents } from '../appEvents.ts';
import type { DragOut } from '../edits/dragOut.ts';
import type { HostPlatform } from '../host.ts';
import type { OriginalHere } from '../media/originalHere.ts';
import type { SettingsFile } from '../settings.ts';
import { libraryFolderFor } from '../shell/libraryPlace.ts';
import { listFolders } from './folders.ts';

interface AppServiceDependencies {
  readonly version: string;
  readonly platform: string;
  readonly host: HostPlatform;
  readonly events: AppEvents;
  readonly settings: SettingsFile;
  readonly dragOut: DragOut;
  /** The folder of the library that is open. */
  readonly directory: string;
  /** Where a photo's original lies, see originalHere.ts. @throws AppError notFound, folderUnavailable, offline */
  readonly originalHere: OriginalHere;
}

/** The `app` slice: what this shell can do, its events and its settings. */
export function createAppService(deps: AppServiceDependencies) {
  const { version, platform, host, events, settings, dragOut, directory, originalHere } = deps;
  const os = implement(contract.app);
  return {
    info: os.info.handler(() => ({ version, contractVersion, platform, capabilities: host.capabilities })),
    events: os.events.handler(({ signal }) => events.stream(signal)),
    settings: os.settings.handler(() => settings.get()),
    updateSettings: os.updateSettings.handler(({ input }) => {
      const change = Object.fromEntries(
        Object.entries(input).filter(([, value]) => value !== undefined),
      ) as Partial<Settings>;
      const updated = settings.update(change);
      events.publish({ type: 'settingsChanged' });
      return updated;
    }),
    chooseFolder: os.chooseFolder.handler(async ({ input }) => ({
      paths: [...(await host.chooseFolder(input.purpose)).paths],
    })),
    listFolders: os.listFolders.handler(({ input }) => {
      if (!host.capabilities.browseFolders) {
        throw new AppError('notSupported', 'This window has a folder dialog of its own.');
      }
      return listFolders(input.path);
    }),
    openLibrary: os.openLibrary.handler(async ({ input }) => {
      if (!host.capabilities.switchLibrary) {
        throw new AppError('notSupported', 'How Shoebox was started decides which library is open: --library DIR.');
      }
      const chosen = await libraryFolderFor(input.path, directory);
      await host.openLibrary(chosen);
      return { directory: chosen };
    }),
    dragOut: os.dragOut.handler(({ input, signal }) => dragOut.start(input.ids, { original: input.original, signal })),
    editText: os.editText.handler(async ({ input }) => {
      await host.editText(input.action);
      return {};
    }),
    reveal: os.reveal.handler(async ({ input, signal }) => {
      await host.reveal(await originalHere(input.id, signal));
      return {};
    }),
    openExternal: os.openExternal.handler(async ({ input, signal }) => {
      await host.openPath(await originalHere(input.id, signal));
      return {};
    }),
  };
}
