/** Growing pauses between tries, with jitter so that many clients do not come back at the same moment. */
export interface BackOff {
  /** The next pause in ms. `retryAfter` (seconds) is what the server asked for; it is never undercut. */
  next(retryAfter?: number): number;
  reset(): void;
  readonly attempts: number;
}

const firstPause = 1_000;
const longestPause = 5 * 60_000;

/** @param random uniform in [0, 1) */
export function createBackOff(random: () => number): BackOff {
  let attempts = 0;
  return {
    next: (retryAfter) => {
      const grown = Math.min(longestPause, firstPause * 2 ** Math.min(attempts, 20));
      attempts += 1;
      const jittered = grown * (0.5 + random() / 2);
      return Math.round(retryAfter === undefined ? jittered : Math.max(retryAfter * 1_000 * (1 + random() / 10), 100));
    },
    reset: () => {
      attempts = 0;
    },
    get attempts() {
      return attempts;
    },
  };
}
