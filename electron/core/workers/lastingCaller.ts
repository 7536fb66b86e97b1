import { AppError, isAppError } from '../../../shared/errors.ts';
import { createCaller, workerGone, type Caller, type Handlers, type WorkerPort } from './channel.ts';

/** A worker that is there again when it is needed: one that died is started anew by the next call. */
export interface LastingCaller<H extends Handlers> extends Pick<Caller<H>, 'call'> {
  dispose(): void;
}

/**
 * Calls over ports of workers that replace each other. Only for calls that may be made twice: one whose worker died under
 * it is made once more, and fails with the second death, so that a call that kills its worker comes to an end.
 * @param spawn starts a worker; it may be called at any time until `dispose`
 */
export function createLastingCaller<H extends Handlers>(spawn: () => WorkerPort): LastingCaller<H> {
  let disposed = false;
  let current: Caller<H> | undefined = start();

  function start(): Caller<H> {
    const caller = createCaller<H>(spawn());
    void caller.exited.then(() => {
      if (current === caller) current = undefined;
    });
    return caller;
  }

  const call = <N extends keyof H & string>(
    name: N,
    params: Parameters<H[N]>[0],
    signal: AbortSignal | undefined,
    isLast: boolean,
  ): Promise<Awaited<ReturnType<H[N]>>> => {
    if (disposed) return Promise.reject(new AppError('cancelled', 'The worker is not needed any more.'));
    const caller = (current ??= start());
    return caller.call(name, params, signal).catch((error: unknown) => {
      const died = isAppError(error) && error.data[workerGone] === true;
      if (!died || isLast || signal?.aborted === true) throw error;
      if (current === caller) current = undefined;
      return call(name, params, signal, true);
    });
  };

  return {
    call: (name, params, signal) => call(name, params, signal, false),
    dispose: () => {
      disposed = true;
      current?.kill();
    },
  };
}
