import { AppError } from '../../../shared/errors.ts';

/**
 * Makes calls of `work` wait for each other, in the order they came, so that a worker can be sent its next job ahead
 * and a crash still names the one it was doing. A call cancelled before its turn is not begun.
 * @throws AppError cancelled for such a call, else what `work` throws.
 */
export function inTurn<P, R>(
  work: (params: P, signal?: AbortSignal) => Promise<R>,
): (params: P, signal?: AbortSignal) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (params, signal) => {
    const mine = last.then(() => {
      if (signal?.aborted === true) throw new AppError('cancelled', 'The work was cancelled.');
      return work(params, signal);
    });
    last = mine.catch(() => undefined);
    return mine;
  };
}
