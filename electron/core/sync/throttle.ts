import type { Timers } from './syncEngine.ts';

/** Holds a piece of work to a pace: the first request does it at once, those that follow too soon are done as one. */
export interface Throttle {
  ask(): void;
  /** Does what waits now, if something does. */
  flush(): void;
  dispose(): void;
}

/** @param pause least time between two beginnings of the work, ms */
export function createThrottle(deps: {
  readonly now: () => number;
  readonly timers: Timers;
  readonly pause: number;
  readonly work: () => void;
}): Throttle {
  const { now, timers, pause, work } = deps;
  let begunAt = Number.NEGATIVE_INFINITY;
  let timer: unknown;
  let ended = false;
  const begin = () => {
    timer = undefined;
    begunAt = now();
    work();
  };
  return {
    ask: () => {
      if (timer !== undefined || ended) return;
      const wait = begunAt + pause - now();
      // A clock that was put back must not hold the work up for hours.
      if (wait <= 0) begin();
      else timer = timers.set(begin, Math.min(wait, pause));
    },
    flush: () => {
      if (timer === undefined) return;
      timers.clear(timer);
      begin();
    },
    dispose: () => {
      ended = true;
      if (timer !== undefined) timers.clear(timer);
      timer = undefined;
    },
  };
}
