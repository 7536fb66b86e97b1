import type { Timers } from '../../electron/core/sync/syncEngine.ts';

/** Time that passes only when the simulation says so, in ms since 1970. */
export interface VirtualTime {
  readonly now: number;
  /** Timers whose callbacks belong to one owner, so that a crash can take them away. */
  timersOf(owner: string): Timers;
  dropTimers(owner: string): void;
  /** Moves on, firing timers in order. */
  advance(ms: number): void;
  /** When the next timer is due. */
  readonly nextDue: number | undefined;
}

export function createVirtualTime(start: number): VirtualTime {
  let now = start;
  let count = 0;
  const timers = new Map<number, { owner: string; at: number; fn: () => void }>();
  const next = (): [number, { owner: string; at: number; fn: () => void }] | undefined => {
    let found: [number, { owner: string; at: number; fn: () => void }] | undefined;
    for (const entry of timers) if (found === undefined || entry[1].at < found[1].at) found = entry;
    return found;
  };
  return {
    get now() {
      return now;
    },
    timersOf: (owner) => ({
      set: (fn, ms) => {
        count += 1;
        timers.set(count, { owner, at: now + Math.max(0, ms), fn });
        return count;
      },
      clear: (handle) => void timers.delete(handle as number),
    }),
    dropTimers: (owner) => {
      for (const [id, timer] of timers) if (timer.owner === owner) timers.delete(id);
    },
    advance: (ms) => {
      const end = now + ms;
      for (let due = next(); due !== undefined && due[1].at <= end; due = next()) {
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].fn();
      }
      now = end;
    },
    get nextDue() {
      return next()?.[1].at;
    },
  };
}
