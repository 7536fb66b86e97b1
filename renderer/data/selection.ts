import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { PhotoID } from '../../shared/ids.ts';

/** What is selected in the current list. `anchor` is where a Shift range starts, `focus` where the keyboard is. */
export type Selection = {
  readonly ids: ReadonlySet<PhotoID>;
  readonly anchor: PhotoID | null;
  readonly focus: PhotoID | null;
  /** The photo under the keyboard took the place of one that left the list: the next arrow comes to it first. */
  readonly waits?: boolean;
};

export type SelectionStore = StoreApi<Selection>;

/** The list in which a selection is made. */
export type SelectionOrder = {
  readonly ids: readonly PhotoID[];
  readonly count: number;
  readonly indexOf: (id: PhotoID) => number;
};

const nothing: Selection = { ids: new Set(), anchor: null, focus: null };

export function createSelection(): SelectionStore {
  return createStore<Selection>(() => nothing);
}

/** Selects one photo alone. */
export function selectOnly(id: PhotoID): Selection {
  return { ids: new Set([id]), anchor: id, focus: id };
}

/** Adds a photo, or takes it out; it becomes the anchor of the next range. */
export function toggle(before: Selection, id: PhotoID): Selection {
  const ids = new Set(before.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id, focus: id };
}

/**
 * Selects everything between the anchor and a photo. Without an anchor in this list the range starts at the photo.
 * @param keep true adds to what is selected (Ctrl+Shift), false replaces it
 */
export function extendTo(before: Selection, order: SelectionOrder, id: PhotoID, keep: boolean): Selection {
  const to = order.indexOf(id);
  if (to < 0) return before;
  const anchorIndex = before.anchor === null ? -1 : order.indexOf(before.anchor);
  const from = anchorIndex < 0 ? to : anchorIndex;
  const ids = new Set(keep ? before.ids : []);
  for (let index = Math.min(from, to); index <= Math.max(from, to); index += 1) {
    const at = order.ids[index];
    if (at !== undefined) ids.add(at);
  }
  return { ids, anchor: order.ids[from] ?? id, focus: id };
}

/** Selects a set as a rubber band does. */
export function selectMany(before: Selection, caught: Iterable<PhotoID>, keep: boolean): Selection {
  const ids = new Set(keep ? before.ids : []);
  let last: PhotoID | null = null;
  for (const id of caught) {
    ids.add(id);
    last = id;
  }
  return { ids, anchor: before.anchor ?? last, focus: last ?? before.focus };
}

/**
 * Drops what is no longer in the list, so that no command acts on photos that cannot be seen. The keyboard stays where it
 * was: at the photo that took the place, without selecting it.
 * @param was the photos of the list before
 */
export function keepListed(
  before: Selection,
  order: SelectionOrder,
  was: Pick<SelectionOrder, 'ids' | 'count'> = order,
): Selection {
  const kept = [...before.ids].filter((id) => order.indexOf(id) >= 0);
  const listed = (id: PhotoID | null): boolean => id !== null && order.indexOf(id) >= 0;
  const focus = before.focus === null || listed(before.focus) ? before.focus : survivorBeside(before.focus, was, order);
  const anchor = listed(before.anchor) ? before.anchor : null;
  if (kept.length === before.ids.size && anchor === before.anchor && focus === before.focus) return before;
  const waits = kept.length === 0 && focus !== null && focus !== before.focus;
  return { ids: new Set(kept), anchor: waits ? focus : anchor, focus, ...(waits ? { waits } : {}) };
}

/** The next photo that stayed, or the one before where none follows; null in another list. */
function survivorBeside(
  gone: PhotoID,
  was: Pick<SelectionOrder, 'ids' | 'count'>,
  order: SelectionOrder,
): PhotoID | null {
  // Where a timeline says a photo is, is where it is now.
  const at = was.ids.indexOf(gone);
  if (at < 0) return null;
  for (let index = at + 1; index < was.count; index += 1) {
    const id = was.ids[index];
    if (id !== undefined && order.indexOf(id) >= 0) return id;
  }
  for (let index = at - 1; index >= 0; index -= 1) {
    const id = was.ids[index];
    if (id !== undefined && order.indexOf(id) >= 0) return id;
  }
  return null;
}

/** The selected photos in list order, so that dates and drag orders follow what the person sees. */
export function inListOrder(selection: Selection, order: SelectionOrder): PhotoID[] {
  return [...selection.ids]
    .map((id) => [order.indexOf(id), id] as const)
    .toSorted((left, right) => left[0] - right[0])
    .map(([, id]) => id);
}

export const emptySelection: Selection = nothing;
