import type { Transaction } from '../database/database.ts';
import type { CallContext } from './context.ts';
import { announceChanges } from './pushes.ts';
import { saveRows } from './recordRows.ts';
import { shareRecordRow, shareRow } from './shareRecord.ts';
import { advanceZone } from './zones.ts';
import type { ZoneRow } from './zones.ts';

/**
 * The share record changes whenever its people do, so that everybody's feed shows them. The caller holds the owner's lock.
 * @returns the zone's newest seq
 */
export async function touchShare(sql: Transaction, context: CallContext, zone: ZoneRow, seq: number): Promise<number> {
  const before = await shareRecordRow(sql, zone.zone_id);
  if (before === undefined) return seq;
  const next = seq + 1;
  const row = {
    ...shareRow(context, zone.zone_id, before.fields, before),
    seq: next,
    tag: `${context.epoch}.${next.toString(36)}`,
  };
  await saveRows(sql, [row]);
  await advanceZone(sql, zone, next);
  await announceChanges(sql, context, zone, [{ kind: 'update', row }]);
  return next;
}
