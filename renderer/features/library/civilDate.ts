/** A calendar date without time or zone. Months count from 1. */
export type CivilDate = { readonly year: number; readonly month: number; readonly day: number };

/**
 * The date of a day number (days since 1970-01-01, negative before) in the proleptic Gregorian calendar. Integer
 * arithmetic by eras of 400 years, since a Date per photo would cost more than the whole layout.
 */
export function civilDate(dayNumber: number): CivilDate {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** The day number as a Date at noon UTC, for Intl formatters with `timeZone: 'UTC'`. */
export function dayAsDate(dayNumber: number): Date {
  return new Date(dayNumber * 86_400_000 + 43_200_000);
}
