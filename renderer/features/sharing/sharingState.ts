import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { AlbumID, PhotoID, ZoneID } from '../../../shared/ids.ts';

/** Which sheet of sharing is open, and about what. */
export type SharingSheet =
  | { readonly kind: 'none' }
  | { readonly kind: 'new'; readonly photoIDs: readonly PhotoID[]; readonly albumID: AlbumID | null }
  | { readonly kind: 'add'; readonly photoIDs: readonly PhotoID[] }
  | { readonly kind: 'participants'; readonly shareID: ZoneID }
  | { readonly kind: 'invite'; readonly shareID: ZoneID }
  | { readonly kind: 'newLink'; readonly shareID: ZoneID }
  | { readonly kind: 'leave'; readonly shareID: ZoneID }
  | { readonly kind: 'stop'; readonly shareID: ZoneID }
  | { readonly kind: 'accept'; readonly link: string };

type SharingState = {
  readonly sheet: SharingSheet;
  /** Links that arrived while a sheet was open, in their order. */
  readonly waiting: readonly string[];
  /** What stands in the field for a link, until it has led to a share: a link that did not can be corrected. */
  readonly pasted: string;
};

export type SharingStore = StoreApi<SharingState>;

export function createSharingStore(): SharingStore {
  return createStore<SharingState>(() => ({ sheet: { kind: 'none' }, waiting: [], pasted: '' }));
}

/** A link has led to a share: it need not stand in the field any longer, unless something else does by now. */
export function linkOpened(state: SharingStore, link: string): void {
  if (state.getState().pasted.trim() === link) state.setState({ pasted: '' });
}

/** A link came from outside: it is opened, or waits until what is open has been closed. It never interrupts. */
export function linkArrived(state: SharingStore, link: string): void {
  const { sheet, waiting } = state.getState();
  if (sheet.kind === 'none') state.setState({ sheet: { kind: 'accept', link } });
  else if (!(sheet.kind === 'accept' && sheet.link === link) && !waiting.includes(link))
    state.setState({ waiting: [...waiting, link] });
}

/** Closes a sheet, unless another is open by now, and opens the link that has waited longest for it. */
export function closeSheet(state: SharingStore, sheet: SharingSheet): void {
  const {
    sheet: open,
    waiting: [link, ...waiting],
  } = state.getState();
  if (open !== sheet) return;
  state.setState(link === undefined ? { sheet: { kind: 'none' } } : { sheet: { kind: 'accept', link }, waiting });
}

/** Goes from one sheet on to another, unless the first one is not open any more. */
export function replaceSheet(state: SharingStore, sheet: SharingSheet, next: SharingSheet): void {
  if (state.getState().sheet === sheet) state.setState({ sheet: next });
}
