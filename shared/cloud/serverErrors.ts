import { z } from 'zod';
import type { AppErrorCode } from '../errors.ts';
import { assertNever } from '../assertNever.ts';

/** Every `serverErrorCode` our server sends (docs/protocol.md, section 5). Clients must survive others: see `knownServerErrorCode`. */
export const serverErrorCodes = [
  'ACCESS_DENIED',
  'ATOMIC_ERROR',
  'AUTHENTICATION_FAILED',
  'AUTHENTICATION_REQUIRED',
  'BAD_REQUEST',
  'CHANGE_TOKEN_EXPIRED',
  'CONFLICT',
  'EXISTS',
  'INTERNAL_ERROR',
  'NOT_FOUND',
  'QUOTA_EXCEEDED',
  'THROTTLED',
  'TRY_AGAIN_LATER',
  'UNIQUE_FIELD_ERROR',
  'VALIDATING_REFERENCE_ERROR',
  'ZONE_BUSY',
  'ZONE_NOT_FOUND',
] as const;

export type ServerErrorCode = (typeof serverErrorCodes)[number];

/** Why a server change token was refused (section 14.6). On `EPOCH` a client re-offers what it holds and deletes nothing. */
export const expiredBecause = ['EPOCH', 'INCARNATION', 'RETENTION'] as const;
export type ExpiredBecause = (typeof expiredBecause)[number];

/** Why a zone left a database (section 14.6). Absent or unknown means: keep and ask, never wipe. */
export const zoneDeletedReasons = ['DELETED', 'PURGED', 'REMOVED', 'LEFT', 'SHARING_STOPPED'] as const;
export type ZoneDeletedReason = (typeof zoneDeletedReasons)[number];

/** The code itself when we know it, else undefined (a newer server, or a proxy in between). */
export function knownServerErrorCode(code: string): ServerErrorCode | undefined {
  return serverErrorCodes.find((known) => known === code);
}

/** The HTTP status a request-level error of this code answers with (section 5). */
export function httpStatusOf(code: ServerErrorCode): number {
  switch (code) {
    case 'ACCESS_DENIED':
      return 403;
    case 'ATOMIC_ERROR':
    case 'BAD_REQUEST':
    case 'CHANGE_TOKEN_EXPIRED':
      return 400;
    case 'AUTHENTICATION_FAILED':
      return 401;
    case 'AUTHENTICATION_REQUIRED':
      return 421;
    case 'CONFLICT':
    case 'EXISTS':
    case 'UNIQUE_FIELD_ERROR':
      return 409;
    case 'INTERNAL_ERROR':
      return 500;
    case 'NOT_FOUND':
    case 'ZONE_NOT_FOUND':
      return 404;
    case 'QUOTA_EXCEEDED':
      return 413;
    case 'THROTTLED':
      return 429;
    case 'TRY_AGAIN_LATER':
    case 'ZONE_BUSY':
      return 503;
    case 'VALIDATING_REFERENCE_ERROR':
      return 412;
    default:
      return assertNever(code, 'server error code');
  }
}

/**
 * The app's own code for a server code. `BAD_REQUEST` with a `limit` key is limitExceeded (section 6), every other one
 * is serverRejected.
 */
export function appErrorCodeOf(
  code: ServerErrorCode,
  error: { readonly limit?: string | undefined } = {},
): AppErrorCode {
  switch (code) {
    case 'ACCESS_DENIED':
      return 'permissionFailure';
    case 'ATOMIC_ERROR':
      return 'batchRequestFailed';
    case 'AUTHENTICATION_FAILED':
    case 'AUTHENTICATION_REQUIRED':
      return 'notAuthenticated';
    case 'BAD_REQUEST':
      return error.limit === undefined ? 'serverRejected' : 'limitExceeded';
    case 'CHANGE_TOKEN_EXPIRED':
      return 'changeTokenExpired';
    case 'CONFLICT':
    case 'EXISTS':
    case 'UNIQUE_FIELD_ERROR':
      return 'serverRecordChanged';
    case 'INTERNAL_ERROR':
    case 'TRY_AGAIN_LATER':
      return 'serviceUnavailable';
    case 'NOT_FOUND':
      return 'unknownItem';
    case 'QUOTA_EXCEEDED':
      return 'quotaExceeded';
    case 'THROTTLED':
      return 'requestRateLimited';
    case 'VALIDATING_REFERENCE_ERROR':
      return 'referenceViolation';
    case 'ZONE_BUSY':
      return 'zoneBusy';
    case 'ZONE_NOT_FOUND':
      return 'zoneNotFound';
    default:
      return assertNever(code, 'server error code');
  }
}

/**
 * The error dictionary, of a whole request or of one item (section 5). Read as loosely as possible: a newer server may
 * send codes, reasons and keys this client does not know, and must not turn into a parse failure.
 */
export const serverErrorSchema = z.looseObject({
  serverErrorCode: z.string(),
  reason: z.string().optional(),
  uuid: z.string().optional(),
  retryAfter: z.number().optional(),
  redirectURL: z.string().optional(),
  limit: z.string().optional(),
  maximum: z.number().optional(),
  expiredBecause: z.string().optional(),
  neededRight: z.string().optional(),
  mayRequestAccess: z.boolean().optional(),
  received: z.number().optional(),
});
export type ServerErrorDictionary = z.infer<typeof serverErrorSchema>;

/** Clients tell an error item from a success by this key alone (section 5). */
export function isServerError(item: unknown): item is ServerErrorDictionary {
  return (
    typeof item === 'object' && item !== null && 'serverErrorCode' in item && typeof item.serverErrorCode === 'string'
  );
}
