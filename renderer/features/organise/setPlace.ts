import type { PhotoID } from '../../../shared/ids.ts';
import { announceCount, limited } from '../../data/actions.ts';
import type { Core } from '../../data/core.ts';

/** Puts photos at a place, or takes theirs away, and says of how many. */
export async function setPlace(
  core: Core,
  photoIDs: readonly PhotoID[],
  place: { readonly latitude: number; readonly longitude: number } | null,
): Promise<void> {
  const { changed, refused } = await core.client.photos.setPlace({ ids: limited(core, photoIDs), place });
  announceCount(core, place === null ? 'place.removed' : 'place.changed', changed, refused);
}
