import { expect, it } from 'vitest';
import type { SelectionOrder } from '../../renderer/data/selection.ts';
import { layoutTimeline } from '../../renderer/features/library/justifiedLayout.ts';
import { anchorAt, anchorIndex } from '../../renderer/features/library/scrollAnchor.ts';
import type { PhotoID } from '../../shared/ids.ts';

const listOf = (names: readonly string[]): SelectionOrder => {
  const ids = names as readonly PhotoID[];
  return { ids, count: ids.length, indexOf: (id) => ids.indexOf(id) };
};
const layoutOf = (count: number) =>
  layoutTimeline({
    count,
    ratios: new Int32Array(count).fill(1_000),
    days: new Int32Array(count),
    width: 412,
    rowHeight: 100,
    gap: 4,
    grouping: 'none',
    headerHeight: 0,
  });
const names = Array.from({ length: 80 }, (_, index) => `p${index}`);
const before = listOf(names);
const layout = layoutOf(80);
const top = (layout.rowTop[5] ?? 0) + 30;
const anchor = anchorAt(layout, before, top);
const looked = layout.rowFirst[5] ?? 0;

it('newer photos above do not move the one that is looked at', () => {
  expect(anchor).toEqual({ ids: [0, 1, 2].map((more) => `p${looked + more}`), index: looked, offset: 30 });
  const after = listOf([...Array.from({ length: 12 }, (_, index) => `new${index}`), ...names]);
  expect(anchorIndex(anchor, after, after.count)).toBe(looked + 12);
});

it('photos that went above do not move it either', () => {
  const after = listOf(names.slice(7));
  expect(anchorIndex(anchor, after, after.count)).toBe(looked - 7);
});

it('where it was given another date, the window stays with those beside it', () => {
  const rest = names.filter((name) => name !== anchor.ids[0]);
  const later = listOf([`p${looked}`, ...rest]);
  expect(anchorIndex(anchor, later, later.count)).toBe(looked);
  const earlier = listOf(['new', ...rest, `p${looked}`]);
  expect(anchorIndex(anchor, earlier, earlier.count)).toBe(looked);
});

it('where it has gone itself, the place stays', () => {
  const after = listOf(names.filter((name) => !anchor.ids.includes(name as PhotoID)));
  expect(anchorIndex(anchor, after, after.count)).toBe(looked);
  expect(anchorIndex(anchor, listOf(['x', 'y']), 2)).toBe(1);
});
