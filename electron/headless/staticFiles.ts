import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

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

/**
 * Sends a file of the built interface. Anything that is not one of its plain names is not looked up at all, so no path
 * can lead out of the folder.
 * @param folder absolute path of out/renderer
 * @returns false when there is no such file; nothing has been sent then
 */
export async function sendStaticFile(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  pathname: string,
): Promise<boolean> {
  const name = pathname === '/' ? '/index.html' : pathname;
  const type = types[extname(name)];
  if (type === undefined || !plainPath.test(name)) return false;
  const path = join(folder, name);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || !facts.isFile()) return false;
  response.writeHead(200, {
    'content-type': type,
    'content-length': facts.size,
    // Built assets carry a hash in their name; the page that names them does not.
    'cache-control': name.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
  return true;
}
