import { AppError } from '../../shared/errors.ts';
import type { HostPlatform, Keychain } from '../core/host.ts';

/**
 * What a process without a window can do for a person: keep the device's token, and nothing else. The browser shell lists
 * folders through the contract instead of a dialog.
 * @param shell which of the two windowless shells this is
 */
export function createWindowlessHost(shell: 'headless' | 'cli', keychain: Keychain): HostPlatform {
  const refuse = (what: string): Promise<never> =>
    Promise.reject(new AppError('notSupported', `${what} needs the desktop app.`, { shell }));
  return {
    capabilities: {
      shell,
      chooseFolder: false,
      browseFolders: shell === 'headless',
      reveal: false,
      systemTrash: false,
      dragOut: false,
      switchLibrary: false,
      openExternal: false,
      notifications: false,
      keychain: keychain.kind,
      hostServer: true,
    },
    keychain,
    chooseFolder: () => refuse('A folder dialog'),
    reveal: () => refuse('Showing a file in the file manager'),
    openPath: () => refuse('Opening a file in another program'),
    moveToTrash: () => refuse('Moving files to the system’s trash'),
    startDrag: () => refuse('Dragging photos to other programs'),
    editText: () => refuse('The menu of the system'),
    openLibrary: () =>
      Promise.reject(new AppError('notSupported', 'Start Shoebox with --library DIR to open another one.', { shell })),
    notify: () => undefined,
    openURL: () => refuse('Opening a page in the browser'),
  };
}
