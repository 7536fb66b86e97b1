import { useCallback, useRef, useState } from 'react';

type Size = { readonly width: number; readonly height: number };

/** The size of an element's content box, px, as it changes. Before it is measured it is the window's. */
export function useElementSize(): readonly [(element: Element | null) => void, Size] {
  const [size, setSize] = useState<Size>(() => ({ width: window.innerWidth, height: window.innerHeight }));
  const observer = useRef<ResizeObserver | null>(null);
  const attach = useCallback((element: Element | null) => {
    observer.current?.disconnect();
    observer.current = null;
    if (element === null) return;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    observer.current = new ResizeObserver(measure);
    observer.current.observe(element);
  }, []);
  return [attach, size];
}
