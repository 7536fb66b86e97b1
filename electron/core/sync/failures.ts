import { assertNever } from '../../../shared/assertNever.ts';
import { knownServerErrorCode, type ServerErrorCode } from '../../../shared/cloud/serverErrors.ts';
import { isAppError, type AppErrorCode } from '../../../shared/errors.ts';
import type { AttentionReason } from '../../../shared/model/sync.ts';

export type { AttentionReason };

/**
 * Everything that can go wrong between store and server, and what is done about it. One switch, one decision per code,
 * none lumped into "ignore": a code forgotten here stops the build. No decision drops a pending change; the only ways
 * out of the queue are an acknowledgement, a merge, and the visible "Not accepted" list.
 */
export type FailureCode =
  | ServerErrorCode
  /** BAD_REQUEST that names a limit: the request or the record was too big. */
  | 'LIMIT_EXCEEDED'
  /** No answer: the outcome is unknown. */
  | 'NETWORK_ERROR'
  /** A code this version does not know, or an answer that cannot be read. */
  | 'UNKNOWN_ERROR';

/** What was being done when it failed. `participant`: in a zone somebody else owns. */
export interface FailureContext {
  readonly doing: 'save' | 'delete' | 'databaseChanges' | 'zoneChanges' | 'makeZone' | 'upload' | 'download';
  readonly participant: boolean;
  /** The server's `expiredBecause`, for CHANGE_TOKEN_EXPIRED. */
  readonly expiredBecause?: string | undefined;
}

export type FailureDecision =
  /** The server already has it so. */
  | { readonly do: 'acknowledge' }
  /** Merge the server's record field by field, adopt its tag, send what is left. */
  | { readonly do: 'merge' }
  /** Innocent: it goes again with the next batch. */
  | { readonly do: 'sendAgain' }
  /** Everything waits with growing pauses, or as long as the server asked. */
  | { readonly do: 'backOff'; readonly reason: AttentionReason }
  /** This one waits and is shown; everything else goes on. */
  | { readonly do: 'park'; readonly reason: AttentionReason }
  /** Halve the batch; a single one that is still too big is parked. */
  | { readonly do: 'split' }
  /** Make the zone and offer all its rows again. */
  | { readonly do: 'makeZone' }
  /** Read the zone's changes first: only a tombstone may delete, so "not found" alone proves nothing. */
  | { readonly do: 'refetch' }
  /** Read from the beginning. reoffer: send what the server lacks. sweep: remove what it no longer lists. */
  | { readonly do: 'startOver'; readonly mode: 'reoffer' | 'sweep'; readonly everything: boolean }
  /** Take the server's version back and keep the edit under "Not accepted". */
  | { readonly do: 'restore' }
  /** Pause until the person has signed in again; everything stays queued. */
  | { readonly do: 'signIn' };

/** The decision for one failure (docs/sync.md, "Decisions per error"). Pure; total over every code. */
export function decide(code: FailureCode, context: FailureContext): FailureDecision {
  switch (code) {
    case 'ACCESS_DENIED':
      // Of a record: the server is the authority. Of a feed or a zone: what changed is told by changes/database.
      return context.doing === 'save' || context.doing === 'delete' || context.doing === 'upload'
        ? { do: 'restore' }
        : { do: 'park', reason: 'accessEnded' };
    case 'ATOMIC_ERROR':
      return { do: 'sendAgain' };
    case 'AUTHENTICATION_FAILED':
    case 'AUTHENTICATION_REQUIRED':
      return { do: 'signIn' };
    case 'BAD_REQUEST':
      // A feed refuses a token it cannot read: start over and compare. A record it refuses is shown, not repeated.
      return context.doing === 'zoneChanges' || context.doing === 'databaseChanges'
        ? { do: 'startOver', mode: 'reoffer', everything: false }
        : { do: 'park', reason: 'rejected' };
    case 'LIMIT_EXCEEDED':
      return { do: 'split' };
    case 'CHANGE_TOKEN_EXPIRED':
      return expired(context);
    case 'CONFLICT':
    case 'EXISTS':
      return { do: 'merge' };
    case 'UNIQUE_FIELD_ERROR':
      return { do: 'park', reason: 'rejected' };
    case 'NOT_FOUND':
      if (context.doing === 'delete') return { do: 'acknowledge' };
      return context.doing === 'upload' || context.doing === 'download' ? { do: 'sendAgain' } : { do: 'refetch' };
    case 'ZONE_NOT_FOUND':
      // A participant cannot make the zone: the feed of the shared database says why it is gone.
      return context.participant ? { do: 'refetch' } : { do: 'makeZone' };
    case 'VALIDATING_REFERENCE_ERROR':
      return { do: 'park', reason: 'waitingForParent' };
    case 'QUOTA_EXCEEDED':
      return { do: 'park', reason: 'storageFull' };
    case 'THROTTLED':
    case 'TRY_AGAIN_LATER':
    case 'ZONE_BUSY':
    case 'INTERNAL_ERROR':
    case 'UNKNOWN_ERROR':
      return { do: 'backOff', reason: 'serverBusy' };
    case 'NETWORK_ERROR':
      return { do: 'backOff', reason: 'offline' };
    default:
      return assertNever(code, 'failure code');
  }
}

