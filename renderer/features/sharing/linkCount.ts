/**
 * How many days a link lasts, or how many people may use it, as somebody typed it.
 * @returns null for an empty field: no end
 * @throws Error with `unclear` for what is no whole number from 1 to 999,999. Taking it for "no end" would open a link
 * wider than was meant.
 */
export function linkCount(typed: string, unclear: string): number | null {
  const text = typed.trim();
  if (text === '') return null;
  if (!/^[1-9]\d{0,5}$/u.test(text)) throw new Error(unclear);
  return Number(text);
}
