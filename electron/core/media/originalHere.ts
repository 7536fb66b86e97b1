import { AppError, isAppError } from '../../../shared/errors.ts';
import type { Connection } from '../store/connection.ts';
import { originalPath, remoteResource } from '../store/queries/heldBytes.ts';

export interface OriginalHereDependencies {
  readonly connection: Connection;
  /** Brings the bytes of a resource that lies only on the server. @throws AppError offline, notAuthenticated */
  readonly fetchResource: (resourceID: string) => Promise<void>;
}

/**
 * Where a photo's original lies on this computer, brought here first where the server alone has it. Whoever stops waiting
 * for that does not stop it: what has come is there the next time.
 * @throws AppError notFound for a file that nobody has, folderUnavailable, cancelled, and why it could not be brought
 */
export type OriginalHere = (photoID: string, signal?: AbortSignal) => Promise<string>;

export function createOriginalHere({ connection, fetchResource }: OriginalHereDependencies): OriginalHere {
  return async (photoID, signal) => {
    const remote = remoteResource(connection, photoID, 'original');
    if (remote === undefined) return originalPath(connection, photoID);
    try {
      await unlessStopped(fetchResource(remote), signal);
    } catch (error) {
      if (signal?.aborted === true || !isAppError(error)) throw error;
      // Older bytes, or the other half of a pair, may be here all the same, and are better than nothing.
      return pathOr(photoID, reasonOf(error));
    }
    return originalPath(connection, photoID);
  };

  function pathOr(photoID: string, reason: AppError): string {
    try {
      return originalPath(connection, photoID);
    } catch {
      throw reason;
    }
  }
}

function reasonOf(error: AppError): AppError {
  const alone = 'The file of this photo lies only on the server';
  switch (error.code) {
    case 'offline':
      return new AppError('offline', `${alone}, which does not answer now.`, error.data, { cause: error });
    case 'notAuthenticated':
      return new AppError('notAuthenticated', `${alone}. Sign in to bring it here.`, error.data, { cause: error });
    case 'cancelled':
      return new AppError('cancelled', `${alone}, and syncing is paused.`, error.data, { cause: error });
    default:
      return error;
  }
}

/** @throws AppError cancelled as soon as the signal says so, whatever becomes of the work */
async function unlessStopped(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(new AppError('cancelled', 'The file of this photo is not waited for any longer.'));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
