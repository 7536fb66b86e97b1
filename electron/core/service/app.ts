import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import { contractVersion } from '../../../shared/contract/version.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Settings } from '../../../shared/model/app.ts';
import type { AppEvents } from '../appEvents.ts';
import type { HostPlatform } from '../host.ts';
import type { SettingsFile } from '../settings.ts';
import { listFolders } from './folders.ts';

interface AppServiceDependencies {
  readonly version: string;
  readonly platform: string;
  readonly host: HostPlatform;
  readonly events: AppEvents;
  readonly settings: SettingsFile;
  /** The first place on this computer where a photo's original lies. @throws AppError notFound, folderUnavailable */
  readonly originalPath: (photoID: string) => string;
}

/** The `app` slice: what this shell can do, its events and its settings. */
export function createAppService({ version, platform, host, events, settings, originalPath }: AppServiceDependencies) {
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
    reveal: os.reveal.handler(async ({ input }) => {
      await host.reveal(originalPath(input.id));
      return {};
    }),
    openExternal: os.openExternal.handler(async ({ input }) => {
      await host.openPath(originalPath(input.id));
      return {};
    }),
  };
}
