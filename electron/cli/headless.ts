import { readEndpoint } from '../headless/endpointFile.ts';
import { parsePort } from '../headless/flags.ts';
import { openInBrowser } from '../headless/openInBrowser.ts';
import { runUntilStopped } from '../headless/runHeadless.ts';
import { isAppError } from '../../shared/errors.ts';
import type { CliCommand } from './command.ts';
import { UsageError } from './usageError.ts';

/** `headless [--port N] [--open]`: the browser shell. A second one for the same library points to the first. */
export const headlessCommands: readonly CliCommand[] = [
  {
    name: 'headless',
    usage: '[--port N] [--open]',
    summary: 'serve the library to a browser on this computer; prints READY:<port> and the address',
    flags: { port: { type: 'string' }, open: { type: 'boolean' } },
    run: async (context, args, flags) => {
      if (args.length > 0) throw new UsageError('headless takes no words of its own.');
      const port = flags['port'];
      const open = flags['open'] === true;
      const options = {
        library: context.library,
        port: parsePort(typeof port === 'string' ? port : undefined),
        open,
        version: context.version,
      };
      try {
        await runUntilStopped(options, { print: console.log, log: context.output.note });
      } catch (error) {
        if (!isAppError(error) || error.code !== 'libraryLocked') throw error;
        const running = await runningShell(context.library);
        if (running === undefined) throw error;
        console.log(`READY:${running.port}`);
        console.log(running.url);
        if (open) openInBrowser(running.url, process.platform);
      }
      return true;
    },
  },
];

/** A fresh start address of the shell that already serves this library, or undefined when none answers. */
async function runningShell(library: string): Promise<{ readonly port: number; readonly url: string } | undefined> {
  const endpoint = await readEndpoint(library);
  if (endpoint === undefined) return undefined;
  const origin = `http://127.0.0.1:${endpoint.port}`;
  try {
    const answer = await fetch(`${origin}/start-url`, {
      method: 'POST',
      headers: { authorization: `Bearer ${endpoint.token}`, origin },
    });
    return answer.ok ? { port: endpoint.port, url: await answer.text() } : undefined;
  } catch {
    return undefined;
  }
}
