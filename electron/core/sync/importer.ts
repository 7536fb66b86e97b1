import { shareRecordType, type DatabaseScope } from '../../../shared/cloud/wireRecords.ts';
import { rightsToBits } from '../../../shared/shareRights.ts';
import type { DatabaseChangesAnswer } from '../../../shared/cloud/wireChanges.ts';
import type { EntityName } from '../store/entities.ts';
import type { Store } from '../store/store.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { CloudItem } from './cloudDatabase.ts';
import type { Collector } from './collector.ts';
import { exportRank } from './exportOrder.ts';
import type { LocalZone, LocalZones } from './localZones.ts';
import type { FirstTag } from './putBack.ts';
import type { RecordApplier } from './recordApplier.ts';
import type { RecordMapper } from './recordMapper.ts';
import { overlayStamps } from './stamps.ts';
import type { RecordState } from './recordTable.ts';
import type { SyncMetadata } from './syncMetadata.ts';
import { rowsPerTransaction } from './transactionSize.ts';
import { createZoneEnding } from './zoneEnding.ts';

/** What the sharing part does for the engine; each call runs inside the engine's transaction. */
export interface SharingHooks {
  /** Takes a zone's share record; null when sharing of this zone has ended. */
  apply(zone: LocalZone, record: CloudItem | null): void;
  /** Moves a photo-tag pair to a zone, its photo's, onto the tag of the same name there. */
  adoptPair(photoTagId: string, zoneId: string): void;
  /** The tag a photo-tag pair was made for, where that lies in the same zone and is not about to go. */
  readonly firstTag: FirstTag;
  /** Access to a zone has ended and its rows are still here; called outside any transaction, perhaps more than once. */
  zoneEnding(zone: LocalZone, reason: string | null): void;
  /** A zone and all its rows are gone from this library: thumbnails, assets and search entries go too. */
  zoneRemoved(zone: LocalZone): void;
}

/** Rows noted for `reunite`, `entity/id`. */
export type Strays = Set<string>;

/** Puts the server's changes into the store; each page and its token in one transaction. */
export interface Importer {
  /** Notes new and ended zones. @returns the zones whose changes are to be read. */
  takeDatabase(scope: DatabaseScope, answer: DatabaseChangesAnswer, round: number): readonly LocalZone[];
  /** @param read zones that were read to their end */
  finishDatabase(scope: DatabaseScope, token: string, epoch: string | undefined, read: ReadonlySet<string>): void;
  /** Zones that were on the server when it was last heard of them, and whose end nobody has told. */
  silentZones(scope: DatabaseScope): readonly LocalZone[];
  /**
   * Zones that changes/database listed and that are perhaps not all read. When the server is put back to before it listed
   * one, it does not say that it is gone.
   */
  halfRead(scope: DatabaseScope): ReadonlySet<string>;
  /** Of the zones that are half read, forgets all but these. */
  keepHalfRead(scope: DatabaseScope, kept: ReadonlySet<string>): void;
  /** The server does not have the zone and does not say why. Mine is offered again, another's kept and asked about. */
  loseZone(zone: LocalZone): void;
  /** @returns how many rows changed. */
  takePage(zone: LocalZone, page: { records: readonly CloudItem[]; token: string | undefined }, round: number): number;
  /** All pages of a zone are in: finishes a snapshot. Call until it returns true. */
  finishZone(zone: LocalZone, round: number): boolean;
  /** Reads a zone from its beginning again. */
  startOver(zone: LocalZone, mode: 'reoffer' | 'sweep'): void;
  /** The server was restored: everything is read again and offered again, nothing is deleted. */
  startOverEverything(): void;
  /** Applies tombstones and zone endings of earlier rounds. @returns true when none of them is left to do. */
  ripen(round: number): boolean;
  /** After the server was asked for all zones: offers mine that it did not list, and ends others' that it did not. */
  finishUnlisted(round: number): void;
  /**
   * Brings rows to the zone of their parent: one device moved the photo while another, not knowing, commented on it in
   * the old zone. Any device of the owner may do it, several doing it at once write the same.
   */
  reunite(): void;
  /** Something still waits for a further round. */
  readonly waitsForRound: boolean;
  /** Reads kept records and fields again, after an update of the app. */
  replayUnknown(): void;
}

/** Keys of `sync_state`. */
const halfReadKeys = { private: 'halfReadPrivate', shared: 'halfReadShared' } as const;

