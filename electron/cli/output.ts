import type { CliOutput } from './command.ts';

/** Where text goes: the process's own streams, or a test's. */
export type Streams = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Progress may overwrite its line. */
  readonly errIsTerminal: boolean;
};

/** Progress is written at most this often where it cannot overwrite itself, in milliseconds. */
const quietMs = 2_000;

/**
 * @param now milliseconds, for not writing progress more often than anybody reads it
 * @returns the output, and `finish`, which ends an unfinished progress line
 */
export function createOutput(
  json: boolean,
  streams: Streams,
  now: () => number,
): CliOutput & { readonly finish: () => void } {
  let progressShown = '';
  let lastProgress = Number.NEGATIVE_INFINITY;
  const endProgress = (): void => {
    if (progressShown !== '' && streams.errIsTerminal) streams.err('\n');
    progressShown = '';
  };
  return {
    json,
    record: (value, text) => {
      endProgress();
      streams.out(`${json ? JSON.stringify(value) : text}\n`);
    },
    say: (text) => {
      endProgress();
      if (!json) streams.out(`${text}\n`);
    },
    note: (text) => {
      endProgress();
      streams.err(`${text}\n`);
    },
    progress: (text) => {
      if (text === progressShown) return;
      if (streams.errIsTerminal) {
        streams.err(`\r${text}${' '.repeat(Math.max(0, progressShown.length - text.length))}`);
      } else {
        if (now() - lastProgress < quietMs) return;
        streams.err(`${text}\n`);
      }
      lastProgress = now();
      progressShown = text;
    },
    finish: endProgress,
  };
}
