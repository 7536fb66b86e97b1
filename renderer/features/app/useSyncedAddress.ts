import { useEffect } from 'react';
import type { Core } from '../../data/core.ts';
import { fromHash, toHash } from '../../data/navigation.ts';

/**
 * Keeps the place in the part of the address after `#`, and follows the browser's own back and forward. Unsaved work is
 * asked about first: the address then shows where the person still is. Files on their way to the shell are asked about when
 * the page is left, which would end them.
 */
export function useSyncedAddress(core: Core): void {
  useEffect(() => {
    const write = (): void => {
      const hash = toHash(core.navigation.getState());
      if (hash !== window.location.hash) window.history.replaceState(null, '', hash);
    };
    const read = (): void => {
      const { hash } = window.location;
      if (hash === toHash(core.navigation.getState())) return;
      if (!core.leaving.ask(() => core.navigation.setState(fromHash(hash)))) write();
    };
    const unload = (event: BeforeUnloadEvent): void => {
      if (core.leaving.unsaved() || core.window.getState().uploads.length > 0) event.preventDefault();
    };
    write();
    const stop = core.navigation.subscribe(write);
    window.addEventListener('hashchange', read);
    window.addEventListener('beforeunload', unload);
    return () => {
      stop();
      window.removeEventListener('hashchange', read);
      window.removeEventListener('beforeunload', unload);
    };
  }, [core]);
}