export function createImporter(deps: {
  readonly store: Store;
  readonly metadata: SyncMetadata;
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  readonly zones: LocalZones;
  readonly collector: Collector;
  readonly applier: RecordApplier;
  readonly shares: SharingHooks;
  /** Rows in another zone than their parent, as the applier notes them. */
  readonly strays: Strays;
}): Importer {
  const { store, metadata, mapper, queue, zones, collector, applier, shares, strays } = deps;

  /** Merging needs every local edit with its stamp, so history is collected in the same transaction, to its end. */
  const write = <T>(fn: () => T): T => {
    for (;;) {
      // Much history is taken in bounded bites; the last one goes along with what is merged.
      const done = store.transaction('sync', () => (collector.collect() ? { value: fn() } : undefined));
      if (done !== undefined) return done.value;
    }
  };

  const halfRead = (scope: DatabaseScope): ReadonlySet<string> =>
    new Set(JSON.parse(metadata.state(halfReadKeys[scope]) ?? '[]') as string[]);
  const noteHalfRead = (scope: DatabaseScope, ids: readonly string[]): void =>
    metadata.setState(halfReadKeys[scope], JSON.stringify([...new Set(ids)]));

  const takeShare = (zone: LocalZone, record: CloudItem) => {
    const me = record['currentUserParticipant'] as { rights?: string[]; acceptanceStatus?: string } | undefined;
    if (zone.store === 'shared' && record.deleted !== true) {
      const ends = typeof record['endsAt'] === 'number';
      zones.setRights(zone.id, ends ? 0 : rightsToBits(me?.rights ?? []));
      zones.setState(zone.id, ends ? 'ending' : 'active');
    }
    shares.apply(zone, record.deleted === true ? null : record);
  };

  const takeDeletion = (zone: LocalZone, record: CloudItem, round: number) => {
    const type = record.recordType ?? '';
    const orphan = metadata.orphan(type, record.recordName);
    if (orphan?.zoneId === zone.id) metadata.removeOrphan(type, record.recordName);
    const entities: readonly EntityName[] = mapper.isEntity(type) ? [type] : type === '' ? mapper.entityNames : [];
    for (const entity of entities) {
      if (type === '' && mapper.row(entity, record.recordName) === undefined) continue;
      if (metadata.zone(zone.id).mode !== 'reoffer') {
        metadata.setTombstone(entity, record.recordName, zone.id, round);
        continue;
      }
      // A restored server repeats old deletions; what is held here is offered to it again instead.
      const known = metadata.record(entity, record.recordName);
      if (known?.zoneId === zone.id) metadata.setRecord({ ...known, changeTag: null });
    }
  };

  const offer = (entity: EntityName, rowId: string, zone: LocalZone) => {
    const known = metadata.record(entity, rowId);
    const row = mapper.row(entity, rowId);
    if (known === undefined || row === undefined || row['zone_id'] !== zone.id) {
      metadata.removeRecord(entity, rowId);
      return;
    }
    const place = { entity, rowId, zoneId: zone.id };
    const waiting = queue.waitingSave(place);
    queue.save(place, overlayStamps(known.stamps, waiting?.stamps ?? {}), { ...waiting, created: true });
  };

  const startOver = (zone: LocalZone, mode: 'reoffer' | 'sweep', onServer: boolean) => {
    const state = metadata.zone(zone.id);
    metadata.setZone(zone.id, {
      token: null,
      onServer: onServer && state.onServer,
      mode: state.mode === 'reoffer' ? 'reoffer' : mode,
      snapshot: state.snapshot + 1,
      endedReason: null,
      endedRound: null,
    });
    // What waited for its parent is listed again if the server still has it; else the parent would come back with it.
    metadata.dropOrphans(zone.id);
    if (mode === 'reoffer') {
      metadata.dropTags(zone.id);
      metadata.dropOrphanTags(zone.id);
      // A backup may be older than an upload: bytes are asked for again as well, and sent when they are missing.
      metadata.forgetHeldAssets(zone.id);
    }
  };

  const endZone = createZoneEnding({
    store,
    metadata,
    mapper,
    queue,
    zones,
    applier,
    shares,
    write,
    offer,
    offerAgain: (zone) => startOver(zone, 'reoffer', false),
  });

  /** Somebody on this computer has set the field; an older version of the app, which did not know it, cannot have. */
  const isSetHere = ({ entity, rowId }: RecordState, field: string): boolean =>
    store.connection
      .statement<[string, string, string]>(
        `SELECT 1 FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
         WHERE c.row_id = ? AND c.entity = ? AND c.kind = 'update' AND t.author <> 'sync' AND json_type(c."values", '$.' || ?) IS NOT NULL LIMIT 1`,
      )
      .get(rowId, entity, field) !== undefined;

  /** Fields that were kept for a version that knows them, in a row whose columns now include them. */
  const learnFields = (known: RecordState): void => {
    const kept = JSON.parse(known.unknown ?? '{}') as Record<string, { value: unknown }>;
    const columns = mapper.columns(known.entity);
    const learned: Record<string, string | number | null> = {};
    for (const [name, { value }] of Object.entries(kept)) {
      if (!columns.includes(name) || (typeof value !== 'string' && typeof value !== 'number' && value !== null))
        continue;
      // Set here since the update, before this ran: that is the later of the two.
      if (!isSetHere(known, name)) learned[name] = value;
      delete kept[name];
    }
    if (mapper.row(known.entity, known.rowId) === undefined) return;
    if (Object.keys(learned).length > 0) mapper.update(known.entity, known.rowId, learned);
    metadata.setRecord({ ...known, unknown: Object.keys(kept).length === 0 ? null : JSON.stringify(kept) });
  };

  const reuniteRow = (entity: EntityName, rowId: string): void => {
    const row = mapper.row(entity, rowId);
    if (row === undefined) return;
    for (const [column, parent] of Object.entries(mapper.parents(entity))) {
      const target = mapper.row(parent, String(row[column]))?.['zone_id'];
      if (typeof target !== 'string' || target === row['zone_id']) continue;
      // A pair goes where its photo is, and takes the tag of that name there, whosever the other one was.
      const places = parent === 'Tag' ? [String(row['zone_id'])] : [target, String(row['zone_id'])];
      const mine = places.every((id) => zones.byId(id)?.store === 'private');
      if (!mine) return;
      if (entity === 'PhotoTag') shares.adoptPair(rowId, parent === 'Tag' ? String(row['zone_id']) : target);
      else mapper.update(entity, rowId, { zone_id: target });
      return;
    }
  };

  const finishZone = (zone: LocalZone, round: number): boolean =>
    metadata.zone(zone.id).mode === 'follow' ||
    write(() => {
      const state = metadata.zone(zone.id);
      switch (state.mode) {
        case 'follow':
          return true;
        case 'reoffer': {
          const rows = metadata.unofferedRecords(zone.id, rowsPerTransaction);
          for (const { entity, rowId } of rows) offer(entity, rowId, zone);
          if (rows.length === rowsPerTransaction) return false;
          break;
        }
        case 'sweep': {
          const rows = metadata.unseenRecords(zone.id, state.snapshot, rowsPerTransaction);
          for (const { entity, rowId } of rows) {
            metadata.setTombstone(entity, rowId, zone.id, round);
            metadata.markSeen(entity, rowId, state.snapshot);
          }
          if (rows.length === rowsPerTransaction) return false;
        }
      }
      metadata.setZone(zone.id, { ...state, mode: 'follow' });
      return true;
    });

  return {
    takeDatabase: (scope, answer, round) => {
      if (answer.zones.length === 0) return [];
      return write(() => {
        const known = metadata.scope(scope);
        // With the zones, not after them: a server restored before they are read through would look like the same one.
        if (known.epoch === undefined) metadata.setScope(scope, known.token ?? null, answer.serverEpoch ?? null);
        const toRead: LocalZone[] = [];
        for (const item of answer.zones) {
          if (item.deleted === true) {
            const zone = zones.find(scope, item.zoneID);
            if (zone === undefined) continue;
            const state = metadata.zone(zone.id);
            metadata.setZone(zone.id, { ...state, endedReason: item.deletedReason ?? null, endedRound: round });
            continue;
          }
          const zone = zones.ensure(scope, item.zoneID);
          const state = metadata.zone(zone.id);
          // A zone that was gone and is back (accepted again, made again) is read from its beginning.
          if (state.endedRound !== null) startOver(zone, scope === 'shared' ? 'sweep' : 'reoffer', true);
          metadata.setZone(zone.id, { ...metadata.zone(zone.id), onServer: true, endedReason: null, endedRound: null });
          if (zone.state === 'ended') zones.setState(zone.id, 'active');
          toRead.push(zone);
        }
        if (toRead.length > 0) noteHalfRead(scope, [...halfRead(scope), ...toRead.map(({ id }) => id)]);
        return toRead;
      });
    },

    finishDatabase: (scope, token, epoch, read) => {
      const known = metadata.scope(scope);
      const listed = halfRead(scope);
      const left = [...listed].filter((id) => !read.has(id));
      const isSame = known.token === token && (epoch === undefined || known.epoch === epoch);
      if (isSame && left.length === listed.size) return;
      store.bookkeeping(() => {
        metadata.setScope(scope, token, epoch ?? null);
        if (left.length < listed.size) noteHalfRead(scope, left);
      });
    },

    halfRead,

    keepHalfRead: (scope, kept) => {
      const listed = [...halfRead(scope)];
      const left = listed.filter((id) => kept.has(id));
      if (left.length < listed.length) store.bookkeeping(() => noteHalfRead(scope, left));
    },

    silentZones: (scope) =>
      zones.all().filter((zone) => {
        const { onServer, endedRound } = metadata.zone(zone.id);
        return zone.store === scope && zone.state !== 'ended' && onServer && endedRound === null;
      }),

    loseZone: (zone) =>
      write(() => {
        if (zone.store === 'private') startOver(zone, 'reoffer', false);
        else zones.setState(zone.id, 'ended');
      }),

    takePage: (zone, { records, token }, round) => {
      // Nothing to do is the usual case; it writes nothing.
      if (records.length === 0) {
        const state = metadata.zone(zone.id);
        if (state.onServer && (token ?? state.token) === state.token) return 0;
      }
      return write(() => {
        let changed = 0;
        for (const record of records) {
          if (record.recordType === shareRecordType) takeShare(zone, record);
          else if (record.deleted === true) takeDeletion(zone, record, round);
          else if (applier.save(record, zone)) changed += 1;
        }
        const state = metadata.zone(zone.id);
        metadata.setZone(zone.id, { ...state, token: token ?? state.token, onServer: true });
        return changed;
      });
    },

    finishZone,

    startOver: (zone, mode) => write(() => startOver(zone, mode, true)),

    startOverEverything: () =>
      write(() => {
        for (const zone of zones.all()) startOver(zone, 'reoffer', false);
        metadata.setScope('private', null, null);
        metadata.setScope('shared', null, null);
        metadata.forgetEpochs();
      }),

    ripen: (round) => {
      const ripe = metadata.ripeTombstones(round, rowsPerTransaction);
      if (ripe.length > 0) {
        write(() => {
          // Children first: the photo's own deletion then finds nothing left to take with it.
          const order = [...ripe].sort((a, b) => exportRank(b.entity, 'save') - exportRank(a.entity, 'save'));
          for (const { entity, rowId, zoneId } of order) applier.remove(entity, rowId, zoneId);
        });
        return false;
      }
      for (const { zoneId, reason, round: seen } of metadata.endedZones()) {
        if (seen >= round) continue;
        const zone = zones.byId(zoneId);
        if (zone === undefined) store.bookkeeping(() => metadata.forgetZone(zoneId));
        else if (!endZone(zone, reason)) return false;
      }
      return true;
    },

    finishUnlisted: (round) => {
      for (const zone of zones.all()) {
        const state = metadata.zone(zone.id);
        if (state.mode !== 'reoffer') continue;
        if (zone.store === 'shared') {
          // Somebody else's, and the restored server does not show it to me: without a reason it is kept, and asked about.
          if (!state.onServer && zone.state !== 'ended') write(() => zones.setState(zone.id, 'ended'));
          continue;
        }
        while (!finishZone(zone, round)) {
          // Each pass is one bounded transaction.
        }
      }
    },

    reunite: () => {
      if (strays.size === 0) return;
      const noted = [...strays].slice(0, rowsPerTransaction);
      // Not `sync`: this is a change of ours that has to be exported.
      store.transaction('maintenance', () => {
        for (const stray of noted) {
          const [entity, rowId] = stray.split('/', 2) as [EntityName, string];
          reuniteRow(entity, rowId);
        }
      });
      for (const stray of noted) strays.delete(stray);
    },

    get waitsForRound() {
      return metadata.hasTombstones() || metadata.endedZones().length > 0;
    },

    replayUnknown: () => {
      if (metadata.state('fields') === mapper.fingerprint) return;
      for (const orphan of metadata.orphansBecause(['unknownType', 'unreadable'])) {
        const zone = zones.byId(orphan.zoneId);
        if (zone === undefined) continue;
        write(() => {
          metadata.removeOrphan(orphan.entity, orphan.rowId);
          applier.save(JSON.parse(orphan.record) as CloudItem, zone);
          // A restored server did not list it again: what could not be offered then is offered now.
          if (!mapper.isEntity(orphan.entity)) return;
          const known = metadata.record(orphan.entity, orphan.rowId);
          if (known?.zoneId === zone.id && known.changeTag === null) offer(orphan.entity, orphan.rowId, zone);
        });
      }
      for (const known of metadata.recordsWithUnknown()) {
        write(() => learnFields(known));
      }
      write(() => metadata.setState('fields', mapper.fingerprint));
    },
  };
}
