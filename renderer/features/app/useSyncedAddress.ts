import { useEffect } from 'react';
import type { Core } from '../../data/core.ts';
import { fromHash, toHash } from '../../data/navigation.ts';

/** Keeps the place in the part of the address after `#`, and follows the browser's own back and forward. */
export function useSyncedAddress(core: Core): void {
  useEffect(() => {
    const write = (): void => {
      const hash = toHash(core.navigation.getState());
      if (hash !== window.location.hash) window.history.replaceState(null, '', hash);
    };
    const read = (): void => {
      const state = core.navigation.getState();
      if (window.location.hash !== toHash(state)) core.navigation.setState(fromHash(window.location.hash));
    };
    write();
    const stop = core.navigation.subscribe(write);
    window.addEventListener('hashchange', read);
    return () => {
      stop();
      window.removeEventListener('hashchange', read);
    };
  }, [core]);
}
