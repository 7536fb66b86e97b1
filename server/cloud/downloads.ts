import { notFound } from './cloudError.ts';
import type { CloudError } from './cloudError.ts';
import type { Services } from './context.ts';

/** What an asset address answers. */
export interface Download {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: AsyncIterable<Uint8Array> | undefined;
}

/**
 * GET or HEAD of a download address (section 4.4). The address is signed and short-lived, and yet every use asks again
 * whether this person may read this record now, so a revocation counts at once.
 * @throws CloudError NOT_FOUND for whatever the address no longer opens
 */
export async function downloadAsset(
  services: Services,
  token: string,
  fileName: string | undefined,
  request: {
    readonly method: string;
    readonly range: string | undefined;
    readonly ifNoneMatch: string | undefined;
    readonly ifRange: string | undefined;
  },
): Promise<Download> {
  const parts = services.tokens.open('download', token);
  const now = services.clock();
  if (parts === undefined || Number(parts[7]) <= now) throw gone();
  const [realm = '', user = '', zoneID = '', record = '', field = '', position = '', sha256 = ''] = parts;
  const row = await services.database.read((sql) =>
    sql.get<{ size: number }>(
      `SELECT a.size FROM record_assets a JOIN zones z ON z.zone_id = a.zone_id JOIN users u ON u.id = ?
        WHERE a.zone_id = ? AND a.record_name = ? AND a.field = ? AND a.position = ? AND a.sha256 = ?
          AND z.realm = ? AND z.deleted_at IS NULL AND u.disabled_at IS NULL
          AND (z.owner = u.id OR EXISTS (
            SELECT 1 FROM participants p JOIN shares s ON s.zone_id = p.zone_id
             WHERE p.zone_id = z.zone_id AND p.user_name = u.id AND p.status = 'ACCEPTED' AND (s.ends_at IS NULL OR s.ends_at > ?)))`,
      [user, Number(zoneID), record, field, Number(position), sha256, realm, now],
    ),
  );
  if (row === undefined) throw gone();
  const digest = Buffer.from(sha256, 'base64').toString('hex');
  const etag = `"${digest}"`;
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'private, no-cache',
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'content-disposition': disposition(fileName),
    'cross-origin-resource-policy': 'cross-origin',
  };
  if (request.ifNoneMatch === etag) return { status: 304, headers, bytes: undefined };
  const range =
    request.ifRange === undefined || request.ifRange === etag ? parseRange(request.range, row.size) : undefined;
  if (range === 'unsatisfiable') {
    return {
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${row.size}`, 'content-length': '0' },
      bytes: undefined,
    };
  }
  const length = range === undefined ? row.size : range.to - range.from + 1;
  headers['content-length'] = String(length);
  if (range !== undefined) headers['content-range'] = `bytes ${range.from}-${range.to}/${row.size}`;
  const bytes = request.method === 'HEAD' ? undefined : await services.assets.read(digest, range);
  return { status: range === undefined ? 200 : 206, headers, bytes };
}

/** One range of RFC 9110; several ranges, or a unit we do not know, are answered with the whole file. */
function parseRange(
  header: string | undefined,
  size: number,
): { from: number; to: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return from >= size || (first === '' && Number(last) === 0) ? 'unsatisfiable' : { from, to };
}

/** A name for the saved file that can neither end the header nor leave a folder; never shown in the page itself. */
function disposition(fileName: string | undefined): string {
  const kept = (fileName ?? '').replaceAll(/[^\p{L}\p{N}._ -]/gu, '_').replace(/^\.+/, '');
  // By whole characters: half of one cannot be encoded.
  const safe = Array.from(kept).slice(0, 120).join('');
  if (safe === '' || safe === '${f}') return 'attachment';
  return `attachment; filename*=UTF-8''${encodeURIComponent(safe)}`;
}

function gone(): CloudError {
  return notFound('this asset address is over; read the record again');
}
