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

/** `sync_record`: what the server is known to hold of each row. */
export function createRecordTable(connection: Connection) {
  return {
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
    /** @param seen the snapshot of its zone the record was seen in; zones count theirs each for itself */
    setRecord: (record: RecordState, seen = 0): void => {
      connection
        .statement<[string, string, string, string | null, string, string | null, number]>(
          `INSERT INTO sync_record (entity, row_id, zone_id, change_tag, stamps, unknown, seen)
           VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (entity, row_id) DO UPDATE SET zone_id = excluded.zone_id, change_tag = excluded.change_tag,
             stamps = excluded.stamps, unknown = excluded.unknown,
             seen = CASE WHEN zone_id = excluded.zone_id THEN max(seen, excluded.seen) ELSE excluded.seen END`,
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
  };
}
