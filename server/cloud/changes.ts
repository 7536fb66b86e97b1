import { databaseChangesRequestSchema, zoneChangesRequestSchema } from '../../shared/cloud/wireChanges.ts';
import type { ZoneChangesRequest } from '../../shared/cloud/wireChanges.ts';
import type { DatabaseScope } from '../../shared/cloud/wireRecords.ts';
import type { Sql } from '../database/database.ts';
import { answerBytes, changedRows } from './boundedRows.ts';
import { CloudError, badRequest, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { parseBody } from './parseBody.ts';
import { answerRecord } from './readRecords.ts';
import { tombstoneJSON } from './recordRows.ts';
import { databaseToken, databaseTokenSeq, zoneToken, zoneTokenSeq } from './syncTokens.ts';
import type { ZonePosition } from './syncTokens.ts';
import { readViews, refreshViews, staleViews, viewPosition } from './views.ts';
import { openZone, wireZoneID } from './zones.ts';
import type { ZoneRow } from './zones.ts';

/** changes/database (section 8): which zones changed, appeared or went away since a token. */
export async function databaseChanges(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const request = parseBody(databaseChangesRequestSchema, body);
  const maximum = context.services.config.limits.records;
  const limit = Math.min(request.resultsLimit ?? maximum, maximum);
  const page =
    scope === 'private'
      ? await privateChanges(context, request.syncToken, limit)
      : await sharedChanges(context, request.syncToken, limit);
  return JSON.stringify({
    zones: page.zones,
    syncToken: databaseToken(context, scope, page.seq),
    moreComing: page.moreComing,
    serverEpoch: context.epoch,
  });
}

interface ZonesPage {
  readonly zones: readonly Record<string, unknown>[];
  readonly seq: number;
  readonly moreComing: boolean;
}

async function privateChanges(context: CallContext, token: string | undefined, limit: number): Promise<ZonesPage> {
  return context.database.read(async (sql) => {
    const user = context.caller.userName;
    const owner = await sql.get<{ seq: number }>('SELECT seq FROM owners WHERE realm = ? AND user_name = ?', [
      context.realm.key,
      user,
    ]);
    const after = databaseTokenSeq(context, 'private', token, owner?.seq ?? 0);
    // What is gone as well, also without a token: who reads for the first time and breaks off, or starts over, may hold it.
    // Not where a zone was made again under the name.
    const rows = await sql.all<ZoneRow & { deleted_at: number | null }>(
      `SELECT * FROM zones AS z WHERE realm = ? AND owner = ? AND last_seq > ? AND is_default = 0
          AND (deleted_at IS NULL OR NOT EXISTS (SELECT 1 FROM zones AS again WHERE again.realm = z.realm
            AND again.owner = z.owner AND again.name = z.name AND again.deleted_at IS NULL))
        ORDER BY last_seq LIMIT ?`,
      [context.realm.key, user, after, limit + 1],
    );
    const page = rows.slice(0, limit);
    const zones = page.map((row) =>
      row.deleted_at === null
        ? { zoneID: wireZoneID(row), syncToken: zoneToken(context, row.incarnation, row.last_seq) }
        : { zoneID: wireZoneID(row), deleted: true, deletedReason: 'DELETED' },
    );
    return { zones, seq: page.at(-1)?.last_seq ?? after, moreComing: rows.length > limit };
  });
}

async function sharedChanges(context: CallContext, token: string | undefined, limit: number): Promise<ZonesPage> {
  const user = context.caller.userName;
  const realm = context.realm.key;
  const stale = await context.database.read((sql) => staleViews(sql, realm, user, context.now));
  if (stale.length > 0) await context.database.write((sql) => refreshViews(sql, realm, user, context.now));
  return context.database.read(async (sql) => {
    const after = databaseTokenSeq(context, 'shared', token, await viewPosition(sql, realm, user));
    const rows = await readViews(sql, realm, user, after, limit + 1);
    const page = rows.slice(0, limit);
    // Without a token as well: who starts over after the server was restored may hold what has ended meanwhile.
    const zones = page.map((view) =>
      view.gone_reason === null
        ? { zoneID: wireZoneID(view), syncToken: zoneToken(context, view.incarnation, view.last_seq) }
        : { zoneID: wireZoneID(view), deleted: true, deletedReason: view.gone_reason },
    );
    return { zones, seq: page.at(-1)?.seq ?? after, moreComing: rows.length > limit };
  });
}

/** changes/zone (section 8): records changed since a token, each once, in the order of its last change; errors per zone. */
export async function zoneChanges(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const request = parseBody(zoneChangesRequestSchema, body);
  const maximum = context.services.config.limits.records;
  if (request.zones.length > maximum) throw overLimit('records', maximum, `at most ${maximum} zones per request`);
  return context.database.read(async (sql) => {
    let records = maximum;
    let bytes = answerBytes;
    const items: string[] = [];
    for (const wanted of request.zones) {
      try {
        const page = await zonePage(sql, context, scope, request, wanted, { records: Math.max(1, records), bytes });
        records -= page.records;
        bytes -= page.bytes;
        items.push(page.json);
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(error.item({ zoneID: wanted.zoneID }));
      }
    }
    return `{"zones":[${items.join(',')}],"serverEpoch":"${context.epoch}"}`;
  });
}

async function newestSeq(sql: Sql, zone: ZoneRow): Promise<number> {
  const newest = await sql.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM records WHERE zone_id = ?', [
    zone.zone_id,
  ]);
  return newest?.seq ?? 0;
}

