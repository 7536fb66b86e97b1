import type { PhotoID } from '../../../shared/ids.ts';
import type { Album } from '../../../shared/model/album.ts';
import { currentView } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';

/**
 * Before which photo the moved ones belong when they go one place on; null is the end of the list.
 * @returns undefined when they stand there already
 */
export function placeAfterMove(
  ids: readonly PhotoID[],
  moved: ReadonlySet<PhotoID>,
  direction: 'earlier' | 'later',
): PhotoID | null | undefined {
  const at = ids.flatMap((id, index) => (moved.has(id) ? [index] : []));
  const [first] = at;
  const last = at.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const together = last - first === at.length - 1;
  if (direction === 'earlier') {
    if (first === 0) return together ? undefined : (ids.find((id) => !moved.has(id)) ?? undefined);
    return ids[first - 1];
  }
  if (last === ids.length - 1) return together ? undefined : null;
  return ids[last + 2] ?? null;
}

/** Moves the selected photos one place on in an album that is ordered by hand; scattered ones come together. */
export async function moveInAlbum(
  core: Core,
  album: Album,
  photoIDs: readonly PhotoID[],
  direction: 'earlier' | 'later',
): Promise<void> {
  const view = currentView(core);
  if (view === null || photoIDs.length === 0) return;
  const { ids } = core.timeline(view).snapshot();
  const before = placeAfterMove(ids, new Set(photoIDs), direction);
  if (before !== undefined) await core.client.albums.movePhotos({ id: album.id, photoIDs: [...photoIDs], before });
}
