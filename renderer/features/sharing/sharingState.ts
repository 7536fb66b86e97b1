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
  /** What stands in the field for a link, until it has led to a share: a link that did not can be corrected. */
  readonly pasted: string;
};

export type SharingStore = StoreApi<SharingState>;

export function createSharingStore(): SharingStore {
  return createStore<SharingState>(() => ({ sheet: { kind: 'none' }, pasted: '' }));
}

/** A link has led to a share: it need not stand in the field any longer, unless something else does by now. */
export function linkOpened(state: SharingStore, link: string): void {
  if (state.getState().pasted.trim() === link) state.setState({ pasted: '' });
}

export const closeSheet = (state: SharingStore): void => state.setState({ sheet: { kind: 'none' } });
