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

export type SharingStore = StoreApi<{ readonly sheet: SharingSheet }>;

export function createSharingStore(): SharingStore {
  return createStore<{ readonly sheet: SharingSheet }>(() => ({ sheet: { kind: 'none' } }));
}

export const closeSheet = (state: SharingStore): void => state.setState({ sheet: { kind: 'none' } });
