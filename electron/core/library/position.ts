/**
 * Fractional indexing: positions are text over 0-9A-Za-z (in byte order) that sort as the list does; between any two
 * there is always another, so moving one item changes one row. A position never ends in "0": nothing would lie before it.
 */
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base = digits.length;

const digitAt = (text: string, index: number): number => digits.indexOf(text.charAt(index));
const digit = (value: number): string => digits.charAt(value);

/** True for text this file could have made; what arrives from a peer is checked before it is built on. */
export function isPosition(text: string): boolean {
  return /^[0-9A-Za-z]*[1-9A-Za-z]$/.test(text);
}

/** Positions made at an end count up or down in steps of `stride` over this many digits, so that they stay this short. */
const endDigits = 6;
const stride = base * base;
const endRange = base ** endDigits;

/** The whole number of a position's first digits. */
function headOf(text: string): number {
  let head = 0;
  for (let index = 0; index < endDigits; index += 1) head = head * base + Math.max(0, digitAt(text, index));
  return head;
}

function fromHead(head: number): string {
  let text = '';
  for (let rest = head; text.length < endDigits; rest = Math.floor(rest / base)) text = digit(rest % base) + text;
  return text.replace(/0+$/, '');
}

/**
 * A position strictly between two others.
 * @param before null for the beginning; @param after null for the end
 * @throws Error when they are not in order: nothing lies between.
 */
export function positionBetween(before: string | null, after: string | null): string {
  if (before === null && after === null) return digit(base / 2);
  if (after === null && before !== null && headOf(before) + stride < endRange) return fromHead(headOf(before) + stride);
  if (before === null && after !== null && headOf(after) > stride) return fromHead(headOf(after) - stride);
  const low = before ?? '';
  if (after !== null && low >= after) throw new Error(`No position lies between ${low} and ${after}`);
  let made = '';
  for (let index = 0; ; index += 1) {
    const from = index < low.length ? digitAt(low, index) : 0;
    // Once the result is below `after` at some digit, every later digit is free.
    const to = after === null || !after.startsWith(made) ? base : digitAt(after, index);
    if (to - from > 1) return made + digit(from + Math.floor((to - from) / 2));
    made += digit(from);
  }
}

/** `count` positions in order between two others: counted at an end, spread evenly in a gap, so that they stay short. */
export function positionsBetween(before: string | null, after: string | null, count: number): string[] {
  const made: string[] = [];
  if (after === null || before === null) {
    for (let index = 0; index < count; index += 1) {
      const last = made.at(-1) ?? null;
      made.push(after === null ? positionBetween(last ?? before, null) : positionBetween(null, last ?? after));
    }
    return after === null ? made : made.reverse();
  }
  const fill = (low: string, high: string, number: number): void => {
    if (number <= 0) return;
    const middle = positionBetween(low, high);
    const left = Math.floor((number - 1) / 2);
    fill(low, middle, left);
    made.push(middle);
    fill(middle, high, number - 1 - left);
  };
  fill(before, after, count);
  return made;
}
