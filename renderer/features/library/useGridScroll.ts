import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { RefObject } from 'react';
import type { Motion } from './gridContext.ts';
import { lastAtMost, rowOf, rowsBetween } from './justifiedLayout.ts';
import type { TimelineLayout } from './justifiedLayout.ts';
import { anchorAt, anchorIndex, type ScrollAnchor } from './scrollAnchor.ts';
import type { SelectionOrder } from '../../data/selection.ts';
import { createScaledScroll } from './scaledScroll.ts';

/** What of a list is on screen. Rows and sections are half-open ranges; `top` is the list position of the window. */
export type GridWindow = {
  readonly rows: readonly [number, number];
  readonly sections: readonly [number, number];
  /** Tops are given relative to this, so that elements keep small coordinates in a list of 30 million px. */
  readonly base: number;
};

export type GridScroll = {
  readonly window: GridWindow;
  readonly elementHeight: number;
  /** Put on the element that holds the rows. */
  readonly layerRef: RefObject<HTMLDivElement | null>;
  readonly onScroll: () => void;
  readonly top: () => number;
  readonly scrollTo: (listTop: number) => void;
  /** Scrolls just far enough that a photo is wholly in sight. */
  readonly reveal: (index: number) => void;
  readonly subscribeTop: (listener: () => void) => () => void;
};

/** Rows beyond the edges that are kept ready, px. */
const overscan = 500;
const baseStep = 1_000_000;
const settleAfter = 120;

/**
 * Which rows of a laid-out list are in its window. Keeps the photo at the top in place when the layout changes: new
 * photos, another width or another density must not move what the person looks at.
 * @param order the photos that are laid out
 * @param height of the window, px
 */
export function useGridScroll(
  scroller: RefObject<HTMLDivElement | null>,
  layout: TimelineLayout,
  order: SelectionOrder,
  height: number,
  motion: Motion,
): GridScroll {
  const layerRef = useRef<HTMLDivElement>(null);
  const topRef = useRef(0);
  const anchor = useRef<ScrollAnchor>({ ids: [], index: 0, offset: 0 });
  const listeners = useRef(new Set<() => void>());
  const settleTimer = useRef(0);
  const lastLayout = useRef(layout);
  const scale = useMemo(() => createScaledScroll(layout.height, height, topRef.current), [layout, height]);
  const [gridWindow, setGridWindow] = useState<GridWindow>(() => windowAt(layout, 0, height, overscan));

  const place = useCallback(
    (listTop: number) => {
      topRef.current = listTop;
      const next = windowAt(layout, listTop, height, motion.fast() ? 80 : overscan);
      setGridWindow((before) => (sameWindow(before, next) ? before : next));
      const element = scroller.current;
      if (layerRef.current !== null && element !== null) {
        const shift = next.base - listTop + element.scrollTop;
        layerRef.current.style.transform = `translateY(${layout.height === scale.elementHeight ? next.base : shift}px)`;
      }
      anchor.current = anchorAt(layout, order, listTop);
      for (const listener of listeners.current) listener();
    },
    [layout, order, height, scale, scroller, motion],
  );

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    const before = topRef.current;
    const listTop = scale.scrolled(element.scrollTop);
    motion.set(Math.abs(listTop - before) > height * 0.6);
    place(listTop);
    clearTimeout(settleTimer.current);
    settleTimer.current = window.setTimeout(() => {
      motion.set(false);
      place(topRef.current);
      const settled = scale.settled();
      if (Math.abs(settled - element.scrollTop) > 1) {
        element.scrollTop = settled;
        place(topRef.current);
      }
    }, settleAfter);
  }, [scale, place, scroller, motion, height]);

  const scrollTo = useCallback(
    (listTop: number) => {
      const element = scroller.current;
      if (element === null) return;
      element.scrollTop = scale.moveTo(listTop);
      place(Math.min(Math.max(0, listTop), Math.max(0, layout.height - height)));
    },
    [scale, place, scroller, layout, height],
  );

  const reveal = useCallback(
    (index: number) => {
      const row = rowOf(layout, index);
      const rowTop =
        (layout.rowTop[row] ?? 0) - (layout.rowFirst[row] === index || layout.rows < 2 ? layout.headerHeight : 0);
      const rowBottom = (layout.rowTop[row] ?? 0) + (layout.rowHeight[row] ?? 0);
      if (rowTop < topRef.current) scrollTo(rowTop);
      else if (rowBottom > topRef.current + height) scrollTo(rowBottom - height + 4);
    },
    [layout, height, scrollTo],
  );

  useLayoutEffect(() => {
    const changed = lastLayout.current !== layout;
    lastLayout.current = layout;
    const row = layout.rows === 0 ? 0 : rowOf(layout, anchorIndex(anchor.current, order, layout.count));
    const atTop = topRef.current <= 0;
    const kept = changed && !atTop ? (layout.rowTop[row] ?? 0) + anchor.current.offset : topRef.current;
    scrollTo(atTop ? 0 : kept);
  }, [layout, order, height, scrollTo]);

  useEffect(() => () => clearTimeout(settleTimer.current), []);

  return {
    window: gridWindow,
    elementHeight: scale.elementHeight,
    layerRef,
    onScroll,
    top: () => topRef.current,
    scrollTo,
    reveal,
    subscribeTop: useCallback((listener: () => void) => {
      listeners.current.add(listener);
      return () => listeners.current.delete(listener);
    }, []),
  };
}

function windowAt(layout: TimelineLayout, top: number, height: number, spare: number): GridWindow {
  const rows = rowsBetween(layout, Math.max(0, top - spare), top + height + spare);
  const firstPhoto = layout.rowFirst[rows[0]] ?? 0;
  const lastPhoto = (layout.rowFirst[rows[1]] ?? 1) - 1;
  const sections: readonly [number, number] =
    layout.headerHeight === 0 || layout.count === 0
      ? [0, 0]
      : [
          lastAtMost(layout.sectionFirst, layout.sections, firstPhoto),
          lastAtMost(layout.sectionFirst, layout.sections, lastPhoto) + 1,
        ];
  return { rows, sections, base: Math.floor(top / baseStep) * baseStep };
}

function sameWindow(left: GridWindow, right: GridWindow): boolean {
  return (
    left.rows[0] === right.rows[0] &&
    left.rows[1] === right.rows[1] &&
    left.sections[0] === right.sections[0] &&
    left.sections[1] === right.sections[1] &&
    left.base === right.base
  );
}
