import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from './usageError.ts';

/**
 * A password from a prompt that shows nothing, or from standard input when that is no terminal. Never an argument: the
 * list of processes and the shell's history show those to everybody.
 */
export async function readPassword(prompt: string): Promise<string> {
  const secret = process.stdin.isTTY ? await ask(prompt) : await readAll();
  if (secret === '') throw new UsageError('Give the password at the prompt or on standard input.');
  return secret;
}

async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function ask(prompt: string): Promise<string> {
  process.stderr.write(`${prompt}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve) => {
    reader.question('', (answer) => {
      reader.close();
      process.stderr.write('\n');
      resolve(answer);
    });
  });
}
