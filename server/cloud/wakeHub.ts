import type { Database } from '../database/database.ts';
import type { Timers } from './context.ts';

/** Lets requests of this process wait until a key is woken, by any process. */
export interface WakeHub {
  /**
   * Starts listening now; `wait` settles true when one of the keys was woken since the last wait, false after `ms`.
   * Listening before looking is what makes a wake-up impossible to miss.
   */
  listen(keys: readonly string[]): { wait(ms: number): Promise<boolean>; dispose(): void };
  /** How many requests wait here now, for metrics. */
  readonly waiting: number;
  /** After `dispose`: nothing waits any more, so whoever waits in a loop has to end it. */
  readonly stopped: boolean;
  /** Ends all waits at once: the server is stopping. */
  dispose(): void;
}

export function createWakeHub(database: Database, timers: Timers | undefined): WakeHub {
  const listeners = new Map<string, Set<() => void>>();
  let waiting = 0;
  let stopped = false;
  const wakeAll = (): void => {
    for (const set of listeners.values()) for (const wake of set) wake();
  };
  const stop = database.onWake((keys) => {
    // The listening connection was away for a while: whoever waits has to look.
    if (keys.includes('*')) return wakeAll();
    for (const key of keys) for (const wake of listeners.get(key) ?? []) wake();
  });

  return {
    get waiting() {
      return waiting;
    },
    get stopped() {
      return stopped;
    },
    listen(keys) {
      let woken = false;
      let settle: ((woken: boolean) => void) | undefined;
      const wake = (): void => {
        woken = true;
        settle?.(true);
      };
      for (const key of keys) {
        const set = listeners.get(key) ?? new Set();
        listeners.set(key, set.add(wake));
      }
      return {
        async wait(ms) {
          if (!woken && timers !== undefined && ms > 0 && !stopped) {
            waiting += 1;
            const done = Promise.withResolvers<boolean>();
            settle = done.resolve;
            const timer = timers.setTimeout(() => done.resolve(false), ms);
            await done.promise;
            timers.clearTimeout(timer);
            settle = undefined;
            waiting -= 1;
          }
          const result = woken;
          woken = false;
          return result;
        },
        dispose() {
          for (const key of keys) {
            const set = listeners.get(key);
            set?.delete(wake);
            if (set?.size === 0) listeners.delete(key);
          }
        },
      };
    },
    dispose() {
      stopped = true;
      stop();
      wakeAll();
    },
  };
}
