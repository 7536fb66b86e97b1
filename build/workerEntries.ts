import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Plugin } from 'vite';

const workerAddress = /new URL\(\s*(['"])([\w./-]*Worker\.ts)\1\s*,\s*import\.meta\.url\s*,?\s*\)/gu;

/**
 * The workers as entries of the bundle, by name. Everything of the bundle lies in one folder, so that a worker is found
 * beside whatever starts it.
 * @param folder absolute path of electron/core/workers
 */
export function workerInputs(folder: string): Readonly<Record<string, string>> {
  const workers = readdirSync(folder).filter((name) => name.endsWith('Worker.ts'));
  return Object.fromEntries(workers.map((name) => [basename(name, '.ts'), join(folder, name)]));
}

/** Points `new URL('xWorker.ts', import.meta.url)`, which plain Node runs as it is, at the bundled worker. */
export function workerAddresses(): Plugin {
  return {
    name: 'shoebox-worker-addresses',
    apply: 'build',
    transform(code, id) {
      if (!id.endsWith('.ts') || !code.includes('Worker.ts')) return undefined;
      const changed = code.replaceAll(
        workerAddress,
        (_whole, _quote: string, path: string) => `new URL('./${basename(path, '.ts')}.js', import.meta.url)`,
      );
      // No line moves, so the map of the source still fits well enough to find a line in it.
      return { code: changed, map: null };
    },
  };
}
