import type { BaseWindow, OpenDialogOptions } from 'electron';
import { createDesktopHost } from '../../electron/desktop/host.ts';
import { createTextPermits } from '../../electron/desktop/textPermits.ts';

/**
 * What the desktop lends the core, over a system that only notes what is asked of it. `wait` moves the menu's clock.
 * @param system its platform, and which button is pressed when it asks
 */
export function createHost(
  window?: unknown,
  system: { readonly platform: NodeJS.Platform; readonly answer: number } = { platform: 'linux', answer: 0 },
) {
  const calls: string[] = [];
  const dialogs: unknown[] = [];
  let clock = 0;
  const permits = createTextPermits(() => clock);
  const host = createDesktopHost({
    dialog: {
      showOpenDialog: (options: OpenDialogOptions | BaseWindow) => {
        dialogs.push('properties' in options ? options.properties : options);
        return Promise.resolve({ canceled: false, filePaths: ['/photos'] });
      },
      showMessageBox: () => Promise.resolve({ response: system.answer, checkboxChecked: false }),
    },
    platform: system.platform,
    shell: {
      showItemInFolder: (path: string) => void calls.push(`reveal ${path}`),
      openPath: (path: string) => {
        calls.push(`open ${path}`);
        return Promise.resolve('');
      },
      openExternal: (url: string) => {
        calls.push(`browse ${url}`);
        return Promise.resolve();
      },
      trashItem: (path: string) => {
        calls.push(`trash ${path}`);
        return Promise.resolve();
      },
    },
    keychain: {
      kind: 'none',
      get: () => Promise.resolve(undefined),
      set: () => Promise.resolve(),
      delete: () => Promise.resolve(),
    },
    window: () => window as never,
    dragIcon: (bytes, file) => Promise.resolve(`icon of ${bytes === null ? file : bytes.length}` as never),
    restartWith: (directory) => void calls.push(`restart with ${directory}`),
    notification: () => undefined,
    mayOpen: (origin) => origin === 'https://photos.example',
    hostServer: true,
    mayEditText: permits.take,
  });
  return { host, calls, dialogs, permits, wait: (ms: number) => void (clock += ms) };
}
