import {
  lookupRecordsRequestSchema,
  queryRecordsRequestSchema,
  shareRecordType,
} from '../../shared/cloud/wireRecords.ts';
import type { DatabaseScope, QueryRecordsRequest } from '../../shared/cloud/wireRecords.ts';
import type { Sql } from '../database/database.ts';
import { answerBytes, checkAnswerSize, scanRows } from './boundedRows.ts';
import { CloudError, badRequest, overLimit } from './cloudError.ts';
import type { CallContext, Services } from './context.ts';
import { parseBody } from './parseBody.ts';
import { checkQuery, compareKeys, matchesQuery, sortKeys } from './queryFilter.ts';
import { loadRows, parseFields, recordJSON } from './recordRows.ts';
import type { AnswerOptions, RecordRow } from './recordRows.ts';
import { loadShare, shareJSON } from './shareRecord.ts';
import { zoneToken } from './syncTokens.ts';
import { openZone } from './zones.ts';
import type { OpenZone } from './zones.ts';

/** One record as this caller sees it, share records with their people. */
export async function answerRecord(
  sql: Sql,
  context: CallContext,
  open: OpenZone,
  row: RecordRow,
  options: AnswerOptions,
): Promise<string> {
  if (row.record_type !== shareRecordType) return recordJSON(context, open, row, options);
  return shareJSON(context, open, row, await loadShare(sql, context, open.zone));
}

/** records/lookup (section 7): the records in the order asked, NOT_FOUND items in place. */
export async function lookupRecords(
  context: CallContext,
  scope: DatabaseScope,
  body: unknown,
  wantsSyncToken: boolean,
): Promise<string> {
  const request = parseBody(lookupRecordsRequestSchema, body);
  const { records: maximum } = context.services.config.limits;
  if (request.records.length > maximum) throw overLimit('records', maximum, `at most ${maximum} records per request`);
  return context.database.read(async (sql) => {
    const open = await openZone(sql, context, scope, request.zoneID);
    const names = request.records.map((record) => record.recordName);
    await checkAnswerSize(sql, open.zone.zone_id, names, 'records');
    const rows = await loadRows(sql, open.zone.zone_id, names);
    const items: string[] = [];
    for (const wanted of request.records) {
      const row = rows.get(wanted.recordName);
      if (row === undefined || row.deleted === 1) {
        items.push(new CloudError('NOT_FOUND', 'this record does not exist').item({ recordName: wanted.recordName }));
      } else {
        items.push(
          await answerRecord(sql, context, open, row, {
            desiredKeys: wanted.desiredKeys ?? request.desiredKeys,
            numbersAsStrings: request.numbersAsStrings,
          }),
        );
      }
    }
    const token = wantsSyncToken
      ? `,"syncToken":"${zoneToken(context, open.zone.incarnation, open.zone.last_seq)}"`
      : '';
    return `{"records":[${items.join(',')}]${token}}`;
  });
}

/** Rows looked at before an unsorted query answers with what it has and a marker: no request scans a zone of millions. */
const scanPerRequest = 5000;
const scanChunk = 1000;
/** The same for bytes of stored fields. */
const scanBytesPerRequest = 32 * 1024 ** 2;

