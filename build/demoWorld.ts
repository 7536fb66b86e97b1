import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..');

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A browser shell that runs. */
export interface OpenShell {
  /** Opens the app in a browser, once. */
  readonly startURL: string;
  /** The process, for whoever measures it. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Somebody with a home folder, a library signed in to the server, and photos on disk. */
export interface DemoPerson {
  readonly name: string;
  readonly email: string;
  readonly home: string;
  readonly library: string;
  /** Runs `shoebox …` on this person's library to its end. @param input standard input, for passwords */
  shoebox(args: readonly string[], input?: string): Promise<Finished>;
  /** Starts the browser shell on the library. */
  open(): Promise<OpenShell>;
}

/** A server in a process of its own and people with accounts there, all inside one folder. */
export interface DemoWorld {
  readonly origin: string;
  /** The server's process. */
  readonly pid: number;
  /** Makes the account and signs the person's library in. @throws Error with what the program said */
  person(name: string): Promise<DemoPerson>;
  /** A further computer of somebody who has an account: a home of its own, and a library signed in to the same account. */
  computer(name: string, label: string): Promise<DemoPerson>;
  /** Ends the server and every shell that is still open. */
  stop(): Promise<void>;
}

/** Where the server listens when that is not left to it: behind a proxy its public address is another one. */
export interface DemoServer {
  readonly port: number;
  readonly publicURL: string;
}

/** Real processes, real sockets; nothing of the developer's own library, keychain or account is read or written. */
export async function startDemoWorld(
  folder: string,
  { port, publicURL }: Partial<DemoServer> = {},
): Promise<DemoWorld> {
  const data = join(folder, 'server');
  mkdirSync(data, { recursive: true });
  const environment = (home: string): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, '.config'),
  });
  const shells: OpenShell[] = [];
  /** Commands under way: whoever stops the world does not wait for them. */
  const commands = new Set<ChildProcess>();
  const serverArguments = (...words: readonly string[]) => [join(root, 'server', 'main.ts'), ...words, '--data', data];
  const server = await startUntil(
    serverArguments('--port', String(port ?? 0), ...(publicURL === undefined ? [] : ['--public-url', publicURL])),
    environment(folder),
    (line) =>
      /"origin":"(http[^"]+)".*"listening"/u.exec(line)?.[1] ?? /listening.*(http:\/\/[\d.:a-z]+)/u.exec(line)?.[1],
  );

  const emailOf = (name: string): string => `${name.toLowerCase()}@example.org`;
  const passwordOf = (name: string): string => `${name} takes photos in summer\n`;
  const check = (name: string, { code, out, err }: Finished): void => {
    if (code !== 0) throw new Error(`${name} could not be set up: ${err}${out}`);
  };

  const computer = async (name: string, label: string): Promise<DemoPerson> => {
    const home = join(folder, label);
    mkdirSync(home, { recursive: true });
    const library = join(home, 'library');
    const email = emailOf(name);
    const run = (args: readonly string[], input = '') =>
      runToEnd(
        commands,
        [join(root, 'electron', 'cli', 'shoebox.ts'), '--library', library, ...args],
        environment(home),
        input,
      );
    check(name, await run(['account', 'sign-in', '--server', server.found, '--email', email], passwordOf(name)));
    return {
      name,
      email,
      home,
      library,
      shoebox: run,
      open: async () => {
        const shell = await startUntil(
          [join(root, 'electron', 'headless', 'main.ts'), '--library', library],
          environment(home),
          (line) => (line.startsWith('http://') ? line : undefined),
        );
        const started = { startURL: shell.found, pid: shell.pid, stop: shell.stop };
        shells.push(started);
        return started;
      },
    };
  };

  return {
    origin: server.found,
    pid: server.pid,
    stop: async () => {
      await Promise.all([...commands].map(endAtOnce));
      await Promise.all(shells.map((shell) => shell.stop()));
      await server.stop();
    },
    person: async (name) => {
      const account = ['user', 'add', emailOf(name), '--name', name, '--verified', '--discoverable'];
      check(name, await runToEnd(commands, serverArguments(...account), environment(folder), passwordOf(name)));
      return computer(name, name.toLowerCase());
    },
    computer: (name, label) => computer(name, `${name.toLowerCase()}-${label}`),
  };
}

function endAtOnce(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('close', () => done());
    child.kill('SIGKILL');
  });
}

function runToEnd(
  commands: Set<ChildProcess>,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string,
): Promise<Finished> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    commands.add(child);
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', fail);
    child.on('close', (code) => {
      commands.delete(child);
      done({ code, out, err });
    });
  });
}

/** Starts a program and waits for the line that tells where it is. @throws Error with its words when it ends first */
function startUntil(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  find: (line: string) => string | undefined,
): Promise<{ readonly found: string; readonly pid: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((done) => {
    child.on('close', () => done());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return new Promise((done, fail) => {
    let said = '';
    const listen = (line: string): void => {
      said += `${line}\n`;
      const found = find(line);
      if (found !== undefined) done({ found, pid: child.pid ?? 0, stop });
    };
    createInterface({ input: child.stdout }).on('line', listen);
    createInterface({ input: child.stderr }).on('line', listen);
    void ended.then(() => fail(new Error(`${args[0] ?? ''} ended early: ${said}`)));
  });
}
