import type { Timers } from './syncEngine.ts';

/** Holds transfers to a rate. */
export interface Bandwidth {
  /** Waits until these bytes may pass. */
  take(bytes: number): Promise<void>;
  /** Bytes per second; null for as fast as it goes. Those who wait go on waiting for what their bytes need at this rate. */
  setLimit(bytesPerSecond: number | null): void;
}

/** A bucket that fills at the limit and holds one second's worth. */
export function createBandwidth(deps: { readonly now: () => number; readonly timers: Timers }): Bandwidth {
  let limit: number | null = null;
  /** Bytes asked for so far. */
  let asked = 0;
  /** How many of them time has paid for; more than were asked for is the bucket's content. */
  let paid = 0;
  /** Of the bytes asked for, those somebody still waits with. */
  let waiting = 0;
  /** What time until then is worth has been paid; ms. */
  let settledAt = 0;
  const sleepers = new Set<() => void>();

  const settle = (rate: number): void => {
    const now = deps.now();
    if (now < settledAt) {
      // The clock was put back and does not tell how long it has been. What nobody waits with any more has been waited for.
      paid = Math.max(paid, asked - waiting);
    } else paid = Math.min(asked + rate, paid + (rate * (now - settledAt)) / 1_000);
    settledAt = now;
  };

  /** @returns false when woken because the limit is another one */
  const sleep = (ms: number): Promise<boolean> =>
    new Promise((done) => {
      const wake = () => {
        deps.timers.clear(timer);
        done(false);
      };
      sleepers.add(wake);
      const timer = deps.timers.set(() => {
        sleepers.delete(wake);
        done(true);
      }, ms);
    });

  return {
    take: async (bytes) => {
      if (limit === null) return;
      settle(limit);
      asked += bytes;
      const mark = asked;
      waiting += bytes;
      try {
        while (limit !== null && mark > paid) {
          // A sleep that was not broken off has paid for these bytes, whatever the clock says meanwhile.
          if (await sleep(((mark - paid) / limit) * 1_000)) return;
        }
      } finally {
        waiting -= bytes;
      }
    },
    setLimit: (bytesPerSecond) => {
      if (bytesPerSecond === limit) return;
      // What was asked for stays owed, in bytes, at the new rate; where there was none, the bucket is full.
      if (limit !== null) settle(limit);
      else {
        paid = Number.POSITIVE_INFINITY;
        settledAt = deps.now();
      }
      limit = bytesPerSecond;
      if (limit !== null) paid = Math.min(paid, asked + limit);
      const woken = [...sleepers];
      sleepers.clear();
      for (const wake of woken) wake();
    },
  };
}
