/** Formatters of the person's locale, made once: making one costs more than the frame it would be used in. */
export type Formats = {
  readonly number: Intl.NumberFormat;
  /** Local capture times, given as Dates whose UTC fields are the local ones. */
  readonly captured: Intl.DateTimeFormat;
  readonly capturedShort: Intl.DateTimeFormat;
  /** Moments of this computer's clock. */
  readonly moment: Intl.DateTimeFormat;
  /** To the second, where several follow each other within a minute. */
  readonly momentExact: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly clock: Intl.DateTimeFormat;
};

/** @param locales most wanted first */
export function createFormats(locales: readonly string[]): Formats {
  const wanted = [...locales];
  return {
    number: new Intl.NumberFormat(wanted),
    captured: new Intl.DateTimeFormat(wanted, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
    capturedShort: new Intl.DateTimeFormat(wanted, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }),
    moment: new Intl.DateTimeFormat(wanted, { dateStyle: 'medium', timeStyle: 'short' }),
    momentExact: new Intl.DateTimeFormat(wanted, { dateStyle: 'medium', timeStyle: 'medium' }),
    day: new Intl.DateTimeFormat(wanted, { dateStyle: 'long' }),
    clock: new Intl.DateTimeFormat(wanted, { timeStyle: 'short' }),
  };
}
