import { AppError, errorMessage, isAppError } from '../../../shared/errors.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';

/** Codes that speak of a moment (another program holds the file, a disk or a network hiccups), not of the file. */
const passingCodes = new Set(['EBUSY', 'EIO', 'EAGAIN', 'EMFILE', 'ENFILE', 'ETIMEDOUT', 'ESTALE', 'EINTR', 'ETXTBSY']);

/** Whether what kept a file from being read may be over the next time, although the file stays as it is. */
export function mayPass(error: unknown): boolean {
  const code = isAppError(error) ? error.data['system'] : systemCode(error);
  return typeof code === 'string' && passingCodes.has(code);
}

/** Calls that change what is on a disk. Of two files that a job has in hand, the one that was read is not the one that failed. */
const writingCalls = new Set([
  'write',
  'ftruncate',
  'fsync',
  'fdatasync',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'rmdir',
  'rm',
  'futime',
  'utime',
]);

function isWriting(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && writingCalls.has(String(error.syscall));
}

/**
 * A file error as a person can act on it. Disk full is told apart because ingest waits for space instead of failing
 * every file after it.
 */
export function toFileError(error: unknown, path: string): AppError {
  if (isAppError(error)) return error;
  const code = systemCode(error);
  const cause = { cause: error };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('diskFull', 'The disk is full. Make room; Shoebox goes on by itself.', { path }, cause);
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('notFound', `${path} is no longer there.`, { path }, cause);
  }
  if (isWriting(error) && code !== 'EBUSY' && code !== 'EROFS') {
    const message = `${path}: something could not be written (${errorMessage(error)}).`;
    return new AppError('fileUnreadable', message, { path, system: code ?? null }, cause);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AppError('fileUnreadable', `You have no permission to read ${path}.`, { path, system: code }, cause);
  }
  if (code === 'EBUSY') {
    const message = `${path} is being used by another program.`;
    return new AppError('fileUnreadable', message, { path, system: code }, cause);
  }
  if (code === 'EROFS') {
    return new AppError('libraryReadOnly', `${path} lies on a disk that cannot be written to.`, { path }, cause);
  }
  return new AppError(
    'fileUnreadable',
    `${path} cannot be read: ${errorMessage(error)}.`,
    { path, system: code ?? null },
    cause,
  );
}

/** The same for a path a person named, which may never have been there. */
export function toNamedPathError(error: unknown, path: string): AppError {
  const code = systemCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return toFileError(error, path);
  return new AppError('notFound', `There is no file or folder at ${path}.`, { path }, { cause: error });
}
