import { useQuery } from '@tanstack/react-query';
import type { PhotoID } from '../../../shared/ids.ts';
import type { Place } from '../../data/navigation.ts';
import { useCore } from '../../data/useCore.ts';

type AlbumOrder = {
  /** The list is in an order of its own, not by date. */
  readonly ordered: boolean;
  readonly reorder: ((ids: readonly PhotoID[], before: PhotoID | null) => void) | null;
};

/** Whether the shown album has an order by hand, and the way to change it by dragging. */
export function useAlbumOrder(place: Place, query: string): AlbumOrder {
  const core = useCore();
  const { data: albums } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const album = place.kind === 'album' ? albums?.find((each) => each.id === place.id) : undefined;
  if (album === undefined) return { ordered: place.kind === 'album', reorder: null };
  const byHand = album.kind === 'manual' && album.sort === 'manual';
  if (!byHand || !album.mayEdit || query !== '')
    return { ordered: byHand || album.sort === 'name' || album.sort === 'addedDescending', reorder: null };
  return {
    ordered: true,
    reorder: (ids, before) => {
      if (ids.length === 0 || (before !== null && ids.includes(before))) return;
      core.client.albums.movePhotos({ id: album.id, photoIDs: [...ids], before }).catch(core.report);
    },
  };
}
