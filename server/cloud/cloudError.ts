import { httpStatusOf } from '../../shared/cloud/serverErrors.ts';
import type { ServerErrorCode } from '../../shared/cloud/serverErrors.ts';

/** Further keys of an error dictionary: retryAfter (s), limit, maximum, redirectURL, neededRight, expiredBecause, … */
export type CloudErrorDetails = Readonly<Record<string, unknown>>;

/** A refusal that crosses the wire: thrown for a whole request, or turned into one item of a 200 answer. */
export class CloudError extends Error {
  readonly code: ServerErrorCode;
  readonly details: CloudErrorDetails;

  constructor(code: ServerErrorCode, reason: string, details: CloudErrorDetails = {}) {
    super(reason);
    this.name = 'CloudError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return httpStatusOf(this.code);
  }

  /** The error as one item, behind the keys that say which item it is. */
  item(identity: Readonly<Record<string, unknown>>): string {
    return JSON.stringify({ ...identity, serverErrorCode: this.code, reason: this.message, ...this.details });
  }
}

/** @throws CloudError BAD_REQUEST */
export function badRequest(reason: string, details: CloudErrorDetails = {}): CloudError {
  return new CloudError('BAD_REQUEST', reason, details);
}

/** A request over a published limit (section 6): `limit` is the key of `info.limits`. */
export function overLimit(limit: string, maximum: number, reason: string): CloudError {
  return new CloudError('BAD_REQUEST', reason, { limit, maximum });
}

/** @param maximum the quota of the zone's owner, bytes */
export function storageFull(maximum: number): CloudError {
  return new CloudError('QUOTA_EXCEEDED', 'the storage of the zone’s owner is full', { limit: 'quotaBytes', maximum });
}

/** One and the same answer for a zone that never was, was deleted, or is not the caller's to see. */
export function zoneNotFound(): CloudError {
  return new CloudError('ZONE_NOT_FOUND', 'this zone does not exist or is not visible to you');
}

export function notFound(reason: string): CloudError {
  return new CloudError('NOT_FOUND', reason);
}
