import { loadavg } from 'node:os';

/**
 * Collects figures of one run: the median of some runs beside what was promised and what the bare machine does. Beside
 * the time on the clock stands that of the processor, which others on a busy machine cannot take away.
 */
export interface Measure {
  /** @param prepare runs before each run and is not measured @returns the median in ms */
  run(
    name: string,
    work: () => unknown,
    options?: { readonly target?: number; readonly runs?: number; readonly prepare?: () => unknown },
  ): Promise<number>;
  heading(text: string): void;
  /** Prints the summary and sets the exit code when a target was missed. */
  finish(): void;
}

const medianOf = (times: readonly number[]): number =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;

const ms = (time: number): string => (time < 10 ? time.toFixed(2) : time.toFixed(1));

export function createMeasure(say: (line: string) => void = console.log): Measure {
  const missed: string[] = [];
  return {
    heading: (text) => say(`\n${text}  (load ${loadavg()[0]?.toFixed(1) ?? '?'})`),
    run: async (name, work, { target, runs = 3, prepare } = {}) => {
      const times: number[] = [];
      const processor: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        await prepare?.();
        const used = process.cpuUsage();
        const started = performance.now();
        await work();
        times.push(performance.now() - started);
        const { user, system } = process.cpuUsage(used);
        processor.push((user + system) / 1_000);
      }
      const median = medianOf(times);
      const verdict =
        target === undefined ? '' : median <= target ? `  (target ${target} ms)` : `  MISSED target ${target} ms`;
      say(`  ${name.padEnd(58)} ${ms(median).padStart(9)} ms ${ms(medianOf(processor)).padStart(9)} cpu${verdict}`);
      if (target !== undefined && median > target) missed.push(`${name}: ${ms(median)} ms instead of ${target} ms`);
      return median;
    },
    finish: () => {
      say(missed.length === 0 ? '\nEvery target met.' : `\nMissed:\n${missed.map((line) => `  ${line}`).join('\n')}`);
      if (missed.length > 0) process.exitCode = 1;
    },
  };
}
