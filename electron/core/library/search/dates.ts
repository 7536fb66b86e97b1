/** A span of local time in ms since 1970, as `sortAt` counts it; `to` is exclusive. */
export interface DateSpan {
  readonly from: number;
  readonly to: number;
}

const dayMs = 86_400_000;
const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
/** Meteorological seasons of the northern half: first month (from 0). Winter 2019 begins in December 2019. */
const seasons: Readonly<Record<string, number>> = { spring: 2, summer: 5, autumn: 8, fall: 8, winter: 11 };

const month = (year: number, index: number, length = 1): DateSpan => ({
  from: Date.UTC(year, index, 1),
  to: Date.UTC(year, index + length, 1),
});
const day = (start: number, length = 1): DateSpan => ({ from: start, to: start + length * dayMs });

function monthIndex(word: string): number {
  return word.length < 3 ? -1 : months.findIndex((name) => name === word || name.slice(0, word.length) === word);
}

/**
 * Reads a date in figures: `2019`, `2019-07`, `2019-07-14`, and spans `2018..2020`, `2019-07..2019-08-15`.
 */
export function readDate(text: string): DateSpan | undefined {
  const [first = '', second, more] = text.split('..');
  if (more !== undefined) return undefined;
  if (second !== undefined) {
    const start = first === '' ? { from: Number.MIN_SAFE_INTEGER, to: 0 } : readDate(first);
    const end = second === '' ? { from: 0, to: Number.MAX_SAFE_INTEGER } : readDate(second);
    return start === undefined || end === undefined || end.to <= start.from
      ? undefined
      : { from: start.from, to: end.to };
  }
  const found = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?$/.exec(text);
  if (found === null) return undefined;
  const year = Number(found[1]);
  if (found[2] === undefined) return month(year, 0, 12);
  const index = Number(found[2]) - 1;
  if (index < 0 || index > 11) return undefined;
  if (found[3] === undefined) return month(year, index);
  const start = Date.UTC(year, index, Number(found[3]));
  return new Date(start).getUTCDate() === Number(found[3]) ? day(start) : undefined;
}

/**
 * Reads a date in words at the start of a list of lower-case words: "summer 2019", "last month", "14 july 2019",
 * "july", "yesterday", "last 30 days", "3 years ago", "2019".
 * @param now local time in ms, as `sortAt` counts it
 * @returns the span and how many words it took; the longest reading wins
 */
export function readDateWords(words: readonly string[], now: number): { span: DateSpan; length: number } | undefined {
  const [first = '', second = '', third = ''] = words;
  const today = Math.floor(now / dayMs) * dayMs;
  const date = new Date(today);
  const [year, thisMonth] = [date.getUTCFullYear(), date.getUTCMonth()];
  const weekStart = today - ((date.getUTCDay() + 6) % 7) * dayMs;
  const isYear = (word: string): boolean => /^(1[89]|20|21)\d\d$/.test(word);
  const found = (span: DateSpan, length: number) => ({ span, length });

  if (first === 'today') return found(day(today), 1);
  if (first === 'yesterday') return found(day(today - dayMs), 1);
  if (first === 'this' || first === 'last') {
    const back = first === 'last' ? 1 : 0;
    if (second === 'week') return found(day(weekStart - back * 7 * dayMs, 7), 2);
    if (second === 'month') return found(month(year, thisMonth - back), 2);
    if (second === 'year') return found(month(year - back, 0, 12), 2);
    const season = seasons[second];
    if (season !== undefined) {
      const started = season <= thisMonth ? year : year - 1;
      return found(month(first === 'last' && inSeason(season, thisMonth) ? started - 1 : started, season, 3), 2);
    }
    const named = monthIndex(second);
    if (named >= 0) return found(month(named < thisMonth + 1 - back ? year : year - 1, named), 2);
    const number = Number(second);
    if (first === 'last' && /^\d{1,4}$/.test(second) && /^(day|week|month|year)s?$/.test(third)) {
      return found({ from: backBy(today, number, third), to: today + dayMs }, 3);
    }
    return undefined;
  }
  if (/^\d{1,3}$/.test(first) && /^(day|week|month|year)s?$/.test(second) && third === 'ago') {
    const start = backBy(today, Number(first), second);
    const then = new Date(start);
    if (second.startsWith('day')) return found(day(start), 3);
    if (second.startsWith('week')) return found(day(start - ((then.getUTCDay() + 6) % 7) * dayMs, 7), 3);
    if (second.startsWith('month')) return found(month(then.getUTCFullYear(), then.getUTCMonth()), 3);
    return found(month(then.getUTCFullYear(), 0, 12), 3);
  }
  const season = seasons[first];
  if (season !== undefined) return isYear(second) ? found(month(Number(second), season, 3), 2) : undefined;
  const dayNumber = /^(\d{1,2})(?:st|nd|rd|th|\.)?$/.exec(first);
  if (dayNumber !== null && monthIndex(second) >= 0 && isYear(third)) {
    const start = Date.UTC(Number(third), monthIndex(second), Number(dayNumber[1]));
    return new Date(start).getUTCDate() === Number(dayNumber[1]) ? found(day(start), 3) : undefined;
  }
  if (monthIndex(first) >= 0) {
    if (isYear(second)) return found(month(Number(second), monthIndex(first)), 2);
    // "may" and "march" alone are words more often than months; a whole name of another month is a date.
    return months.includes(first) && first !== 'may' && first !== 'march'
      ? found(month(monthIndex(first) <= thisMonth ? year : year - 1, monthIndex(first)), 1)
      : undefined;
  }
  if (isYear(first) || /^\d{4}-\d\d?(-\d\d?)?$/.test(first) || first.includes('..')) {
    const span = readDate(first);
    return span === undefined ? undefined : found(span, 1);
  }
  return undefined;
}

function inSeason(season: number, thisMonth: number): boolean {
  return [0, 1, 2].some((offset) => (season + offset) % 12 === thisMonth);
}

function backBy(today: number, number: number, unit: string): number {
  if (unit.startsWith('day')) return today - number * dayMs;
  if (unit.startsWith('week')) return today - number * 7 * dayMs;
  const date = new Date(today);
  if (unit.startsWith('month')) date.setUTCMonth(date.getUTCMonth() - number);
  else date.setUTCFullYear(date.getUTCFullYear() - number);
  return date.getTime();
}
