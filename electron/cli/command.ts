import type { ParseArgsOptionsConfig } from 'node:util';
import type { CoreSession } from './coreSession.ts';

/** Where a command's words go. Answers to standard output, everything else to standard error. */
export type CliOutput = {
  /** True with `--json`: one JSON object per line and nothing else on standard output. */
  readonly json: boolean;
  /** One record of a list, or the result. */
  readonly record: (value: Readonly<Record<string, unknown>>, text: string) => void;
  /** A line for people alone; silent with `--json`. */
  readonly say: (text: string) => void;
  /** How far long work has come. Overwrites itself on a terminal; always standard error. */
  readonly progress: (text: string) => void;
  /** A remark that is no answer. Standard error. */
  readonly note: (text: string) => void;
};

/** What every command is given. */
export type CliContext = {
  /** Absolute path of the library folder. */
  readonly library: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: CliOutput;
  /** Aborts when the person presses Ctrl+C. */
  readonly signal: AbortSignal;
  /** Opens the library here, or finds the Shoebox that has it open; let go of at the end of the command. */
  readonly core: () => Promise<CoreSession>;
};

/** The values of a command's own flags. */
export type FlagValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** One command: a word (or two, `share invite`), its flags, and what it does. */
export type CliCommand = {
  /** As typed, for example `watch add`. */
  readonly name: string;
  /** What follows the name, for the help. */
  readonly usage: string;
  readonly summary: string;
  /** Further sentences of the command's own help; the list of all commands has no room for them. */
  readonly details?: readonly string[];
  readonly flags: ParseArgsOptionsConfig;
  /**
   * @returns false when the work was done and its outcome is a failure (exit code 1); errors are thrown
   * @throws AppError; `usage` errors end with exit code 2
   */
  readonly run: (context: CliContext, args: readonly string[], flags: FlagValues) => Promise<boolean>;
};
