import { stampAfter, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import { isDerivedID } from '../store/derivedId.ts';
import type { EntityName } from '../store/entities.ts';
import type { Store } from '../store/store.ts';
import type { ChangeQueue, RowPlace } from './changeQueue.ts';
import type { CloudItem } from './cloudDatabase.ts';
import type { LocalZone } from './localZones.ts';
import { createPutBack, type FirstTag } from './putBack.ts';
import type { ReadRecord, RecordMapper, RowValues } from './recordMapper.ts';
import { mergeRow, type RowMerge } from './rowMerge.ts';
import { createRowReferences } from './rowReferences.ts';
import { createRowRemoval, type RowRemoval } from './rowRemoval.ts';
import { newestStamp, overlayStamps, stampOf, type Stamps } from './stamps.ts';
import type { Pending } from './pendingTable.ts';
import type { RecordState } from './recordTable.ts';
import type { SyncMetadata } from './syncMetadata.ts';
import {
  newerUnknownFields,
  unknownFieldsOf,
  unknownFieldsText,
  waitingUnknownFields,
  type UnknownFields,
} from './unknownFields.ts';

/** All that is asked of a zone here. */
type ZoneID = Pick<LocalZone, 'id'>;

/** Puts one record or one deletion of the server into the library. Call inside a `sync` transaction, after collecting. */
export interface RecordApplier extends RowRemoval {
  /**
   * Merges a record field by field into its row; a new row is made, a record whose parent is missing is kept aside.
   * `force` takes the server's values over every local edit (the edit was refused and is kept elsewhere).
   * @returns true when a row changed.
   */
  save(record: CloudItem, zone: ZoneID, options?: { force?: boolean }): boolean;
  /** Removes a row the server says is deleted in this zone, unless it lies elsewhere or was made again. */
  remove(entity: EntityName, rowId: string, zoneId: string): boolean;
}

/** What the server's record of a resource says about its bytes; `asset` is undefined while the server has none. */
export type AssetSink = (resource: {
  readonly rowId: string;
  readonly zoneId: string;
  readonly values: RowValues;
  readonly asset: unknown;
}) => void;

export function createRecordApplier(deps: {
  readonly store: Store;
  readonly metadata: SyncMetadata;
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  readonly now: () => number;
  readonly onAsset: AssetSink;
  /** A zone by id, to compare names when two devices moved one row to two places. */
  readonly zoneName: (zoneId: string) => string;
  /** A zone of my own: what a restored server lacks of it is offered again. */
  readonly isMine: (zoneId: string) => boolean;
  /** A row that now lies in another zone than its parent (one was moved while the other was made elsewhere). */
  readonly onStray: (entity: EntityName, rowId: string) => void;
  /** The tag a photo-tag pair was made for, where that is still here. */
  readonly firstTag: FirstTag;
  /** The stamp of the newest edit seen, so that the next local one is later. */
  readonly onStamp: (stamp: HybridStamp) => void;
}): RecordApplier {
  const { store, metadata, mapper, queue, now, firstTag, onStamp } = deps;
  const savepoint = store.connection.statement<[]>('SAVEPOINT record');
  const release = store.connection.statement<[]>('RELEASE record');
  const rollback = store.connection.statement<[]>('ROLLBACK TO record');

  const putBack = createPutBack({
    metadata,
    mapper,
    queue,
    firstTag,
    onStamp,
    save: (record, zone) => applier.save(record, zone),
  });
  const removal = createRowRemoval({ metadata, mapper, queue, now, putBack });
  const { missingParents, strays, wasDeleted } = createRowReferences({ store, mapper });

  const keepAside = (
    record: CloudItem,
    zone: ZoneID,
    reason: 'parent' | 'unreadable' | 'unknownType',
    parent?: string,
  ) => {
    metadata.setOrphan(
      {
        entity: record.recordType ?? '',
        rowId: record.recordName,
        zoneId: zone.id,
        reason,
        record: JSON.stringify(record),
      },
      parent ?? null,
    );
  };

  const remember = (read: ReadRecord, zoneId: string, carried: UnknownFields = {}) => {
    metadata.setRecord(
      {
        entity: read.entity,
        rowId: read.rowId,
        zoneId,
        changeTag: read.changeTag ?? null,
        stamps: read.stamps,
        unknown: unknownFieldsText({ ...read.unknown, ...carried }),
      },
      metadata.zone(zoneId).snapshot,
    );
  };

  /** The row is not here: it is new, or it was deleted here and the deletion is still waiting. */
  const saveAbsent = (read: ReadRecord, record: CloudItem, zone: ZoneID, force: boolean): boolean => {
    const pending = metadata.pending(read.entity, read.rowId);
    const deletion = pending.find((one) => one.kind === 'delete');
    if (deletion !== undefined && !force) {
      const madeAgain = read.stamps['*'];
      const deletedAt = deletion.stamps['*'];
      if (madeAgain === undefined || deletedAt === undefined || madeAgain <= deletedAt) {
        // A deletion beats edits made without knowing of it; it needs the newest tag to go through.
        const { entity, rowId } = read;
        queue.remove({ entity, rowId, zoneId: zone.id }, read.changeTag ?? null, deletion.stamps);
        return false;
      }
      metadata.removePending(read.entity, read.rowId, zone.id);
    }
    const [missing] = missingParents(read.entity, read.values);
    if (missing !== undefined) {
      keepAside(record, zone, 'parent', missing.id);
      return false;
    }
    mapper.insert(read.entity, read.rowId, zone.id, read.values);
    metadata.removeOrphan(read.entity, read.rowId);
    remember(read, zone.id);
    return true;
  };

  /**
   * One row, two zones: the later move wins. The other copy is deleted by the device that made the later move (the
   * record says where it came from), else by whoever notices.
   * @returns whether the row now lies where the record does.
   */
  const settleZone = (read: ReadRecord, row: RowValues, zone: ZoneID, local: Stamps, force: boolean): boolean => {
    const { entity, rowId } = read;
    const here = { entity, rowId, zoneId: String(row['zone_id']) };
    const there = { entity, rowId, zoneId: zone.id };
    if (here.zoneId === zone.id) return true;
    const theirs = stampOf(read.stamps, 'zone_id');
    const mine = stampOf(local, 'zone_id');
    const isLater =
      theirs === mine
        ? deps.zoneName(zone.id) > deps.zoneName(here.zoneId)
        : mine === undefined || (theirs ?? '') > mine;
    const known = metadata.record(entity, rowId);
    const waiting = queue.waitingSave(here);
    if (!isLater && !force) {
      const stamp = newestStamp(local) ?? newestStamp(read.stamps);
      // Theirs may be the only copy the server has: it goes once ours is safely there. One that is still to be sent is
      // waited for, as after a move of our own; a restored server may have gone back to before a move we all knew.
      const isToBeSent =
        waiting !== undefined ||
        (known !== undefined && metadata.zone(here.zoneId).mode === 'reoffer' && deps.isMine(here.zoneId));
      if (stamp !== undefined && ((known?.changeTag ?? null) !== null || isToBeSent)) {
        queue.remove(there, read.changeTag ?? null, { '*': stamp });
      }
      return false;
    }
    if (waiting !== undefined) {
      metadata.removePending(entity, rowId, here.zoneId);
      // Also in the place of a deletion, where the row was moved away from there: comparing finds which columns are later,
      // but neither its bytes nor what only a newer version knows of it.
      metadata.setPending({ ...waiting, zoneId: zone.id });
    } else if (queue.waitingDelete(there) !== undefined) {
      metadata.removePending(entity, rowId, zone.id);
    }
    // Whoever made the later move had taken the other copy away before a restored server went back to having both.
    const isTakenAway = read.movedFrom === deps.zoneName(here.zoneId) && metadata.zone(zone.id).mode !== 'reoffer';
    const leftBehind = known?.zoneId === here.zoneId ? known.changeTag : null;
    if (!isTakenAway && (leftBehind !== null || waiting?.sent === true)) {
      const stamp = newestStamp(read.stamps);
      queue.remove(here, leftBehind, stamp === undefined ? {} : { '*': stamp });
    }
    mapper.update(entity, rowId, { zone_id: zone.id });
    return true;
  };

  const savePresent = (read: ReadRecord, row: RowValues, zone: ZoneID, force: boolean): boolean => {
    const { entity, rowId } = read;
    const here = String(row['zone_id']);
    const known = metadata.record(entity, rowId);
    const before = queue.waitingSave({ entity, rowId, zoneId: here });
    const local = overlayStamps(known?.stamps ?? {}, before?.stamps ?? {});
    const inPlace = settleZone(read, row, zone, local, force);
    const place = { entity, rowId, zoneId: inPlace ? zone.id : here };
    const waiting = queue.waitingSave(place);
    const unsent = waiting?.stamps ?? {};

    const merged = mergeRow(mapper.columns(entity), row, read, { local, unsent, force });
    const { changes, ahead } = keepReferences(read, merged, local, waiting !== undefined && !force);
    const isChanged = Object.keys(changes).length > 0;
    if (isChanged) mapper.update(entity, rowId, changes);
    // Fields nobody here knows that came from a copy which lost its place, and are still to be sent to this one.
    const carried = waitingUnknownFields(read, known, force ? {} : unsent);
    if (inPlace) remember(read, zone.id, carried.fields);
    // An older version that waited for its parent has nothing to add any more; one of another zone may be the later move.
    if (metadata.orphan(entity, rowId)?.zoneId === zone.id) metadata.removeOrphan(entity, rowId);
    if (!inPlace) {
      offerMerged(read, changes, place, known);
      return isChanged;
    }
    offerAhead(read, place, { ...ahead, ...carried.stamps }, { local, waiting, force });
    return here !== zone.id || isChanged;
  };

  /**
   * A conflict can show a row that refers to another before the feed has brought that one. Of one that is gone the feed
   * brings nothing more, and what waits here could never be sent: it stays where it hangs.
   * @param mayStay something waits here, and the server's values are not forced
   * @throws MissingParent where the record has to wait
   */
  const keepReferences = (read: ReadRecord, merged: RowMerge, local: Stamps, mayStay: boolean): RowMerge => {
    const changes: Record<string, string | number | null> = { ...merged.changes };
    const ahead: Record<string, HybridStamp> = { ...merged.ahead };
    for (const { column, parent, id } of missingParents(read.entity, merged.changes)) {
      if (!mayStay || !wasDeleted(parent, id)) throw new MissingParent(id);
      const theirs = stampOf(read.stamps, column);
      const mine = stampOf(local, column) ?? theirs;
      if (mine !== undefined) {
        const later = stampAfter(mine, theirs);
        onStamp(later);
        ahead[column] = later;
      }
      delete changes[column];
    }
    return { changes, ahead };
  };

  /** Queues what the server has yet to get of a row that lies where its record does; nothing waits any more if that is none. */
  const offerAhead = (
    read: ReadRecord,
    place: RowPlace,
    fields: Stamps,
    sides: { readonly local: Stamps; readonly waiting: Pending | undefined; readonly force: boolean },
  ): void => {
    const { waiting, force } = sides;
    const ahead: Record<string, HybridStamp> = { ...fields };
    // The bytes are a field as well, but no column: their stamp stays with the rest.
    const bytes = waiting?.stamps['data'];
    if (bytes !== undefined && !force) ahead['data'] = bytes;
    const movedAt = stampOf(sides.local, 'zone_id');
    const isMovedLater = !force && movedAt !== undefined && movedAt > (stampOf(read.stamps, 'zone_id') ?? '');
    // A restored server that has gone back to before the move here may still hold the row in another place as well.
    const isReoffered = isMovedLater && waiting === undefined && metadata.zone(place.zoneId).mode === 'reoffer';
    if (isMovedLater && (waiting !== undefined || isReoffered)) ahead['zone_id'] = movedAt;
    if (Object.keys(ahead).length === 0) {
      if (waiting !== undefined) metadata.removePending(place.entity, place.rowId, place.zoneId);
      return;
    }
    // The server has it after all, so that a deletion of it counts: unless it was deleted here and made again, or was moved
    // here later than by whoever made this copy, who may have taken it away again.
    const isLater = (waiting?.stamps['*'] ?? '') > (read.stamps['*'] ?? '') || ahead['zone_id'] !== undefined;
    const created = (waiting?.created === true || isReoffered) && isLater;
    queue.save(place, ahead, { ...waiting, created });
  };

  /** An edit reached the copy that lost its place: its values were taken over and must reach the copy that stays. */
  const offerMerged = (read: ReadRecord, changes: RowValues, place: RowPlace, known: RecordState | undefined): void => {
    const taken: Record<string, HybridStamp> = {};
    for (const column of Object.keys(changes)) {
      const stamp = stampOf(read.stamps, column);
      if (stamp !== undefined) taken[column] = stamp;
    }
    const unknown = newerUnknownFields(read, known);
    Object.assign(taken, unknown.stamps);
    if (Object.keys(taken).length === 0) return;
    if (known !== undefined) {
      metadata.setRecord({ ...known, unknown: unknownFieldsText({ ...unknownFieldsOf(known), ...unknown.fields }) });
    }
    const waiting = queue.waitingSave(place);
    queue.save(place, overlayStamps(waiting?.stamps ?? {}, taken), waiting);
  };

  /**
   * A new row was sent, no answer came, and the server speaks of its deletion: it did arrive, and somebody has deleted it
   * since. Not so for a row that was deleted here before and made again, or moved: that deletion may be the old one. Nor
   * for a row whose id follows from what it joins: another device may have made and deleted its own, and ours never arrived.
   */
  const isOwnDeleted = (entity: EntityName, rowId: string, waiting: Pending): boolean =>
    waiting.sent &&
    !isDerivedID(rowId) &&
    (metadata.record(entity, rowId)?.changeTag ?? null) === null &&
    waiting.stamps['zone_id'] === undefined &&
    !wasDeleted(entity, rowId);

  const takeOrphans = (parentId: string, zone: ZoneID): void => {
    for (const orphan of metadata.orphansOf(parentId)) {
      if (orphan.zoneId !== zone.id) continue;
      metadata.removeOrphan(orphan.entity, orphan.rowId);
      applier.save(JSON.parse(orphan.record) as CloudItem, zone);
    }
  };

  const applier: RecordApplier = {
    save: (record, zone, { force = false } = {}) => {
      const type = record.recordType ?? '';
      if (!mapper.isEntity(type)) {
        keepAside(record, zone, 'unknownType');
        return false;
      }
      metadata.removeTombstone(type, record.recordName, zone.id);
      let read: ReadRecord;
      let changed: boolean;
      savepoint.run();
      try {
        read = mapper.read(record);
        const row = mapper.row(read.entity, read.rowId);
        changed = row === undefined ? saveAbsent(read, record, zone, force) : savePresent(read, row, zone, force);
        release.run();
      } catch (error) {
        // A full disk takes the whole transaction back, and the savepoint with it.
        if (!store.connection.raw.inTransaction) throw error;
        rollback.run();
        release.run();
        if (error instanceof MissingParent) {
          keepAside(record, zone, 'parent', error.rowId);
          return false;
        }
        // One record nobody can read must not stop the rest. It is kept, shown, and tried again by later versions.
        if (!isBadRecord(error)) throw error;
        keepAside(record, zone, 'unreadable');
        return false;
      }
      const newest = newestStamp(read.stamps);
      if (newest !== undefined) onStamp(newest);
      const row = mapper.row(read.entity, read.rowId);
      if (row === undefined) return changed;
      if (read.entity === 'Resource') {
        deps.onAsset({ rowId: read.rowId, zoneId: zone.id, values: row, asset: read.asset });
      }
      if (changed) {
        for (const stray of strays(read.entity, read.rowId, row)) deps.onStray(stray.entity, stray.rowId);
        takeOrphans(read.rowId, zone);
      }
      return changed;
    },

    remove: (entity, rowId, zoneId) => {
      metadata.removeTombstone(entity, rowId, zoneId);
      const orphan = metadata.orphan(entity, rowId);
      if (orphan?.zoneId === zoneId) metadata.removeOrphan(entity, rowId);
      const row = mapper.row(entity, rowId);
      const place = { entity, rowId, zoneId };
      if (queue.waitingDelete(place) !== undefined) metadata.removePending(entity, rowId, zoneId);
      if (row === undefined) {
        if (metadata.record(entity, rowId)?.zoneId === zoneId) metadata.removeRecord(entity, rowId);
        // One that moved to where this version of the app cannot read it is not gone.
        const isElsewhere = orphan !== undefined && orphan.zoneId !== zoneId;
        if (deps.isMine(zoneId) && !isElsewhere) removal.removeOrphansOf(rowId, zoneId);
        return false;
      }
      if (row['zone_id'] !== zoneId) return false;
      const known = metadata.record(entity, rowId);
      const waiting = queue.waitingSave(place);
      if (waiting?.created === true && !isOwnDeleted(entity, rowId, waiting)) {
        if (known !== undefined) metadata.setRecord({ ...known, changeTag: null });
        return false;
      }
      applier.removeRow(entity, rowId, 'deletedElsewhere');
      if (deps.isMine(zoneId)) removal.removeOrphansOf(rowId, zoneId);
      return true;
    },

    removeRow: removal.removeRow,
    removeOrphansOf: removal.removeOrphansOf,
    refuse: removal.refuse,
  };
  return applier;
}

/** A row here would come to refer to one that is not here yet. */
class MissingParent extends Error {
  readonly rowId: string;
  constructor(rowId: string) {
    super(`The row ${rowId} is not here yet`);
    this.rowId = rowId;
  }
}

/** A value that does not fit (our own check, or SQLite's), as opposed to a full disk or a bug elsewhere. */
function isBadRecord(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code === '' ? error.constructor === Error : /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(code);
}
