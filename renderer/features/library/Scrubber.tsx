import { useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { useCore } from '../../data/useCore.ts';
import { civilDate } from './civilDate.ts';
import { lastAtMost } from './justifiedLayout.ts';
import type { TimelineLayout } from './justifiedLayout.ts';
import { createSectionTitles } from './sectionTitle.ts';
import type { GridScroll } from './useGridScroll.ts';

type ScrubberProps = { readonly layout: TimelineLayout; readonly scroll: GridScroll; readonly height: number };

/** Least distance between two years on the scale, px. */
const yearDistance = 22;

/** The scale of years at the right edge: press or drag to go to a date; arrows move by a month. */
export function Scrubber({ layout, scroll, height }: ScrubberProps) {
  const core = useCore();
  const track = useRef<HTMLDivElement>(null);
  const [dragging, setDragging] = useState(false);
  const titles = useMemo(() => createSectionTitles(core), [core]);
  const top = useSyncExternalStore(scroll.subscribeTop, () => Math.round(scroll.top()));
  const range = Math.max(1, layout.height - height);
  const usable = Math.max(1, height - 24);

  const years = useMemo(() => {
    const marks: { readonly year: number; readonly y: number }[] = [];
    let lastYear = Number.NaN;
    for (let section = 0; section < layout.sections; section += 1) {
      const { year } = civilDate(layout.sectionDay[section] ?? 0);
      if (year === lastYear) continue;
      lastYear = year;
      const y = 12 + (Math.min(layout.sectionTop[section] ?? 0, range) / range) * usable;
      const before = marks.at(-1);
      if (before === undefined || y - before.y >= yearDistance) marks.push({ year, y });
    }
    return marks;
  }, [layout, range, usable]);

  if (layout.height <= height * 1.5 || layout.sections === 0) return null;
  const section = Math.max(0, lastAtMost(layout.sectionTop, layout.sections, top + 1));
  const title = titles('month', layout.sectionDay[section] ?? 0, 0);
  const position = 12 + (Math.min(top, range) / range) * usable;

  const moveTo = (clientY: number): void => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined) return;
    scroll.scrollTo(Math.min(1, Math.max(0, (clientY - box.top - 12) / usable)) * range);
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    track.current?.setPointerCapture(event.pointerId);
    setDragging(true);
    moveTo(event.clientY);
  };
  const byMonths = (direction: 1 | -1): void => {
    const month = (at: number): number => {
      const date = civilDate(layout.sectionDay[at] ?? 0);
      return date.year * 12 + date.month;
    };
    const from = month(section);
    let at = section;
    while (at + direction >= 0 && at + direction < layout.sections && month(at) === from) at += direction;
    scroll.scrollTo(layout.sectionTop[at] ?? 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => byMonths(1),
      ArrowUp: () => byMonths(-1),
      PageDown: () => scroll.scrollTo(top + range / 10),
      PageUp: () => scroll.scrollTo(top - range / 10),
      Home: () => scroll.scrollTo(0),
      End: () => scroll.scrollTo(range),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  return (
    <div
      ref={track}
      className="scrubber"
      data-dragging={dragging || undefined}
      role="slider"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={core.t('library.scrubber')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round((Math.min(top, range) / range) * 100)}
      aria-valuetext={title}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => (dragging ? moveTo(event.clientY) : undefined)}
      onPointerUp={() => setDragging(false)}
      onPointerCancel={() => setDragging(false)}
      onKeyDown={onKeyDown}
    >
      {years.map(({ year, y }) => (
        <span key={year} className="scrubber__year" style={{ top: y }} aria-hidden>
          {year}
        </span>
      ))}
      <span className="scrubber__here" style={{ top: position }} aria-hidden>
        <span className="scrubber__bubble">{title}</span>
      </span>
    </div>
  );
}
