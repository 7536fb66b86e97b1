import { assertNever } from '../../../shared/assertNever.ts';
import { errorMessage, isAppError, type AppErrorCode } from '../../../shared/errors.ts';
import type { AttentionReason } from '../../../shared/model/sync.ts';
import { assetRank, longestWait, type AssetJob, type AssetQueue } from './assetQueue.ts';
import { decide, failureOfError } from './failures.ts';
import type { TransferHold } from './transferHold.ts';

/** What becomes of transfers that fail: one waits, or all do when none of them would fare better. */
export interface TransferFailures {
  /** One transfer failed: puts it off, or holds all of them. */
  failed(job: AssetJob, error: unknown): void;
  /** A pass that failed as a whole, whatever the reason, is not begun again at once. */
  holdBecause(error: unknown): void;
}

/** What can go wrong on this computer alone: the one transfer waits, the others go on. */
const ownTroubles: ReadonlySet<AppErrorCode> = new Set([
  'fileUnreadable',
  'fileTooLarge',
  'notFound',
  'diskFull',
  'libraryReadOnly',
  'folderUnavailable',
  'cancelled',
]);
/** First wait of a transfer that failed; twice as long after each failure. ms */
const firstPause = 1_000;
const longestPause = 10 * 60_000;
const firstParked = 10 * 60_000;

const pauseFor = (job: AssetJob) => Math.min(longestPause, firstPause * 2 ** Math.min(job.attempts, 10));
/** What the server will not take is offered seldom: what it lacks does not come by itself, and "Try Again" is at once. */
const parkedFor = (job: AssetJob) => Math.min(longestWait, firstParked * 2 ** Math.min(job.attempts, 3));

/** What a trouble of this computer alone is shown as. Nobody can bring back a picture by hand: that is made again by itself. */
const ownReason = ({ resource }: AssetJob, code: AppErrorCode): AttentionReason | null => {
  if (code === 'diskFull') return 'diskFull';
  return code === 'cancelled' || assetRank(resource.kind) < assetRank('sidecar') ? null : 'fileMissing';
};

/** @param now the time, ms */
export function createTransferFailures(deps: {
  readonly queue: AssetQueue;
  readonly hold: TransferHold;
  readonly now: () => number;
  readonly write: (fn: () => void) => void;
  /** False while transfers are paused, and after their end: a failure then says nothing of the transfer. */
  readonly alive: () => boolean;
  readonly reportError: (error: unknown) => void;
}): TransferFailures {
  const { queue, hold, now, write } = deps;

  const failed = (job: AssetJob, error: unknown): void => {
    if (!deps.alive()) return;
    if (isAppError(error) && error.data['serverErrorCode'] === undefined && ownTroubles.has(error.code)) {
      write(() => queue.postpone(job.resource.id, now() + pauseFor(job), ownReason(job, error.code), error.message));
      return;
    }
    const failure = failureOfError(error);
    const decision = decide(failure.code, { doing: job.direction, participant: false });
    switch (decision.do) {
      case 'backOff':
        // The server or the way to it: nothing else will fare better. An error of the server may be about this one alone:
        // after the pause the others have their turn first, or a few such would keep everything back for ever.
        hold.keep(failure);
        if (failure.code === 'INTERNAL_ERROR' || failure.code === 'UNKNOWN_ERROR') {
          write(() => queue.postpone(job.resource.id, now() + pauseFor(job), null, failure.message));
        }
        return;
      case 'signIn':
        hold.keep(failure);
        return;
      case 'split':
      case 'park':
      case 'restore': {
        // Of bytes there is no half to send: a file that is too big is too big. And no list that a refused one would be in.
        const reason =
          decision.do === 'split' ? 'tooLarge' : decision.do === 'restore' ? 'accessEnded' : decision.reason;
        const until = now() + parkedFor(job);
        write(() => {
          // What was refused for itself is begun anew; what lacks room goes on where it was.
          if (reason === 'rejected') queue.setUploadUrl(job.resource.id, null);
          if (reason === 'storageFull') queue.postponeNoSmaller(job.resource, until, reason, failure.message);
          queue.postpone(job.resource.id, until, reason, failure.message);
        });
        return;
      }
      case 'acknowledge':
      case 'merge':
      case 'sendAgain':
      case 'makeZone':
      case 'refetch':
      case 'startOver':
        // An upload the server forgot, a record that moved: begun anew, after what the records say has been read.
        write(() => {
          queue.setUploadUrl(job.resource.id, null);
          queue.postpone(job.resource.id, now() + pauseFor(job), null, failure.message);
        });
        return;
      default:
        assertNever(decision, 'decision');
    }
  };

  return {
    failed,
    holdBecause: (error) => {
      try {
        hold.keep(failureOfError(error));
      } catch (own) {
        deps.reportError(own);
        hold.keep({ code: 'UNKNOWN_ERROR', message: errorMessage(own) });
      }
    },
  };
}
