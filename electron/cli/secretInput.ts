import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { AppError } from '../../shared/errors.ts';
import { UsageError } from './usageError.ts';

/** Where a password comes from and where its prompt is written: the process's own streams, or a test's. */
export interface SecretStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
}

/**
 * A password from a prompt that shows nothing, or from standard input when that is no terminal. Never an argument: the
 * list of processes and the shell's history show those to everybody.
 * @throws AppError cancelled when the person leaves the prompt, by Ctrl+C or by the end of input
 */
export async function readPassword(prompt: string, streams: SecretStreams = process): Promise<string> {
  const secret = streams.stdin.isTTY === true ? await ask(prompt, streams) : await readAll(streams);
  if (secret === '') throw new UsageError('Give the password at the prompt or on standard input.');
  return secret;
}

async function readAll({ stdin }: SecretStreams): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stdin) parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function ask(prompt: string, { stdin, stderr }: SecretStreams): Promise<string> {
  stderr.write(`${prompt}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    // A terminal that is read key by key sends no signal for Ctrl+C: the reader closes, as at the end of input. A prompt
    // that nobody answers any more leaves Node nothing to wait for, and it would end by itself with exit code 13.
    reader.once('close', () => {
      stderr.write('\n');
      reject(new AppError('cancelled', 'No password was given, so nothing was done.'));
    });
    reader.question('', (answer) => {
      resolve(answer);
      reader.close();
    });
  });
}
