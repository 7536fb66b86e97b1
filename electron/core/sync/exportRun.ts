import type { Store } from '../store/store.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import type { Collector } from './collector.ts';
import type { ExportBatch, Exporter } from './exporter.ts';
import { decide, type Failure, type FailureContext } from './failures.ts';
import type { Importer } from './importer.ts';
import { cloudZone, type LocalZone, type LocalZones } from './localZones.ts';
import type { ServerCall } from './serverCall.ts';
import { withMovedAssets } from './movedAssets.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/** What a request may hold; the server publishes its own limits. */
export interface RequestLimits {
  readonly operations: number;
  readonly requestBytes: number;
}

/** How an export ended: everything sent, or the changes of the server have to be read first. */
export interface ExportResult {
  readonly accepted: number;
  readonly importFirst: boolean;
}

/** Batches in a row of which nothing was accepted, before a pause: others are writing the same records. */
const mostFruitless = 12;

/** Sends everything that is waiting, zone by zone. */
export function createExportRun(deps: {
  readonly store: Store;
  readonly cloud: CloudDatabase;
  readonly metadata: SyncMetadata;
  readonly zones: LocalZones;
  readonly collector: Collector;
  readonly exporter: Exporter;
  readonly importer: Importer;
  readonly call: ServerCall;
  readonly now: () => number;
  /** Zones the server does not find although it should: the next import looks. */
  readonly doubted: Set<string>;
  readonly limits: () => RequestLimits;
  /** Told after each accepted batch, for progress. */
  readonly onProgress: () => void;
}): () => Promise<ExportResult> {
  const { store, cloud, metadata, zones, collector, exporter, importer, call, now } = deps;
  /** Halved when the server finds a request too big, doubled again with every one it takes. */
  let operations = Number.POSITIVE_INFINITY;

  /** @returns 'made', or 'ask' when the zone was there before: then the feed must say what became of it. */
  async function makeZone(zone: LocalZone): Promise<'made' | 'ask' | 'later'> {
    const state = metadata.zone(zone.id);
    if (zone.store === 'shared' || (zone.kind === 'share' && state.onServer)) {
      deps.doubted.add(zone.id);
      return 'ask';
    }
    const context: FailureContext = { doing: 'makeZone', participant: false };
    const [item] = await call.loudly(() => cloud.modifyZones('create', [cloudZone(zone)]), context);
    if (item?.serverErrorCode !== undefined) {
      const code = item.serverErrorCode === 'QUOTA_EXCEEDED' ? 'QUOTA_EXCEEDED' : 'UNKNOWN_ERROR';
      if (code === 'QUOTA_EXCEEDED') return 'later';
      throw call.interruption({ code, message: item.reason ?? 'The zone could not be made.' }, context);
    }
    // My library's zone was on the server and is not any more: all of it is offered again, nothing is deleted.
    if (state.onServer) importer.startOver(zone, 'reoffer');
    store.bookkeeping(() => metadata.setZone(zone.id, { ...metadata.zone(zone.id), onServer: true }));
    if (state.onServer) {
      while (!importer.finishZone(zone, 0)) {
        // Each pass is one bounded transaction.
      }
    }
    return 'made';
  }

  /** A whole request failed. @returns what to do with the zone. */
  async function requestFailed(batch: ExportBatch, failure: Failure): Promise<'again' | 'import' | 'skip'> {
    const context: FailureContext = { doing: 'save', participant: batch.zone.store === 'shared' };
    const decision = decide(failure.code, context);
    const [first] = batch.entries;
    switch (decision.do) {
      case 'split':
      case 'park':
        // Which one is at fault is found by halving, down to one; only that one stands still.
        if (batch.entries.length === 1 && first !== undefined) {
          exporter.park(first, decision.do === 'split' ? 'tooLarge' : decision.reason, failure.message);
          operations *= 2;
        } else operations = Math.max(1, Math.floor(batch.entries.length / 2));
        return 'again';
      case 'makeZone': {
        const made = await makeZone(batch.zone);
        return made === 'made' ? 'again' : made === 'ask' ? 'import' : 'skip';
      }
      case 'refetch':
        // Of a whole request this says that the zone is not found.
        deps.doubted.add(batch.zone.id);
        return 'import';
      case 'startOver':
      case 'restore':
        return 'import';
      case 'acknowledge':
      case 'merge':
      case 'sendAgain':
        throw call.interruption({ ...failure, code: 'UNKNOWN_ERROR' }, context);
      case 'backOff':
      case 'signIn':
        throw call.interruption(failure, context);
    }
  }

  async function exportZone(zone: LocalZone): Promise<ExportResult & { skip: boolean }> {
    const context: FailureContext = { doing: 'save', participant: zone.store === 'shared' };
    let accepted = 0;
    if (zone.store === 'private' && !metadata.zone(zone.id).onServer) {
      const made = await makeZone(zone);
      if (made !== 'made') return { accepted, importFirst: made === 'ask', skip: true };
    }
    // To a reader without a token the server tells no deletions. One that had sent before it ever read could not learn
    // that what it sent was deleted meanwhile.
    if (metadata.zone(zone.id).token === null) return { accepted, importFirst: true, skip: true };
    const limits = deps.limits();
    operations = Math.min(operations, limits.operations);
    let fruitless = 0;
    for (;;) {
      // The envelope around the operations counts as well.
      const next = exporter.nextBatch(zone.id, { operations, bytes: limits.requestBytes * 0.9 });
      if (next === undefined) return { accepted, importFirst: false, skip: false };
      const batch = await call.loudly(() => withMovedAssets(next, { cloud, metadata, zones }), context);
      const answer = await call.quietly(
        () =>
          cloud.modifyRecords(
            zone.store,
            cloudZone(zone),
            batch.entries.map(({ operation }) => operation),
          ),
        context,
      );
      if ('failure' in answer) {
        const next = await requestFailed(batch, answer.failure);
        if (next === 'again') continue;
        return { accepted, importFirst: next === 'import', skip: true };
      }
      const outcome = exporter.settle(batch, answer.value);
      accepted += outcome.accepted;
      deps.onProgress();
      fruitless = outcome.accepted > 0 ? 0 : fruitless + 1;
      if (outcome.lookUp.length > 0) {
        const found = await call.loudly(
          () =>
            cloud.lookupRecords(
              zone.store,
              cloudZone(zone),
              outcome.lookUp.map(({ entry }) => entry.pending.rowId),
            ),
          context,
        );
        exporter.settleLookedUp(zone, outcome.lookUp, found);
      }
      if (outcome.signIn !== undefined) throw call.interruption(outcome.signIn, context);
      if (outcome.backOff !== undefined) throw call.interruption(outcome.backOff.failure, context);
      if (fruitless >= mostFruitless) {
        throw call.interruption({ code: 'TRY_AGAIN_LATER', message: 'The server keeps changing underneath.' }, context);
      }
      if (outcome.refetch) return { accepted, importFirst: true, skip: true };
      if (outcome.makeZone) {
        const made = await makeZone(zone);
        if (made !== 'made') return { accepted, importFirst: made === 'ask', skip: true };
      }
      if (outcome.split) operations = Math.max(1, Math.floor(batch.entries.length / 2));
      else operations = Math.min(limits.operations, operations * 2);
    }
  }

  return async () => {
    let accepted = 0;
    const skipped = new Set<string>();
    for (;;) {
      while (collector.hasNew() && !store.bookkeeping(() => collector.collect())) {
        // Each pass takes one bounded bite.
      }
      const next = metadata
        .pendingZones(now())
        .map((id) => zones.byId(id) ?? forgotten(id))
        .find((zone) => zone !== undefined && !skipped.has(zone.id) && isOpen(zone));
      if (next === undefined) return { accepted, importFirst: false };
      const result = await exportZone(next);
      accepted += result.accepted;
      if (result.importFirst) return { accepted, importFirst: true };
      // A zone may hold back what waits for another (a move's deletion): every zone gets a second look below.
      if (result.accepted > 0) {
        skipped.clear();
      }
      skipped.add(next.id);
    }
  };

  function isOpen(zone: LocalZone): boolean {
    return zone.state !== 'ended' && metadata.zone(zone.id).endedRound === null;
  }

  /** Changes for a zone that does not exist here any more have nowhere to go. */
  function forgotten(zoneId: string): undefined {
    store.bookkeeping(() => metadata.forgetZone(zoneId));
    return undefined;
  }
}
