import type { PhotoID } from '../../../shared/ids.ts';
import type { SelectionOrder } from '../../data/selection.ts';
import { lastAtMost } from './justifiedLayout.ts';
import type { TimelineLayout } from './justifiedLayout.ts';

/** The photos at the top of the window, and how far the window's edge lies below the top of the first one's row, px. */
export type ScrollAnchor = {
  /** The first of the row and those behind it: where one has gone elsewhere, the others tell. */
  readonly ids: readonly PhotoID[];
  /** The first one's place in the list, for when all have left it. */
  readonly index: number;
  readonly offset: number;
};

const witnesses = 3;

/** What is at this position of the list, px. */
export function anchorAt(layout: TimelineLayout, order: SelectionOrder, listTop: number): ScrollAnchor {
  const row = Math.max(0, lastAtMost(layout.rowTop, layout.rows, listTop));
  const index = layout.rowFirst[row] ?? 0;
  return { ids: order.ids.slice(index, index + witnesses), index, offset: listTop - (layout.rowTop[row] ?? 0) };
}

/**
 * Where the anchor lies now: photos that came or went above it have moved it. Where the first one was moved itself (it got
 * another date), it counts as little as one that has left the list.
 * @param count photos laid out
 */
export function anchorIndex({ ids, index }: ScrollAnchor, order: SelectionOrder, count: number): number {
  const shifts = ids
    .map((id, behind) => ({ at: order.indexOf(id), was: index + behind }))
    .filter(({ at }) => at >= 0)
    .map(({ at, was }) => at - was);
  const [first = 0, second = first, third = second] = shifts;
  const shift = first !== second && second === third ? second : first;
  return Math.max(0, Math.min(index + shift, count - 1));
}
