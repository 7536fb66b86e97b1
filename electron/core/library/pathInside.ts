import { isAbsolute, relative, sep } from 'node:path';

/** The rules of a system's paths, as `node:path` and its `win32` and `posix` have them. */
export interface PathRules {
  readonly relative: (from: string, to: string) => string;
  readonly isAbsolute: (path: string) => boolean;
  readonly sep: string;
}

const here: PathRules = { relative, isAbsolute, sep };

/**
 * True for a folder itself and everything below it. Both paths are absolute.
 * @param rules those of this system by default
 */
export function isInside(folder: string, path: string, rules: PathRules = here): boolean {
  const way = rules.relative(folder, path);
  // Between two drives of Windows there is no way but the whole path: `D:\photos` would pass for a name in `C:\library`.
  return way !== '..' && !way.startsWith(`..${rules.sep}`) && !rules.isAbsolute(way);
}

/** True for what lies below a folder, not for the folder itself. */
export function isBelow(folder: string, path: string, rules: PathRules = here): boolean {
  return rules.relative(folder, path) !== '' && isInside(folder, path, rules);
}

/** What lies in a folder, by its path relative to that folder, with `/` on every system. */
export function portablePath(folder: string, path: string): string {
  const inside = relative(folder, path);
  return sep === '/' ? inside : inside.replaceAll(sep, '/');
}
