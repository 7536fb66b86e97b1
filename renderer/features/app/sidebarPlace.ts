import { useSyncExternalStore } from 'react';
import type { Core } from '../../data/core.ts';
import { useSettings, useWindow } from '../../data/useCore.ts';

/** Below this width, sidebar and photos side by side leave neither enough room. */
const narrow = (): MediaQueryList => window.matchMedia('(width < 800px)');

function subscribe(changed: () => void): () => void {
  const list = narrow();
  list.addEventListener('change', changed);
  return () => list.removeEventListener('change', changed);
}

/** Whether the window is so narrow that the sidebar lies over the list instead of beside it. */
export function useNarrowWindow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow().matches);
}

/** Whether the sidebar is there: as the person set it, and in a narrow window only once it is asked for. */
export function useSidebarVisible(): boolean {
  const over = useWindow((state) => state.sidebarOver);
  const beside = useSettings((settings) => settings.sidebarVisible);
  return useNarrowWindow() ? over : beside;
}

/** Shows the sidebar or hides it. In a narrow window that is not remembered: it covers photos. */
export function toggleSidebar(core: Core): void {
  if (narrow().matches) core.window.setState((before) => ({ sidebarOver: !before.sidebarOver }));
  else core.changeSettings({ sidebarVisible: !core.settings.getState().sidebarVisible });
}
