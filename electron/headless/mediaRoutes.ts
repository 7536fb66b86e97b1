import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { errorMessage, isAppError } from '../../shared/errors.ts';
import type { AppErrorCode } from '../../shared/errors.ts';
import { mediaVariants } from '../core/mediaSourcePort.ts';
import type { Media, MediaSource, MediaVariant } from '../core/mediaSourcePort.ts';
import { parseRange } from './byteRange.ts';

/** The only types that are ever named; anything else leaves as an unnamed download. No SVG, no HTML. */
const servedTypes = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'image/heic',
  'image/tiff',
  'video/mp4',
  'video/quicktime',
  'video/webm',
]);

/** `/media/<photoID>/<variant>`: an id and a known word, so a path cannot even be written. */
export function parseMediaPath(
  pathname: string,
): { readonly photoID: string; readonly variant: MediaVariant } | undefined {
  const match = /^\/media\/([\w-]{1,64})\/([a-z]+)$/u.exec(pathname);
  const variant = mediaVariants.find((name) => name === match?.[2]);
  const photoID = match?.[1];
  return photoID === undefined || variant === undefined ? undefined : { photoID, variant };
}

/**
 * Answers one media request: whole, one range, not modified, or a status with one sentence.
 * @param versioned the address names the version it wants (`?v=`), so the answer may be kept for good
 */
export async function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  source: MediaSource,
  wanted: { readonly photoID: string; readonly variant: MediaVariant; readonly versioned: boolean },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let media: Media;
  try {
    media = await source.open(wanted.photoID, wanted.variant, gone.signal);
  } catch (error) {
    sendError(response, error);
    return;
  }
  const etag = `"${media.etag}"`;
  const headers: Record<string, string | number> = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': wanted.versioned ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    'content-type': servedTypes.has(media.mime) ? media.mime : 'application/octet-stream',
    ...(media.fileName === undefined ? {} : { 'content-disposition': attachment(media.fileName) }),
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  // If-Range with an older version asks for the whole body instead of a part that no longer fits.
  const ifRange = request.headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, media.size) : 'whole';
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${media.size}` }).end();
    return;
  }
  const part = range === 'whole' ? { start: 0, end: media.size - 1 } : range;
  response.writeHead(range === 'whole' ? 200 : 206, {
    ...headers,
    'content-length': part.end - part.start + 1,
    ...(range === 'whole' ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${media.size}` }),
  });
  if (request.method === 'HEAD' || media.size === 0) response.end();
  else if (media.body.kind === 'bytes') response.end(media.body.bytes.subarray(part.start, part.end + 1));
  else await pipeline(createReadStream(media.body.path, part), response);
}

const statuses: Partial<Record<AppErrorCode, number>> = {
  notFound: 404,
  invalidInput: 400,
  fileUnsupported: 415,
  fileUnreadable: 404,
  folderUnavailable: 503,
  offline: 503,
  timedOut: 504,
};

function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const known = isAppError(error);
  const status = known ? (statuses[error.code] ?? 500) : 500;
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(
      JSON.stringify(
        known
          ? { code: error.code, message: errorMessage(error) }
          : { code: 'internal', message: 'The picture could not be made.' },
      ),
    );
}

/** RFC 6266 with both forms: a plain fallback, and the name itself in UTF-8. */
function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w.() -]/gu, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName).replaceAll("'", '%27')}`;
}
