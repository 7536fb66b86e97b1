import type { DatabaseScope } from '../../../shared/cloud/wireRecords.ts';
import type { Connection } from '../store/connection.ts';
import { createAsideTables } from './asideTables.ts';
import { createPendingTable } from './pendingTable.ts';
import { createRecordTable } from './recordTable.ts';

/** How far a zone has been read, and how its feed is being taken. */
export interface ZoneState {
  readonly token: string | null;
  readonly onServer: boolean;
  readonly mode: 'follow' | 'reoffer' | 'sweep';
  readonly snapshot: number;
  readonly endedReason: string | null;
  readonly endedRound: number | null;
}

export type SyncMetadata = ReturnType<typeof createSyncMetadata>;

/** Typed access to the sync_ tables of one connection. Every write belongs inside the transaction of its effect. */
export function createSyncMetadata(connection: Connection) {
  return {
    ...createRecordTable(connection),
    ...createPendingTable(connection),
    ...createAsideTables(connection),

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
  };
}
