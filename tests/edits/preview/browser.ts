import { chromium } from '@playwright/test';
import type { Page } from '@playwright/test';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'vite';
import type { Rollup } from 'vite';
import { join } from 'node:path';
import { findBrowser, installHint } from '../../../build/browser.ts';
import type { PreviewPage } from './page.ts';

/** A real browser with the product's preview in it, drawing with SwiftShader (software WebGL). */
export interface PreviewBrowser {
  /** Calls the page (tests/edits/preview/page.ts). */
  call<N extends keyof PreviewPage>(
    name: N,
    ...args: Parameters<PreviewPage[N]>
  ): Promise<Awaited<ReturnType<PreviewPage[N]>>>;
  /** Makes bytes reachable for the page. @returns their address. */
  serve(bytes: Uint8Array, type: string): string;
  dispose(): Promise<void>;
}

export async function openPreviewBrowser(): Promise<PreviewBrowser> {
  const script = await bundle(join(import.meta.dirname, 'page.ts'));
  const worker = await bundle(join(preview, 'bandWorker.ts'));
  const executablePath = findBrowser(process.env);
  if (executablePath === undefined) throw new Error(installHint);
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--force-color-profile=srgb'],
  });
  const page: Page = await browser.newPage();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error.message));
  const served = new Map<string, { readonly body: Buffer; readonly type: string }>();
  // A server of its own: pictures handed over by the browser's debugger would take ten times as long.
  const server = createServer((request, response) => {
    const found = served.get(request.url ?? '/');
    if (found === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': found.type }).end(found.body);
  });
  served.set('/', { body: Buffer.from('<!doctype html><title>Preview</title>'), type: 'text/html' });
  served.set('/bandWorker.js', { body: Buffer.from(worker), type: 'text/javascript' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.addScriptTag({ content: script });
  return {
    call: async (name, ...args) => {
      const result = await page.evaluate(
        async ([method, list]) => {
          const { previewPage } = globalThis as unknown as {
            previewPage: Record<string, (...all: unknown[]) => unknown>;
          };
          return await previewPage[method as string]?.(...(list as unknown[]));
        },
        [name, args] as const,
      );
      if (failures.length > 0) throw new Error(failures.join('\n'));
      return result as never;
    },
    serve: (bytes, type) => {
      const path = `/${served.size}`;
      served.set(path, { body: Buffer.from(bytes), type });
      return path;
    },
    dispose: async () => {
      await browser.close();
      server.close();
    },
  };
}

const preview = join(import.meta.dirname, '..', '..', '..', 'renderer', 'features', 'editor', 'preview');

async function bundle(entry: string): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'chrome140',
      lib: { entry, formats: ['iife'], name: 'page' },
    },
  })) as Rollup.RollupOutput[];
  const [output] = built;
  const chunk = output?.output.find((one) => one.type === 'chunk');
  if (chunk === undefined) throw new Error(`${entry} was not built`);
  return chunk.code;
}
