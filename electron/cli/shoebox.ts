import '../../build/check-node.mjs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliCommands } from './registry.ts';
import { runCommandLine } from './runCommand.ts';

// The command line: `npm run shoebox -- …` in the repository. Ctrl+C asks the running command to stop; pressed again, it
// ends the process.
const { version }: { version: string } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
);
const stopping = new AbortController();
process.once('SIGINT', () => {
  stopping.abort();
  process.once('SIGINT', () => process.exit(130));
});
// A reader that closes its end (`| head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  commands: cliCommands,
  env: process.env,
  version,
  signal: stopping.signal,
  now: Date.now,
  streams: {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY,
  },
});
