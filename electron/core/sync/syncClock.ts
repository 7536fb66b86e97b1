import { createHybridClock, isHybridStamp, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { Connection } from '../store/connection.ts';

/** Stamps for the transactions of one connection, always later than everything the library has seen. */
export interface SyncClock {
  /** The next stamp. Call it inside the write transaction it belongs to (the store does). */
  stamp(): HybridStamp;
  /** Takes in the server's clock, so that a computer years off does not win every merge. */
  observeServerTime(ms: number): void;
}

/**
 * @param deps.node this device and connection, [0-9a-zA-Z_]; two connections of one library need two names, else two
 *   edits could carry the same stamp
 * @param deps.last the newest stamp this library ever wrote, so that time does not run backwards over a restart
 * @param deps.seen the newest stamp of others, read per stamp: another connection may have brought it in
 */
export function createSyncClock(deps: {
  readonly now: () => number;
  readonly node: string;
  readonly last: string | undefined;
  readonly seen: () => string | undefined;
}): SyncClock {
  const clock = createHybridClock({
    now: deps.now,
    node: deps.node,
    ...(isHybridStamp(deps.last) ? { last: deps.last } : {}),
  });
  return {
    stamp: () => {
      const seen = deps.seen();
      if (isHybridStamp(seen)) clock.receive(seen);
      return clock.tick();
    },
    observeServerTime: (ms) => clock.observeServerTime(ms),
  };
}

/** The stamp of the newest transaction of a library. */
export function newestStampIn(connection: Connection): string | undefined {
  return connection
    .statement<[], { stamp: string }>('SELECT stamp FROM history_transaction ORDER BY id DESC LIMIT 1')
    .get()?.stamp;
}

/** The newest stamp an import has brought in. */
export function newestStampSeen(connection: Connection): string | undefined {
  return connection.statement<[], { value: string }>(`SELECT value FROM sync_state WHERE key = 'newestStamp'`).get()
    ?.value;
}
