import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  BrowserWindow,
  Menu,
  Notification,
  app,
  dialog,
  ipcMain,
  nativeImage,
  nativeTheme,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  utilityProcess,
} from 'electron';
import electronUpdater from 'electron-updater';
import { errorMessage } from '../../shared/errors.ts';
import { createLibraryApp } from '../core/app.ts';
import type { LibraryApp } from '../core/app.ts';
import { createRouterServer } from '../core/rpc/routerServer.ts';
import { createFailureLog } from '../core/shell/failureLog.ts';
import { desktopLibrary } from './desktopLibrary.ts';
import { createDeepLinks } from './deepLinks.ts';
import { createEnding } from './ending.ts';
import type { Ending } from './ending.ts';
import { createDesktopHost } from './host.ts';
import { openKeychain } from './keychain.ts';
import { openLibraryChoice } from './libraryChoice.ts';
import { appScheme, serveAppProtocol } from './mediaProtocol.ts';
import { menuTemplate } from './menu.ts';
import { openWanted } from './missingLibrary.ts';
import { servePorts } from './rpcPort.ts';
import { lockApp, lockSession, pageOrigin } from './security.ts';
import type { Denial } from './security.ts';
import { createTextPermits } from './textPermits.ts';
import { openTrustedServers } from './trustedServers.ts';
import { startUpdates } from './updates.ts';
import { utilityWorkers } from './utilityPort.ts';
import { openWindow } from './window.ts';

const denials = new Map<Denial, number>();
const denied = (denial: Denial): void => {
  const count = (denials.get(denial) ?? 0) + 1;
  denials.set(denial, count);
  if (count === 1) console.warn(`Refused: ${denial}`);
};

// Everything up to here and to `whenReady` must happen before Electron is ready: schemes, sandbox, links.
protocol.registerSchemesAsPrivileged([appScheme]);
// Windows knows by it that window, shortcut and notifications are of one program (electron-builder.yml, appId).
if (app.isPackaged && process.platform === 'win32') app.setAppUserModelId('org.shoebox.photos');
lockApp(app, denied);
const developmentOrigin = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL'];
const libraryChoice = openLibraryChoice(ownFile('library.json'));
const trusted = openTrustedServers(ownFile('trusted-servers.json'), isOwnServer);
// Before the links, which take theirs out of the arguments: a start by link must not name the library as well.
const wanted = desktopLibrary(process.argv, process.env, libraryChoice.directory);
const textPermits = createTextPermits(() => performance.now());
let libraryApp: LibraryApp | undefined;
let window: BrowserWindow | undefined;
/** Opens the window anew; undefined before the library is open and while it is being closed. */
let openPage: (() => Promise<void>) | undefined;

const links = createDeepLinks({
  app,
  // Started from a checkout, the program is Electron itself, and has to be told what to run.
  program: process.defaultApp ? { path: process.execPath, args: [resolve(process.argv[1] ?? '.')] } : null,
  argv: process.argv,
  trusted,
  askConsent: async (serverOrigin) => {
    const { response } = await ask({
      type: 'question',
      title: 'Open a shared link?',
      message: `A link wants to open something shared on ${serverOrigin}.`,
      detail:
        'Shoebox has not talked to this server before. If you go on, it will ask that server what is shared; nothing is accepted yet.',
      buttons: ['Open', 'Cancel'],
      defaultId: 1,
      cancelId: 1,
    });
    return response === 0;
  },
  open: (link) => {
    libraryApp?.events.publish({ type: 'openLink', link });
    // On macOS the last window may be closed while the app runs: the new one gets the link that nobody was there for.
    if (window === undefined) void openPage?.();
    else showWindow();
  },
  focus: showWindow,
  explain: (sentence) => void ask({ type: 'info', message: sentence, buttons: ['OK'] }),
});

if (links.first) {
  // Not awaited: Electron is not ready before this module has run to its end.
  app
    .whenReady()
    .then(start)
    .catch((error: unknown) => {
      dialog.showErrorBox('Shoebox cannot open this library', errorMessage(error));
      app.quit();
    });
} else {
  app.quit();
}

