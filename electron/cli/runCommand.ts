import { parseArgs } from 'node:util';
import { AppError, errorMessage, isAppError } from '../../shared/errors.ts';
import { libraryPlace } from '../core/shell/libraryPlace.ts';
import type { CliCommand, FlagValues } from './command.ts';
import { openCoreSession } from './coreSession.ts';
import type { CoreSession } from './coreSession.ts';
import { createOutput } from './output.ts';
import type { Streams } from './output.ts';
import { UsageError } from './usageError.ts';

/** Exit codes: done, failed, not understood. */
export type ExitCode = 0 | 1 | 2;

export type RunDeps = {
  readonly commands: readonly CliCommand[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  readonly now: () => number;
};

/** Flags that every command has. */
const commonFlags = {
  library: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs one command line from words to exit code. Never throws: an error becomes one sentence on standard error (with
 * `--json` an object with code, message and data).
 * @param argv without the program
 */
export async function runCommandLine(argv: readonly string[], deps: RunDeps): Promise<ExitCode> {
  const json = argv.includes('--json');
  const output = createOutput(json, deps.streams, deps.now);
  let session: Promise<CoreSession> | undefined;
  try {
    const found = findCommand(argv, deps.commands);
    if (found === undefined) {
      const words = wordsOf(argv).map(({ word }) => word);
      if (argv.includes('--version')) {
        deps.streams.out(`${deps.version}\n`);
        return 0;
      }
      if (words.length > 0 && words[0] !== 'help') throw new UsageError(`There is no command “${words.join(' ')}”.`);
      deps.streams.out(helpText(deps.commands));
      return argv.length === 0 ? 2 : 0;
    }
    const { command, rest } = found;
    const { values, positionals } = parseFlags(command, rest);
    if (values['help'] === true) {
      const sentences = [command.summary, ...(command.details ?? [])].map((sentence) => `    ${sentence}\n`);
      deps.streams.out(`shoebox ${command.name} ${command.usage}\n${sentences.join('')}`);
      return 0;
    }
    const library = libraryPlace(typeof values['library'] === 'string' ? values['library'] : undefined, deps.env);
    const succeeded = await command.run(
      {
        library,
        version: deps.version,
        env: deps.env,
        output,
        signal: deps.signal,
        core: () => (session ??= openCoreSession({ library, version: deps.version, env: deps.env, log: output.note })),
      },
      positionals,
      values,
    );
    return succeeded ? 0 : 1;
  } catch (error) {
    output.finish();
    return explain(error, argv, deps, json);
  } finally {
    output.finish();
    // A library that could not be opened was explained above; there is nothing to let go of.
    const opened = await session?.catch(() => undefined);
    await opened?.dispose();
  }
}

/** The command whose name the line starts with; flags may stand before it. The longest name wins. */
function findCommand(
  argv: readonly string[],
  commands: readonly CliCommand[],
): { readonly command: CliCommand; readonly rest: readonly string[] } | undefined {
  const words = wordsOf(argv);
  const fits = (command: CliCommand): boolean => command.name.split(' ').every((part, at) => words[at]?.word === part);
  const command = commands.toSorted((one, other) => other.name.length - one.name.length).find(fits);
  if (command === undefined) return undefined;
  const used = new Set(words.slice(0, command.name.split(' ').length).map(({ index }) => index));
  return { command, rest: argv.filter((_word, index) => !used.has(index)) };
}

/** What is no flag, nor the folder that follows `--library`, and where it stands. */
function wordsOf(argv: readonly string[]): readonly { readonly word: string; readonly index: number }[] {
  return argv
    .map((word, index) => ({ word, index }))
    .filter(({ word, index }) => !word.startsWith('-') && argv[index - 1] !== '--library');
}

function parseFlags(command: CliCommand, rest: readonly string[]): { values: FlagValues; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...command.flags, ...commonFlags },
      allowPositionals: true,
    });
    return { values: { ...values }, positionals };
  } catch (error) {
    throw new UsageError(`${errorMessage(error)}\nusage: shoebox ${command.name} ${command.usage}`);
  }
}

function explain(error: unknown, argv: readonly string[], deps: RunDeps, json: boolean): ExitCode {
  if (error instanceof UsageError) {
    deps.streams.err(
      json
        ? `${JSON.stringify({ code: 'usage', message: error.message })}\n`
        : `${error.message}\n“shoebox --help” lists the commands.\n`,
    );
    return 2;
  }
  const known = toKnown(error, deps.signal);
  deps.streams.err(
    json ? `${JSON.stringify({ code: known.code, message: known.message, data: known.data })}\n` : `${known.message}\n`,
  );
  if (known.code === 'internal' && deps.env['SHOEBOX_DEBUG'] !== undefined && error instanceof Error)
    deps.streams.err(`${error.stack ?? ''}\n`);
  return known.code === 'invalidInput' && argv.length > 0 ? 2 : 1;
}

function toKnown(error: unknown, signal: AbortSignal): AppError {
  if (isAppError(error)) return error;
  if (signal.aborted) return new AppError('cancelled', 'Stopped.');
  return new AppError('internal', `Something went wrong: ${errorMessage(error)}`);
}

function helpText(commands: readonly CliCommand[]): string {
  const lines = commands.map(
    (command) => `  shoebox ${command.name} ${command.usage}`.trimEnd().padEnd(52) + `  ${command.summary}`,
  );
  return [
    'Shoebox keeps your photos organised, and shares them without giving them away.',
    '',
    'Where it was not installed as a command, “shoebox” stands for “npm run shoebox --” in its folder.',
    '',
    ...lines,
    '',
    'Everywhere: --library DIR (or SHOEBOX_LIBRARY; else Shoebox in your Pictures), --json for one JSON object per line.',
    'Exit codes: 0 done, 1 failed, 2 not understood.',
    '',
  ].join('\n');
}
