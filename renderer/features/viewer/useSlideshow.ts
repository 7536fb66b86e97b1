import { useEffect } from 'react';
import { neighbour } from '../../data/actions.ts';
import type { Core } from '../../data/core.ts';
import { useNavigation, useWindow } from '../../data/useCore.ts';

/** How long each photo stays, ms; a video stays until it has ended or this long has passed. */
const each = 5_000;

/** Goes on by itself while the slideshow runs; after the last photo it starts over. */
export function useSlideshow(core: Core): void {
  const running = useWindow((state) => state.slideshow);
  const photo = useNavigation((state) => state.photo);
  useEffect(() => {
    if (!running || photo === null) return undefined;
    const timer = setTimeout(() => {
      const next = neighbour(core, photo, 1) ?? core.viewerTimeline().snapshot().ids[0] ?? null;
      if (next !== null) core.navigation.setState({ photo: next });
    }, each);
    return () => clearTimeout(timer);
  }, [core, running, photo]);
}
