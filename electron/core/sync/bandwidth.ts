import type { Timers } from './syncEngine.ts';

/** Holds transfers to a rate. */
export interface Bandwidth {
  /** Waits until these bytes may pass. */
  take(bytes: number): Promise<void>;
  /** Bytes per second; null for as fast as it goes. */
  setLimit(bytesPerSecond: number | null): void;
}

/** A bucket that fills at the limit and holds one second's worth. */
export function createBandwidth(deps: { readonly now: () => number; readonly timers: Timers }): Bandwidth {
  let limit: number | null = null;
  /** When everything taken so far has been paid for, ms. */
  let paidAt = 0;
  return {
    take: async (bytes) => {
      if (limit === null) return;
      const now = deps.now();
      paidAt = Math.max(paidAt, now - 1_000) + (bytes / limit) * 1_000;
      const wait = paidAt - now;
      if (wait > 0) await new Promise<void>((done) => void deps.timers.set(done, wait));
    },
    setLimit: (bytesPerSecond) => {
      limit = bytesPerSecond;
      paidAt = 0;
    },
  };
}
