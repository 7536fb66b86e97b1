import type { PhotoID } from '../../../shared/ids.ts';
import type { SelectionOrder } from '../../data/selection.ts';
import { lastAtMost } from './justifiedLayout.ts';
import type { TimelineLayout } from './justifiedLayout.ts';

/** The photo at the top of the window, and how far the window's edge lies below the top of its row, px. */
export type ScrollAnchor = {
  readonly id: PhotoID | undefined;
  /** Its place in the list, for when it has left it. */
  readonly index: number;
  readonly offset: number;
};

/** What is at this position of the list, px. */
export function anchorAt(layout: TimelineLayout, order: SelectionOrder, listTop: number): ScrollAnchor {
  const row = Math.max(0, lastAtMost(layout.rowTop, layout.rows, listTop));
  const index = layout.rowFirst[row] ?? 0;
  return { id: order.ids[index], index, offset: listTop - (layout.rowTop[row] ?? 0) };
}

/**
 * Where the anchor lies now: photos that came or went above it have moved it. One that has left the list is where it was.
 * @param count photos laid out
 */
export function anchorIndex({ id, index }: ScrollAnchor, order: SelectionOrder, count: number): number {
  const found = id === undefined ? -1 : order.indexOf(id);
  return Math.min(found < 0 ? index : found, count - 1);
}
