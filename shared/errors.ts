/**
 * Every error that crosses a boundary (window, socket, command line, worker) is one of these codes with a sentence
 * a person can read. Server codes keep CloudKit's native names, see docs/protocol.md; what the sync engine does about
 * each is decided in core/sync/failures.ts.
 */
export const appErrorCodes = [
  // asked for something that cannot be
  'invalidInput',
  'notFound',
  'alreadyExists',
  'notSupported',
  'cancelled',
  'conflict',
  // the library and its files
  'libraryNewer',
  'libraryLocked',
  'libraryCorrupt',
  'libraryReadOnly',
  'diskFull',
  'fileUnreadable',
  'fileUnsupported',
  'fileTooLarge',
  'folderUnavailable',
  'watchLimit',
  'timedOut',
  // rights and account
  'permissionFailure',
  'notAuthenticated',
  'offline',
  'serverUnknown',
  // what the server says (protocol section 5)
  'serverRecordChanged',
  'unknownItem',
  'batchRequestFailed',
  'requestRateLimited',
  'referenceViolation',
  'zoneNotFound',
  'zoneBusy',
  'limitExceeded',
  'quotaExceeded',
  'changeTokenExpired',
  'serviceUnavailable',
  'serverRejected',
  'internal',
] as const;

export type AppErrorCode = (typeof appErrorCodes)[number];

/** JSON-safe facts about an error: ids, numbers, names; never secrets. */
export type AppErrorData = Readonly<Record<string, string | number | boolean | null>>;

/** An error with a code from the closed union, a sentence for the person, and facts for the code. */
export class AppError extends Error {
  readonly code: AppErrorCode;
  readonly data: AppErrorData;

  constructor(code: AppErrorCode, message: string, data: AppErrorData = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.data = data;
  }
}

/** True for text that is one of our codes. */
export function isAppErrorCode(code: unknown): code is AppErrorCode {
  return typeof code === 'string' && (appErrorCodes as readonly string[]).includes(code);
}

/** True for an AppError and for the plain shape one has after crossing a worker or a socket. */
export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    (appErrorCodes as readonly string[]).includes(error.code)
  );
}

/** The message of whatever was thrown, for reports and logs. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