async function purgedSeqOf(sql: Sql, zone: ZoneRow): Promise<number> {
  const row = await sql.get<{ purged_seq: number }>('SELECT purged_seq FROM zones WHERE zone_id = ?', [zone.zone_id]);
  return row?.purged_seq ?? zone.purged_seq;
}

async function zonePage(
  sql: Sql,
  context: CallContext,
  scope: DatabaseScope,
  request: ZoneChangesRequest,
  wanted: ZoneChangesRequest['zones'][number],
  /** What is left of the answer. Without bytes a page is empty, and says whether more is coming. */
  left: { readonly records: number; readonly bytes: number },
): Promise<{ json: string; records: number; bytes: number }> {
  const open = await openZone(sql, context, scope, wanted.zoneID);
  const { zone } = open;
  if (zone.is_default === 1) throw badRequest('the default zone has no change feed');
  if ((wanted.reverse ?? request.reverse) === true) throw badRequest('reverse feeds are not supported');
  const position = (purgedSeq: number): ZonePosition =>
    zoneTokenSeq(context, wanted.syncToken, {
      incarnation: zone.incarnation,
      purgedSeq,
      ownerSeq: zone.last_seq,
    });
  const { seq: after, startedBehind } = position(zone.purged_seq);
  const limit = Math.min(wanted.resultsLimit ?? request.resultsLimit ?? left.records, left.records);
  // Before the rows: what is written in between is behind it.
  const newest = wanted.syncToken === undefined ? await newestSeq(sql, zone) : 0;
  const { rows, bytes, more } = await changedRows(sql, zone.zone_id, after, {
    limit,
    bytes: left.bytes,
    // A client without a token holds nothing, so it needs no tombstones.
    tombstones: wanted.syncToken !== undefined,
  });
  // Where reads are not one snapshot, a deletion may have been purged after the zone was opened and before its rows were
  // read: the token is refused now, or the page would step over it.
  position(await purgedSeqOf(sql, zone));
  const types = wanted.desiredRecordTypes ?? request.desiredRecordTypes;
  const options = {
    desiredKeys: wanted.desiredKeys ?? request.desiredKeys,
    numbersAsStrings: wanted.numbersAsStrings ?? request.numbersAsStrings ?? request.numberAsStrings,
  };
  const records: string[] = [];
  for (const row of rows) {
    if (types !== undefined && !types.includes(row.record_type)) continue;
    records.push(row.deleted === 1 ? tombstoneJSON(zone, row) : await answerRecord(sql, context, open, row, options));
  }
  // Caught up means the newest row of this zone, not the owner's counter, so the token stays what it was.
  const last = rows.at(-1)?.seq ?? after;
  // Who has read to the end misses no deletion that was purged, although the rows of the last ones are gone; nor those that
  // a reading from the beginning leaves out.
  const seq = more ? last : Math.max(last, zone.purged_seq, newest);
  const token = zoneToken(context, zone.incarnation, seq, more && seq < zone.purged_seq ? startedBehind : undefined);
  const json =
    `{"zoneID":${JSON.stringify(wireZoneID(zone))},"syncToken":"${token}"` +
    `,"moreComing":${more},"records":[${records.join(',')}]}`;
  return { json, records: rows.length, bytes };
}
