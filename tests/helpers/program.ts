import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..');

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string };

/** Environment of a program under test: nothing of the developer's own library or keychain. */
function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  };
}

/** Runs `shoebox …` to its end. */
export function shoebox(home: string, ...args: readonly string[]): Promise<Finished> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'electron', 'cli', 'shoebox.ts'), ...args], {
      env: environment(home),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', fail);
    child.on('close', (code) => done({ code, out, err }));
  });
}

/** The objects of an answer with one JSON object per line. */
export function jsonLines(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

export type Headless = {
  readonly port: number;
  readonly startURL: string;
  readonly child: ChildProcess;
  /** Asks it to end and waits until it has. */
  readonly stop: () => Promise<number | null>;
};

/** Starts a browser shell on a library, at any free port unless one is named, and waits for its READY line and address. */
export function startHeadless(home: string, library: string, port = 0): Promise<Headless> {
  const child = spawn(
    process.execPath,
    [join(root, 'electron', 'headless', 'main.ts'), '--library', library, '--port', String(port)],
    { env: environment(home), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => done(code));
  });
  return new Promise((done, fail) => {
    let err = '';
    let boundPort = 0;
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    void ended.then((code) => fail(new Error(`the shell ended with ${code}: ${err}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('READY:')) boundPort = Number(line.slice('READY:'.length));
      else if (line.startsWith('http://')) {
        const stop = (): Promise<number | null> => {
          child.kill('SIGTERM');
          return ended;
        };
        done({ port: boundPort, startURL: line, child, stop });
      }
    });
  });
}
