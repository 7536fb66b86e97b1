import { chromium } from '@playwright/test';
import type { Page } from '@playwright/test';
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

const origin = 'http://preview.test';

export async function openPreviewBrowser(): Promise<PreviewBrowser> {
  const script = await bundle();
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
  await page.route(`${origin}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Preview</title>' });
    const found = served.get(path);
    return found === undefined
      ? route.fulfill({ status: 404 })
      : route.fulfill({ contentType: found.type, body: found.body });
  });
  await page.goto(`${origin}/`);
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
    dispose: () => browser.close(),
  };
}

async function bundle(): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'chrome140',
      lib: { entry: join(import.meta.dirname, 'page.ts'), formats: ['iife'], name: 'page' },
    },
  })) as Rollup.RollupOutput[];
  const [output] = built;
  const chunk = output?.output.find((one) => one.type === 'chunk');
  if (chunk === undefined) throw new Error('The preview page was not built');
  return chunk.code;
}
