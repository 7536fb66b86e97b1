import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';

const root = join(import.meta.dirname, '..');

/**
 * How the interface is built, once, for every shell: electron-vite, the headless shell and the tests all use this.
 * Nothing is inlined into the page: its content security policy allows scripts and styles from its own origin only.
 */
export function rendererConfig(): InlineConfig {
  return {
    root: join(root, 'renderer'),
    configFile: false,
    base: './',
    plugins: [react()],
    build: {
      outDir: join(root, 'out', 'renderer'),
      emptyOutDir: true,
      target: 'chrome140',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      sourcemap: false,
      chunkSizeWarningLimit: 1500,
    },
  };
}
