import { assetFetchRequestSchema } from '../../shared/cloud/wireServices.ts';
import { errorMessage } from '../../shared/errors.ts';
import { CloudError, notFound, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { parseBody } from './parseBody.ts';
import { scopeOf } from './uploads.ts';
import { openZone } from './zones.ts';

/** Bytes of all assets in one answer, and of one of them: what is larger is read by its address, and can be continued. */
const answerBytes = 4 * 1024 * 1024;
const assetBytes = 256 * 1024;
/**
 * Assets read from the storage at once: one of an object store's takes a while. No more are held than these, however slowly
 * the other side reads.
 */
const readAtOnce = 4;

interface StoredAsset {
  readonly record_name: string;
  readonly field: string;
  readonly sha256: string;
  readonly size: number;
}

/**
 * assets/fetch (section 14): many small assets in one answer, for a grid of thumbnails costs a request each otherwise.
 * For each asset asked for, in that order, the answer has a line of JSON with its size or what is wrong with it, and its
 * bytes behind the line. What is too large for one answer names the limit, and is read by its address. Whoever may read the
 * records of the zone may read their assets.
 * @throws CloudError BAD_REQUEST, ZONE_NOT_FOUND, before the first byte
 */
export async function fetchAssets(context: CallContext, body: unknown): Promise<AsyncIterable<Uint8Array>> {
  const { assets: wanted, zoneID } = parseBody(assetFetchRequestSchema, body);
  const { assetTokens } = context.services.config.limits;
  if (wanted.length > assetTokens) {
    throw overLimit('assetTokens', assetTokens, `at most ${assetTokens} assets per request`);
  }
  const rows = await context.database.read(async (sql) => {
    const open = await openZone(sql, context, scopeOf(context, zoneID), zoneID);
    const names = [...new Set(wanted.map(({ recordName }) => recordName))];
    return sql.all<StoredAsset>(
      `SELECT record_name, field, sha256, size FROM record_assets
        WHERE zone_id = ? AND position = 0 AND record_name IN (?*)`,
      [open.zone.zone_id, names],
    );
  });
  const known = new Map(rows.map((row) => [`${row.record_name}\0${row.field}`, row]));
  let length = 0;
  const planned = wanted.map(({ recordName, fieldName }) => {
    const row = known.get(`${recordName}\0${fieldName}`);
    if (row === undefined) return { recordName, fieldName, error: notFound('this record has no such asset') };
    if (row.size > assetBytes || length + row.size > answerBytes) {
      const maximum = row.size > assetBytes ? assetBytes : answerBytes;
      return { recordName, fieldName, error: overLimit('fetchBytes', maximum, 'read this asset by its address') };
    }
    length += row.size;
    return { recordName, fieldName, row };
  });
  return answer(context, planned);
}

/** An asset asked for: where it lies, or why it is not in the answer. */
type PlannedAsset = { readonly recordName: string; readonly fieldName: string } & (
  | { readonly row: StoredAsset; readonly error?: never }
  | { readonly error: CloudError; readonly row?: never }
);

async function* answer(context: CallContext, planned: readonly PlannedAsset[]): AsyncIterable<Uint8Array> {
  for (let at = 0; at < planned.length; at += readAtOnce) {
    const some = planned.slice(at, at + readAtOnce);
    const parts = await Promise.all(some.map(async ({ row, error }) => error ?? (await readAll(context, row))));
    for (const [index, part] of parts.entries()) {
      const { recordName, fieldName } = some[index] ?? {};
      const failed = part instanceof CloudError;
      const line = failed
        ? part.item({ recordName, fieldName })
        : JSON.stringify({ recordName, fieldName, size: part.length });
      yield Buffer.concat([Buffer.from(`${line}\n`, 'utf8'), ...(failed ? [] : [part])]);
    }
  }
}

/** One asset's bytes. What the storage cannot read is wrong with this asset alone: the others are answered all the same. */
async function readAll({ services }: CallContext, { sha256 }: StoredAsset): Promise<Uint8Array | CloudError> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await services.assets.read(Buffer.from(sha256, 'base64').toString('hex'))) {
      chunks.push(chunk);
    }
  } catch (error) {
    services.log.error({ sha256, error: errorMessage(error) }, 'an asset that a record names cannot be read');
    return new CloudError('INTERNAL_ERROR', 'the bytes of this asset cannot be read now');
  }
  return Buffer.concat(chunks);
}
