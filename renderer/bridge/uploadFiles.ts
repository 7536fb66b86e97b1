import { AppError, isAppError, isAppErrorCode } from '../../shared/errors.ts';

/** A dropped file with its place in the dropped folder, `/` between the parts. */
export type DroppedFile = { readonly path: string; readonly file: File };

/** A file that could not be handed over, and why. */
export type FailedFile = { readonly path: string; readonly reason: string };

export type UploadOptions = {
  /** Stops before the next file, and in the middle of the one under way. */
  readonly signal: AbortSignal;
  /** Told after each file how many have been dealt with. */
  readonly onProgress: (done: number) => void;
};

export type Uploaded = {
  /** The import of what arrived, or null when nothing did. It is begun for what arrived before a stop as well. */
  readonly sessionID: string | null;
  readonly failed: readonly FailedFile[];
};

/**
 * Hands dropped files to the shell as bytes, one after another, and starts the import of those that arrived. One file that
 * fails does not end the others; a full disk ends them, and then they all count as failed.
 * @param batch a name for this drop that no other has
 * @throws AppError offline when nobody answers, notAuthenticated when the shell does not know this window
 */
export async function uploadFiles(
  files: readonly DroppedFile[],
  batch: string,
  { signal, onProgress }: UploadOptions,
): Promise<Uploaded> {
  const failed: FailedFile[] = [];
  let arrived = 0;
  for (const [index, one] of files.entries()) {
    if (signal.aborted) break;
    try {
      await sendFile(one, batch, signal);
      arrived += 1;
    } catch (error) {
      if (signal.aborted) break;
      if (!isAppError(error) || error.code === 'offline' || error.code === 'notAuthenticated') throw error;
      const { code, message: reason } = error;
      if (code === 'diskFull') {
        failed.push(...files.slice(index).map(({ path }) => ({ path, reason })));
        break;
      }
      failed.push({ path: one.path, reason });
    }
    onProgress(index + 1);
  }
  return { sessionID: arrived === 0 ? null : await take(batch), failed };
}

async function sendFile({ path, file }: DroppedFile, batch: string, signal: AbortSignal): Promise<void> {
  const place = path.split('/').map(encodeURIComponent).join('/');
  try {
    await send(`/upload/${batch}/${place}`, {
      method: 'PUT',
      body: file,
      headers: { 'content-type': 'application/octet-stream', 'x-modified-at': String(file.lastModified) },
      signal,
    });
  } catch (error) {
    // The browser says the same of a shell that is gone and of a file that was changed or removed after it was dropped.
    if (signal.aborted || !isAppError(error) || error.code !== 'offline' || (await canRead(file))) throw error;
    throw new AppError('fileUnreadable', `“${path}” could not be read.`, { path }, { cause: error });
  }
}

function canRead(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

async function take(batch: string): Promise<string> {
  const answer: unknown = await (await send(`/upload/${batch}`, { method: 'POST' })).json();
  if (typeof answer === 'object' && answer !== null && 'sessionID' in answer && typeof answer.sessionID === 'string') {
    return answer.sessionID;
  }
  throw new AppError('internal', 'The files were handed over, but their import cannot be followed.');
}

async function send(url: string, request: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, request);
  } catch (error) {
    throw new AppError('offline', 'Shoebox is not answering. Drop the files again once it does.', {}, { cause: error });
  }
  if (answer.ok) return answer;
  if (answer.status === 401) {
    throw new AppError(
      'notAuthenticated',
      'Shoebox was started anew. Open the address that it printed, and drop again.',
    );
  }
  const said: unknown = await answer.json().catch(() => null);
  const code = typeof said === 'object' && said !== null && 'code' in said ? said.code : null;
  const message = typeof said === 'object' && said !== null && 'message' in said ? said.message : null;
  throw new AppError(
    isAppErrorCode(code) ? code : 'internal',
    typeof message === 'string' ? message : 'The files could not be taken.',
  );
}
