import { AppError, isAppErrorCode } from '../../shared/errors.ts';

/** A dropped file with its place in the dropped folder, `/` between the parts. */
export type DroppedFile = { readonly path: string; readonly file: File };

/**
 * Hands dropped files to the shell as bytes, one after another, and starts their import.
 * @param batch a name for this drop that no other has
 * @returns the import's session
 * @throws AppError as the shell answers: diskFull, invalidInput naming the file, offline
 */
export async function uploadFiles(files: readonly DroppedFile[], batch: string): Promise<string> {
  for (const { path, file } of files) {
    const place = path.split('/').map(encodeURIComponent).join('/');
    await send(`/upload/${batch}/${place}`, {
      method: 'PUT',
      body: file,
      headers: { 'content-type': 'application/octet-stream', 'x-modified-at': String(file.lastModified) },
    });
  }
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
  const said: unknown = await answer.json().catch(() => null);
  const code = typeof said === 'object' && said !== null && 'code' in said ? said.code : null;
  const message = typeof said === 'object' && said !== null && 'message' in said ? said.message : null;
  throw new AppError(
    isAppErrorCode(code) ? code : 'internal',
    typeof message === 'string' ? message : 'The files could not be taken.',
  );
}
