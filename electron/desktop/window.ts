import type { BrowserWindow, BrowserWindowConstructorOptions, MenuItemConstructorOptions, Rectangle } from 'electron';
import { textMenu } from './menu.ts';
import { windowPreferences } from './security.ts';
import { minimumSize, readWindowState, writeWindowState } from './windowState.ts';

export type WindowDeps = {
  readonly create: (options: BrowserWindowConstructorOptions) => BrowserWindow;
  /** Work areas of the screens that are there now. */
  readonly displays: () => readonly Rectangle[];
  readonly statePath: string;
  readonly preload: string;
  readonly pageURL: string;
  readonly devTools: boolean;
  readonly dark: boolean;
  readonly platform: NodeJS.Platform;
  /** Asks whether unsaved changes of the page may be lost: a page can only keep its window open, not ask. */
  readonly mayDiscard: (window: BrowserWindow) => boolean;
  /** The window stays open for the sake of its changes. */
  readonly kept: () => void;
  /** Asks whether a page that has died again and again is to be opened once more. */
  readonly openAgain: (window: BrowserWindow) => boolean;
  /** Shows a menu at the pointer; the page shows its own on photos, albums and whatever else it made one for. */
  readonly popUp: (items: readonly MenuItemConstructorOptions[], window: BrowserWindow) => void;
  /** Milliseconds, only ever compared with each other. */
  readonly now: () => number;
};

/** A page that dies within this of the time before would go on doing so, ms. */
const soonAgain = 60_000;

/**
 * Opens the window where it was last time, and remembers where it is when it closes. It shows once it has something.
 * @param log takes the error of a place that could not be written down, which must keep no window open
 */
export async function openWindow(
  deps: WindowDeps,
  log: (error: unknown) => void = console.error,
): Promise<BrowserWindow> {
  const state = readWindowState(deps.statePath, deps.displays());
  const window = deps.create({
    ...(state?.bounds ?? { width: 1280, height: 840 }),
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    show: false,
    title: 'Shoebox',
    // The page's own background, so that a dark room is not lit by a white flash.
    backgroundColor: deps.dark ? '#161617' : '#fbfbfc',
    webPreferences: windowPreferences(deps.preload, deps.devTools, deps.platform),
  });
  if (state?.maximised === true) window.maximize();
  // Elsewhere a window is full by its page alone, which forgets that: nothing of ours could leave the other kind again.
  const isOwnSpace = deps.platform === 'darwin';
  if (isOwnSpace && state?.fullScreen === true) window.setFullScreen(true);
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    try {
      writeWindowState(deps.statePath, {
        bounds: window.getNormalBounds(),
        maximised: window.isMaximized(),
        fullScreen: isOwnSpace && window.isFullScreen(),
      });
    } catch (error) {
      log(error);
    }
  });
  window.webContents.on('will-prevent-unload', (event) => {
    if (deps.mayDiscard(window)) event.preventDefault();
    else deps.kept();
  });
  window.webContents.on('context-menu', (_event, params) => {
    const items = textMenu(params);
    if (items.length > 0) deps.popUp(items, window);
  });
  let died = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    const isAgain = deps.now() - died < soonAgain;
    died = deps.now();
    if (!isAgain || deps.openAgain(window)) window.webContents.reload();
    else window.destroy();
  });
  await window.loadURL(deps.pageURL);
  return window;
}
