import { useLayoutEffect, useRef } from 'react';
import type { RefObject } from 'react';

/**
 * Whether what asks is still on the screen. A step may outlast the sheet it was begun in: what goes wrong then has to be
 * said elsewhere, and what the step would close is another sheet by then.
 */
export function useShown(): Readonly<RefObject<boolean>> {
  const shown = useRef(true);
  useLayoutEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return shown;
}
