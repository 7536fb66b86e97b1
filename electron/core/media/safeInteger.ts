/**
 * A number of a file as one that the library can hold as an integer: rounded; null for what no number holds exactly, as a
 * duration of all ones is. SQLite refuses anything else in such a column, and with it the whole row.
 */
export function safeInteger(value: number): number | null {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : null;
}
