import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];
const fixedPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
  String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
];

/**
 * The Chromium-like browser on this machine, or undefined.
 * @param env where to look: `SHOEBOX_CHROMIUM` names a binary outright, `PATH` is searched otherwise
 */
export function findBrowser(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['SHOEBOX_CHROMIUM'];
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  const onPath = (env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...onPath, ...fixedPlaces].find((path) => existsSync(path));
}

/** Flags a browser under test needs: no sandbox when we are root (Chromium refuses to start with it), no GPU anywhere. */
export function browserFlags(uid: number | undefined): readonly string[] {
  return ['--disable-gpu', '--disable-dev-shm-usage', ...(uid === 0 ? ['--no-sandbox'] : [])];
}

/** What Playwright starts that browser with; where none is found, its own. */
export function browserLaunch(
  env: Readonly<Record<string, string | undefined>>,
  uid: number | undefined,
): { readonly executablePath?: string; readonly args: string[] } {
  const executablePath = findBrowser(env);
  return { ...(executablePath === undefined ? {} : { executablePath }), args: [...browserFlags(uid)] };
}

/** What to tell a person whose machine has no such browser. */
export const installHint = [
  'No Chromium, Chrome or Edge was found. The tests that look at the screen need one:',
  '  Debian, Ubuntu   sudo apt-get install chromium',
  '  Fedora           sudo dnf install chromium',
  '  Arch             sudo pacman -S chromium',
  '  macOS            brew install --cask google-chrome',
  '  Windows          Edge is already there; otherwise winget install Google.Chrome',
  'or name the binary: SHOEBOX_CHROMIUM=/path/to/chrome npm test',
].join('\n');