function expired({ expiredBecause, participant }: FailureContext): FailureDecision {
  // Tombstones were purged: a complete snapshot is the only way to learn of deletions.
  if (expiredBecause === 'RETENTION') return { do: 'startOver', mode: 'sweep', everything: false };
  // The zone was deleted and made again. Mine: another of my devices met an empty server and offers its rows, as do I.
  if (expiredBecause === 'INCARNATION') {
    return { do: 'startOver', mode: participant ? 'sweep' : 'reoffer', everything: false };
  }
  // A restored server, or a reason this version does not know: offer everything again, delete nothing.
  return { do: 'startOver', mode: 'reoffer', everything: true };
}

/** A failure of a whole request or of one item, in one form. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  /** Seconds the server asks to wait. */
  readonly retryAfter?: number | undefined;
  readonly expiredBecause?: string | undefined;
  readonly neededRight?: string | undefined;
  /** The sign-in page of a 421. */
  readonly redirectURL?: string | undefined;
}

/** Reads an error dictionary of the wire (an item's, or a whole answer's). Codes we do not know stay retryable. */
export function failureOfItem(item: {
  readonly serverErrorCode?: string | undefined;
  readonly reason?: string | undefined;
  readonly [key: string]: unknown;
}): Failure {
  const known = knownServerErrorCode(item.serverErrorCode ?? '');
  const code: FailureCode =
    known === 'BAD_REQUEST' && typeof item['limit'] === 'string' ? 'LIMIT_EXCEEDED' : (known ?? 'UNKNOWN_ERROR');
  const number = (key: string) => (typeof item[key] === 'number' ? item[key] : undefined);
  const text = (key: string) => (typeof item[key] === 'string' ? item[key] : undefined);
  return {
    code,
    message: item.reason ?? item.serverErrorCode ?? 'The server gave no reason.',
    retryAfter: number('retryAfter'),
    expiredBecause: text('expiredBecause'),
    neededRight: text('neededRight'),
    redirectURL: text('redirectURL'),
  };
}

/** Codes that say no (readable) answer came: the outcome of what was sent is unknown. */
const noAnswer: readonly AppErrorCode[] = ['offline', 'timedOut'];

/** Reads what a CloudDatabase call threw. @throws the error itself when it is not about the server (a bug, the disk). */
export function failureOfError(error: unknown): Failure {
  if (!isAppError(error)) throw error;
  const { serverErrorCode } = error.data;
  if (typeof serverErrorCode === 'string') {
    return failureOfItem({ ...error.data, serverErrorCode, reason: error.message });
  }
  if (noAnswer.includes(error.code)) return { code: 'NETWORK_ERROR', message: error.message };
  if (error.code === 'notAuthenticated') return { code: 'AUTHENTICATION_REQUIRED', message: error.message };
  if (error.code === 'serviceUnavailable' || error.code === 'serverRejected') {
    return { code: 'UNKNOWN_ERROR', message: error.message };
  }
  throw error;
}
