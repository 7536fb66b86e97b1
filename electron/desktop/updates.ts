/** The part of electron-updater's `autoUpdater` that is used. */
export type Updater = {
  autoDownload: boolean;
  autoInstallOnAppQuit: boolean;
  readonly checkForUpdates: () => Promise<{
    readonly isUpdateAvailable: boolean;
    readonly updateInfo: { readonly version: string };
  } | null>;
  readonly downloadUpdate: () => Promise<unknown>;
  readonly quitAndInstall: () => void;
};

export type UpdateDeps = {
  readonly updater: Updater;
  /** False in development, and in packages whose own package manager brings updates. */
  readonly enabled: boolean;
  /** Asks whether to fetch a version that is there. */
  readonly askDownload: (version: string) => Promise<boolean>;
  /** Asks whether to restart into the version that was fetched. */
  readonly askRestart: (version: string) => Promise<boolean>;
  readonly log: (message: string) => void;
  readonly setTimer: (run: () => void, milliseconds: number) => { readonly unref?: () => unknown };
};

const dayMs = 24 * 60 * 60_000;

/**
 * Looks for a new version a minute after the start and then daily. Nothing is fetched and nothing restarts without a yes;
 * a version that was refused is not offered again until the next start.
 */
export function startUpdates(deps: UpdateDeps): { readonly check: () => Promise<void>; readonly dispose: () => void } {
  const refused = new Set<string>();
  let disposed = false;
  let checking = false;
  deps.updater.autoDownload = false;
  deps.updater.autoInstallOnAppQuit = false;

  async function check(): Promise<void> {
    if (!deps.enabled || checking || disposed) return;
    checking = true;
    try {
      const found = await deps.updater.checkForUpdates();
      if (found === null || !found.isUpdateAvailable || refused.has(found.updateInfo.version)) return;
      const { version } = found.updateInfo;
      if (!(await deps.askDownload(version))) {
        refused.add(version);
        return;
      }
      await deps.updater.downloadUpdate();
      if (await deps.askRestart(version)) deps.updater.quitAndInstall();
      else deps.updater.autoInstallOnAppQuit = true;
    } catch (error) {
      // Being offline is no news.
      deps.log(`Looking for a new version failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      checking = false;
    }
  }

  const schedule = (wait: number): void => {
    deps
      .setTimer(() => {
        if (disposed) return;
        void check().finally(() => schedule(dayMs));
      }, wait)
      .unref?.();
  };
  if (deps.enabled) schedule(60_000);
  return {
    check,
    dispose: () => {
      disposed = true;
    },
  };
}
