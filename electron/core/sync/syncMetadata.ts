import type { DatabaseScope } from '../../../shared/cloud/wireRecords.ts';
import type { Connection } from '../store/connection.ts';
import type { EntityName } from '../store/entities.ts';
import { parseStamps, type Stamps } from './stamps.ts';

/** The server's side of a row: where it lies there, which version, and when its fields were set. */
export interface RecordState {
  readonly entity: EntityName;
  readonly rowId: string;
  readonly zoneId: string;
  /** null: the server is not known to hold it. */
  readonly changeTag: string | null;
  readonly stamps: Stamps;
  readonly unknown: string | null;
}

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
  /** It was in a request at least once, so the server may hold it without our knowing. */
  readonly sent: boolean;
  readonly state: 'ready' | 'waiting' | 'parked';
  readonly reason: string | null;
  readonly message: string | null;
  readonly since: number;
}

export interface ZoneState {
  readonly token: string | null;
  readonly onServer: boolean;
  readonly mode: 'follow' | 'reoffer' | 'sweep';
  readonly snapshot: number;
  readonly endedReason: string | null;
  readonly endedRound: number | null;
}

export interface Orphan {
  readonly entity: string;
  readonly rowId: string;
  readonly zoneId: string;
  readonly reason: 'parent' | 'unreadable' | 'unknownType';
  readonly record: string;
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

const pendingColumns = `entity, row_id, zone_id, kind, stamps, created, change_tag, sent, state, reason, message, since`;

export type SyncMetadata = ReturnType<typeof createSyncMetadata>;

/** Typed access to the sync_ tables of one connection. Every write belongs inside the transaction of its effect. */
export function createSyncMetadata(connection: Connection) {
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

  return {
    state: (key: string): string | undefined =>
      connection.statement<[string], { value: string }>('SELECT value FROM sync_state WHERE key = ?').get(key)?.value,
    setState: (key: string, value: string): void => {
      connection
        .statement<[string, string]>(
          `INSERT INTO sync_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
        )
        .run(key, value);
    },

    scope: (scope: DatabaseScope): { token: string | undefined; epoch: string | undefined } => {
      const row = connection
        .statement<[string], { token: string | null; epoch: string | null }>(
          'SELECT token, epoch FROM sync_scope WHERE scope = ?',
        )
        .get(scope);
      return { token: row?.token ?? undefined, epoch: row?.epoch ?? undefined };
    },
    setScope: (scope: DatabaseScope, token: string | null, epoch: string | null): void => {
      connection
        .statement<[string, string | null, string | null]>(
          `INSERT INTO sync_scope (scope, token, epoch) VALUES (?, ?, ?)
           ON CONFLICT (scope) DO UPDATE SET token = excluded.token, epoch = coalesce(excluded.epoch, epoch)`,
        )
        .run(scope, token, epoch);
    },

    /** After a recovery the next answer's epoch is taken as it comes. */
    forgetEpochs: (): void => {
      connection.statement<[]>('UPDATE sync_scope SET epoch = NULL').run();
    },

    zone: (zoneId: string): ZoneState => {
      const row = connection
        .statement<
          [string],
          {
            token: string | null;
            on_server: number;
            mode: ZoneState['mode'];
            snapshot: number;
            ended_reason: string | null;
            ended_round: number | null;
          }
        >('SELECT token, on_server, mode, snapshot, ended_reason, ended_round FROM sync_zone WHERE zone_id = ?')
        .get(zoneId);
      return {
        token: row?.token ?? null,
        onServer: row?.on_server === 1,
        mode: row?.mode ?? 'follow',
        snapshot: row?.snapshot ?? 0,
        endedReason: row?.ended_reason ?? null,
        endedRound: row?.ended_round ?? null,
      };
    },
    setZone: (zoneId: string, state: ZoneState): void => {
      connection
        .statement<[string, string | null, number, string, number, string | null, number | null]>(
          `INSERT OR REPLACE INTO sync_zone (zone_id, token, on_server, mode, snapshot, ended_reason, ended_round)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          zoneId,
          state.token,
          state.onServer ? 1 : 0,
          state.mode,
          state.snapshot,
          state.endedReason,
          state.endedRound,
        );
    },
    endedZones: (): readonly { zoneId: string; reason: string | null; round: number }[] =>
      connection
        .statement<[], { zoneId: string; reason: string | null; round: number }>(
          `SELECT zone_id AS zoneId, ended_reason AS reason, ended_round AS round FROM sync_zone
           WHERE ended_round IS NOT NULL ORDER BY zone_id`,
        )
        .all(),
    forgetZone: (zoneId: string): void => {
      for (const table of ['sync_zone', 'sync_record', 'sync_pending', 'sync_orphan', 'sync_tombstone', 'sync_asset']) {
        connection.statement<[string]>(`DELETE FROM ${table} WHERE zone_id = ?`).run(zoneId);
      }
    },

    record: (entity: string, rowId: string): RecordState | undefined => {
      const row = connection
        .statement<
          [string, string],
          {
            entity: EntityName;
            row_id: string;
            zone_id: string;
            change_tag: string | null;
            stamps: string;
            unknown: string | null;
          }
        >(
          'SELECT entity, row_id, zone_id, change_tag, stamps, unknown FROM sync_record WHERE entity = ? AND row_id = ?',
        )
        .get(entity, rowId);
      if (row === undefined) return undefined;
      return {
        entity: row.entity,
        rowId: row.row_id,
        zoneId: row.zone_id,
        changeTag: row.change_tag,
        stamps: parseStamps(row.stamps),
        unknown: row.unknown,
      };
    },
    setRecord: (record: RecordState, seen = 0): void => {
      connection
        .statement<[string, string, string, string | null, string, string | null, number]>(
          `INSERT INTO sync_record (entity, row_id, zone_id, change_tag, stamps, unknown, seen)
           VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (entity, row_id) DO UPDATE SET zone_id = excluded.zone_id, change_tag = excluded.change_tag,
             stamps = excluded.stamps, unknown = excluded.unknown, seen = max(seen, excluded.seen)`,
        )
        .run(
          record.entity,
          record.rowId,
          record.zoneId,
          record.changeTag,
          JSON.stringify(record.stamps),
          record.unknown,
          seen,
        );
    },
    recordsWithUnknown: (): readonly RecordState[] =>
      connection
        .statement<
          [],
          {
            entity: EntityName;
            rowId: string;
            zoneId: string;
            changeTag: string | null;
            stamps: string;
            unknown: string;
          }
        >(
          `SELECT entity, row_id AS rowId, zone_id AS zoneId, change_tag AS changeTag, stamps, unknown
           FROM sync_record WHERE unknown IS NOT NULL`,
        )
        .all()
        .map((row) => ({ ...row, stamps: parseStamps(row.stamps) })),
    removeRecord: (entity: string, rowId: string): void => {
      connection
        .statement<[string, string]>('DELETE FROM sync_record WHERE entity = ? AND row_id = ?')
        .run(entity, rowId);
    },
    /**
     * Rows of a zone the server had and does not list: not seen in this snapshot. One without a tag counts too, unless
     * it still has to be made there: the server answered "not found", and that voided the tag.
     */
    unseenRecords: (
      zoneId: string,
      snapshot: number,
      limit: number,
    ): readonly { entity: EntityName; rowId: string }[] =>
      connection
        .statement<[string, number, number], { entity: EntityName; rowId: string }>(
          `SELECT entity, row_id AS rowId FROM sync_record AS r
           WHERE zone_id = ? AND seen < ? AND (change_tag IS NOT NULL OR NOT EXISTS (SELECT 1 FROM sync_pending AS p
             WHERE p.entity = r.entity AND p.row_id = r.row_id AND p.zone_id = r.zone_id AND p.created = 1))
           LIMIT ?`,
        )
        .all(zoneId, snapshot, limit),
    /** Marks a row as looked at in this snapshot, so that it is not offered or swept twice. */
    markSeen: (entity: string, rowId: string, snapshot: number): void => {
      connection
        .statement<[number, string, string]>('UPDATE sync_record SET seen = ? WHERE entity = ? AND row_id = ?')
        .run(snapshot, entity, rowId);
    },
    dropTags: (zoneId: string): void => {
      connection.statement<[string]>('UPDATE sync_record SET change_tag = NULL WHERE zone_id = ?').run(zoneId);
    },
    /** What the server is known to hold of a zone's bytes is void; what is on its way stays. */
    forgetHeldAssets: (zoneId: string): void => {
      connection.statement<[string]>(`DELETE FROM sync_asset WHERE zone_id = ? AND state = 'done'`).run(zoneId);
    },
    unofferedRecords: (zoneId: string, limit: number): readonly { entity: EntityName; rowId: string }[] =>
      connection
        .statement<[string, number], { entity: EntityName; rowId: string }>(
          `SELECT entity, row_id AS rowId FROM sync_record AS r WHERE zone_id = ? AND change_tag IS NULL
             AND NOT EXISTS (SELECT 1 FROM sync_pending AS p
               WHERE p.entity = r.entity AND p.row_id = r.row_id AND p.zone_id = r.zone_id AND p.created = 1)
           LIMIT ?`,
        )
        .all(zoneId, limit),

    pending: (entity: string, rowId: string): readonly Pending[] =>
      connection
        .statement<[string, string], PendingRow>(
          `SELECT ${pendingColumns} FROM sync_pending WHERE entity = ? AND row_id = ?`,
        )
        .all(entity, rowId)
        .map(toPending),
    setPending: (pending: Pending, rank: number, notBefore = 0): void => {
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
          rank,
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
        .statement<[string, number, number], PendingRow>(
          `SELECT ${pendingColumns} FROM sync_pending AS p
           WHERE zone_id = ? AND state <> 'parked' AND not_before <= ?
             AND (kind = 'save' OR NOT EXISTS (SELECT 1 FROM sync_pending AS s WHERE s.entity = p.entity
               AND s.row_id = p.row_id AND s.kind = 'save' AND s.zone_id <> p.zone_id))
             AND NOT EXISTS (SELECT 1 FROM sync_tombstone AS t WHERE t.entity = p.entity AND t.row_id = p.row_id
               AND t.zone_id = p.zone_id)
           ORDER BY rank, row_id LIMIT ?`,
        )
        .all(zoneId, now, limit)
        .map(toPending),
    pendingZones: (now: number): readonly string[] =>
      connection
        .statement<[number], { zoneId: string }>(
          `SELECT DISTINCT zone_id AS zoneId FROM sync_pending WHERE state <> 'parked' AND not_before <= ? ORDER BY zone_id`,
        )
        .all(now)
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

    orphan: (entity: string, rowId: string): Orphan | undefined =>
      connection
        .statement<[string, string], Orphan>(
          `SELECT entity, row_id AS rowId, zone_id AS zoneId, reason, record FROM sync_orphan
           WHERE entity = ? AND row_id = ?`,
        )
        .get(entity, rowId),
    setOrphan: (orphan: Orphan, parentId: string | null): void => {
      connection
        .statement<[string, string, string, string | null, string, string]>(
          `INSERT OR REPLACE INTO sync_orphan (entity, row_id, zone_id, parent_id, reason, record)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        .run(orphan.entity, orphan.rowId, orphan.zoneId, parentId, orphan.reason, orphan.record);
    },
    removeOrphan: (entity: string, rowId: string): void => {
      connection
        .statement<[string, string]>('DELETE FROM sync_orphan WHERE entity = ? AND row_id = ?')
        .run(entity, rowId);
    },
    /** Forgets the rows of a zone that wait for another row. */
    dropOrphans: (zoneId: string): void => {
      connection.statement<[string]>(`DELETE FROM sync_orphan WHERE zone_id = ? AND reason = 'parent'`).run(zoneId);
    },
    orphansOf: (parentId: string): readonly Orphan[] =>
      connection
        .statement<[string], Orphan>(
          `SELECT entity, row_id AS rowId, zone_id AS zoneId, reason, record FROM sync_orphan WHERE parent_id = ?`,
        )
        .all(parentId),
    orphansBecause: (reasons: readonly Orphan['reason'][]): readonly Orphan[] =>
      connection
        .statement<[string], Orphan>(
          `SELECT entity, row_id AS rowId, zone_id AS zoneId, reason, record FROM sync_orphan
           WHERE reason IN (SELECT value FROM json_each(?))`,
        )
        .all(JSON.stringify(reasons)),

    setTombstone: (entity: string, rowId: string, zoneId: string, round: number): void => {
      connection
        .statement<[string, string, string, number]>(
          `INSERT INTO sync_tombstone (entity, row_id, zone_id, round) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        )
        .run(entity, rowId, zoneId, round);
    },
    removeTombstone: (entity: string, rowId: string, zoneId: string): void => {
      connection
        .statement<[string, string, string]>(
          'DELETE FROM sync_tombstone WHERE entity = ? AND row_id = ? AND zone_id = ?',
        )
        .run(entity, rowId, zoneId);
    },
    /** Tombstones read in a round before this one. */
    ripeTombstones: (round: number, limit: number): readonly { entity: EntityName; rowId: string; zoneId: string }[] =>
      connection
        .statement<[number, number], { entity: EntityName; rowId: string; zoneId: string }>(
          `SELECT entity, row_id AS rowId, zone_id AS zoneId FROM sync_tombstone WHERE round < ? LIMIT ?`,
        )
        .all(round, limit),
    hasTombstones: (): boolean =>
      connection.statement<[], { one: number }>('SELECT 1 AS one FROM sync_tombstone LIMIT 1').get() !== undefined,

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
