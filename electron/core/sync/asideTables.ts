import type { Connection } from '../store/connection.ts';
import type { EntityName } from '../store/entities.ts';

/** A record that was read and has no row yet. */
export interface Orphan {
  readonly entity: string;
  readonly rowId: string;
  readonly zoneId: string;
  readonly reason: 'parent' | 'unreadable' | 'unknownType';
  readonly record: string;
}

/** `sync_orphan` and `sync_tombstone`: what was read and cannot be applied yet. */
export function createAsideTables(connection: Connection) {
  return {
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
    /** What is kept of a zone for a later version is not known to be on the server any more. */
    dropOrphanTags: (zoneId: string): void => {
      connection
        .statement<[string]>(
          `UPDATE sync_orphan SET record = json_remove(record, '$.recordChangeTag') WHERE zone_id = ? AND reason <> 'parent'`,
        )
        .run(zoneId);
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
    /** The server's deletion of the row has been read, and is still to be applied. */
    hasTombstone: (entity: string, rowId: string, zoneId: string): boolean =>
      connection
        .statement<[string, string, string]>(
          'SELECT 1 FROM sync_tombstone WHERE entity = ? AND row_id = ? AND zone_id = ?',
        )
        .get(entity, rowId, zoneId) !== undefined,
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
  };
}
