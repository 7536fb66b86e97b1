import type { ImportProgress } from '../../../shared/model/library.ts';

const isOver = ({ state }: ImportProgress): boolean => state === 'done' || state === 'cancelled';

/** Files that are not in the library after an import, for whatever reason. */
export const notTaken = ({ failed, skipped }: ImportProgress): number => failed + skipped;

/**
 * Follows the list of imports, also of those so short that nobody saw them run.
 * @returns takes each new reading of the list and gives the imports that have ended since the one before and did not take
 *   every file; none for the first reading, which is what was there before
 */
export function createImportEndings(): (sessions: readonly ImportProgress[]) => readonly ImportProgress[] {
  let known: ReadonlySet<string> | null = null;
  return (sessions) => {
    const over = sessions.filter(isOver);
    const before = known;
    known = new Set([...(before ?? []), ...over.map(({ sessionID }) => sessionID)]);
    return before === null ? [] : over.filter((one) => !before.has(one.sessionID) && notTaken(one) > 0);
  };
}