async function start(): Promise<void> {
  lockSession(session.defaultSession, denied, process.platform, developmentOrigin);
  /** What the end of the program lets go of, last opened first. */
  const toDispose: (() => void | Promise<void>)[] = [];
  const ending = createEnding({
    app,
    dispose: async () => {
      for (const dispose of toDispose.toReversed()) await dispose();
    },
    remember: libraryChoice.remember,
    argv: process.argv,
    env: process.env,
    execPath: process.execPath,
    explain: (error) => dialog.showErrorBox('Shoebox cannot open the other library', errorMessage(error)),
    log: console.error,
  });
  const keychain = await openKeychain(safeStorage, ownFile('desktop-keychain.json'), process.platform);
  const openLibrary = (library: string): Promise<LibraryApp> => {
    mkdirSync(library, { recursive: true });
    return createLibraryApp({
      directory: library,
      version: app.getVersion(),
      platform: process.platform,
      host: createDesktopHost({
        dialog,
        platform: process.platform,
        shell,
        keychain,
        window: () => window,
        notification: (options) => (Notification.isSupported() ? new Notification(options) : undefined),
        mayOpen: trusted.has,
        hostServer: true,
        mayEditText: textPermits.take,
        dragIcon,
        // A variable of the environment would win again at the next start.
        restartWith: process.env['SHOEBOX_LIBRARY'] === undefined ? ending.restartWith : undefined,
      }),
      startServer: async () =>
        (await import('../../server/household.ts')).startHouseholdServer(join(library, 'server')),
      workers: utilityWorkers((path, serviceName, flags) =>
        utilityProcess.fork(path, [], { serviceName, execArgv: [...flags] }),
      ),
      reportError: (error) => console.error(error),
    });
  };
  const answerOf = async (question: Electron.MessageBoxOptions) => (await ask(question)).response;
  const found = await openWanted(wanted, libraryChoice, desktopLibrary([], {}), answerOf, openLibrary);
  if (found === undefined) {
    app.quit();
    return;
  }
  const { directory: library, opened } = found;
  libraryApp = opened;
  // The other way round: links that come while it is being closed find no library.
  toDispose.push(opened.dispose, () => void (libraryApp = undefined));
  if (library === libraryChoice.directory) libraryChoice.markOpened(console.error);
  const rpc = createRouterServer(opened.router, createFailureLog(console.error));
  toDispose.push(rpc.dispose);
  serveAppProtocol(protocol, { media: opened.media, rendererDir: join(import.meta.dirname, '..', 'renderer') });
  servePorts(ipcMain, rpc, denied, developmentOrigin);
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({
        platform: process.platform,
        devTools: !app.isPackaged,
        run: (command) => {
          // A page may only ask for the whole screen right after it was used itself; this counts as its being used.
          if (command === 'view.fullscreen' && window !== undefined) {
            window.webContents.executeJavaScript(toggleFullScreen, true).catch(console.error);
            return;
          }
          textPermits.note(command, window);
          opened.events.publish({ type: 'command', command });
        },
      }),
    ),
  );
  const updates = startUpdates({
    updater: electronUpdater.autoUpdater,
    enabled: app.isPackaged && existsSync(join(process.resourcesPath, 'app-update.yml')),
    askDownload: (version) => askYes(`Shoebox ${version} is available.`, 'Download', 'Not Now'),
    askRestart: (version) => askYes(`Shoebox ${version} is ready.`, 'Restart Now', 'When I Quit'),
    log: console.warn,
    setTimer: setTimeout,
  });
  toDispose.push(updates.dispose);

  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  openPage = async () => {
    if (BrowserWindow.getAllWindows().length === 0 && !ending.begun()) await showPage(ending);
  };
  app.on('activate', () => void openPage?.());
  await showPage(ending);
  links.ready();
}

/** The page's own full screen, as its key and its button toggle it: a window full by other means could not be left by them. */
const toggleFullScreen =
  'document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen()';

async function showPage(ending: Ending): Promise<void> {
  window = await openWindow({
    create: (options) => new BrowserWindow(options),
    displays: () => screen.getAllDisplays().map((display) => display.workArea),
    statePath: ownFile('window.json'),
    preload: join(import.meta.dirname, '..', 'preload', 'preload.cjs'),
    pageURL: developmentOrigin ?? `${pageOrigin}/`,
    devTools: !app.isPackaged,
    dark: nativeTheme.shouldUseDarkColors,
    platform: process.platform,
    mayDiscard: (of) =>
      dialog.showMessageBoxSync(of, {
        type: 'warning',
        message: 'Discard your changes?',
        detail: 'The changes to this photo since you opened it are lost.',
        buttons: ['Discard Changes', 'Cancel'],
        defaultId: 1,
        cancelId: 1,
      }) === 0,
    kept: ending.kept,
    openAgain: (of) =>
      dialog.showMessageBoxSync(of, {
        type: 'error',
        message: 'The window has stopped working.',
        detail:
          'Your photos and everything you did are safe. Changes to a photo you had open in the editor may be lost.',
        buttons: ['Open Again', 'Close'],
        defaultId: 0,
        cancelId: 1,
      }) === 0,
    popUp: (items, of) => Menu.buildFromTemplate([...items]).popup({ window: of }),
    now: () => performance.now(),
  });
  window.once('closed', () => {
    window = undefined;
  });
}

/** Whether the library that is open is mirrored to this server now. */
function isOwnServer(origin: string): boolean {
  const account = libraryApp?.sync.accounts.current;
  return account?.state === 'signedIn' && account.server === origin;
}

function showWindow(): void {
  if (window?.isMinimized() === true) window.restore();
  window?.show();
  window?.focus();
}

/** Dragged pictures are this high, in pixels. */
const dragIconHeight = 96;

async function dragIcon(bytes: Uint8Array | null, file: string): Promise<Electron.NativeImage> {
  const image = bytes === null ? nativeImage.createEmpty() : nativeImage.createFromBuffer(Buffer.from(bytes));
  return image.isEmpty() ? app.getFileIcon(file) : image.resize({ height: dragIconHeight });
}

function ownFile(name: string): string {
  return join(app.getPath('userData'), name);
}

function ask(options: Electron.MessageBoxOptions): Promise<Electron.MessageBoxReturnValue> {
  return window === undefined ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options);
}

async function askYes(message: string, yes: string, no: string): Promise<boolean> {
  const { response } = await ask({ type: 'question', message, buttons: [yes, no], defaultId: 1, cancelId: 1 });
  return response === 0;
}
