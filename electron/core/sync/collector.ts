import { formatStamp, isHybridStamp, stampAfter, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { EntityName } from '../store/entities.ts';
import type { Change } from '../store/history.ts';
import type { Store } from '../store/store.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { RecordMapper } from './recordMapper.ts';
import { newestStamp, overlayStamps, stampOf, type Stamps } from './stamps.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/** The last row a pass over the library has offered. */
export interface OfferedUpTo {
  readonly entity: EntityName;
  readonly rowId: string;
}

/** Turns persistent history into what has to be sent. */
export interface Collector {
  /** True when somebody other than the engine wrote since the last collection. */
  hasNew(): boolean;
  /**
   * Reads on from the export token and moves it, in the caller's transaction. @returns whether all was read; call again
   * in a further transaction when not.
   */
  collect(): boolean;
  /** Passes over history without sending it: while there is no account, `offerRows` covers everything later. */
  skip(): void;
  /**
   * Queues rows the server was never offered, at most `limit`, from where an earlier call came to. @returns where this one
   * came to; undefined when all were seen.
   */
  offerRows(limit: number, from?: OfferedUpTo): OfferedUpTo | undefined;
}

/** Changes taken up by one collection: small, because a person's edit waits for the lock meanwhile. */
const collectLimit = 600;

export function createCollector(deps: {
  readonly store: Store;
  readonly metadata: SyncMetadata;
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  /** This device in stamps, for rows that have none of their own. */
  readonly node: string;
}): Collector {
  const { store, metadata, mapper, queue, node } = deps;
  const { history, connection } = store;

  const token = () => Math.min(history.readerToken('export', 'private'), history.readerToken('export', 'shared'));
  const moveTo = (transaction: number) => {
    history.moveReader('export', 'private', transaction);
    history.moveReader('export', 'shared', transaction);
  };
  const newest = () => Math.max(history.newestToken('private'), history.newestToken('shared'));

  /** Transactions written before the library had a hybrid clock carry another form; their time is still theirs. */
  const stampOfChange = (change: Change): HybridStamp =>
    isHybridStamp(change.stamp) ? change.stamp : formatStamp({ ms: Math.max(0, change.at), counter: 0, node });

  const inserted = (change: Change, stamp: HybridStamp) => {
    const undone = queue.waitingDelete(change);
    if (undone !== undefined) {
      // Deleted and made again before the deletion was sent: the record goes on under its tag, all fields new.
      const { entity, rowId, zoneId } = change;
      metadata.setRecord({ entity, rowId, zoneId, changeTag: undone.changeTag, stamps: {}, unknown: null });
    }
    const made = stampAfter(stamp, undone?.stamps['*']);
    // A deletion waits only for what the server may hold, also when no answer has named its version yet.
    queue.save(change, { '*': made }, { created: true, sent: undone !== undefined });
  };

  const moved = (change: Change, oldZone: string, stamp: HybridStamp) => {
    const { entity, rowId, zoneId } = change;
    const oldPlace = { entity, rowId, zoneId: oldZone };
    const known = metadata.record(entity, rowId);
    const oldSave = queue.waitingSave(oldPlace);
    const back = queue.waitingDelete(change);
    const tag = known?.zoneId === oldZone ? known.changeTag : null;
    const before = overlayStamps(known?.stamps ?? {}, oldSave?.stamps ?? {});
    const movedAt = stampAfter(stamp, stampOf(before, 'zone_id'));
    if (tag !== null || oldSave?.sent === true) queue.remove(oldPlace, tag, { '*': movedAt });
    else if (oldSave !== undefined) metadata.removePending(entity, rowId, oldZone);
    metadata.setRecord({
      entity,
      rowId,
      zoneId,
      // Even where it is there still, because it was moved back before it was deleted: what was changed since then was sent
      // to the place in between, so that all of it has to be compared.
      changeTag: null,
      stamps: known?.stamps ?? {},
      unknown: known?.unknown ?? null,
    });
    const base: Stamps = oldSave?.stamps ?? (known === undefined ? { '*': stamp } : {});
    // A deletion that waits there says that its old version may still lie there, whether or not it can be named.
    const sent = back !== undefined;
    queue.save(change, { ...base, zone_id: movedAt }, { ...oldSave, created: true, sent });
  };

  const updated = (change: Change, stamp: HybridStamp) => {
    const { entity, rowId, zoneId } = change;
    const values = change.values ?? {};
    const oldZone = values['zone_id'];
    if (typeof oldZone === 'string' && oldZone !== zoneId) moved(change, oldZone, stamp);
    const fields = mapper.withCompanions(Object.keys(values).filter((name) => name !== 'zone_id'));
    if (fields.length === 0) return;
    const waiting = queue.waitingSave(change);
    const before = overlayStamps(metadata.record(entity, rowId)?.stamps ?? {}, waiting?.stamps ?? {});
    const set = Object.fromEntries(fields.map((field) => [field, stampAfter(stamp, stampOf(before, field))]));
    queue.save(change, overlayStamps(waiting?.stamps ?? {}, set), waiting);
  };

  const deleted = (change: Change, stamp: HybridStamp) => {
    const { entity, rowId, zoneId } = change;
    const known = metadata.record(entity, rowId);
    const waiting = queue.waitingSave(change);
    const tag = known?.zoneId === zoneId ? known.changeTag : null;
    metadata.removePending(entity, rowId, zoneId);
    if (tag !== null || waiting?.sent === true || (known !== undefined && waiting === undefined)) {
      const before = overlayStamps(known?.stamps ?? {}, waiting?.stamps ?? {});
      queue.remove(change, tag, { '*': stampAfter(stamp, newestStamp(before)) });
    }
    metadata.removeRecord(entity, rowId);
  };

  return {
    hasNew: () => history.changesAfter('both', token(), { limit: 1, authorNot: 'sync' }).length > 0,
    collect: () => {
      const upTo = newest();
      const from = token();
      if (upTo <= from) return true;
      const changes = history.changesAfter('both', from, { limit: collectLimit, authorNot: 'sync' });
      for (const change of changes) {
        const stamp = stampOfChange(change);
        if (change.kind === 'insert') inserted(change, stamp);
        else if (change.kind === 'update') updated(change, stamp);
        else deleted(change, stamp);
      }
      // The reading stops early only when the limit was reached; then the next one goes on behind the last whole
      // transaction.
      const last = changes.at(-1)?.transaction ?? upTo;
      const complete = history.changesAfter('both', last, { limit: 1, authorNot: 'sync' }).length === 0;
      moveTo(complete ? upTo : last);
      return complete;
    },
    skip: () => moveTo(newest()),
    offerRows: (limit, from) => {
      let offered = 0;
      const names = mapper.entityNames;
      for (const entity of names.slice(from === undefined ? 0 : names.indexOf(from.entity))) {
        const rows = connection
          .statement<[string, string, number], { id: string; zone_id: string; modified_at: number }>(
            `SELECT t.id, t.zone_id, t.modified_at FROM ${mapper.table(entity)} AS t
             WHERE t.id > ? AND NOT EXISTS (SELECT 1 FROM sync_record AS r WHERE r.entity = ? AND r.row_id = t.id)
             ORDER BY t.id LIMIT ?`,
          )
          .all(from?.entity === entity ? from.rowId : '', entity, limit - offered);
        for (const row of rows) {
          const stamps: Stamps = { '*': formatStamp({ ms: Math.max(0, row.modified_at), counter: 0, node }) };
          const place = { entity, rowId: row.id, zoneId: row.zone_id };
          const isWaiting = metadata.pending(entity, row.id).some((one) => one.zoneId === row.zone_id);
          metadata.setRecord({ ...place, changeTag: null, stamps: isWaiting ? {} : stamps, unknown: null });
          if (!isWaiting) queue.save(place, stamps, { created: true });
        }
        offered += rows.length;
        const last = rows.at(-1);
        if (last !== undefined && offered >= limit) return { entity, rowId: last.id };
      }
      return undefined;
    },
  };
}
