import { join } from 'node:path';
import { defineConfig } from 'electron-vite';
import type { RendererViteConfig } from 'electron-vite';
import { rendererConfig } from './rendererConfig.ts';
import { workerAddresses, workerInputs } from './workerEntries.ts';

const root = join(import.meta.dirname, '..');
const out = (part: string): string => join(root, 'out', part);

/**
 * The desktop app: main with its workers as ES modules, the preload as one CommonJS file (a sandboxed preload can be
 * nothing else), and the interface. What package.json lists under `dependencies` is left outside (native code, WASM and
 * the exiftool script are files, not modules); everything else is bundled.
 */
export default defineConfig(({ command }) => ({
  main: {
    root,
    plugins: [workerAddresses()],
    build: {
      outDir: out('main'),
      target: 'node24',
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        input: {
          main: join(root, 'electron', 'desktop', 'main.ts'),
          ...workerInputs(join(root, 'electron', 'core', 'workers')),
        },
        // Loaded only by servers that use PostgreSQL, and optional inside ws.
        external: ['pg-native', 'bufferutil', 'utf-8-validate'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    root,
    build: {
      outDir: out('preload'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: join(root, 'electron', 'preload', 'preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  // Building leaves the interface to build-renderer.ts, which moves it into place whole; developing serves it from here.
  ...(command === 'serve' ? { renderer: developmentRenderer() } : {}),
}));

function developmentRenderer(): RendererViteConfig {
  const config = rendererConfig();
  return { ...config, build: { ...config.build, rolldownOptions: { input: join(root, 'renderer', 'index.html') } } };
}
