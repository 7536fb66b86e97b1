import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { rendererConfig } from './rendererConfig.ts';

// Builds the interface into out/renderer when it is missing or older than what it is made of. Shells in this repository
// run it before they serve, so that nobody looks at yesterday's interface. `--force` builds in any case.
const root = join(import.meta.dirname, '..');
const out = join(root, 'out', 'renderer');
const sources = ['renderer', 'shared', 'build/rendererConfig.ts', 'package-lock.json'].map((path) => join(root, path));

function newest(path: string): number {
  const facts = statSync(path);
  if (!facts.isDirectory()) return facts.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), facts.mtimeMs);
}

const page = join(out, 'index.html');
const fresh = existsSync(page) && statSync(page).mtimeMs > Math.max(...sources.map(newest));
if (!fresh || process.argv.includes('--force')) {
  // Built beside and moved into place: two shells may start at once, and a running one may be serving the old files.
  const next = `${out}.${process.pid}`;
  const config = rendererConfig();
  await build({ ...config, logLevel: 'warn', build: { ...config.build, outDir: next } });
  const old = `${out}.old.${process.pid}`;
  if (existsSync(out)) renameSync(out, old);
  renameSync(next, out);
  rmSync(old, { recursive: true, force: true });
}
