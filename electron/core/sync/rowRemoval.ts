import type { EntityName } from '../store/entities.ts';
import type { Orphan } from './asideTables.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { CloudItem } from './cloudDatabase.ts';
import type { AttentionReason } from './failures.ts';
import type { Pending } from './pendingTable.ts';
import { stampsField, type RecordMapper } from './recordMapper.ts';
import { newestStamp, parseStamps } from './stamps.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/** Takes rows away because the server says so, and keeps what was not sent of them where the person sees it. */
export interface RowRemoval {
  /** Removes a row and what hangs on it; waiting edits of it go to "Not accepted" with this reason. */
  removeRow(entity: EntityName, rowId: string, reason: AttentionReason | 'deletedElsewhere'): void;
  /**
   * A row has gone from a zone of my own, and from this computer: records there that were waiting for it go as well. What
   * somebody hung on it without having heard of the deletion nobody would ever show, or take away. What was there before, and
   * was only moved onto it, goes back.
   */
  removeOrphansOf(rowId: string, zoneId: string): void;
  /** Keeps an edit where the person sees it, and takes it out of the queue. */
  refuse(pending: Pending, reason: string, neededRight: string | null, message: string | null): void;
}

/** Call inside a `sync` transaction. */
export function createRowRemoval(deps: {
  readonly metadata: SyncMetadata;
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  readonly now: () => number;
  /** Puts a record that waits for a deleted row back on the row it hung on before. @returns false when there is none */
  readonly putBack: (orphan: Orphan) => boolean;
}): RowRemoval {
  const { metadata, mapper, queue, now, putBack } = deps;
  const removal: RowRemoval = {
    removeRow: (entity, rowId, reason) => {
      const row = mapper.row(entity, rowId);
      if (row === undefined) return;
      for (const child of mapper.children(entity)) {
        for (const id of mapper.childIds(child.entity, child.column, rowId)) {
          const known = metadata.record(child.entity, id);
          const childRow = mapper.row(child.entity, id);
          removal.removeRow(child.entity, id, reason);
          const place = { entity: child.entity, rowId: id, zoneId: String(childRow?.['zone_id'] ?? '') };
          // The server does not know that the child hangs on this row: without this it would lie there for ever.
          if (reason === 'deletedElsewhere' && known !== undefined && known.changeTag !== null) {
            const stamp = newestStamp(known.stamps);
            if (stamp !== undefined) queue.remove(place, known.changeTag, { '*': stamp });
          }
        }
      }
      for (const pending of metadata.pending(entity, rowId)) {
        if (pending.kind === 'save') removal.refuse(pending, reason, null, null);
      }
      mapper.remove(entity, rowId);
      metadata.removeRecord(entity, rowId);
    },

    removeOrphansOf: (parentId, zoneId) => {
      for (const orphan of metadata.orphansOf(parentId)) {
        const { entity, rowId, record } = orphan;
        if (orphan.zoneId !== zoneId || !mapper.isEntity(entity) || putBack(orphan)) continue;
        // A row of that id may be shown here, of another version than the one that waits.
        if (mapper.row(entity, rowId)?.['zone_id'] === zoneId) continue;
        metadata.removeOrphan(entity, rowId);
        const item = JSON.parse(record) as CloudItem;
        const stamp = newestStamp(parseStamps(item.fields?.[stampsField]?.value));
        const place = { entity, rowId, zoneId };
        queue.remove(place, item.recordChangeTag ?? null, stamp === undefined ? {} : { '*': stamp });
      }
    },

    refuse: (pending, reason, neededRight, message) => {
      const row = mapper.row(pending.entity, pending.rowId);
      const fields = pending.stamps['*'] === undefined ? Object.keys(pending.stamps) : mapper.columns(pending.entity);
      const values = Object.fromEntries(fields.map((field) => [field, row?.[field] ?? null]));
      metadata.refuse({
        entity: pending.entity,
        rowId: pending.rowId,
        zoneId: pending.zoneId,
        kind: pending.kind,
        values: JSON.stringify(values),
        reason,
        neededRight,
        message,
        at: now(),
      });
      metadata.removePending(pending.entity, pending.rowId, pending.zoneId);
    },
  };
  return removal;
}
