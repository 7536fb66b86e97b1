import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
