import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron';
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
  /** Asks whether unsaved changes of the page may be lost: a page can only keep its window open, not ask. */
  readonly mayDiscard: (window: BrowserWindow) => boolean;
  /** The window stays open for the sake of its changes. */
  readonly kept: () => void;
};

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
    webPreferences: windowPreferences(deps.preload, deps.devTools),
  });
  if (state?.maximised === true) window.maximize();
  if (state?.fullScreen === true) window.setFullScreen(true);
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    try {
      writeWindowState(deps.statePath, {
        bounds: window.getNormalBounds(),
        maximised: window.isMaximized(),
        fullScreen: window.isFullScreen(),
      });
    } catch (error) {
      log(error);
    }
  });
  window.webContents.on('will-prevent-unload', (event) => {
    if (deps.mayDiscard(window)) event.preventDefault();
    else deps.kept();
  });
  await window.loadURL(deps.pageURL);
  return window;
}