/** records/query (section 7): filters and sorts over one zone, or all zones of the scope with zoneWide. */
export async function queryRecords(
  context: CallContext,
  scope: DatabaseScope,
  body: unknown,
  wantsSyncToken: boolean,
): Promise<string> {
  const request = parseBody(queryRecordsRequestSchema, body);
  checkQuery(request.query);
  const { records: maximum } = context.services.config.limits;
  const limit = Math.min(request.resultsLimit ?? maximum, maximum);
  const marker = openMarker(context, request);
  const zoneWide = request.zoneID === undefined && request.zoneWide === true;
  const openZones = async (sql: Sql): Promise<OpenZone[]> =>
    zoneWide ? visibleZones(sql, context, scope) : [await openZone(sql, context, scope, request.zoneID)];
  const answer = async (sql: Sql, zones: readonly OpenZone[], page: Page): Promise<string> => {
    const items: string[] = [];
    for (const { open, row } of page.found) {
      items.push(await answerRecord(sql, context, open, row, request));
    }
    const next = page.next === undefined ? '' : `,"continuationMarker":"${sealMarker(context, request, page.next)}"`;
    const zone = zones[0]?.zone;
    const token =
      wantsSyncToken && !zoneWide && zone !== undefined
        ? `,"syncToken":"${zoneToken(context, zone.incarnation, zone.last_seq)}"`
        : '';
    return `{"records":[${items.join(',')}]${next}${token}}`;
  };
  if ((request.query.sortBy ?? []).length === 0) {
    return context.database.read(async (sql) => {
      const zones = await openZones(sql);
      return answer(sql, zones, await scannedPage(sql, request, zones, limit, marker));
    });
  }
  const zones = await context.database.read(openZones);
  const page = await sortedPage(context, request, zones, limit, marker);
  return context.database.read(async (sql) => {
    // Others had their turns meanwhile: who lost a zone in one of them is told nothing of it.
    const visible = new Set((await openZones(sql)).map(({ zone }) => zone.zone_id));
    return answer(sql, zones, { ...page, found: page.found.filter(({ open }) => visible.has(open.zone.zone_id)) });
  });
}

/** Where a query goes on: after a name in a zone, or after sort keys. */
interface Marker {
  readonly zoneID: number;
  readonly name: string;
  readonly keys: readonly unknown[];
}

interface Page {
  readonly found: readonly { readonly open: OpenZone; readonly row: RecordRow }[];
  readonly next: Marker | undefined;
}

async function scannedPage(
  sql: Sql,
  request: QueryRecordsRequest,
  zones: readonly OpenZone[],
  limit: number,
  marker: Marker | undefined,
): Promise<Page> {
  const found: { open: OpenZone; row: RecordRow }[] = [];
  let looked = 0;
  let read = 0;
  let bytes = 0;
  for (const open of zones) {
    const zoneID = open.zone.zone_id;
    if (marker !== undefined && zoneID < marker.zoneID) continue;
    let after = marker?.zoneID === zoneID ? marker.name : '';
    for (;;) {
      // Most queries are of one type and find a page in as many rows.
      const most = looked === 0 ? Math.min(limit, scanPerRequest) : Math.min(scanChunk, scanPerRequest - looked);
      const step = await scanRows(sql, zoneID, after, request.query.recordType, most);
      for (const row of step.rows) {
        read += row.size;
        if (!matchesQuery(request.query, row, parseFields(row))) continue;
        found.push({ open, row });
        bytes += row.size;
        if (found.length === limit || bytes >= answerBytes) {
          return { found, next: { zoneID, name: row.record_name, keys: [] } };
        }
      }
      after = step.through ?? after;
      looked += step.looked;
      if (looked >= scanPerRequest || read >= scanBytesPerRequest) {
        return { found, next: { zoneID, name: after, keys: [] } };
      }
      if (step.ended) break;
    }
  }
  return { found, next: undefined };
}

/**
 * Sorting has to see every record of the type; hardly more of them are ever held than one answer has room for.
 *
 * Each step is a read of its own, and others have their turn after it: where one thing is done at a time, nobody waits for
 * a zone of hundreds of thousands. So the answer is of no one moment: a record that changes meanwhile is in it as it was or
 * as it is, and one that is made or deleted meanwhile may be. Pages of one query were never of one moment either, and a
 * sync token that comes with them is from before the first step, so that all such changes follow in the feed.
 */
