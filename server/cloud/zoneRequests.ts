import { zonesLookupRequestSchema, zonesModifyRequestSchema, defaultZoneName } from '../../shared/cloud/wireRecords.ts';
import type { DatabaseScope, ZoneIDInput } from '../../shared/cloud/wireRecords.ts';
import type { Transaction } from '../database/database.ts';
import { CloudError, badRequest, overLimit } from './cloudError.ts';
import type { CallContext } from './context.ts';
import { parseBody } from './parseBody.ts';
import { announceToPeople } from './pushes.ts';
import { visibleZones } from './readRecords.ts';
import { endShare } from './shareOperations.ts';
import { zoneToken, zoneTokenSeq } from './syncTokens.ts';
import { endUploads } from './uploadRights.ts';
import { checkZoneName, insertZone, lockOwner, openZone, wireZoneID, zoneOwnerOf } from './zones.ts';
import type { ZoneRow } from './zones.ts';

/** zones/list (section 9). */
export async function listZones(context: CallContext, scope: DatabaseScope): Promise<string> {
  return context.database.read(async (sql) => {
    const zones = await visibleZones(sql, context, scope);
    return JSON.stringify({
      zones: zones.filter(({ zone }) => zone.is_default === 0).map(({ zone }) => wireZone(context, zone)),
      serverEpoch: context.epoch,
    });
  });
}

/** zones/lookup (section 9): errors per zone. */
export async function lookupZones(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  const request = parseBody(zonesLookupRequestSchema, body);
  return context.database.read(async (sql) => {
    const items: string[] = [];
    for (const zoneID of request.zones) {
      try {
        const { zone } = await openZone(sql, context, scope, zoneID);
        items.push(JSON.stringify(wireZone(context, zone)));
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(error.item({ zoneID }));
      }
    }
    return `{"zones":[${items.join(',')}]}`;
  });
}

/**
 * zones/modify (section 9): private only; creating an existing zone returns it, deleting one ends its sharing. A deletion
 * that names a sync token is refused with CONFLICT when the zone has changes behind it.
 */
export async function modifyZones(context: CallContext, scope: DatabaseScope, body: unknown): Promise<string> {
  if (scope !== 'private') throw new CloudError('ACCESS_DENIED', 'zones are made and deleted in the private database');
  const request = parseBody(zonesModifyRequestSchema, body);
  const { operations: maximum } = context.services.config.limits;
  if (request.operations.length > maximum)
    throw overLimit('operations', maximum, `at most ${maximum} operations per request`);
  return context.database.write(async (sql) => {
    let seq = await lockOwner(sql, context.realm.key, context.caller.userName);
    const items: string[] = [];
    for (const { operationType, zone } of request.operations) {
      try {
        const changed =
          operationType === 'create'
            ? await createZone(sql, context, zone.zoneID, seq)
            : await deleteZone(sql, context, zone, seq);
        seq = changed.seq;
        items.push(changed.json);
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        items.push(error.item({ zoneID: zone.zoneID }));
      }
    }
    return `{"zones":[${items.join(',')}]}`;
  });
}

interface Changed {
  readonly json: string;
  readonly seq: number;
}

async function createZone(sql: Transaction, context: CallContext, zoneID: ZoneIDInput, seq: number): Promise<Changed> {
  const { name } = ownZone(context, zoneID);
  const existing = await sql.get<ZoneRow>(
    'SELECT * FROM zones WHERE realm = ? AND owner = ? AND name = ? AND deleted_at IS NULL',
    [context.realm.key, context.caller.userName, name],
  );
  if (existing !== undefined) return { json: JSON.stringify(wireZone(context, existing)), seq };
  const maximum = context.caller.quotaZones ?? context.services.config.limits.zonesPerDatabase;
  const counted = await sql.get<{ zones: number }>(
    'SELECT count(*) AS zones FROM zones WHERE realm = ? AND owner = ? AND deleted_at IS NULL AND is_default = 0',
    [context.realm.key, context.caller.userName],
  );
  if ((counted?.zones ?? 0) >= maximum) {
    throw new CloudError('QUOTA_EXCEEDED', `at most ${maximum} zones per database`, {
      limit: 'zonesPerDatabase',
      maximum,
    });
  }
  const zone = await insertZone(sql, context, name, seq + 1);
  await announceToPeople(sql, context, zone, [zone.owner]);
  return { json: JSON.stringify(wireZone(context, zone)), seq: seq + 1 };
}

/** Its rows stay until maintenance takes them in small steps; nobody can reach them from this moment. */
async function deleteZone(
  sql: Transaction,
  context: CallContext,
  { zoneID, syncToken }: { readonly zoneID: ZoneIDInput; readonly syncToken?: string | undefined },
  seq: number,
): Promise<Changed> {
  ownZone(context, zoneID);
  const { zone } = await openZone(sql, context, 'private', zoneID);
  if (syncToken !== undefined) await refuseNews(sql, context, zone, syncToken);
  await endShare(sql, context, zone, 'DELETED');
  await sql.run('UPDATE zones SET deleted_at = ?, last_seq = ? WHERE zone_id = ?', [
    context.now,
    seq + 1,
    zone.zone_id,
  ]);
  await endUploads(sql, zone, context.now);
  await sql.run('UPDATE owners SET seq = ? WHERE realm = ? AND user_name = ?', [
    seq + 1,
    context.realm.key,
    context.caller.userName,
  ]);
  await announceToPeople(sql, context, zone, [zone.owner]);
  return { json: JSON.stringify({ zoneID: wireZoneID(zone), deleted: true }), seq: seq + 1 };
}

/** Who deletes a zone deletes what they have read of it. The owner is locked: nothing can be added meanwhile. */
async function refuseNews(sql: Transaction, context: CallContext, zone: ZoneRow, syncToken: string): Promise<void> {
  const { seq } = zoneTokenSeq(context, syncToken, {
    incarnation: zone.incarnation,
    purgedSeq: zone.purged_seq,
    ownerSeq: zone.last_seq,
  });
  const news = await sql.get('SELECT 1 FROM records WHERE zone_id = ? AND seq > ? LIMIT 1', [zone.zone_id, seq]);
  if (news !== undefined) throw new CloudError('CONFLICT', 'the zone has changed since this sync token');
}

function ownZone(context: CallContext, zoneID: ZoneIDInput): { readonly name: string } {
  const { owner, name } = zoneOwnerOf(context, zoneID);
  if (owner !== context.caller.userName)
    throw new CloudError('ACCESS_DENIED', 'only its owner makes or deletes a zone');
  if (name === defaultZoneName) throw badRequest('the default zone always exists');
  checkZoneName(name);
  return { name };
}

function wireZone(context: CallContext, zone: ZoneRow): Record<string, unknown> {
  return {
    zoneID: wireZoneID(zone),
    syncToken: zoneToken(context, zone.incarnation, zone.last_seq),
    atomic: zone.is_default === 0,
  };
}
