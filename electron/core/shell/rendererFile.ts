import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.pmtiles': 'application/octet-stream',
};

/** Names the build gives its files: path parts of plain characters, none starting with a dot. */
const plainPath = /^(?:\/[A-Za-z0-9_][\w.-]*)+$/u;

/** A file of the built interface, ready to be sent. */
export type RendererFile = {
  readonly path: string;
  readonly size: number;
  readonly type: string;
  readonly cacheControl: string;
};

/**
 * Finds a file of the built interface. Anything that is not one of its plain names is not looked up at all, so no address
 * can lead out of the folder.
 * @param folder absolute path of out/renderer
 * @param pathname of the address; `/` is the page
 */
export async function findRendererFile(folder: string, pathname: string): Promise<RendererFile | undefined> {
  const name = pathname === '/' ? '/index.html' : pathname;
  const type = types[extname(name)];
  if (type === undefined || !plainPath.test(name)) return undefined;
  const path = join(folder, name);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || !facts.isFile()) return undefined;
  // Built assets carry a hash in their name; the page that names them does not.
  const cacheControl = name.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';
  return { path, size: facts.size, type, cacheControl };
}
