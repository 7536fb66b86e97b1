import type { Connection } from '../store/connection.ts';
import type { EntityName } from '../store/entities.ts';
import { exportRank } from './exportOrder.ts';
import { parseStamps, type Stamps } from './stamps.ts';

/** What the server does not have yet. */
export interface Pending {
  readonly entity: EntityName;
  readonly rowId: string;
  readonly zoneId: string;
  readonly kind: 'save' | 'delete';
  /** save: the fields to send and when they were set; delete: `*` is when it was deleted. */
  readonly stamps: Stamps;
  /** The row was made here after (or without) the server's version, so a tombstone does not take it. */
  readonly created: boolean;
  /** delete: the version to delete; null when it was perhaps never accepted. */
  readonly changeTag: string | null;
  /** The server may hold a version without our knowing: this was in a request, or stands where a deletion waited. */
  readonly sent: boolean;
  readonly state: 'ready' | 'waiting' | 'parked';
  readonly reason: string | null;
  readonly message: string | null;
  readonly since: number;
}

type PendingRow = {
  entity: EntityName;
  row_id: string;
  zone_id: string;
  kind: 'save' | 'delete';
  stamps: string;
  created: number;
  change_tag: string | null;
  sent: number;
  state: Pending['state'];
  reason: string | null;
  message: string | null;
  since: number;
};

/** Wait before a parked change is tried again by itself, ms. Its cause usually ends by an act of somebody. */
export const parkedPause = 10 * 60_000;

/** Given the time, twice. What seems to wait longer than anything does was put off by a clock that has been set back since. */
const isDue = `(not_before <= ? OR not_before > ? + ${parkedPause})`;

const pendingColumns = `entity, row_id, zone_id, kind, stamps, created, change_tag, sent, state, reason, message, since`;

const toPending = (row: PendingRow): Pending => ({
  entity: row.entity,
  rowId: row.row_id,
  zoneId: row.zone_id,
  kind: row.kind,
  stamps: parseStamps(row.stamps),
  created: row.created === 1,
  changeTag: row.change_tag,
  sent: row.sent === 1,
  state: row.state,
  reason: row.reason,
  message: row.message,
  since: row.since,
});

