import { join } from 'node:path';
import { cliCommands } from '../../electron/cli/registry.ts';
import { runCommandLine } from '../../electron/cli/runCommand.ts';
import { jsonLines } from './program.ts';

/** Types one command line in this process, as it stands; answers its exit code and what it wrote. */
export async function typed(home: string, ...words: readonly string[]) {
  const written = { out: '', err: '' };
  const code = await runCommandLine(words, {
    commands: cliCommands,
    env: { HOME: home, XDG_CONFIG_HOME: join(home, '.config') },
    version: '0.0.0',
    signal: new AbortController().signal,
    now: Date.now,
    streams: { out: (text) => (written.out += text), err: (text) => (written.err += text), errIsTerminal: false },
  });
  return { code, ...written };
}

/** Types commands with `--json` on one library; each opens it anew, as the program does. */
export const terminalOn =
  (home: string, library: string) =>
  async (...words: readonly string[]) => {
    const { code, out, err } = await typed(home, ...words, '--library', library, '--json');
    return { code, err, records: jsonLines(out) };
  };
