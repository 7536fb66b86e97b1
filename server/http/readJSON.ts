import { badRequest, overLimit } from '../cloud/cloudError.ts';
import { bodyBytes } from './message.ts';
import type { ServerRequest } from './message.ts';

/** Deeper than any request of the protocol, shallow enough that no parser or walker ever runs out of stack. */
export const maxJSONDepth = 32;

/**
 * Reads a JSON body, whatever its content type says (section 2). An empty body counts as `{}`.
 * @throws CloudError BAD_REQUEST: too long (before parsing), not UTF-8, not JSON, too deep, text that cannot be stored
 */
export async function readJSON(body: ServerRequest['body'], maxBytes: number): Promise<unknown> {
  const text = typeof body === 'string' ? body : await readText(body, maxBytes);
  if (text.length > maxBytes) throw tooLong(maxBytes);
  if (text.trim() === '') return {};
  checkText(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('the body is not JSON');
  }
}

async function readText(body: ServerRequest['body'], maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bodyBytes(body)) {
    length += part.length;
    if (length > maxBytes) throw tooLong(maxBytes);
    parts.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  } catch {
    throw badRequest('the body is not UTF-8');
  }
}

/** Counts brackets outside strings, so that a bomb of them is refused before it is parsed. */
function checkText(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > maxJSONDepth) throw badRequest(`the body is nested deeper than ${maxJSONDepth} levels`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}

function tooLong(maximum: number): ReturnType<typeof overLimit> {
  return overLimit('requestBytes', maximum, `a request may have at most ${maximum} bytes`);
}
