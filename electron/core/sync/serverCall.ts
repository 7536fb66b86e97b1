import { failureOfError, type Failure, type FailureContext } from './failures.ts';

/** A run that cannot go on: the engine decides when and whether to start another. */
export class Interrupted extends Error {
  readonly failure: Failure;
  readonly context: FailureContext;

  constructor(failure: Failure, context: FailureContext) {
    super(failure.message);
    this.name = 'Interrupted';
    this.failure = failure;
    this.context = context;
  }
}

/** The engine was stopped, or paused: nothing more is asked. After a stop an answer under way is not looked at either. */
export class Stopped extends Error {}

/** Calls to the server with their failures read, for the runs of the engine. */
export interface ServerCall {
  /** @throws Interrupted with the failure, Stopped when the engine was stopped meanwhile or may ask nothing now. */
  loudly<T>(fn: () => Promise<T>, context: FailureContext): Promise<T>;
  /** The same, with the failure as a value where the caller can do something about it. */
  quietly<T>(fn: () => Promise<T>, context: FailureContext): Promise<{ value: T } | { failure: Failure }>;
  interruption(failure: Failure, context: FailureContext): Interrupted;
}

export function createServerCall(deps: {
  /** False once the engine was stopped. */
  readonly alive: () => boolean;
  /** False while it is paused: what is under way ends as it would, and nothing else is asked. */
  readonly mayAsk: () => boolean;
}): ServerCall {
  const { alive, mayAsk } = deps;
  const quietly: ServerCall['quietly'] = async (fn) => {
    if (!alive() || !mayAsk()) throw new Stopped();
    try {
      const value = await fn();
      if (!alive()) throw new Stopped();
      return { value };
    } catch (error) {
      if (!alive() || error instanceof Stopped) throw new Stopped();
      return { failure: failureOfError(error) };
    }
  };
  return {
    quietly,
    loudly: async (fn, context) => {
      const answer = await quietly(fn, context);
      if ('failure' in answer) throw new Interrupted(answer.failure, context);
      return answer.value;
    },
    interruption: (failure, context) => new Interrupted(failure, context),
  };
}
