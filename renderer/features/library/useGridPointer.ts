import { useCallback, useRef, useState } from 'react';
import type { DragEvent, MouseEvent, PointerEvent, RefObject } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { Core } from '../../data/core.ts';
import { photosDragType } from '../../data/drag.ts';
import { emptySelection, extendTo, inListOrder, selectMany, selectOnly, toggle } from '../../data/selection.ts';
import type { Selection, SelectionOrder } from '../../data/selection.ts';
import { dragOriginals } from './dragOriginals.ts';
import { photosInside } from './justifiedLayout.ts';
import type { TimelineLayout } from './justifiedLayout.ts';
import type { GridScroll } from './useGridScroll.ts';

/** A rubber band in list coordinates, px. */
export type Band = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

type Options = {
  readonly core: Core;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly scroll: GridScroll;
  readonly layout: TimelineLayout;
  readonly order: SelectionOrder;
  /** Left edge of the photos inside the scroller, px. */
  readonly inset: number;
  readonly onOpen: (id: PhotoID) => void;
};

type Hit = { readonly photo: PhotoID | null; readonly action: string | null; readonly section: number | null };

function hit(target: EventTarget): Hit {
  const element = target instanceof Element ? target : null;
  const photo = element?.closest<HTMLElement>('[data-photo]')?.dataset['photo'];
  const section = element?.closest<HTMLElement>('[data-section]')?.dataset['section'];
  return {
    photo: photo === undefined ? null : (photo as PhotoID),
    action: element?.closest<HTMLElement>('[data-action]')?.dataset['action'] ?? null,
    section: section === undefined ? null : Number(section),
  };
}

/** Selecting, opening, dragging and the rubber band, by mouse, pen or finger, for all tiles of a grid at once. */
export function useGridPointer({ core, scroller, scroll, layout, order, inset, onOpen }: Options) {
  const [band, setBand] = useState<Band | null>(null);
  const bandStart = useRef<{ readonly x: number; readonly y: number; readonly before: Selection } | null>(null);
  const select = useCallback((next: Selection) => core.selection.setState(next), [core]);

  const listPoint = (event: { readonly clientX: number; readonly clientY: number }): { x: number; y: number } => {
    const box = scroller.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0) - inset, y: event.clientY - (box?.top ?? 0) + scroll.top() };
  };

  const onClick = (event: MouseEvent): void => {
    const { photo, action, section } = hit(event.target);
    const before = core.selection.getState();
    if (action === 'section' && section !== null) {
      const first = layout.sectionFirst[section] ?? 0;
      const members = order.ids.slice(first, layout.sectionFirst[section + 1] ?? order.count);
      const all = members.every((id) => before.ids.has(id));
      const ids = new Set(before.ids);
      for (const id of members)
        if (all) ids.delete(id);
        else ids.add(id);
      select({ ids, anchor: members[0] ?? null, focus: before.focus });
      return;
    }
    if (photo === null) return;
    if (action === 'check' || event.ctrlKey || event.metaKey) select(toggle(before, photo));
    else if (event.shiftKey) select(extendTo(before, order, photo, false));
    else select(selectOnly(photo));
  };

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    const { photo, action } = hit(event.target);
    if (photo !== null || action !== null) return;
    const element = scroller.current;
    // A press on the scroll bar is none on the list.
    if (element === null || event.clientX - element.getBoundingClientRect().left > element.clientWidth) return;
    const before = core.selection.getState();
    const keep = event.ctrlKey || event.metaKey || event.shiftKey;
    const { x, y } = listPoint(event);
    bandStart.current = { x, y, before: keep ? before : emptySelection };
    if (!keep) select(emptySelection);
    element.setPointerCapture(event.pointerId);
  };

  const onPointerMove = (event: PointerEvent): void => {
    const start = bandStart.current;
    if (start === null) return;
    const box = scroller.current?.getBoundingClientRect();
    if (box !== undefined) {
      if (event.clientY < box.top + 24) scroll.scrollTo(scroll.top() - 24);
      if (event.clientY > box.bottom - 24) scroll.scrollTo(scroll.top() + 24);
    }
    const { x, y } = listPoint(event);
    if (band === null && Math.hypot(x - start.x, y - start.y) < 5) return;
    const next = {
      left: Math.min(start.x, x),
      top: Math.min(start.y, y),
      right: Math.max(start.x, x),
      bottom: Math.max(start.y, y),
    };
    setBand(next);
    const caught = photosInside(layout, next)
      .map((index) => order.ids[index])
      .filter((id): id is PhotoID => id !== undefined);
    select(selectMany(start.before, caught, true));
  };

  const onPointerUp = (): void => {
    bandStart.current = null;
    setBand(null);
  };

  const onDoubleClick = (event: MouseEvent): void => {
    const { photo, action } = hit(event.target);
    if (photo !== null && action === null) onOpen(photo);
  };

  const onDragStart = (event: DragEvent): void => {
    const { photo } = hit(event.target);
    if (photo === null) return;
    let selection = core.selection.getState();
    if (!selection.ids.has(photo)) {
      selection = selectOnly(photo);
      select(selection);
    }
    const ids = inListOrder(selection, order);
    event.dataTransfer.setData(photosDragType, JSON.stringify(ids));
    event.dataTransfer.effectAllowed = 'copyMove';
    // Several untouched originals at once are handed over by the shell. The window's own places take the drag as ever
    // when Alt is up: with it down, files leave.
    if (core.info.capabilities.dragOut && event.altKey && ids.length > 1) {
      event.preventDefault();
      dragOriginals(core, ids, window).catch(core.report);
      return;
    }
    const first = core.tiles.get(photo);
    if (core.info.capabilities.dragOut && first !== undefined && ids.length === 1) {
      // Chromium turns this into a file when it is dropped outside.
      const url = new URL(core.bridge.mediaURL(photo, 'original', first.version), window.location.href);
      event.dataTransfer.setData('DownloadURL', `application/octet-stream:${first.fileName}:${url.href}`);
    }
  };

  return {
    band,
    handlers: {
      onClick,
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel: onPointerUp,
      onDoubleClick,
      onDragStart,
    },
  };
}
