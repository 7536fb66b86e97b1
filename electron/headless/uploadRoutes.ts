import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, isAppError } from '../../shared/errors.ts';
import type { LibraryApp } from '../core/app.ts';

/** What an address under `/upload/` asks for, or undefined when it is none of ours. */
export type UploadTarget =
  | { readonly kind: 'file'; readonly batch: string; readonly path: string }
  | { readonly kind: 'take'; readonly batch: string };

/** `PUT /upload/<batch>/<path>` hands over one file, `POST /upload/<batch>` imports what has arrived. */
export function parseUploadPath(method: string, pathname: string): UploadTarget | undefined {
  const [, first, batch, ...parts] = pathname.split('/');
  if (first !== 'upload' || batch === undefined || batch === '') return undefined;
  if (method === 'POST' && parts.length === 0) return { kind: 'take', batch };
  if (method !== 'PUT' || parts.length === 0) return undefined;
  try {
    return { kind: 'file', batch, path: parts.map((part) => decodeURIComponent(part).replaceAll('/', '\\')).join('/') };
  } catch {
    return undefined;
  }
}

/** Answers an upload in JSON: `{}` or `{sessionID}`, or `{code, message}` of the closed union. */
export async function answerUpload(
  request: IncomingMessage,
  response: ServerResponse,
  incoming: LibraryApp['incoming'],
  target: UploadTarget,
): Promise<void> {
  const send = (status: number, body: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
      .end(JSON.stringify(body));
  try {
    if (target.kind === 'take') return void send(200, { sessionID: await incoming.take(target.batch) });
    await incoming.receive(target.batch, target.path, Number(request.headers['x-modified-at'] ?? Number.NaN), request);
    send(200, {});
  } catch (error) {
    const known = isAppError(error) ? error : new AppError('internal', 'The file could not be taken.');
    send(
      known.code === 'invalidInput' ? 400 : known.code === 'notFound' ? 404 : known.code === 'diskFull' ? 507 : 500,
      {
        code: known.code,
        message: known.message,
      },
    );
  }
}
