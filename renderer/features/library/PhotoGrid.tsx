import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { DragEvent, KeyboardEvent, MouseEvent, ReactNode } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { PhotoView } from '../../../shared/model/photo.ts';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { keepListed, selectOnly } from '../../data/selection.ts';
import type { Selection, SelectionOrder } from '../../data/selection.ts';
import { carriesPhotos, draggedPhotos } from '../../data/drag.ts';
import type { Timeline } from '../../data/timeline.ts';
import { useCore, useSelection, useSettings, useTimeline, useWindow } from '../../data/useCore.ts';
import { GridRow, SectionHeader } from './GridRows.tsx';
import { Scrubber } from './Scrubber.tsx';
import { GridContext, createMotion } from './gridContext.ts';
import { moveByKey } from './gridKeys.ts';
import type { GridKey } from './gridKeys.ts';
import { layoutTimeline, rowOf } from './justifiedLayout.ts';
import type { Grouping } from './justifiedLayout.ts';
import { PhotoContextMenu } from './PhotoContextMenu.tsx';
import { createPlaceholderQueue } from './placeholderQueue.ts';
import { createSectionTitles } from './sectionTitle.ts';
import { tileElementID } from './Tile.tsx';
import { useElementSize } from './useElementSize.ts';
import { useGridPointer } from './useGridPointer.ts';
import { useGridScroll } from './useGridScroll.ts';
import './grid.css';

type PhotoGridProps = {
  readonly view: PhotoView;
  readonly label: string;
  readonly grouping: Grouping;
  readonly empty: ReactNode;
  /** Given where photos may be put in another order by dragging: `before` null is the end. */
  readonly onReorder?: (ids: readonly PhotoID[], before: PhotoID | null) => void;
};

const gap = 4;
const inset = 16;
const headerHeight = 44;
const scrubberWidth = 20;

