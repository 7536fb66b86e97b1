/** Runs work in the background a little after the last call for it, one run at a time. */
export interface QuietRunner {
  /** Asks for a run once calls have paused, or have gone on for too long. */
  soon(): void;
  /** Runs at once, after a run under way. Resolves when everything that was there at the call has been dealt with. */
  now(): Promise<void>;
  /** No further run; resolves when the one under way has ended. */
  dispose(): Promise<void>;
}

/** Calls `run` once after `ms`; disposing calls it off. */
export type Schedule = (ms: number, run: () => void) => { dispose(): void };

/** A timer that keeps no process alive. */
export const timer: Schedule = (ms, run) => {
  const handle = setTimeout(run, ms);
  handle.unref();
  return { dispose: () => clearTimeout(handle) };
};

/** A person's step is followed up at once to the eye; an import, which commits all the time, every few seconds. */
const quiet = 150;
const longest = 3_000;

/**
 * @param work must return early once its library is closing; an error it throws goes to `reportError`
 * @param clock ms of any steady clock
 */
export function createQuietRunner(deps: {
  readonly work: () => Promise<void>;
  readonly reportError: (error: unknown) => void;
  readonly schedule?: Schedule;
  readonly clock?: () => number;
}): QuietRunner {
  const { work, reportError, schedule = timer, clock = () => performance.now() } = deps;
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  let waiting: { dispose(): void } | undefined;
  let since = 0;

  const start = (): Promise<void> => {
    running = work()
      .catch(reportError)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const now = (): Promise<void> => {
    waiting?.dispose();
    waiting = undefined;
    if (closing.signal.aborted) return Promise.resolve();
    if (running === undefined) return start();
    // The run under way may have read already what this call is about; one more run serves all who wait.
    queued ??= running.then(() => {
      queued = undefined;
      return closing.signal.aborted ? undefined : start();
    });
    return queued;
  };
  return {
    now,
    soon: () => {
      if (closing.signal.aborted) return;
      const at = clock();
      if (waiting === undefined) since = at;
      waiting?.dispose();
      waiting = schedule(Math.max(0, Math.min(quiet, since + longest - at)), () => void now());
    },
    dispose: async () => {
      closing.abort();
      waiting?.dispose();
      await running;
    },
  };
}
