import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { AppError, errorMessage } from '../../shared/errors.ts';
import { parseServerConfig, serverConfigSchema } from '../config.ts';
import type { ServerConfig, ServerConfigInput } from '../config.ts';

export interface ParsedCommand {
  readonly words: readonly string[];
  readonly config: ServerConfig;
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

const flags = {
  data: { type: 'string' },
  config: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'public-url': { type: 'string' },
  'database-url': { type: 'string' },
  's3-endpoint': { type: 'string' },
  's3-bucket': { type: 'string' },
  's3-region': { type: 'string' },
  'sign-up': { type: 'string' },
  'log-level': { type: 'string' },
  'trust-proxy': { type: 'boolean' },
  // of commands
  name: { type: 'string' },
  to: { type: 'string' },
  from: { type: 'string' },
  file: { type: 'string' },
  container: { type: 'string' },
  environment: { type: 'string' },
  bytes: { type: 'string' },
  zones: { type: 'string' },
  verified: { type: 'boolean' },
  discoverable: { type: 'boolean' },
  'password-stdin': { type: 'boolean' },
  'new-epoch': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/**
 * Settings from, in rising order: defaults, a JSON file (`--config`), environment, flags. Secrets (S3 keys, SMTP, OIDC,
 * a database password) come from the file or the environment, never from arguments, which everybody on the machine sees.
 * @throws AppError invalidInput naming what is wrong
 */
export function parseCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedCommand {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true });
  } catch (error) {
    throw new AppError('invalidInput', errorMessage(error));
  }
  const { values } = parsed;
  const file = values.config ?? environment['SHOEBOX_CONFIG'];
  const fromFile = file === undefined ? {} : readConfigFile(file);
  const s3 = {
    endpoint: values['s3-endpoint'] ?? environment['SHOEBOX_S3_ENDPOINT'],
    bucket: values['s3-bucket'] ?? environment['SHOEBOX_S3_BUCKET'],
    region: values['s3-region'] ?? environment['SHOEBOX_S3_REGION'],
    accessKey: environment['SHOEBOX_S3_ACCESS_KEY'],
    secretKey: environment['SHOEBOX_S3_SECRET_KEY'],
  };
  const given = {
    dataFolder: values.data ?? environment['SHOEBOX_DATA'],
    host: values.host ?? environment['SHOEBOX_HOST'],
    port: numberOf('port', values.port ?? environment['SHOEBOX_PORT']),
    publicURL: values['public-url'] ?? environment['SHOEBOX_PUBLIC_URL'],
    databaseURL: values['database-url'] ?? environment['SHOEBOX_DATABASE_URL'],
    signUp: values['sign-up'] ?? environment['SHOEBOX_SIGN_UP'],
    logLevel: values['log-level'] ?? environment['SHOEBOX_LOG_LEVEL'],
    trustProxy: values['trust-proxy'] ?? (environment['SHOEBOX_TRUST_PROXY'] === '1' ? true : undefined),
    metricsToken: environment['SHOEBOX_METRICS_TOKEN'],
    s3: s3.endpoint === undefined ? undefined : withoutAbsent(s3),
    smtp:
      environment['SHOEBOX_SMTP_URL'] === undefined
        ? undefined
        : withoutAbsent({ url: environment['SHOEBOX_SMTP_URL'], from: environment['SHOEBOX_SMTP_FROM'] }),
  };
  const config = parseServerConfig({ ...fromFile, ...withoutAbsent(given) });
  return { words: parsed.positionals, config, options: values };
}

function readConfigFile(path: string): ServerConfigInput {
  try {
    return serverConfigSchema.partial().parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new AppError('invalidInput', `The configuration file ${path} cannot be used: ${errorMessage(error)}`);
  }
}

/** @throws AppError invalidInput */
export function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new AppError('invalidInput', `--${name} must be a whole number.`);
  return Number(text);
}

function withoutAbsent(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
