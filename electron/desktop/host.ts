import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type {
  BrowserWindow,
  Dialog,
  MessageBoxOptions,
  NativeImage,
  Notification,
  OpenDialogOptions,
  Shell,
} from 'electron';
import { AppError } from '../../shared/errors.ts';
import type { TextAction } from '../../shared/model/app.ts';
import { looksLikePhoto } from '../../shared/model/photoFiles.ts';
import type { HostPlatform, Keychain } from '../core/host.ts';
import { isOpenable } from './security.ts';

export type DesktopHostDeps = {
  readonly dialog: Pick<Dialog, 'showOpenDialog' | 'showMessageBox'>;
  readonly platform: NodeJS.Platform;
  readonly shell: Pick<Shell, 'showItemInFolder' | 'openPath' | 'openExternal' | 'trashItem'>;
  readonly keychain: Keychain;
  /** The window a dialog belongs to; undefined before there is one. */
  readonly window: () => BrowserWindow | undefined;
  /** Makes a notification, or undefined where the system has none. */
  readonly notification: (options: {
    readonly title: string;
    readonly body: string;
  }) => Pick<Notification, 'show'> | undefined;
  /** Servers this computer may open in the browser, by origin: those the person agreed to. */
  readonly mayOpen: (origin: string) => boolean;
  readonly hostServer: boolean;
  /** Whether the Edit menu asked for this in this window just now; each choice counts once. */
  readonly mayEditText: (action: TextAction, window: BrowserWindow) => boolean;
  /** A picture to drag: of a JPEG or PNG, or the system's icon of a file. */
  readonly dragIcon: (bytes: Uint8Array | null, file: string) => Promise<NativeImage>;
  /** Starts again with another library; undefined where the start itself has decided which one is open. */
  readonly restartWith: ((directory: string) => void) | undefined;
};

type Purpose = Parameters<HostPlatform['chooseFolder']>[0];

const dialogs: Readonly<Record<Purpose, OpenDialogOptions>> = {
  watch: { title: 'Add Folder', buttonLabel: 'Add', properties: ['openDirectory'] },
  import: { title: 'Import', buttonLabel: 'Import', properties: ['openDirectory', 'openFile', 'multiSelections'] },
  export: { title: 'Export To', buttonLabel: 'Export', properties: ['openDirectory', 'createDirectory'] },
  library: { title: 'Choose a Library', buttonLabel: 'Open', properties: ['openDirectory', 'createDirectory'] },
};

/** What the desktop lends the core: dialogs, the file manager, the system's trash, notifications, the keychain. */
export function createDesktopHost(deps: DesktopHostDeps): HostPlatform {
  return {
    capabilities: {
      shell: 'desktop',
      chooseFolder: true,
      browseFolders: false,
      reveal: true,
      systemTrash: true,
      dragOut: true,
      switchLibrary: deps.restartWith !== undefined,
      openExternal: true,
      notifications: true,
      keychain: deps.keychain.kind,
      hostServer: deps.hostServer,
    },
    keychain: deps.keychain,
    chooseFolder: async (purpose) => {
      const window = deps.window();
      const options = purpose === 'import' ? await importDialog(deps) : dialogs[purpose];
      if (options === undefined) return { paths: [] };
      const answer =
        window === undefined
          ? await deps.dialog.showOpenDialog(options)
          : await deps.dialog.showOpenDialog(window, options);
      return { paths: answer.canceled ? [] : answer.filePaths };
    },
    startDrag: async (files, icon) => {
      const window = deps.window();
      if (window === undefined) throw new AppError('cancelled', 'The window is closed.');
      const paths = await Promise.all(files.map(checkedPath));
      const [file] = paths;
      if (file === undefined) return;
      window.webContents.startDrag({ file, files: paths, icon: await deps.dragIcon(icon, file) });
    },
    editText: (action) => {
      const window = deps.window();
      // A page that asked is there; between its asking and now its window may have closed.
      if (window === undefined) return Promise.resolve();
      if (!deps.mayEditText(action, window)) {
        // Also what a page says that took too long: the person may then mean another field.
        const message = 'A page does not edit text by itself. Choose it from the Edit menu again.';
        return Promise.reject(new AppError('permissionFailure', message));
      }
      window.webContents[action]();
      return Promise.resolve();
    },
    openLibrary: (directory) => {
      if (deps.restartWith === undefined) {
        return Promise.reject(new AppError('notSupported', 'This start of Shoebox names its library.'));
      }
      deps.restartWith(directory);
      return Promise.resolve();
    },
    reveal: async (path) => deps.shell.showItemInFolder(await checkedPath(path)),
    openPath: async (path) => {
      const real = await checkedPath(path);
      // A file that merely ended up among photos must not be run by a click.
      if (!looksLikePhoto(real)) {
        throw new AppError('notSupported', 'Only photos and videos can be opened in another program.', { path });
      }
      const problem = await deps.shell.openPath(real);
      if (problem !== '') throw new AppError('notSupported', `No program opened this file: ${problem}`, { path });
    },
    moveToTrash: async (path) => {
      // The link itself goes to the trash, not what it points to.
      await checkedPath(path);
      try {
        await deps.shell.trashItem(path);
      } catch (error) {
        throw new AppError('notSupported', `The system’s trash did not take ${path}.`, { path }, { cause: error });
      }
    },
    notify: (notification) => deps.notification(notification)?.show(),
    openURL: async (url) => {
      if (!isOpenable(url) || !deps.mayOpen(new URL(url).origin)) {
        throw new AppError('permissionFailure', 'Shoebox opens only the pages of servers you agreed to.');
      }
      await deps.shell.openExternal(url);
    },
  };
}

/**
 * The dialog that chooses what to import; undefined when the person thought better of it. Elsewhere than on macOS a dialog
 * shows either files or folders, never both, so that has to be asked first.
 */
async function importDialog({ dialog, platform, window }: DesktopHostDeps): Promise<OpenDialogOptions | undefined> {
  if (platform === 'darwin') return dialogs.import;
  const question: MessageBoxOptions = {
    type: 'question',
    title: 'Import',
    message: 'What do you want to import?',
    buttons: ['Photos…', 'A Folder…', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
  };
  const over = window();
  const { response } = await (over === undefined
    ? dialog.showMessageBox(question)
    : dialog.showMessageBox(over, question));
  const kind = (['openFile', 'openDirectory'] as const)[response];
  return kind === undefined ? undefined : { ...dialogs.import, properties: [kind, 'multiSelections'] };
}

/**
 * The real place of a file that is about to be handed to the system.
 * @throws AppError invalidInput for what is no absolute path, notFound when nothing is there
 */
async function checkedPath(path: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) throw new AppError('invalidInput', 'This is not the path of a file.');
  try {
    await lstat(path);
    return await realpath(path);
  } catch (error) {
    throw new AppError('notFound', `There is no file at ${path} now.`, { path }, { cause: error });
  }
}
