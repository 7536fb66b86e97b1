import { pino } from 'pino';
import type { Log } from './cloud/context.ts';

/** Keys whose values never reach a log, whoever passes them. */
const secretKeys = [
  'token',
  'password',
  'secret',
  'authorization',
  'cookie',
  'url',
  'body',
  'linkSecret',
  'linkPassword',
];

/** Structured lines on standard output, one JSON object each. */
export function createLog(level: 'silent' | 'error' | 'warn' | 'info' | 'debug'): Log {
  return pino({
    level,
    base: null,
    redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
  });
}
