import { createBackOff } from './backOff.ts';
import type { Failure } from './failures.ts';

/** Keeps all transfers back after something that none of them would fare better with. */
export interface TransferHold {
  /** Until when nothing is tried, ms since 1970; in the past when nothing keeps them back. */
  readonly until: number;
  /** Why nothing is tried now; undefined when nothing keeps them back. */
  readonly because: Failure | undefined;
  /** Nothing is tried for a while: for as long as the server asked, else for a growing time. */
  keep(failure: Failure): void;
  /** One transfer went well: the next pause is a short one again. */
  worked(): void;
  /** Ends the pause. */
  end(): void;
  /** Somebody had an answer: ends a pause made because nobody answered, not one the server asked for. @returns if it did */
  reachable(): boolean;
}

export function createTransferHold(deps: {
  readonly now: () => number;
  /** uniform in [0, 1) */
  readonly random: () => number;
}): TransferHold {
  const { now } = deps;
  const backOff = createBackOff(deps.random);
  let until = 0;
  /** How long the pause was made, ms. */
  let longest = 0;
  let cause: Failure | undefined;

  const end = () => {
    until = 0;
    cause = undefined;
    backOff.reset();
  };

  const hold: TransferHold = {
    get until() {
      // A clock that was set back must not keep everything back for years.
      if (until - now() > longest) until = now() + longest;
      return until;
    },
    get because() {
      return now() < hold.until ? cause : undefined;
    },
    keep: (failure) => {
      // Transfers that fail together are one failure: counted each, four of them would wait minutes after one hiccup.
      if (failure.retryAfter === undefined && now() < hold.until) return;
      longest = backOff.next(failure.retryAfter);
      until = now() + longest;
      cause = failure;
    },
    worked: () => backOff.reset(),
    end,
    reachable: () => {
      if (cause?.code !== 'NETWORK_ERROR' || now() >= until) return false;
      end();
      return true;
    },
  };
  return hold;
}
