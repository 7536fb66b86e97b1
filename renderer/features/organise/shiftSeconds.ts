/** A shift as it stands in its boxes: text, because a minus sign alone is on its way to a number. */
export type TypedShift = { readonly days: string; readonly hours: string; readonly minutes: string };

const wholeNumber = /^-?\d+$/u;

/** The seconds of a shift, an empty box being none of its kind, or null while one of the boxes holds no whole number. */
export function shiftSeconds({ days, hours, minutes }: TypedShift): number | null {
  const typed = [days, hours, minutes].map((text) => text.trim() || '0');
  if (!typed.every((text) => wholeNumber.test(text))) return null;
  const [wholeDays = 0, wholeHours = 0, wholeMinutes = 0] = typed.map(Number);
  const seconds = ((wholeDays * 24 + wholeHours) * 60 + wholeMinutes) * 60;
  return Number.isSafeInteger(seconds) ? seconds : null;
}
