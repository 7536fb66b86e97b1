import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The script of electron-vite, from the repository's root. */
export const electronVite = 'node_modules/electron-vite/bin/electron-vite.js';

/**
 * The Electron program that npm's package has fetched, or undefined when it has not: installing the package does not
 * fetch it, and nothing but the desktop window needs it.
 * @param root absolute path of the repository
 */
export function findElectron(root: string): string | undefined {
  const folder = join(root, 'node_modules', 'electron');
  try {
    const program = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Why a window cannot be opened here whatever is installed, or undefined when it can. */
export function windowObstacle(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  uid: number | undefined,
): string | undefined {
  if (platform !== 'linux') return undefined;
  if ((env['DISPLAY'] ?? '') === '' && (env['WAYLAND_DISPLAY'] ?? '') === '')
    return 'there is no desktop to open a window on';
  if (uid === 0) return 'a sandboxed window cannot be opened as root';
  return undefined;
}

/**
 * Why Electron cannot put its pages into a sandbox here, or undefined when it can. Where a system lets only root make one (as
 * Ubuntu does since 23.10), it takes a helper that belongs to root, and npm installs nothing that does: Electron would
 * end at once. `unshare` asks the system what the packed app asks it, too.
 * @param program absolute path of Electron's binary
 */
export function sandboxObstacle(
  platform: NodeJS.Platform,
  program: string,
  mayUnshare: () => boolean = canUnshare,
): string | undefined {
  if (platform !== 'linux' || mayUnshare()) return undefined;
  const helper = statSync(join(dirname(program), 'chrome-sandbox'), { throwIfNoEntry: false });
  if (helper?.uid === 0 && (helper.mode & 0o4001) === 0o4001) return undefined;
  return 'this system lets no program make a sandbox for a window (docs/contributing.md)';
}

/** Whether a program may make a user namespace; where nothing can tell, it is tried. */
function canUnshare(): boolean {
  const { error, status } = spawnSync('unshare', ['-Ur', 'true'], { stdio: 'ignore' });
  return error !== undefined || status === 0;
}
