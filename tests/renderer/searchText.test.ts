import { describe, expect, it } from 'vitest';
import { readQuery } from '../../electron/core/library/search/query.ts';
import { withoutChip } from '../../renderer/features/search/queryText.ts';
import { fc } from '../helpers/properties.ts';

const now = Date.UTC(2024, 6, 15, 12);

/** The text after the chip at a place in the row was removed. */
function without(query: string, index: number): string {
  const chip = readQuery(query, now)[index];
  if (chip === undefined) throw new Error(`“${query}” has no chip ${index}.`);
  return withoutChip(query, { ...chip, text: chip.source });
}

describe('a chip taken out of the search', () => {
  it.each([
    ['crete tag:beach 2019', 1, 'crete 2019'],
    ['sunset sun', 1, 'sunset'],
    ['party art', 1, 'party'],
    ['-crete crete', 1, '-crete'],
    ['-crete crete', 0, 'crete'],
    ['sun sun sun', 1, 'sun sun'],
    ['summer  2019', 0, ''],
    ['crete  last   month tag:x', 1, 'crete tag:x'],
    ['"sun  set" sun', 1, '"sun  set"'],
    ['tag:"old town" old', 1, 'tag:"old town"'],
    ['a "red door"b', 1, 'a b'],
    ['sun "red do', 1, 'sun'],
    ['sun "red do', 0, '"red do'],
  ])('from “%s” number %i leaves “%s”', (query, index, left) => {
    expect(without(query, index)).toBe(left);
  });

  it('whatever is typed, the others stay, each as it was', () => {
    const part = fc.oneof(
      fc.constantFrom('sun', 'sunset', '-sun', 'tag:sun', 'tag:"sun set"', '"sun', '"', '-', '""', 'is:edited', '20'),
      fc.string({ maxLength: 5 }),
    );
    const typed = fc.array(fc.tuple(part, fc.constantFrom(' ', '  ', ''))).map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(typed, fc.nat(), (query, choice) => {
        const chips = readQuery(query, now);
        fc.pre(chips.length > 0);
        const index = choice % chips.length;
        const sources = readQuery(without(query, index), now).map(({ source }) => source);
        expect(sources).toEqual(chips.toSpliced(index, 1).map(({ source }) => source));
      }),
    );
  });
});
