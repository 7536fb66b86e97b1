import '../build/check-node.mjs';
import { errorMessage, isAppError } from '../shared/errors.ts';
import { runCommand } from './commands/runCommand.ts';

try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    environment: process.env,
    out: process.stdout,
    error: process.stderr,
  });
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  if (!isAppError(error) && process.env['SHOEBOX_TRACE'] === '1') console.error(error);
  process.exitCode = isAppError(error) && error.code === 'invalidInput' ? 2 : 1;
}
