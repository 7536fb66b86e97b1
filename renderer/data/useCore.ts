import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { AppError } from '../../shared/errors.ts';
import type { PhotoID } from '../../shared/ids.ts';
import type { Settings } from '../../shared/model/app.ts';
import type { PhotoTile, PhotoView } from '../../shared/model/photo.ts';
import type { Core, WindowState } from './core.ts';
import type { Translate } from './messages.ts';
import type { Navigation } from './navigation.ts';
import type { Selection } from './selection.ts';
import type { Timeline, TimelineSnapshot } from './timeline.ts';

export const CoreContext = createContext<Core | null>(null);

/** The window's state. @throws AppError internal outside the app */
export function useCore(): Core {
  const core = useContext(CoreContext);
  if (core === null) throw new AppError('internal', 'This part is shown outside the app.');
  return core;
}

export function useT(): Translate {
  return useCore().t;
}

export function useNavigation<T>(pick: (state: Navigation) => T): T {
  return useStore(useCore().navigation, pick);
}

export function useSelection<T>(pick: (state: Selection) => T): T {
  return useStore(useCore().selection, pick);
}

export function useSettings<T>(pick: (state: Settings) => T): T {
  return useStore(useCore().settings, pick);
}

export function useWindow<T>(pick: (state: WindowState) => T): T {
  return useStore(useCore().window, pick);
}

/** The skeleton of a view, streaming in. */
export function useTimeline(view: PhotoView): { readonly timeline: Timeline; readonly snapshot: TimelineSnapshot } {
  const core = useCore();
  const timeline = core.timeline(view);
  return { timeline, snapshot: useSyncExternalStore(timeline.subscribe, timeline.snapshot) };
}

/** One tile, or undefined until it is fetched. The list around it says which tiles are wanted. */
export function useTile(id: PhotoID): PhotoTile | undefined {
  const { tiles } = useCore();
  const subscribe = useCallback((listener: () => void) => tiles.subscribe(id, listener), [tiles, id]);
  return useSyncExternalStore(subscribe, () => tiles.get(id));
}
