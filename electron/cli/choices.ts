import type { FlagValues } from './command.ts';
import { UsageError } from './usageError.ts';

const list = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/**
 * A flag that takes one of a few words.
 * @returns undefined when it is not given
 * @throws UsageError for any other word, naming them all
 */
export function oneOf<const Choice extends string>(
  flags: FlagValues,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  const chosen = choices.find((one) => one === text);
  if (chosen === undefined) throw new UsageError(`--${name} is ${list.format(choices)}, not “${String(text)}”.`);
  return chosen;
}
