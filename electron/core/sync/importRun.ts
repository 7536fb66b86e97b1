import type { DatabaseScope } from '../../../shared/cloud/wireRecords.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import { decide, failureOfItem, type FailureContext } from './failures.ts';
import type { Importer } from './importer.ts';
import { cloudZone, type LocalZone } from './localZones.ts';
import type { ServerCall } from './serverCall.ts';
import type { SyncMetadata } from './syncMetadata.ts';
import type { Store } from '../store/store.ts';

/** Rounds one run may take: tombstones need a second one; more only while others write all the time. */
const mostRounds = 8;

/** Brings everything the server has for both stores into the library. */
export function createImportRun(deps: {
  readonly store: Store;
  readonly cloud: CloudDatabase;
  readonly metadata: SyncMetadata;
  readonly importer: Importer;
  readonly call: ServerCall;
  /** Zones the server did not find when something was sent there; whoever looks takes them out. */
  readonly doubted: Set<string>;
}): () => Promise<number> {
  const { store, cloud, metadata, importer, call, doubted } = deps;

  /** @returns how many rows changed, and whether the zone was read to its end */
  async function importZone(
    zone: LocalZone,
    round: number,
    onMissing?: () => void,
  ): Promise<{ readonly changed: number; readonly isRead: boolean }> {
    const context: FailureContext = { doing: 'zoneChanges', participant: zone.store === 'shared' };
    let changed = 0;
    for (;;) {
      const { token } = metadata.zone(zone.id);
      const answer = await call.quietly(
        () => cloud.zoneChanges(zone.store, cloudZone(zone), token ?? undefined),
        context,
      );
      const page = 'failure' in answer ? undefined : answer.value.zones[0];
      const failure =
        'failure' in answer
          ? answer.failure
          : page === undefined
            ? { code: 'UNKNOWN_ERROR' as const, message: 'The answer names no zone.' }
            : page.serverErrorCode === undefined
              ? undefined
              : failureOfItem(page);
      if (failure !== undefined) {
        const decision = decide(failure.code, { ...context, expiredBecause: failure.expiredBecause });
        if (decision.do === 'startOver') {
          if (decision.everything) {
            importer.startOverEverything();
            throw new StartAgain();
          }
          // A zone that was never read cannot have a bad token: then the refusal is about something else.
          if (token !== null) {
            importer.startOver(zone, decision.mode);
            continue;
          }
        }
        // Gone between the two calls: the next changes/database says why, and only that may remove rows.
        if (decision.do === 'refetch' || decision.do === 'makeZone' || decision.do === 'park') {
          if (failure.code === 'ZONE_NOT_FOUND') onMissing?.();
          return { changed, isRead: false };
        }
        throw call.interruption(failure, context);
      }
      if (page === undefined) return { changed, isRead: false };
      changed += importer.takePage(zone, { records: page.records ?? [], token: page.syncToken }, round);
      if (page.moreComing !== true) break;
    }
    while (!importer.finishZone(zone, round)) {
      // Each pass is one bounded transaction.
    }
    return { changed, isRead: true };
  }

  async function importScope(scope: DatabaseScope, round: number): Promise<number> {
    const context: FailureContext = { doing: 'databaseChanges', participant: scope === 'shared' };
    let changed = 0;
    const listed = new Set<string>();
    const read = new Set<string>();
    for (;;) {
      const { token, epoch } = metadata.scope(scope);
      const answer = await call.quietly(() => cloud.databaseChanges(scope, token), context);
      if ('failure' in answer) {
        const { failure } = answer;
        const decision = decide(failure.code, { ...context, expiredBecause: failure.expiredBecause });
        if (decision.do !== 'startOver' || token === undefined) throw call.interruption(failure, context);
        if (decision.everything) {
          importer.startOverEverything();
          throw new StartAgain();
        }
        store.bookkeeping(() => metadata.setScope(scope, null, null));
        continue;
      }
      const { serverEpoch, syncToken, moreComing } = answer.value;
      if (epoch !== undefined && serverEpoch !== undefined && serverEpoch !== epoch) {
        importer.startOverEverything();
        throw new StartAgain();
      }
      for (const zone of importer.takeDatabase(scope, answer.value, round)) {
        listed.add(zone.id);
        const one = await importZone(zone, round);
        changed += one.changed;
        if (one.isRead) read.add(zone.id);
      }
      importer.finishDatabase(scope, syncToken, serverEpoch, read);
      if (!moreComing) return changed + (await lookForLost(scope, round, listed));
    }
  }

  /** Zones that should be there and of which the database says nothing: a server that was put back may have lost them. */
  async function lookForLost(scope: DatabaseScope, round: number, listed: ReadonlySet<string>): Promise<number> {
    let changed = 0;
    const halfRead = importer.halfRead(scope);
    for (const zone of importer.silentZones(scope)) {
      const isInDoubt = doubted.has(zone.id) || halfRead.has(zone.id) || metadata.zone(zone.id).token === null;
      if (isInDoubt && !listed.has(zone.id)) {
        const one = await importZone(zone, round, () => importer.loseZone(zone));
        changed += one.changed;
      }
      doubted.delete(zone.id);
    }
    // One that was listed and is not there: the next answer tells what became of it, or it is looked for then.
    importer.keepHalfRead(scope, listed);
    return changed;
  }

  async function oneRound(): Promise<number> {
    const round = Number(metadata.state('round') ?? '0') + 1;
    store.bookkeeping(() => metadata.setState('round', String(round)));
    const changed = (await importScope('private', round)) + (await importScope('shared', round));
    // Everything that was somewhere else when an earlier round read a deletion has been read by now.
    while (!importer.ripen(round)) {
      // Each pass is one bounded transaction.
    }
    importer.finishUnlisted(round);
    importer.reunite();
    return changed;
  }

  return async () => {
    let changed = 0;
    for (let rounds = 0; rounds < mostRounds; rounds += 1) {
      try {
        changed += await oneRound();
      } catch (error) {
        if (error instanceof StartAgain) continue;
        throw error;
      }
      if (!importer.waitsForRound) break;
    }
    return changed;
  };
}

/** The server's epoch changed in the middle of a round. */
class StartAgain extends Error {}
