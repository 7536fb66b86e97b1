import { UsageError } from './usageError.ts';

/**
 * A number as a person types it, in decimals; NaN for anything else. `Number` takes an empty text for 0, and a script gives
 * one for a variable that is not set: that took ratings away, put photos at 0,0 and ended a share at once.
 */
export function readNumber(text: string): number {
  const typed = text.trim();
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/u.test(typed) ? Number(typed) : Number.NaN;
}

/**
 * A whole number given with an option.
 * @param option as typed, for the error
 * @throws UsageError when nothing is given, or nothing that is a whole number within the bounds (both included)
 */
export function wholeNumber(text: string | undefined, option: string, low: number, high: number): number {
  const value = text === undefined ? Number.NaN : readNumber(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  const given = text === undefined ? '' : `, not “${text}”`;
  throw new UsageError(`${option} is a whole number from ${low} to ${high}${given}.`);
}