async function sortedPage(
  context: CallContext,
  request: QueryRecordsRequest,
  zones: readonly OpenZone[],
  limit: number,
  marker: Marker | undefined,
): Promise<Page> {
  const after = marker === undefined ? undefined : { keys: marker.keys, name: `${marker.zoneID}/${marker.name}` };
  let best: { open: OpenZone; row: RecordRow & { size: number }; keys: unknown[]; name: string }[] = [];
  let held = 0;
  let more = false;
  const trim = (): void => {
    best.sort((a, b) => compareKeys(request.query, a, b));
    const before = best.length;
    held = 0;
    // What comes behind the bytes of one answer is behind them still when others have been put before it.
    best = best.filter(({ row }, index) => {
      if (index >= limit || held >= answerBytes) return false;
      held += row.size;
      return true;
    });
    more ||= best.length < before;
  };
  for (const open of zones) {
    let name = '';
    for (;;) {
      const from = name;
      const step = await context.database.read((sql) =>
        scanRows(sql, open.zone.zone_id, from, request.query.recordType, scanChunk),
      );
      name = step.through ?? name;
      for (const row of step.rows) {
        const fields = parseFields(row);
        if (!matchesQuery(request.query, row, fields)) continue;
        const candidate = {
          open,
          row,
          keys: sortKeys(request.query, row, fields),
          name: `${open.zone.zone_id}/${row.record_name}`,
        };
        if (after !== undefined && compareKeys(request.query, candidate, after) <= 0) continue;
        best.push(candidate);
        held += row.size;
      }
      if (best.length > limit + scanChunk || held > answerBytes) trim();
      if (step.ended) break;
      await letOthersIn(context.services);
    }
  }
  trim();
  const last = best.at(-1);
  const next =
    more && last !== undefined
      ? { zoneID: last.open.zone.zone_id, name: last.row.record_name, keys: last.keys }
      : undefined;
  return { found: best, next };
}

/** SQLite answers without leaving the microtask queue: without this no request would be read from its socket meanwhile. */
async function letOthersIn({ timers }: Services): Promise<void> {
  if (timers !== undefined) await new Promise<void>((resolve) => void timers.setTimeout(resolve, 0));
}

/** Every zone of the scope the caller sees, in a fixed order. */
export async function visibleZones(sql: Sql, context: CallContext, scope: DatabaseScope): Promise<OpenZone[]> {
  const caller = context.caller.userName;
  const names =
    scope === 'private'
      ? await sql.all<{ zone_id: number; owner: string; name: string }>(
          'SELECT zone_id, owner, name FROM zones WHERE realm = ? AND owner = ? AND deleted_at IS NULL ORDER BY zone_id',
          [context.realm.key, caller],
        )
      : await sql.all<{ zone_id: number; owner: string; name: string }>(
          `SELECT z.zone_id, z.owner, z.name FROM zones z
             JOIN participants p ON p.zone_id = z.zone_id JOIN shares s ON s.zone_id = z.zone_id
            WHERE z.realm = ? AND p.user_name = ? AND p.status = 'ACCEPTED' AND z.deleted_at IS NULL
              AND (s.ends_at IS NULL OR s.ends_at > ?) ORDER BY z.zone_id`,
          [context.realm.key, caller, context.now],
        );
  const zones: OpenZone[] = [];
  for (const { owner, name } of names) {
    zones.push(await openZone(sql, context, scope, { zoneName: name, ownerRecordName: owner }));
  }
  return zones;
}

function sealMarker(context: CallContext, request: QueryRecordsRequest, marker: Marker): string {
  return context.services.tokens.seal('query', [
    context.epoch,
    context.caller.userName,
    JSON.stringify(request.query),
    marker.zoneID,
    marker.name,
    JSON.stringify(marker.keys),
  ]);
}

/** @throws CloudError BAD_REQUEST for a marker of another person, another query or another epoch */
function openMarker(context: CallContext, request: QueryRecordsRequest): Marker | undefined {
  if (request.continuationMarker === undefined) return undefined;
  const parts = context.services.tokens.open('query', request.continuationMarker);
  if (
    parts?.[0] !== context.epoch ||
    parts[1] !== context.caller.userName ||
    parts[2] !== JSON.stringify(request.query)
  ) {
    throw badRequest('Invalid continuation format: this marker belongs to another query');
  }
  return { zoneID: Number(parts[3]), name: parts[4] ?? '', keys: JSON.parse(parts[5] ?? '[]') as unknown[] };
}
