import { resolve, dirname } from 'node:path';
import type { Plugin } from 'vite';

const workerAddress = /new URL\(\s*(['"])(\.{1,2}\/[^'"]*Worker[^'"]*\.ts)\1\s*,\s*import\.meta\.url\s*,?\s*\)/gu;

/**
 * Makes a bundled file of its own of every worker that the core starts by `new URL('./xWorker.ts', import.meta.url)`.
 * Unbundled, Node runs those files as they are; bundled, the address must name the worker's chunk instead.
 */
export function workerEntries(): Plugin {
  return {
    name: 'shoebox-worker-entries',
    apply: 'build',
    transform(code, id) {
      if (!id.endsWith('.ts') || !workerAddress.test(code)) return undefined;
      workerAddress.lastIndex = 0;
      return code.replaceAll(workerAddress, (_whole, _quote: string, path: string) => {
        const reference = this.emitFile({ type: 'chunk', id: resolve(dirname(id), path) });
        return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`;
      });
    },
  };
}
