import { zoneDeletedReasons } from '../../../shared/cloud/serverErrors.ts';
import { libraryZone } from '../../../shared/ids.ts';
import type { EntityName } from '../store/entities.ts';
import type { Store } from '../store/store.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { SharingHooks } from './importer.ts';
import type { LocalZone, LocalZones } from './localZones.ts';
import type { RecordApplier } from './recordApplier.ts';
import type { RecordMapper } from './recordMapper.ts';
import { overlayStamps } from './stamps.ts';
import type { SyncMetadata } from './syncMetadata.ts';
import { rowsPerTransaction } from './transactionSize.ts';

/**
 * Makes what ends a zone the server no longer shows: its rows go, but for what nobody else has seen of my own. It does a
 * bounded piece of work per call and returns true when nothing is left to do.
 */
export function createZoneEnding(deps: {
  readonly store: Store;
  readonly metadata: SyncMetadata;
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  readonly zones: LocalZones;
  readonly applier: RecordApplier;
  readonly shares: SharingHooks;
  /** Runs with every local edit collected, in one `sync` transaction. */
  readonly write: <T>(fn: () => T) => T;
  /** Queues a row the server is to have. Call inside `write`. */
  readonly offer: (entity: EntityName, rowId: string, zone: LocalZone) => void;
  /** Offers my whole library again. Call inside `write`. */
  readonly offerAgain: (zone: LocalZone) => void;
}): (zone: LocalZone, reason: string | null) => boolean {
  const { store, metadata, mapper, queue, zones, applier, shares, write } = deps;

  /** A row of mine that a restored server does not have any more, and that ends before it could be offered again. */
  const isForgotten = (entity: EntityName, rowId: string, zone: LocalZone): boolean => {
    const known = metadata.record(entity, rowId);
    if (known?.zoneId !== zone.id || known.changeTag !== null) return false;
    const isMine = zone.store === 'private' || (mapper.row(entity, rowId)?.['created_by'] ?? null) === null;
    return isMine && !metadata.pending(entity, rowId).some(({ kind }) => kind === 'save');
  };

  /**
   * Takes home what was made or moved here and not sent: whoever ended the zone never saw it, it is nowhere else. A bounded
   * number of rows per call, each with all it needs. @returns true when none is left
   */
  const rescueUnsent = (zone: LocalZone): boolean => {
    let left = rowsPerTransaction;
    for (const entity of mapper.entityNames) {
      const ids = store.connection
        .statement<[string, string, number], { id: string }>(
          `SELECT t.id FROM ${mapper.table(entity)} AS t JOIN sync_pending AS p ON p.entity = ? AND p.row_id = t.id
             AND p.zone_id = t.zone_id WHERE t.zone_id = ? AND p.kind = 'save' AND p.created = 1 LIMIT ?`,
        )
        .all(entity, zone.id, left);
      for (const { id } of ids) takeHome(entity, id, zone);
      left -= ids.length;
      if (left <= 0) return false;
    }
    return true;
  };

  /** A row with what it hangs on, and a photo with what hangs on it: half a photo is none. */
  const takeHome = (entity: EntityName, rowId: string, zone: LocalZone): void => {
    const row = mapper.row(entity, rowId);
    if (row?.['zone_id'] !== zone.id) return;
    moveHome(entity, rowId);
    for (const [column, parent] of Object.entries(mapper.parents(entity))) {
      takeHome(parent, String(row[column]), zone);
    }
    if (entity !== 'Photo') return;
    for (const child of [...mapper.children('Photo'), { entity: 'Rating', column: 'photo_id' } as const]) {
      for (const id of mapper.childIds(child.entity, child.column, rowId)) takeHome(child.entity, id, zone);
    }
  };

  /** Removes the rows of an ended zone, children first, a bounded number per call. @returns true when none is left. */
  const emptyZone = (zone: LocalZone): boolean => {
    let left = rowsPerTransaction;
    for (const entity of [...mapper.entityNames].reverse()) {
      const ids = store.connection
        .statement<[string, number], { id: string }>(`SELECT id FROM ${mapper.table(entity)} WHERE zone_id = ? LIMIT ?`)
        .all(zone.id, left);
      for (const { id } of ids) {
        const forgotten = isForgotten(entity, id, zone);
        if (forgotten) deps.offer(entity, id, zone);
        if (forgotten && zone.store === 'private') takeHome(entity, id, zone);
        else applier.removeRow(entity, id, 'accessEnded');
      }
      left -= ids.length;
      if (left <= 0) return false;
    }
    return true;
  };

  const moveHome = (entity: EntityName, rowId: string) => {
    const known = metadata.record(entity, rowId);
    const pending = metadata.pending(entity, rowId);
    const waiting = pending.find((one) => one.kind === 'save');
    const back = pending.find((one) => one.kind === 'delete' && one.zoneId === libraryZone);
    // What it left behind in a third zone has to go from there all the same; in the one that ends it goes with that.
    if (waiting !== undefined) metadata.removePending(entity, rowId, waiting.zoneId);
    metadata.setRecord({
      entity,
      rowId,
      zoneId: libraryZone,
      changeTag: null,
      stamps: known?.stamps ?? {},
      unknown: known?.unknown ?? null,
    });
    mapper.update(entity, rowId, { zone_id: libraryZone });
    const stamps = overlayStamps(known?.stamps ?? {}, waiting?.stamps ?? {});
    // Moved out of my library, and not sent: its old version may lie there still.
    const sent = back !== undefined;
    queue.save({ entity, rowId, zoneId: libraryZone }, stamps, { ...waiting, created: true, sent });
  };

  return (zone, reason) => {
    const known = zoneDeletedReasons.some((one) => one === reason);
    if (!known) {
      // No reason, or one of a later version: keep the rows and ask.
      write(() => {
        zones.setState(zone.id, 'ended');
        metadata.setZone(zone.id, { ...metadata.zone(zone.id), endedRound: null, onServer: false });
      });
      return true;
    }
    if (zone.id === libraryZone) {
      // My whole library vanished from the server. Missing is never deleted: it is offered again.
      write(() => deps.offerAgain(zone));
      return true;
    }
    shares.zoneEnding(zone, reason);
    const empty = write(() => (zone.store === 'shared' || rescueUnsent(zone)) && emptyZone(zone));
    if (!empty) return false;
    write(() => {
      shares.zoneRemoved(zone);
      metadata.forgetZone(zone.id);
      zones.remove(zone.id);
    });
    // Rights ended: nothing of it stays readable, in the log of the database either.
    store.connection.raw.pragma('wal_checkpoint(TRUNCATE)');
    return true;
  };
}
