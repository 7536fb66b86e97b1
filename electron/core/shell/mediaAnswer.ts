import { isAppError } from '../../../shared/errors.ts';
import type { AppErrorCode } from '../../../shared/errors.ts';
import { mediaVariants } from '../mediaSourcePort.ts';
import type { Media, MediaSource, MediaVariant } from '../mediaSourcePort.ts';
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

/** One picture that was asked for. */
export type MediaRequest = {
  readonly photoID: string;
  readonly variant: MediaVariant;
  /** The address names the version it wants (`?v=`), so the answer may be kept for good. */
  readonly versioned: boolean;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly ifNoneMatch: string | undefined;
};

/** An answer that any shell can send: a status, headers and at most one body. */
export type MediaAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'file'; readonly path: string; readonly start: number; readonly end: number };
};

/** `/<photoID>/<variant>`: an id and a known word, so that a path cannot even be written. */
export function parseMediaPath(
  pathname: string,
): { readonly photoID: string; readonly variant: MediaVariant } | undefined {
  const match = /^\/([\w.:=+-]{1,200})\/([a-z]+)$/u.exec(pathname);
  const variant = mediaVariants.find((name) => name === match?.[2]);
  const photoID = match?.[1];
  return photoID === undefined || variant === undefined ? undefined : { photoID, variant };
}

/**
 * Answers one media request: whole, one range, not modified, or a status with one sentence. Never throws.
 * @param signal aborts when nobody waits for the picture any more
 */
export async function answerMedia(
  source: MediaSource,
  request: MediaRequest,
  signal: AbortSignal,
): Promise<MediaAnswer> {
  let media: Media;
  try {
    media = await source.open(request.photoID, request.variant, signal);
  } catch (error) {
    return errorAnswer(error);
  }
  const etag = `"${media.etag}"`;
  const headers = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': request.versioned ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    'content-type': servedTypes.has(media.mime) ? media.mime : 'application/octet-stream',
    ...(media.fileName === undefined ? {} : { 'content-disposition': attachment(media.fileName) }),
  };
  if (request.ifNoneMatch === etag) return { status: 304, headers, body: { kind: 'none' } };
  // If-Range with an older version asks for the whole body instead of a part that no longer fits.
  const rangeFits = request.ifRange === undefined || request.ifRange === etag;
  const range = rangeFits ? parseRange(request.range, media.size) : 'whole';
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { 'content-range': `bytes */${media.size}` }, body: { kind: 'none' } };
  }
  const part = range === 'whole' ? { start: 0, end: media.size - 1 } : range;
  return {
    status: range === 'whole' ? 200 : 206,
    headers: {
      ...headers,
      'content-length': String(part.end - part.start + 1),
      ...(range === 'whole' ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${media.size}` }),
    },
    body: bodyOf(media, part),
  };
}

function bodyOf(media: Media, part: { readonly start: number; readonly end: number }): MediaAnswer['body'] {
  if (media.size === 0) return { kind: 'none' };
  if (media.body.kind === 'bytes') return { kind: 'bytes', bytes: media.body.bytes.subarray(part.start, part.end + 1) };
  return { kind: 'file', path: media.body.path, ...part };
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

function errorAnswer(error: unknown): MediaAnswer {
  const status = isAppError(error) ? (statuses[error.code] ?? 500) : 500;
  // A plain error's text may hold a path; only sentences written for people leave.
  const said = isAppError(error)
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'The picture could not be made.' };
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify(said)) },
  };
}

/** RFC 6266 with both forms: a plain fallback, and the name itself in UTF-8. */
function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w.() -]/gu, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName).replaceAll("'", '%27')}`;
}