/** A list of photos of any length: justified rows, sections by date, selection by mouse and keys, a date scrubber. */
export function PhotoGrid({ view, label, grouping, empty, onReorder }: PhotoGridProps) {
  const core = useCore();
  const { timeline, snapshot } = useTimeline(view);
  const density = useSettings((settings) => settings.density);
  const scroller = useRef<HTMLDivElement>(null);
  const [frame, size] = useElementSize();
  const gridID = useId();
  const services = useMemo(
    () => ({
      motion: createMotion(),
      placeholders: createPlaceholderQueue({
        now: () => performance.now(),
        requestFrame: (run) => requestAnimationFrame(run),
        cancelFrame: (request) => cancelAnimationFrame(request),
      }),
      gridID,
    }),
    [gridID],
  );
  const layout = useMemo(
    () =>
      layoutTimeline({
        count: snapshot.count,
        ratios: snapshot.ratios,
        days: snapshot.days,
        width: size.width - inset * 2 - scrubberWidth,
        rowHeight: density,
        gap,
        grouping,
        headerHeight,
      }),
    [snapshot, size.width, density, grouping],
  );
  const order: SelectionOrder = useMemo(
    () => ({ ids: snapshot.ids, count: snapshot.count, indexOf: timeline.indexOf }),
    [snapshot, timeline],
  );
  const scroll = useGridScroll(scroller, layout, order, size.height, services.motion);
  const open = useCallback((id: PhotoID) => core.navigation.setState({ photo: id }), [core]);
  const { band, handlers } = useGridPointer({ core, scroller, scroll, layout, order, inset, onOpen: open });
  const titles = useMemo(() => createSectionTitles(core), [core]);
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const [dropAt, setDropAt] = useState<number | null>(null);

  // The cache fetches what is on screen; rows that only pass by are not asked for.
  const list = useMemo(() => Symbol('grid'), []);
  const { rows, sections, base } = scroll.window;
  useEffect(() => {
    const want = (): void => {
      if (services.motion.fast()) return;
      core.tiles.want(list, snapshot.ids.slice(layout.rowFirst[rows[0]] ?? 0, layout.rowFirst[rows[1]] ?? 0));
    };
    want();
    return services.motion.subscribe(want);
  }, [core, list, layout, rows, snapshot, services]);
  useEffect(() => () => core.tiles.forget(list), [core, list]);

  // End, pressed while the list is still being read, means the end of all of it, unless something else was chosen or looked at
  // since.
  const ending = useRef<{ readonly press: GridKey; readonly reached: Selection; readonly of: Timeline } | null>(null);
  const forgetEnding = (): void => void (ending.current = null);
  useEffect(() => {
    const waiting = ending.current;
    if (waiting === null || (snapshot.status === 'loading' && waiting.of === timeline)) return;
    ending.current = null;
    if (!snapshot.complete || waiting.of !== timeline || core.selection.getState() !== waiting.reached) return;
    const next = moveByKey(waiting.reached, order, layout, waiting.press, 0);
    if (next === null) return;
    core.selection.setState(next);
    scroll.reveal(order.count - 1);
  }, [core, timeline, order, layout, scroll, snapshot]);

  // A photo that left the list leaves the selection.
  const listedBefore = useRef(order);
  useEffect(() => {
    if (!snapshot.complete) return;
    const before = core.selection.getState();
    const after = keepListed(before, order, listedBefore.current);
    listedBefore.current = order;
    if (after !== before) core.selection.setState(after);
  }, [core, order, snapshot.complete]);

  const wish = useWindow((state) => state.reveal);
  const fulfilled = useRef(0);
  useLayoutEffect(() => {
    if (wish === null || wish.count === fulfilled.current) return;
    const index = order.indexOf(wish.id);
    if (index < 0) return;
    fulfilled.current = wish.count;
    scroll.reveal(index);
  }, [wish, order, scroll]);

  const focus = useSelection((state) => state.focus);
  const focusIndex = focus === null ? -1 : order.indexOf(focus);
  const focusRow = focusIndex < 0 ? -1 : rowOf(layout, focusIndex);
  const focusRendered = focus !== null && focusRow >= rows[0] && focusRow < rows[1];

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey) return;
    const before = core.selection.getState();
    const perScreen = Math.max(1, (layout.rowFirst[rows[1]] ?? 0) - (layout.rowFirst[rows[0]] ?? 0));
    const next = moveByKey(before, order, layout, event, Math.ceil(perScreen / 2));
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    core.selection.setState(next);
    const { key, shiftKey, ctrlKey, metaKey } = event;
    ending.current =
      key === 'End' && snapshot.status === 'loading'
        ? { press: { key, shiftKey, ctrlKey, metaKey }, reached: core.selection.getState(), of: timeline }
        : null;
    const index = next.focus === null ? -1 : order.indexOf(next.focus);
    if (index >= 0 && event.key !== 'Escape') scroll.reveal(index);
  };

  const onContextMenu = (event: MouseEvent): void => {
    event.preventDefault();
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-photo]') : null;
    const byKey = event.button !== 2 && focus !== null;
    const id = element?.dataset['photo'] as PhotoID | undefined;
    if (id !== undefined && !core.selection.getState().ids.has(id)) core.selection.setState(selectOnly(id));
    if (core.selection.getState().ids.size === 0) return;
    const tile = byKey ? document.getElementById(tileElementID(gridID, focus)) : null;
    const box = tile?.getBoundingClientRect();
    setMenu(box === undefined ? { x: event.clientX, y: event.clientY } : { x: box.left + 24, y: box.top + 24 });
  };

  const dropTarget = (event: DragEvent): number | null => {
    if (onReorder === undefined || !carriesPhotos(event.dataTransfer)) return null;
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null;
    if (element === null) return snapshot.count;
    const box = element.getBoundingClientRect();
    const index = Number(element.dataset['index']);
    return event.clientX > box.left + box.width / 2 ? index + 1 : index;
  };

  const rowElements = [];
  for (let row = rows[0]; row < rows[1]; row += 1) {
    const first = snapshot.ids[layout.rowFirst[row] ?? 0] ?? row;
    rowElements.push(<GridRow key={first} layout={layout} ids={snapshot.ids} row={row} base={base} />);
  }
  const headers = [];
  for (let section = sections[0]; section < sections[1]; section += 1) {
    headers.push(
      <SectionHeader
        key={section}
        layout={layout}
        section={section}
        base={base}
        title={titles(grouping, layout.sectionDay[section] ?? 0, layout.sectionWidth[section] ?? 0)}
      />,
    );
  }
  const isEmpty = snapshot.count === 0;
  const dropIndex = dropAt === null ? -1 : Math.min(dropAt, Math.max(0, snapshot.count - 1));
  const dropRow = dropIndex < 0 ? -1 : rowOf(layout, dropIndex);

  return (
    <GridContext value={services}>
      <div className="grid-frame" ref={frame} onWheelCapture={forgetEnding} onPointerDownCapture={forgetEnding}>
        {isEmpty && snapshot.status === 'error' ? <ErrorFace error={snapshot.error} onRetry={timeline.reload} /> : null}
        {isEmpty && snapshot.status === 'loading' ? <LoadingFace /> : null}
        {isEmpty && snapshot.status === 'ready' ? empty : null}
        <div
          ref={scroller}
          className="grid"
          role="grid"
          tabIndex={isEmpty ? -1 : 0}
          hidden={isEmpty}
          aria-label={label}
          aria-multiselectable
          aria-rowcount={layout.rows}
          aria-busy={!snapshot.complete}
          {...(focusRendered ? { 'aria-activedescendant': tileElementID(gridID, focus) } : {})}
          onScroll={scroll.onScroll}
          onKeyDown={onKeyDown}
          onContextMenu={onContextMenu}
          {...handlers}
          onDragOver={(event) => {
            const at = dropTarget(event);
            if (at === null) return;
            event.preventDefault();
            event.dataTransfer.dropEffect = 'move';
            setDropAt(at);
          }}
          onDragLeave={() => setDropAt(null)}
          onDrop={(event) => {
            const at = dropTarget(event);
            setDropAt(null);
            if (at === null) return;
            event.preventDefault();
            onReorder?.(draggedPhotos(event.dataTransfer), snapshot.ids[at] ?? null);
          }}
        >
          <div className="grid__space" role="presentation" style={{ height: scroll.elementHeight + 8 }}>
            <div ref={scroll.layerRef} className="grid__layer" role="presentation">
              {headers}
              {rowElements}
              {dropRow < 0 ? null : (
                <div
                  className="grid__drop"
                  style={{
                    top: (layout.rowTop[dropRow] ?? 0) - base,
                    height: layout.rowHeight[dropRow] ?? 0,
                    left:
                      (layout.left[dropIndex] ?? 0) +
                      (dropAt === snapshot.count ? (layout.widths[dropIndex] ?? 0) + 1 : -3),
                  }}
                />
              )}
              {band === null ? null : (
                <div
                  className="grid__band"
                  style={{
                    left: band.left,
                    top: band.top - base,
                    width: band.right - band.left,
                    height: band.bottom - band.top,
                  }}
                />
              )}
            </div>
          </div>
        </div>
        {isEmpty || grouping === 'none' ? null : <Scrubber layout={layout} scroll={scroll} height={size.height} />}
        {menu === null ? null : <PhotoContextMenu at={menu} onClose={() => setMenu(null)} returnFocus={scroller} />}
      </div>
    </GridContext>
  );
}
