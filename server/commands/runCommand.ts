import { AppError } from '../../shared/errors.ts';
import { startServer } from '../startServer.ts';
import { createLog } from '../log.ts';
import { backup, restore } from './backupCommands.ts';
import { schemaCommand } from './schemaCommands.ts';
import { parseCommand } from './settings.ts';
import type { ParsedCommand } from './settings.ts';
import { showStats } from './statsCommand.ts';
import { userCommand } from './userCommands.ts';

export interface CommandOutput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: { write(text: string): unknown };
  readonly error: { write(text: string): unknown };
}

const help = `shoebox-server [--data DIR] [--host H] [--port N] [--public-url URL] [--database-url postgres://…]
               [--s3-endpoint URL --s3-bucket NAME] [--sign-up open|invitation|closed] [--config FILE]
shoebox-server user add EMAIL --name NAME [--verified] [--discoverable]   password on standard input
shoebox-server user list | disable EMAIL | enable EMAIL | quota EMAIL [--bytes N] [--zones N] | invite [EMAIL]
shoebox-server user token EMAIL                                           prints a Bearer session for scripts
shoebox-server schema show [--environment development|production]
shoebox-server schema deploy [--container ID] | init --file FILE
shoebox-server backup --to DIR      shoebox-server restore --from DIR     shoebox-server restore --new-epoch
shoebox-server stats [--json]
Secrets come from the environment (SHOEBOX_S3_ACCESS_KEY, SHOEBOX_S3_SECRET_KEY, SHOEBOX_SMTP_URL, SHOEBOX_DATABASE_URL) or --config.
`;

/**
 * The whole command line. Without a command the server runs until it is told to stop.
 * @returns the exit code: 0 ok, 1 failed
 * @throws AppError invalidInput for wrong usage, others for what went wrong
 */
export async function runCommand(argv: readonly string[], output: CommandOutput): Promise<number> {
  const command = parseCommand(argv, output.environment);
  if (command.options['help'] === true) {
    output.out.write(help);
    return 0;
  }
  switch (command.words[0]) {
    case undefined:
      return serve(command, output);
    case 'user':
      return userCommand(command, output);
    case 'schema':
      return schemaCommand(command, output);
    case 'backup':
      return backup(command, output);
    case 'restore':
      return restore(command, output);
    case 'stats':
      return showStats(command, output);
    default:
      throw new AppError('invalidInput', `There is no command "${command.words[0]}".\n${help}`);
  }
}

async function serve(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const log = createLog(command.config.logLevel);
  const running = await startServer(command.config, { log });
  output.error.write(`Shoebox server on ${running.origin}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  log.info({}, 'stopping');
  await running.stop();
  return 0;
}
