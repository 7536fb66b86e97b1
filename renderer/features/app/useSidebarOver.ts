import { useEffect } from 'react';
import type { RefObject } from 'react';
import type { Core } from '../../data/core.ts';

/**
 * While the sidebar lies over the list: it has the focus, and goes away with Esc, with a press beside it, and when a
 * place is chosen or the window grows. The focus goes back to where it was.
 */
export function useSidebarOver(core: Core, sidebar: RefObject<HTMLElement | null>, over: boolean): void {
  useEffect(() => {
    if (!over) return undefined;
    const before = document.activeElement;
    const close = (): void => core.window.setState({ sidebarOver: false });
    const inside = (target: EventTarget | null): boolean =>
      target instanceof Node && sidebar.current?.contains(target) === true;
    const onPress = (event: PointerEvent): void => {
      const { target } = event;
      // Its own menus and dialogs stand beside it in the page; the button that opened it closes it by itself.
      const own = target instanceof Element && target.closest('.popover, .scrim, .toasts, .toolbar') !== null;
      if (!inside(target) && !own) close();
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || !inside(event.target)) return;
      event.preventDefault();
      close();
    };
    const rows = sidebar.current;
    (rows?.querySelector<HTMLElement>('[aria-current]') ?? rows?.querySelector<HTMLElement>('button'))?.focus();
    window.addEventListener('pointerdown', onPress);
    window.addEventListener('keydown', onKey);
    const unsubscribe = core.navigation.subscribe(close);
    return () => {
      window.removeEventListener('pointerdown', onPress);
      window.removeEventListener('keydown', onKey);
      unsubscribe();
      close();
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
      });
    };
  }, [core, sidebar, over]);
}
