import { ORPCError, ValidationError } from '@orpc/server';
import { AppError, isAppError } from '../../../shared/errors.ts';

/** Where failures nobody foresaw are written down; the other side only learns the id. */
export type FailureLog = {
  readonly newLogId: () => string;
  readonly logFailure: (failure: {
    readonly logId: string;
    readonly procedure: string;
    readonly error: unknown;
  }) => void;
};

/**
 * Turns whatever a procedure threw into the one shape that crosses: a code of the closed union, a sentence, JSON-safe
 * data. A refused parameter is `invalidInput` naming the field, in a sentence of ours: what the schema library says of it
 * is written for programmers, and stays here as the cause. A cancelled call is `cancelled`; anything unforeseen is logged
 * here and crosses as `internal` with the log's id and nothing of its text, which may hold paths or secrets.
 * @param procedure dotted name, for the log
 */
export function toWireError(error: unknown, procedure: string, log: FailureLog): ORPCError<string, unknown> {
  const known = toAppError(error, procedure, log);
  return new ORPCError(known.code, { message: known.message, data: known.data, cause: error });
}

function toAppError(error: unknown, procedure: string, log: FailureLog): AppError {
  if (isAppError(error)) return new AppError(error.code, error.message, error.data);
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST') return refusedParameters(error);
  if (error instanceof Error && error.name === 'AbortError')
    return new AppError('cancelled', 'The request was cancelled.');
  const logId = log.newLogId();
  log.logFailure({ logId, procedure, error });
  return new AppError('internal', `Something went wrong inside Shoebox. Its log names it ${logId}.`, { logId });
}

function refusedParameters(error: Error): AppError {
  const issues = error.cause instanceof ValidationError ? error.cause.issues : [];
  const issue = issues[0];
  if (issue === undefined) return new AppError('invalidInput', 'The request could not be read.');
  const field = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return new AppError('invalidInput', field === '' ? 'The request is not valid.' : `“${field}” is not valid.`, {
    field,
    issues: issues.length,
  });
}
