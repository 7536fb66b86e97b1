import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { CustomScheme, Protocol } from 'electron';
import type { MediaSource } from '../core/mediaSourcePort.ts';
import { answerMedia, parseMediaPath } from '../core/shell/mediaAnswer.ts';
import { findRendererFile } from '../core/shell/rendererFile.ts';
import { contentSecurityPolicy, pageOrigin } from './security.ts';

/** The scheme of everything the page loads. Standard and secure, so that it has an origin of its own; never file:. */
export const appScheme: CustomScheme = {
  scheme: 'app',
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, corsEnabled: true, codeCache: true },
};

const commonHeaders = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

/**
 * Serves the interface from `app://shoebox/` and pictures from `app://media/<photoID>/<variant>`: ids and known words,
 * never a path. A picture may be drawn on a canvas by our own page, and by no other.
 * @param rendererDir absolute path of the built interface
 */
export function serveAppProtocol(
  protocol: Pick<Protocol, 'handle'>,
  deps: { readonly media: MediaSource; readonly rendererDir: string },
): void {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405 });
    switch (url.host) {
      case 'shoebox':
        return rendererResponse(deps.rendererDir, url.pathname);
      case 'media':
        return mediaResponse(deps.media, url, request);
      default:
        return new Response(null, { status: 404 });
    }
  });
}

async function rendererResponse(folder: string, pathname: string): Promise<Response> {
  const file = await findRendererFile(folder, pathname);
  if (file === undefined) return new Response(null, { status: 404, headers: commonHeaders });
  return new Response(fileStream(file.path), {
    headers: {
      ...commonHeaders,
      'content-type': file.type,
      'content-length': String(file.size),
      'cache-control': file.cacheControl,
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-opener-policy': 'same-origin',
    },
  });
}

async function mediaResponse(source: MediaSource, url: URL, request: Request): Promise<Response> {
  const wanted = parseMediaPath(url.pathname);
  if (wanted === undefined) return new Response(null, { status: 404, headers: commonHeaders });
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  const answer = await answerMedia(
    source,
    {
      ...wanted,
      versioned: url.searchParams.has('v'),
      range: header('range'),
      ifRange: header('if-range'),
      ifNoneMatch: header('if-none-match'),
    },
    request.signal,
  );
  const headers = { ...commonHeaders, ...answer.headers, 'access-control-allow-origin': pageOrigin };
  const { body } = answer;
  if (request.method === 'HEAD' || body.kind === 'none') return new Response(null, { status: answer.status, headers });
  // A copy, because a Response owns its bytes and the picture may still be in the source's cache.
  const content = body.kind === 'bytes' ? body.bytes.slice() : fileStream(body.path, body);
  return new Response(content, { status: answer.status, headers });
}

function fileStream(path: string, part?: { readonly start: number; readonly end: number }): ReadableStream<Uint8Array> {
  const stream =
    part === undefined ? createReadStream(path) : createReadStream(path, { start: part.start, end: part.end });
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
}
