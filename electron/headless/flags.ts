import { parseArgs } from 'node:util';
import { AppError } from '../../shared/errors.ts';
import { libraryPlace } from '../core/shell/libraryPlace.ts';

/** What `shoebox headless` understands. */
export type HeadlessFlags = { readonly library: string; readonly port: number; readonly open: boolean };

/**
 * Reads the flags of the browser shell.
 * @param argv without the program and without a command word
 * @throws AppError invalidInput naming the flag that is wrong
 */
export function parseHeadlessFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): HeadlessFlags {
  let values: { library?: string | undefined; port?: string | undefined; open?: boolean | undefined };
  try {
    values = parseArgs({
      args: [...argv],
      options: { library: { type: 'string' }, port: { type: 'string' }, open: { type: 'boolean' } },
      allowPositionals: false,
    }).values;
  } catch (error) {
    throw new AppError('invalidInput', error instanceof Error ? error.message : String(error), {}, { cause: error });
  }
  return { library: libraryPlace(values.library, env), port: parsePort(values.port), open: values.open ?? false };
}

/** A port flag: 0 or none for any free one. @throws AppError invalidInput */
export function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw new AppError('invalidInput', `--port needs a number from 0 to 65535, not “${text}”.`, { port: text });
  return port;
}
