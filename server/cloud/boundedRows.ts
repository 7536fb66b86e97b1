import type { Sql } from '../database/database.ts';
import { overLimit } from './cloudError.ts';
import type { RecordRow } from './recordRows.ts';

/**
 * Bytes of stored fields one answer is made of. Records may be a megabyte each, so a page counted in records alone took
 * hundreds of megabytes, more than the heap has: anybody with an account could stop the server by reading back what they
 * had saved. A page ends with the record that reaches this, so it always has one and a reading always goes on.
 */
export const answerBytes = 8 * 1024 ** 2;

/** Rows of a page, and what they weigh. */
interface BoundedRows {
  readonly rows: readonly RecordRow[];
  /** of the stored fields */
  readonly bytes: number;
  /** There are rows behind the last one, or behind the start where none is given. */
  readonly more: boolean;
}

/**
 * Records of a zone changed after a seq, in the order of their last change: at most `limit`, and none behind the one that
 * reaches `bytes`; none at all where nothing is left of them.
 *
 * Sizes stand in a row's head, so summing them up reads none of the fields. It is part of the one statement that a page of
 * small records takes, and only where that finds them too large is the cut looked for.
 */
export async function changedRows(
  sql: Sql,
  zoneID: number,
  after: number,
  options: { readonly limit: number; readonly bytes: number; readonly tombstones: boolean },
): Promise<BoundedRows> {
  const { limit, bytes } = options;
  const where = `zone_id = ? AND seq > ?${options.tombstones ? '' : ' AND deleted = 0'}`;
  const sizes = `SELECT seq, octet_length(fields) AS size FROM records WHERE ${where} ORDER BY seq LIMIT ?`;
  const from = [zoneID, after] as const;
  const light = await sql.all<RecordRow>(
    `SELECT * FROM records WHERE ${where} AND (SELECT sum(size) FROM (${sizes}) AS sizes) < ? ORDER BY seq LIMIT ?`,
    [...from, ...from, limit + 1, bytes, limit + 1],
  );
  if (light.length > 0) {
    const rows = light.slice(0, limit);
    return { rows, bytes: bytesOf(rows), more: light.length > limit };
  }
  const rows =
    bytes <= 0
      ? []
      : await sql.all<RecordRow>(
          `SELECT * FROM records WHERE ${where} AND seq <= (
             SELECT max(seq) FROM (
               SELECT seq, sum(size) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) - size AS before FROM (${sizes}) AS sizes
             ) AS sums WHERE before < ?
           ) ORDER BY seq`,
          [...from, ...from, limit, bytes],
        );
  const next = await sql.get(`SELECT 1 AS one FROM records WHERE ${where} LIMIT 1`, [
    zoneID,
    rows.at(-1)?.seq ?? after,
  ]);
  return { rows, bytes: bytesOf(rows), more: next !== undefined };
}

function bytesOf(rows: readonly RecordRow[]): number {
  return rows.reduce((sum, row) => sum + Buffer.byteLength(row.fields), 0);
}

/** Bytes of stored fields read at once while looking for the records of a query. */
const scanBytes = 4 * 1024 ** 2;

/** What one step of a scan by name came past. */
interface ScannedRows {
  /** The living records of the type among them, each with what its fields weigh. */
  readonly rows: readonly (RecordRow & { readonly size: number })[];
  /** How many rows of whatever kind were looked at. */
  readonly looked: number;
  /** There are no rows behind these. */
  readonly ended: boolean;
  /** The last name looked at; undefined where there was none. */
  readonly through: string | undefined;
}

/**
 * Looks at up to `limit` rows of a zone behind a name, in the order of names, and reads those of one type; it goes less far
 * where they would be too many bytes to hold.
 */
export async function scanRows(
  sql: Sql,
  zoneID: number,
  after: string,
  recordType: string,
  limit: number,
): Promise<ScannedRows> {
  // Rows of other types are stepped over without reading their fields.
  const sizes = `SELECT record_name, CASE WHEN record_type = ? AND deleted = 0 THEN octet_length(fields) ELSE 0 END AS size
    FROM records WHERE zone_id = ? AND record_name > ? ORDER BY record_name LIMIT ?`;
  const from = [recordType, zoneID, after, limit] as const;
  let span = await sql.get<{ through: string | null; looked: number; bytes: number | null }>(
    `SELECT max(record_name) AS through, count(*) AS looked, sum(size) AS bytes FROM (${sizes}) AS sizes`,
    from,
  );
  const ended = (span?.looked ?? 0) < limit && (span?.bytes ?? 0) <= scanBytes;
  if ((span?.bytes ?? 0) > scanBytes) {
    span = await sql.get(
      `SELECT max(record_name) AS through, count(*) AS looked, sum(size) AS bytes FROM (
         SELECT record_name, size, sum(size) OVER (ORDER BY record_name ROWS UNBOUNDED PRECEDING) - size AS before
           FROM (${sizes}) AS sizes
       ) AS sums WHERE before < ?`,
      [...from, scanBytes],
    );
  }
  const through = span?.through ?? undefined;
  if (span === undefined || through === undefined) return { rows: [], looked: 0, ended, through: undefined };
  const rows =
    (span.bytes ?? 0) === 0
      ? []
      : await sql.all<RecordRow & { size: number }>(
          `SELECT *, octet_length(fields) AS size FROM records
            WHERE zone_id = ? AND record_name > ? AND record_name <= ? AND record_type = ? AND deleted = 0 ORDER BY record_name`,
          [zoneID, after, through, recordType],
        );
  return { rows, looked: span.looked, ended, through };
}

/**
 * Refuses names whose records are too large for one answer, before any of them is read. Not an error for each of those that
 * do not fit: a client takes a record it is not given for one that is not there, but names fewer at a time when told how
 * many it may. One record is never refused, however large.
 * @param limit what the request is counted in
 * @throws CloudError BAD_REQUEST with limit and maximum, which any that many of these names keep to
 */
export async function checkAnswerSize(
  sql: Sql,
  zoneID: number,
  names: readonly string[],
  limit: 'records' | 'operations',
): Promise<void> {
  if (names.length < 2) return;
  const sum = await sql.get<{ bytes: number | null; largest: number | null }>(
    `SELECT sum(size) AS bytes, max(size) AS largest FROM (
       SELECT octet_length(fields) AS size FROM records WHERE zone_id = ? AND record_name IN (?*)
     ) AS sizes`,
    [zoneID, names],
  );
  const largest = Math.max(1, sum?.largest ?? 0);
  // A name given twice is answered twice.
  const bytes = new Set(names).size === names.length ? (sum?.bytes ?? 0) : largest * names.length;
  if (bytes <= answerBytes) return;
  const maximum = Math.max(1, Math.floor(answerBytes / largest));
  throw overLimit(limit, maximum, `these records are too large for one answer; name at most ${maximum} at a time`);
}

/** A record without what it says: enough to know whether it is there, whose it is and what has to go with it. */
export type RecordHead = Omit<RecordRow, 'fields'>;

/** The heads of the records of these names, tombstones included: however many they are, none of their fields are held. */
export async function loadHeads(sql: Sql, zoneID: number, names: readonly string[]): Promise<RecordHead[]> {
  if (names.length === 0) return [];
  return sql.all<RecordHead>(
    `SELECT zone_id, record_name, record_type, tag, seq, parent, flags, deleted, created_at, created_by, created_device,
       modified_at, modified_by, modified_device FROM records WHERE zone_id = ? AND record_name IN (?*)`,
    [zoneID, names],
  );
}
