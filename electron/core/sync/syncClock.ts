import { createHybridClock, isHybridStamp, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';

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
 * @param deps.newest the newest stamp the library holds, read per stamp: another connection may have brought it in
 */
export function createSyncClock(deps: {
  readonly now: () => number;
  readonly node: string;
  readonly newest: () => string | undefined;
}): SyncClock {
  const first = deps.newest();
  const clock = createHybridClock({
    now: deps.now,
    node: deps.node,
    ...(isHybridStamp(first) ? { last: first } : {}),
  });
  return {
    stamp: () => {
      const newest = deps.newest();
      if (isHybridStamp(newest)) clock.receive(newest);
      return clock.tick();
    },
    observeServerTime: (ms) => clock.observeServerTime(ms),
  };
}
