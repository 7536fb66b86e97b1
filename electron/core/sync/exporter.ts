import { assertNever } from '../../../shared/assertNever.ts';
import type { HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { Store } from '../store/store.ts';
import type { CloudField, CloudItem, CloudOperation } from './cloudDatabase.ts';
import type { Collector } from './collector.ts';
import { decide, failureOfItem, type AttentionReason, type Failure } from './failures.ts';
import type { LocalZone, LocalZones } from './localZones.ts';
import type { RecordApplier } from './recordApplier.ts';
import { assetField, moveReceiptField, stampsField, type RecordMapper, type RowValues } from './recordMapper.ts';
import { clampStamps, overlayStamps, stampOf, type Stamps } from './stamps.ts';
import { parkedPause, type Pending } from './pendingTable.ts';
import type { SyncMetadata } from './syncMetadata.ts';
import { unknownFieldsOf } from './unknownFields.ts';

/** One request's worth of changes of one zone. */
export interface ExportBatch {
  readonly zone: LocalZone;
  readonly entries: readonly ExportEntry[];
}

export interface ExportEntry {
  /** As it was when the request was made: what an acknowledgement covers. */
  readonly pending: Pending;
  readonly operation: CloudOperation;
  /** The stamps sent with a save: what the server holds once it accepted. */
  readonly sentStamps: Stamps;
}

/** What the engine has to do after an answer. */
export interface ExportOutcome {
  readonly accepted: number;
  /** Entries whose server version is not in the answer and must be looked up before they can be settled. */
  readonly lookUp: readonly { readonly entry: ExportEntry; readonly failure: Failure }[];
  readonly makeZone: boolean;
  readonly refetch: boolean;
  readonly signIn: Failure | undefined;
  readonly backOff: { readonly reason: AttentionReason; readonly failure: Failure } | undefined;
  /** A request or record was too big; with one entry it has been parked. */
  readonly split: boolean;
}

export interface Exporter {
  /** Collects history and takes the next batch of a zone; undefined when nothing may be sent there now. */
  nextBatch(zoneId: string, limits: { operations: number; bytes: number }): ExportBatch | undefined;
  /** Settles every operation of a batch by its own answer, in one transaction. */
  settle(batch: ExportBatch, answer: readonly CloudItem[]): ExportOutcome;
  /** Settles entries with the server's own versions, looked up; a missing one is a record the server does not have. */
  settleLookedUp(
    zone: LocalZone,
    asked: readonly { readonly entry: ExportEntry; readonly failure: Failure }[],
    found: readonly CloudItem[],
  ): void;
  /** The whole request was refused for one entry's sake. */
  park(entry: ExportEntry, reason: AttentionReason, message: string): void;
}

/** Whether something was edited since: a field carries a stamp that is not the one sent. */
const hasNewer = (current: Stamps, sent: Stamps): boolean =>
  Object.entries(current).some(([field, stamp]) => stampOf(sent, field) !== stamp);

/** A resource's record that says where its bytes are. */
function announcesBytes({ pending, operation }: ExportEntry): boolean {
  return pending.entity === 'Resource' && operation.record.fields?.[assetField] !== undefined;
}

export function createExporter(deps: {
  readonly store: Store;
  readonly metadata: SyncMetadata;
  readonly mapper: RecordMapper;
  readonly zones: LocalZones;
  readonly collector: Collector;
  readonly applier: RecordApplier;
  readonly now: () => number;
  /** The uploaded bytes of a resource as a field value, when there are any to announce. */
  readonly assetValue: (resourceId: string) => unknown;
  /** The server took a resource's record; `announced`: with its bytes. */
  readonly assetAccepted: (resourceId: string, announced: boolean) => void;
  /** The server refused a resource's record that announced its bytes; it is sent again at this time, ms. */
  readonly assetRefused: (resourceId: string, again: number) => void;
}): Exporter {
  const { store, metadata, mapper, zones, collector, applier, now } = deps;

  const saveOperation = (pending: Pending, row: RowValues, zone: LocalZone): Omit<ExportEntry, 'pending'> => {
    const { entity, rowId } = pending;
    const known = metadata.record(entity, rowId);
    const tag = known?.zoneId === zone.id ? known.changeTag : null;
    const stamps = overlayStamps(known?.stamps ?? {}, pending.stamps);
    const everything = tag === null || pending.stamps['*'] !== undefined;
    const only = Object.keys(pending.stamps).filter(
      (name) => name !== '*' && name !== 'zone_id' && name !== assetField,
    );
    const fields: Record<string, CloudField> = mapper.fields(
      entity,
      row,
      tag === null ? undefined : everything ? mapper.columns(entity) : mapper.withCompanions(only),
    );
    fields[stampsField] = { value: JSON.stringify(stamps), type: 'STRING' };
    for (const [name, field] of Object.entries(unknownFieldsOf(known))) {
      // An asset value that was read cannot be written; its bytes stay with the record they came with.
      if ((tag === null || only.includes(name)) && !field.type.startsWith('ASSET')) fields[name] = field;
    }
    if (tag === null) {
      const left = metadata.pending(entity, rowId).find((one) => one.kind === 'delete' && one.zoneId !== zone.id);
      const from = left === undefined ? undefined : zones.byId(left.zoneId)?.name;
      if (from !== undefined) fields[moveReceiptField] = { value: from, type: 'STRING' };
    }
    const asset = entity === 'Resource' ? deps.assetValue(rowId) : undefined;
    if (asset !== undefined) fields[assetField] = { value: asset, type: 'ASSETID' };
    return {
      sentStamps: stamps,
      operation:
        tag === null
          ? { operationType: 'create', record: { recordName: rowId, recordType: entity, fields } }
          : {
              operationType: 'update',
              record: { recordName: rowId, recordType: entity, recordChangeTag: tag, fields },
            },
    };
  };

  const deleteOperation = (pending: Pending): Omit<ExportEntry, 'pending'> => ({
    sentStamps: {},
    operation: {
      operationType: 'delete',
      // A version that was perhaps never accepted has no tag; any other answer than success then brings the record.
      record: {
        recordName: pending.rowId,
        recordType: pending.entity,
        recordChangeTag: pending.changeTag ?? 'unknown',
      },
    },
  });

  /** What waits now where this change was sent to: there is one per row and zone. */
  const standing = ({ entity, rowId, zoneId }: Pending): Pending | undefined =>
    metadata.pending(entity, rowId).find((one) => one.zoneId === zoneId);

  /** A deletion goes to the version the server has now. */
  const nameVersion = (deletion: Pending, item: CloudItem | undefined): void =>
    metadata.setPending({ ...deletion, changeTag: item?.recordChangeTag ?? null });

  const acknowledge = (entry: ExportEntry, item: CloudItem | undefined) => {
    const { pending, sentStamps } = entry;
    const { entity, rowId, zoneId } = pending;
    const current = standing(pending);
    if (pending.kind === 'delete') {
      if (current?.kind === 'delete') metadata.removePending(entity, rowId, zoneId);
      return;
    }
    if (current?.kind === 'delete') {
      // Deleted here while the save was under way: the deletion now has a version to name. Nothing is held of the row, else
      // a complete reading would miss it and take the deletion for done.
      nameVersion(current, item);
      return;
    }
    const known = metadata.record(entity, rowId);
    if (known === undefined || known.zoneId === zoneId) {
      metadata.setRecord(
        {
          entity,
          rowId,
          zoneId,
          changeTag: item?.recordChangeTag ?? null,
          stamps: clampStamps(sentStamps, item?.modified?.timestamp),
          unknown: known?.unknown ?? null,
        },
        metadata.zone(zoneId).snapshot,
      );
    }
    if (entity === 'Resource') deps.assetAccepted(rowId, announcesBytes(entry));
    if (current === undefined) return;
    // What was edited again meanwhile stays, with its later stamp.
    const left: Record<string, HybridStamp> = {};
    for (const [field, stamp] of Object.entries(current.stamps)) {
      if (stampOf(pending.stamps, field) !== stamp) left[field] = stamp;
    }
    if (Object.keys(left).length === 0) metadata.removePending(entity, rowId, zoneId);
    else metadata.setPending({ ...current, stamps: left, created: false });
  };

  const parkEntry = (pending: Pending, reason: AttentionReason, message: string) => {
    const current = standing(pending);
    // Deleted, or edited again, while the request was under way: what stands here now nobody has refused.
    if (current?.kind !== pending.kind || hasNewer(current.stamps, pending.stamps)) return;
    metadata.setPending({ ...current, state: 'waiting', reason, message }, now() + parkedPause);
  };

  const parkRefused = (entry: ExportEntry, reason: AttentionReason, message: string) => {
    parkEntry(entry.pending, reason, message);
    // Perhaps for its bytes: what was announced stands for them on the server for a day only. They are offered anew.
    if (reason === 'rejected' && announcesBytes(entry)) deps.assetRefused(entry.pending.rowId, now() + parkedPause);
  };

  /** The server holds another version than we named. */
  const merge = (entry: ExportEntry, serverRecord: CloudItem, zone: LocalZone) => {
    const { pending } = entry;
    const { entity, rowId } = pending;
    const isElsewhere = () => (mapper.row(entity, rowId)?.['zone_id'] ?? zone.id) !== zone.id;
    const wasElsewhere = isElsewhere();
    applier.save(serverRecord, zone);
    // The old place of a moved row was edited by somebody who had not heard of the move: the edit was taken along, and
    // the deletion names this version now. Unless the row was moved back here, later, or the edit still waits for a parent.
    const kept = metadata.orphan(entity, rowId);
    const aside = kept?.zoneId === zone.id ? kept.reason : undefined;
    if (pending.kind === 'delete' && wasElsewhere && isElsewhere() && aside !== 'parent') {
      nameVersion(pending, serverRecord);
    }
    // What cannot be read cannot be merged either: this one waits for a later version of the app, the rest goes on.
    const current = metadata.pending(entity, rowId).find((one) => one.zoneId === zone.id && one.kind === 'save');
    if (current !== undefined && aside === 'unreadable') {
      parkEntry(current, 'rejected', 'The server holds a version that this version of Shoebox cannot read.');
    }
  };

  return {
    nextBatch: (zoneId, limits) => {
      const make = (): ExportBatch | undefined => {
        collector.collect();
        const zone = zones.byId(zoneId);
        if (zone === undefined) {
          metadata.forgetZone(zoneId);
          return undefined;
        }
        const entries: ExportEntry[] = [];
        let bytes = 100;
        for (const pending of metadata.sendable(zoneId, now(), limits.operations)) {
          const row = pending.kind === 'save' ? mapper.row(pending.entity, pending.rowId) : undefined;
          if (pending.kind === 'save' && row === undefined) {
            metadata.removePending(pending.entity, pending.rowId, zoneId);
            continue;
          }
          const made = row === undefined ? deleteOperation(pending) : saveOperation(pending, row, zone);
          const size = JSON.stringify(made.operation).length * 1.1 + 50;
          if (entries.length > 0 && bytes + size > limits.bytes) break;
          bytes += size;
          metadata.markSent(pending.entity, pending.rowId, zoneId);
          entries.push({ pending, ...made });
        }
        return entries.length === 0 ? undefined : { zone, entries };
      };
      return store.bookkeeping(make);
    },

    settle: (batch, answer) =>
      store.transaction('sync', () => {
        collector.collect();
        const { zone, entries } = batch;
        const lookUp: { entry: ExportEntry; failure: Failure }[] = [];
        let accepted = 0;
        let makeZone = false;
        let refetch = false;
        let split = false;
        let signIn: Failure | undefined;
        let backOff: ExportOutcome['backOff'];
        entries.forEach((entry, index) => {
          const { pending } = entry;
          const item = answer[index];
          if (item === undefined || item.recordName !== pending.rowId) {
            // An answer that does not speak of this operation leaves its outcome unknown: it goes again.
            backOff = {
              reason: 'serverBusy',
              failure: { code: 'UNKNOWN_ERROR', message: 'The answer does not fit the request.' },
            };
            return;
          }
          if (item.serverErrorCode === undefined) {
            acknowledge(entry, item);
            accepted += 1;
            return;
          }
          const failure = failureOfItem(item);
          const decision = decide(failure.code, { doing: pending.kind, participant: zone.store === 'shared' });
          switch (decision.do) {
            case 'acknowledge':
              acknowledge(entry, undefined);
              accepted += 1;
              return;
            case 'merge': {
              const serverRecord = item['serverRecord'] as CloudItem | undefined;
              if (serverRecord?.fields === undefined) lookUp.push({ entry, failure });
              else {
                merge(entry, { ...serverRecord, recordName: pending.rowId }, zone);
                // It refers to a row the feed has yet to bring.
                if (metadata.orphan(pending.entity, pending.rowId)?.reason === 'parent') refetch = true;
              }
              return;
            }
            case 'restore':
              lookUp.push({ entry, failure });
              return;
            case 'sendAgain':
              return;
            case 'refetch':
              refetch = true;
              notFound(entry);
              return;
            case 'startOver':
              refetch = true;
              return;
            case 'makeZone':
              makeZone = true;
              return;
            case 'split':
              split = true;
              if (entries.length === 1) parkEntry(pending, 'tooLarge', failure.message);
              return;
            case 'park':
              parkRefused(entry, decision.reason, failure.message);
              return;
            case 'backOff':
              backOff = { reason: decision.reason, failure };
              return;
            case 'signIn':
              signIn = failure;
              return;
            default:
              assertNever(decision, 'decision');
          }
        });
        return { accepted, lookUp, makeZone, refetch, signIn, backOff, split };
      }),

    settleLookedUp: (zone, asked, found) =>
      store.transaction('sync', () => {
        collector.collect();
        asked.forEach(({ entry, failure }, index) => {
          const { pending } = entry;
          const item = found[index];
          const there = item !== undefined && item.serverErrorCode === undefined && item.deleted !== true;
          const decision = decide(failure.code, { doing: pending.kind, participant: zone.store === 'shared' });
          if (decision.do === 'restore') {
            const current = standing(pending);
            const isSame = current?.kind === pending.kind;
            if (movedByOthers(pending)) {
              // What somebody's move left behind, and not ours to take away: no edit of this person's, and nothing to undo.
              if (isSame) metadata.removePending(pending.entity, pending.rowId, zone.id);
              return;
            }
            if (pending.kind === 'save' && current?.kind === 'delete') {
              // Deleted while the save was under way: that has not been refused, and needs the version there is.
              if (there) nameVersion(current, item);
              else metadata.removePending(pending.entity, pending.rowId, zone.id);
              return;
            }
            if (isSame) {
              applier.refuse(current, 'notAccepted', failure.neededRight ?? null, failure.message);
            }
            if (there) applier.save(item, zone, { force: true });
            else if (pending.kind === 'save' && !moveBack(pending)) {
              applier.removeRow(pending.entity, pending.rowId, 'notAccepted');
            }
            return;
          }
          if (there) merge(entry, item, zone);
        });
      }),

    park: (entry, reason, message) => {
      store.bookkeeping(() => parkRefused(entry, reason, message));
    },
  };

  /** A deletion of a row that lies elsewhere by now, not because this computer's person moved it. */
  function movedByOthers({ entity, rowId, zoneId, kind }: Pending): boolean {
    const place = mapper.row(entity, rowId)?.['zone_id'];
    if (kind !== 'delete' || place === undefined || place === zoneId) return false;
    const last = store.connection
      .statement<[string, string], { author: string }>(
        `SELECT t.author FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
         WHERE c.row_id = ? AND c.entity = ?
           AND (c.kind = 'insert' OR c.kind = 'update' AND json_type(c."values", '$.zone_id') IS NOT NULL)
         ORDER BY c.id DESC LIMIT 1`,
      )
      .get(rowId, entity);
    return last?.author !== 'app';
  }

  /** A move into a zone that refuses it: the row goes back to where the server still has it. */
  function moveBack({ entity, rowId, zoneId }: Pending): boolean {
    const left = metadata.pending(entity, rowId).find((one) => one.kind === 'delete' && one.zoneId !== zoneId);
    if (left === undefined || zones.byId(left.zoneId) === undefined) return false;
    const known = metadata.record(entity, rowId);
    metadata.removePending(entity, rowId, left.zoneId);
    metadata.setRecord({
      entity,
      rowId,
      zoneId: left.zoneId,
      changeTag: left.changeTag,
      stamps: known?.stamps ?? {},
      unknown: known?.unknown ?? null,
    });
    mapper.update(entity, rowId, { zone_id: left.zoneId });
    return true;
  }

  /**
   * The server does not have the record we hold a tag for. Only a tombstone deletes, so the feed is read first; the tag
   * is void either way, and a row that survives the feed is offered again as new.
   */
  function notFound({ pending }: ExportEntry): void {
    const known = metadata.record(pending.entity, pending.rowId);
    if (known === undefined || known.zoneId !== pending.zoneId) return;
    metadata.setRecord({ ...known, changeTag: null });
  }
}
