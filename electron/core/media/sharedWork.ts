import { AppError } from '../../../shared/errors.ts';

/** Work that several wait for at once and that is done once. */
export interface SharedWork<T> {
  /**
   * Waits for the work of this name, which `start` begins when nobody waits for it yet. Its signal aborts when the last
   * who waited has gone: one who goes away takes nothing from the others.
   * @param signal of the one who waits; without it they wait to the end
   * @throws AppError cancelled when `signal` aborts, and whatever the work throws
   */
  join(name: string, start: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
}

interface Running<T> {
  readonly work: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/** Builds a place to share work by name. */
export function createSharedWork<T>(): SharedWork<T> {
  const running = new Map<string, Running<T>>();

  function begin(name: string, start: (signal: AbortSignal) => Promise<T>): Running<T> {
    const stop = new AbortController();
    const work = start(stop.signal).finally(() => {
      // Work that was stopped has left its name to what came after it.
      if (running.get(name)?.stop === stop) running.delete(name);
    });
    // When all have gone nobody hears how it ended.
    work.catch(() => undefined);
    const begun = { work, stop, waiting: 0 };
    running.set(name, begun);
    return begun;
  }

  return {
    join: async (name, start, signal) => {
      if (signal?.aborted === true) throw cancelled();
      const mine = running.get(name) ?? begin(name, start);
      mine.waiting += 1;
      let leave: () => void = () => undefined;
      const gone = new Promise<never>((_, reject) => {
        leave = () => {
          reject(cancelled());
          mine.waiting -= 1;
          if (mine.waiting > 0) return;
          // Whoever comes before it has stopped must not be given what is being stopped.
          if (running.get(name) === mine) running.delete(name);
          mine.stop.abort();
        };
        signal?.addEventListener('abort', leave, { once: true });
      });
      try {
        return await Promise.race([mine.work, gone]);
      } finally {
        signal?.removeEventListener('abort', leave);
      }
    },
  };
}

const cancelled = (): AppError => new AppError('cancelled', 'The work was cancelled.');
