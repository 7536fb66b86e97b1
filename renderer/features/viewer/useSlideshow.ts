import { useCallback, useEffect, useRef } from 'react';
import type { PhotoTile } from '../../../shared/model/photo.ts';
import { neighbour } from '../../data/actions.ts';
import type { Core } from '../../data/core.ts';
import { useNavigation, useWindow } from '../../data/useCore.ts';

/** How long each photo stays, ms. */
const each = 5_000;
/** A video that says nothing of its end is left this long after it should have come, ms. */
const grace = 3_000;

/**
 * Goes on by itself while the slideshow runs; after the last photo it starts over. A video stays until it has ended:
 * its stage then calls the function that is returned.
 * @param was where the shown photo stands, or stood before it left the list
 */
export function useSlideshow(core: Core, tile: PhotoTile | undefined, was: number): () => void {
  const running = useWindow((state) => state.slideshow);
  const photo = useNavigation((state) => state.photo);
  // Read when it is time to go on: photos that come in before the shown one move its place, and must not wind the clock back.
  const place = useRef(was);
  useEffect(() => {
    place.current = was;
  }, [was]);
  const next = useCallback(() => {
    if (photo === null || !core.window.getState().slideshow) return;
    const target = neighbour(core, photo, 1, place.current) ?? core.viewerTimeline().snapshot().ids[0] ?? null;
    if (target !== null) core.navigation.setState({ photo: target });
  }, [core, photo]);
  const stay = tile?.mediaType === 'video' && tile.durationMs !== null ? tile.durationMs + grace : each;
  useEffect(() => {
    if (!running || photo === null) return undefined;
    const timer = setTimeout(next, stay);
    return () => clearTimeout(timer);
  }, [running, photo, next, stay]);
  return next;
}
