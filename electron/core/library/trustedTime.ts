import type { Store } from '../store/store.ts';

/** How many different days of use it takes until a moment is believed to be past. */
export const daysOfUse = 3;

const day = 86_400_000;

/**
 * Notes that the library is open today, and answers a moment that is past for certain, in ms since 1970: the day of use
 * two before this one. A clock that jumps forward is believed only after it has stayed there for three days on which
 * the library was open; one that is set back forgets the days that have not come yet. Undefined in the first two days.
 */
export function notePastTime(store: Store, now: number): number | undefined {
  const { statement } = store.connection;
  return store.transaction('maintenance', () => {
    statement<[number]>('DELETE FROM use_day WHERE at > ?').run(now);
    const today = Math.floor(now / day) * day;
    if (statement<[number]>('SELECT 1 FROM use_day WHERE at >= ?').get(today) === undefined) {
      statement<[number]>('INSERT INTO use_day (at) VALUES (?)').run(now);
    }
    const days = statement<[number], { at: number }>('SELECT at FROM use_day ORDER BY at DESC LIMIT ?').all(daysOfUse);
    const oldest = days.at(-1)?.at;
    if (days.length < daysOfUse || oldest === undefined) return undefined;
    statement<[number]>('DELETE FROM use_day WHERE at < ?').run(oldest);
    return oldest;
  });
}
