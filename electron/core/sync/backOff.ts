/** Growing pauses between tries, with jitter so that many clients do not come back at the same moment. */
export interface BackOff {
  /** The next pause in ms. `retryAfter` (seconds) is what the server asked for; it is not undercut, but by a timer's end. */
  next(retryAfter?: number): number;
  reset(): void;
  readonly attempts: number;
}

const firstPause = 1_000;
const longestPause = 5 * 60_000;
/** A longer pause would end at once, ms: timers count in 32 bits. Some 24 days. */
const longestTimer = 2 ** 31 - 1;

/** @param random uniform in [0, 1) */
export function createBackOff(random: () => number): BackOff {
  let attempts = 0;
  return {
    next: (retryAfter) => {
      const grown = Math.min(longestPause, firstPause * 2 ** Math.min(attempts, 20));
      attempts += 1;
      const jittered = grown * (0.5 + random() / 2);
      if (retryAfter === undefined) return Math.round(jittered);
      return Math.min(longestTimer, Math.round(Math.max(retryAfter * 1_000 * (1 + random() / 10), 100)));
    },
    reset: () => {
      attempts = 0;
    },
    get attempts() {
      return attempts;
    },
  };
}
