import { AppError } from '../../../shared/errors.ts';

/** Runs one piece of work after another, whoever asks; a failing one does not stop the next. */
export function createSerial(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Waits some ms; rejects with `cancelled` when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, reject) => {
    const cancelled = () => {
      clearTimeout(timer);
      reject(new AppError('cancelled', 'The import was cancelled.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancelled);
      done();
    }, ms);
    if (signal.aborted) cancelled();
    else signal.addEventListener('abort', cancelled, { once: true });
  });
}
