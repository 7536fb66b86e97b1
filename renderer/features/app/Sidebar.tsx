import { useRef } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { useCore, useSettings } from '../../data/useCore.ts';
import { useNarrowWindow, useSidebarVisible } from './sidebarPlace.ts';
import { useSidebarOver } from './useSidebarOver.ts';
import './sidebar.css';

const narrowest = 160;
const widest = 400;

/**
 * The list of places at the left, in a narrow window over the photos. Its edge can be dragged, or moved with the arrow
 * keys.
 */
export function Sidebar() {
  const core = useCore();
  const width = useSettings((settings) => settings.sidebarWidth);
  const visible = useSidebarVisible();
  const over = useNarrowWindow() && visible;
  const sidebar = useRef<HTMLElement>(null);
  useSidebarOver(core, sidebar, over);
  const start = useRef<{ readonly x: number; readonly width: number } | null>(null);
  if (!visible) return null;
  const clamp = (value: number): number => Math.round(Math.min(widest, Math.max(narrowest, value)));

  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (start.current === null) return;
    core.settings.setState({ sidebarWidth: clamp(start.current.width + event.clientX - start.current.x) });
  };
  const onPointerUp = (): void => {
    if (start.current === null) return;
    start.current = null;
    core.changeSettings({ sidebarWidth: core.settings.getState().sidebarWidth });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -16 : event.key === 'ArrowRight' ? 16 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    core.changeSettings({ sidebarWidth: clamp(width + step) });
  };

  return (
    <nav
      ref={sidebar}
      className="sidebar"
      data-floating={over || undefined}
      style={{ width }}
      aria-label={core.t('sidebar.label')}
    >
      <div className="sidebar__scroll">
        {core.registry.sidebar.map(({ id, component: Part }) => (
          <Part key={id} />
        ))}
      </div>
      <div
        className="sidebar__edge"
        role="separator"
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={core.t('sidebar.resize')}
        aria-valuemin={narrowest}
        aria-valuemax={widest}
        aria-valuenow={width}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onKeyDown={onKeyDown}
      />
    </nav>
  );
}
