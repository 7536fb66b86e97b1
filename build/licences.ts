import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One installed package and what its own package.json says about its licence. */
export type PackageLicence = { readonly name: string; readonly version: string; readonly licence: string };

/** Licences that may be installed. Weak copyleft (LGPL, MPL) is fine: those libraries are shipped as replaceable files. */
const accepted = new Set([
  '0BSD',
  'Apache-2.0',
  'Artistic-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSD',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'LGPL-3.0',
  'LGPL-3.0-or-later',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
  'Zlib',
]);

/** Packages whose package.json says nothing, or nothing machine-readable, with what their licence file says. */
const stated: Readonly<Record<string, string>> = { 'humanize-number': 'MIT', only: 'MIT' };

/**
 * Decides an SPDX expression: one accepted side of an OR is enough, an AND needs both.
 * @param expression for example `(MIT OR GPL-3.0-or-later)`
 */
export function isAccepted(expression: string): boolean {
  const alternatives = expression.replaceAll(/[()]/gu, ' ').split(/\s+OR\s+|\//u);
  return alternatives.some((alternative) => alternative.split(/\s+AND\s+/u).every((part) => accepted.has(part.trim())));
}

type Manifest = {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
};

function licenceOf(manifest: Manifest): string {
  if (typeof manifest.license === 'string') return manifest.license;
  if (manifest.license?.type !== undefined) return manifest.license.type;
  return (manifest.licenses ?? []).map((entry) => entry.type ?? '').join(' OR ');
}

/**
 * Every package the lockfile installs on this machine, with its licence.
 * @param root absolute path of the repository
 */
export function installedLicences(root: string): readonly PackageLicence[] {
  const lock: { packages: Record<string, unknown> } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found: PackageLicence[] = [];
  for (const path of Object.keys(lock.packages)) {
    const manifestPath = join(root, path, 'package.json');
    // Packages for other platforms are in the lockfile and not on the disk.
    if (path === '' || !existsSync(manifestPath)) continue;
    const manifest: Manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
    const name = manifest.name ?? path;
    found.push({ name, version: manifest.version ?? '', licence: stated[name] ?? licenceOf(manifest) });
  }
  return found;
}
