import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { MediaSource, MediaVariant } from '../core/mediaSourcePort.ts';
import { answerMedia } from '../core/shell/mediaAnswer.ts';

/** Sends one picture over HTTP; the making of it stops when the browser goes away. */
export async function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  source: MediaSource,
  wanted: { readonly photoID: string; readonly variant: MediaVariant; readonly versioned: boolean },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const ifRange = request.headers['if-range'];
  const answer = await answerMedia(
    source,
    {
      ...wanted,
      range: request.headers.range,
      ifRange: typeof ifRange === 'string' ? ifRange : undefined,
      ifNoneMatch: request.headers['if-none-match'],
    },
    gone.signal,
  );
  if (response.destroyed) return;
  response.writeHead(answer.status, answer.headers);
  const { body } = answer;
  if (request.method === 'HEAD' || body.kind === 'none') response.end();
  else if (body.kind === 'bytes') response.end(body.bytes);
  else await pipeline(createReadStream(body.path, { start: body.start, end: body.end }), response);
}
