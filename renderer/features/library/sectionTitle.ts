import type { Core } from '../../data/core.ts';
import { dayAsDate } from './civilDate.ts';
import type { Grouping } from './justifiedLayout.ts';

type Formats = { readonly [name in 'day' | 'shortDay' | 'month' | 'year']: Intl.DateTimeFormat };

/** Section titles in the person's locale: "Wednesday, 12 June 2024", "12 Jun 2024", "June 2024", "2024". */
export function createSectionTitles(core: Core): (grouping: Grouping, day: number, width: number) => string {
  const make = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat([...core.locales], { timeZone: 'UTC', ...options });
  const formats: Formats = {
    day: make({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    shortDay: make({ day: 'numeric', month: 'short', year: 'numeric' }),
    month: make({ month: 'long', year: 'numeric' }),
    year: make({ year: 'numeric' }),
  };
  return (grouping, day, width) => {
    const date = dayAsDate(day);
    if (grouping === 'year') return formats.year.format(date);
    if (grouping === 'month') return formats.month.format(date);
    return (width < 300 ? formats.shortDay : formats.day).format(date);
  };
}
