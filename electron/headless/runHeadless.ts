import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { contractVersion } from '../../shared/contract/version.ts';
import { errorMessage } from '../../shared/errors.ts';
import { createLibraryApp } from '../core/app.ts';
import { createFailureLog } from '../core/shell/failureLog.ts';
import { createRouterServer } from '../core/rpc/routerServer.ts';
import { removeEndpoint, writeEndpoint } from './endpointFile.ts';
import { createFileKeychain } from './fileKeychain.ts';
import { createWindowlessHost } from './host.ts';
import { openInBrowser } from './openInBrowser.ts';
import { rendererFolder } from './rendererFolder.ts';
import { startShellServer } from './shellServer.ts';
import type { ShellServer } from './shellServer.ts';

export type HeadlessOptions = {
  /** Absolute path of the library folder; made when missing. */
  readonly library: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Opens the start address in the person's browser. */
  readonly open: boolean;
  readonly version: string;
};

/** Where lines go: `READY` and the address to the first, everything a person need not parse to the second. */
export type HeadlessOutput = { readonly print: (line: string) => void; readonly log: (line: string) => void };

/** A running browser shell. */
export type RunningHeadless = {
  readonly port: number;
  readonly startURL: () => string;
  readonly dispose: () => Promise<void>;
};

/** Where a windowless shell of this person keeps the device's token, whatever library is open. */
export function keychainPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'shoebox', 'keychain.json');
}

/**
 * Opens a library and serves it to a browser on this machine. Prints `READY:<port>` and then the one-time start address;
 * the endpoint file appears in the library only once the port listens, and goes when the shell does. One that cannot be
 * written is logged: with a full disk a person needs the browser more than ever, and only commands do without the shell.
 * @throws AppError whatever opening the library throws (libraryLocked, libraryNewer …), alreadyExists for a taken port
 */
export async function runHeadless(options: HeadlessOptions, output: HeadlessOutput): Promise<RunningHeadless> {
  const rendererDir = await rendererFolder();
  await mkdir(options.library, { recursive: true });
  const app = await createLibraryApp({
    directory: options.library,
    version: options.version,
    platform: process.platform,
    startServer: async () =>
      (await import('../../server/household.ts')).startHouseholdServer(join(options.library, 'server')),
    host: createWindowlessHost('headless', createFileKeychain(keychainPath(process.env))),
    reportError: (error) => output.log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const rpc = createRouterServer(app.router, createFailureLog(output.log));
  let listening: ShellServer | undefined;
  const dispose = async (): Promise<void> => {
    rpc.dispose();
    await listening?.dispose();
    await app.dispose();
  };
  const logged = (what: string) => (error: unknown) => output.log(`${what}: ${errorMessage(error)}`);
  try {
    const shell = await startShellServer(
      { rpc, media: app.media, incoming: app.incoming, rendererDir, contractVersion, now: Date.now, log: output.log },
      options.port,
    );
    listening = shell;
    const endpoint = { port: shell.port, token: shell.token, pid: process.pid, contractVersion };
    await writeEndpoint(options.library, endpoint).catch(
      logged('Commands cannot reach this Shoebox, for its endpoint file could not be written'),
    );
    const startURL = shell.startURL();
    output.print(`READY:${shell.port}`);
    output.print(startURL);
    if (options.open) openInBrowser(startURL, process.platform);
    return {
      port: shell.port,
      startURL: shell.startURL,
      dispose: async () => {
        await removeEndpoint(options.library, shell.token).catch(logged('The endpoint file could not be removed'));
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What asks a process politely to end: Ctrl+C, the system, a closed terminal. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves a library until somebody stops it, then tidies up. @throws as runHeadless does */
export async function runUntilStopped(options: HeadlessOptions, output: HeadlessOutput): Promise<void> {
  const stopping = Promise.withResolvers<void>();
  const stop = (): void => stopping.resolve();
  // Before READY is printed: whoever waits for it may stop us in the same moment.
  for (const signal of stopSignals) process.on(signal, stop);
  try {
    const running = await runHeadless(options, output);
    await stopping.promise;
    await running.dispose();
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
  }
}