/** `sync_pending` and `sync_refused`: what has yet to be sent, and what was not accepted. */
export function createPendingTable(connection: Connection) {
  return {
    pending: (entity: string, rowId: string): readonly Pending[] =>
      connection
        .statement<[string, string], PendingRow>(
          `SELECT ${pendingColumns} FROM sync_pending WHERE entity = ? AND row_id = ?`,
        )
        .all(entity, rowId)
        .map(toPending),
    /** @param notBefore the earliest time at which it is sent, ms; 0: at once */
    setPending: (pending: Pending, notBefore = 0): void => {
      connection
        .statement<
          [
            string,
            string,
            string,
            string,
            number,
            string,
            number,
            string | null,
            number,
            string,
            string | null,
            string | null,
            number,
            number,
          ]
        >(
          `INSERT OR REPLACE INTO sync_pending (entity, row_id, zone_id, kind, rank, stamps, created, change_tag, sent,
             state, reason, message, not_before, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          pending.entity,
          pending.rowId,
          pending.zoneId,
          pending.kind,
          exportRank(pending.entity, pending.kind),
          JSON.stringify(pending.stamps),
          pending.created ? 1 : 0,
          pending.changeTag,
          pending.sent ? 1 : 0,
          pending.state,
          pending.reason,
          pending.message,
          notBefore,
          pending.since,
        );
    },
    removePending: (entity: string, rowId: string, zoneId: string): void => {
      connection
        .statement<[string, string, string]>('DELETE FROM sync_pending WHERE entity = ? AND row_id = ? AND zone_id = ?')
        .run(entity, rowId, zoneId);
    },
    markSent: (entity: string, rowId: string, zoneId: string): void => {
      connection
        .statement<[string, string, string]>(
          'UPDATE sync_pending SET sent = 1 WHERE entity = ? AND row_id = ? AND zone_id = ? AND sent = 0',
        )
        .run(entity, rowId, zoneId);
    },
    /**
     * What may be sent to a zone now, parents first. A deletion left by a move waits for the save in the new zone, and
     * a row with a tombstone waits until that is decided.
     */
    sendable: (zoneId: string, now: number, limit: number): readonly Pending[] =>
      connection
        .statement<[string, number, number, number], PendingRow>(
          `SELECT ${pendingColumns} FROM sync_pending AS p
           WHERE zone_id = ? AND state <> 'parked' AND ${isDue}
             AND (kind = 'save' OR NOT EXISTS (SELECT 1 FROM sync_pending AS s WHERE s.entity = p.entity
               AND s.row_id = p.row_id AND s.kind = 'save' AND s.zone_id <> p.zone_id))
             AND NOT EXISTS (SELECT 1 FROM sync_tombstone AS t WHERE t.entity = p.entity AND t.row_id = p.row_id
               AND t.zone_id = p.zone_id)
           ORDER BY rank, row_id LIMIT ?`,
        )
        .all(zoneId, now, now, limit)
        .map(toPending),
    pendingZones: (now: number): readonly string[] =>
      connection
        .statement<[number, number], { zoneId: string }>(
          `SELECT DISTINCT zone_id AS zoneId FROM sync_pending WHERE state <> 'parked' AND ${isDue} ORDER BY zone_id`,
        )
        .all(now, now)
        .map(({ zoneId }) => zoneId),
    pendingOf: (zoneId: string): readonly Pending[] =>
      connection
        .statement<[string], PendingRow>(`SELECT ${pendingColumns} FROM sync_pending WHERE zone_id = ?`)
        .all(zoneId)
        .map(toPending),
    pendingCounts: (): readonly { state: Pending['state']; reason: string | null; count: number }[] =>
      connection
        .statement<[], { state: Pending['state']; reason: string | null; count: number }>(
          `SELECT state, reason, count(*) AS count FROM sync_pending GROUP BY state, reason`,
        )
        .all(),
    /** When the next waiting entry may be tried again, ms. */
    nextWaiting: (): number | undefined =>
      connection
        .statement<[], { at: number | null }>(`SELECT min(not_before) AS at FROM sync_pending WHERE state = 'waiting'`)
        .get()?.at ?? undefined,
    /** Lets parked entries try again; all of them, or those parked for one reason. */
    unpark: (reason?: string): number =>
      connection
        .statement<[string | null, string | null]>(
          `UPDATE sync_pending SET state = 'ready', not_before = 0
           WHERE state <> 'ready' AND (? IS NULL OR reason = ?)`,
        )
        .run(reason ?? null, reason ?? null),

    /** What the server said about the newest entry that waits for this reason. */
    messageOf: (reason: string): string | null =>
      connection
        .statement<[string], { message: string | null }>(
          `SELECT message FROM sync_pending WHERE state <> 'ready' AND reason = ? ORDER BY since DESC LIMIT 1`,
        )
        .get(reason)?.message ?? null,
    refusedCount: (): number =>
      connection.statement<[], { count: number }>('SELECT count(*) AS count FROM sync_refused').get()?.count ?? 0,
    refuse: (entry: {
      entity: string;
      rowId: string;
      zoneId: string;
      kind: 'save' | 'delete';
      values: string;
      reason: string;
      neededRight: string | null;
      message: string | null;
      at: number;
    }): void => {
      connection
        .statement<[string, string, string, string, string, string, string | null, string | null, number]>(
          `INSERT INTO sync_refused (entity, row_id, zone_id, kind, "values", reason, needed_right, message, at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          entry.entity,
          entry.rowId,
          entry.zoneId,
          entry.kind,
          entry.values,
          entry.reason,
          entry.neededRight,
          entry.message,
          entry.at,
        );
    },
  };
}
