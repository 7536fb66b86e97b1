import { join } from 'node:path';
import type { WindowDeps } from '../../electron/desktop/window.ts';

/**
 * What a window needs but itself, where nothing of it is asked.
 * @param folder where it is remembered
 */
export const quietWindow = (folder: string): Omit<WindowDeps, 'create'> => ({
  displays: () => [],
  statePath: join(folder, 'window.json'),
  preload: 'preload.cjs',
  pageURL: 'app://shoebox/',
  devTools: false,
  dark: false,
  platform: 'linux',
  mayDiscard: () => true,
  kept: () => undefined,
  openAgain: () => false,
  popUp: () => undefined,
  now: () => 0,
});
