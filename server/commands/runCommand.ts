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

const help = `"shoebox-server" stands for: npm run server --

shoebox-server [--data DIR] [--host H] [--port N] [--public-url URL] [--trust-proxy] [--sign-up open|invitation|closed]
               [--database-url postgres://…] [--s3-endpoint URL --s3-bucket NAME --s3-region NAME]
               [--log-level silent|error|warn|info|debug] [--config FILE]
shoebox-server user add EMAIL --name NAME [--verified] [--discoverable] [--password-stdin]
                        the password comes from standard input; on a terminal only with --password-stdin
shoebox-server user list | disable EMAIL | enable EMAIL | quota EMAIL [--bytes N] [--zones N] | invite [EMAIL]
shoebox-server user token EMAIL                                           prints a Bearer session for scripts
shoebox-server schema show [--container ID] [--environment development|production]
shoebox-server schema deploy [--container ID] | init --file FILE [--container ID]
shoebox-server backup --to DIR      shoebox-server restore --from DIR     shoebox-server restore --new-epoch
shoebox-server stats [--json]
Every command takes the settings of the first lines. Each has a variable as well: SHOEBOX_DATA, SHOEBOX_HOST, SHOEBOX_PORT,
SHOEBOX_PUBLIC_URL, SHOEBOX_TRUST_PROXY=1, SHOEBOX_SIGN_UP, SHOEBOX_DATABASE_URL, SHOEBOX_S3_ENDPOINT, SHOEBOX_S3_BUCKET,
SHOEBOX_S3_REGION, SHOEBOX_LOG_LEVEL, SHOEBOX_CONFIG. Secrets come from the environment or --config only:
SHOEBOX_S3_ACCESS_KEY, SHOEBOX_S3_SECRET_KEY, SHOEBOX_SMTP_URL with SHOEBOX_SMTP_FROM, SHOEBOX_METRICS_TOKEN, a password in
SHOEBOX_DATABASE_URL. The other settings are for the file: docs/server.md lists them all.
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
