import type { PhotoID } from '../../../shared/ids.ts';
import { emptySelection, extendTo, selectOnly, toggle } from '../../data/selection.ts';
import type { Selection, SelectionOrder } from '../../data/selection.ts';
import { verticalNeighbour } from './justifiedLayout.ts';
import type { TimelineLayout } from './justifiedLayout.ts';

export type GridKey = {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
};

/**
 * What an arrow key, Home, End or a page key does to the selection; null when the key is none of these.
 * Shift extends from the anchor; Ctrl (Command) moves the focus without selecting, and Ctrl+Space toggles there.
 * @param page photos on one screen, for PageUp and PageDown
 */
export function moveByKey(
  before: Selection,
  order: SelectionOrder,
  layout: TimelineLayout,
  press: GridKey,
  page: number,
): Selection | null {
  if (order.count === 0) return null;
  const from = before.focus === null ? -1 : order.indexOf(before.focus);
  const modified = press.ctrlKey || press.metaKey;
  if (press.key === 'Escape') return before.ids.size === 0 ? null : { ...emptySelection, focus: before.focus };
  if (press.key === ' ' && modified && from >= 0 && before.focus !== null) return toggle(before, before.focus);
  // What was there has gone from under the keyboard: the photo that took its place is the next one.
  const waiting = before.waits === true && from >= 0 ? before.focus : null;
  if (press.key === 'ArrowRight' && waiting !== null && !modified && !press.shiftKey) return selectOnly(waiting);
  const to = targetIndex(from, order.count, layout, press.key, page);
  if (to === null) return null;
  const id: PhotoID | undefined = order.ids[to];
  if (id === undefined) return null;
  if (press.shiftKey) return extendTo(before, order, id, false);
  if (modified) return { ids: before.ids, anchor: before.anchor, focus: id };
  return selectOnly(id);
}

function targetIndex(from: number, count: number, layout: TimelineLayout, key: string, page: number): number | null {
  const clamp = (index: number): number => Math.min(count - 1, Math.max(0, index));
  switch (key) {
    case 'ArrowLeft':
      return from < 0 ? 0 : clamp(from - 1);
    case 'ArrowRight':
      return from < 0 ? 0 : clamp(from + 1);
    case 'ArrowUp':
      return from < 0 ? 0 : verticalNeighbour(layout, from, -1);
    case 'ArrowDown':
      return from < 0 ? 0 : verticalNeighbour(layout, from, 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    case 'PageUp':
      return clamp(Math.max(0, from) - page);
    case 'PageDown':
      return clamp(Math.max(0, from) + page);
    default:
      return null;
  }
}
