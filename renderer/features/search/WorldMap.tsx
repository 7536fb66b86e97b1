import { Minus, Plus } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react';
import { IconButton } from '../../components/buttons.tsx';
import { useT } from '../../data/useCore.ts';
import { useElementSize } from '../library/useElementSize.ts';
import { coastline } from './coastline.ts';
import { onWorld, project, unproject, zoomFrame } from './mapProjection.ts';
import type { MapFrame } from './mapProjection.ts';
import './map.css';

export type MapMarker = {
  readonly key: string;
  readonly latitude: number;
  readonly longitude: number;
  /** What stands there; a plain dot when left out. */
  readonly content?: ReactNode;
};

type WorldMapProps = {
  readonly label: string;
  readonly markers: readonly MapMarker[];
  /** Where the map is when it is first shown; the whole world when left out. `zoom` doubles the scale each step. */
  readonly center?: { readonly latitude: number; readonly longitude: number; readonly zoom: number };
  readonly controls?: boolean;
  readonly onFrame?: (box: { west: number; south: number; east: number; north: number }) => void;
  /** Called with the point a person presses. */
  readonly onPick?: (point: { readonly latitude: number; readonly longitude: number }) => void;
};

/** Time after the last move before a new part of the world is asked for, ms. */
const restTime = 180;

/** A map that needs no network: coarse land, a grid of degrees, markers. Drag, wheel, arrows, + and - move it. */
export function WorldMap({ label, markers, center, controls = false, onFrame, onPick }: WorldMapProps) {
  const t = useT();
  const [attach, size] = useElementSize();
  const element = useRef<HTMLDivElement | null>(null);
  const drag = useRef<{ readonly x: number; readonly y: number; moved: boolean } | null>(null);
  const [frame, setFrame] = useState<MapFrame>(() =>
    center === undefined
      ? { longitude: 10, latitude: 28, scale: Math.max(1.6, window.innerWidth / 420) }
      : onWorld({ longitude: center.longitude, latitude: center.latitude, scale: 2 ** center.zoom }),
  );
  const report = useRef(onFrame);
  useEffect(() => {
    report.current = onFrame;
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      const topLeft = unproject(frame, size, { x: 0, y: 0 });
      const bottomRight = unproject(frame, size, { x: size.width, y: size.height });
      report.current?.({
        west: Math.max(-180, topLeft.longitude),
        north: Math.min(90, topLeft.latitude),
        east: Math.min(180, bottomRight.longitude),
        south: Math.max(-90, bottomRight.latitude),
      });
    }, restTime);
    return () => clearTimeout(timer);
  }, [frame, size]);

  useEffect(() => {
    const target = element.current;
    if (target === null || !controls) return undefined;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = target.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      setFrame((before) => zoomFrame(before, size, Math.exp(-event.deltaY / 300), at));
    };
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  }, [size, controls]);

  const move = (dx: number, dy: number): void =>
    setFrame((before) => {
      const middle = unproject(before, size, { x: size.width / 2 - dx, y: size.height / 2 - dy });
      return onWorld({ ...middle, scale: before.scale });
    });
  const zoom = (factor: number): void =>
    setFrame((before) => zoomFrame(before, size, factor, { x: size.width / 2, y: size.height / 2 }));

  const land = useMemo(
    () =>
      coastline
        .map((ring) =>
          ring
            .map(([longitude, latitude], index) => {
              const { x, y } = project(frame, size, { latitude, longitude });
              return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
            })
            .join(''),
        )
        .join(''),
    [frame, size],
  );
  const grid = useMemo(() => gridLines(frame, size), [frame, size]);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (!controls || event.button !== 0 || (event.target instanceof Element && event.target.closest('button') !== null))
      return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const from = drag.current;
    if (from === null) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < 4) return;
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    move(dx, dy);
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>): void => {
    const pressed = drag.current;
    drag.current = null;
    if (pressed === null || pressed.moved || onPick === undefined) return;
    const box = event.currentTarget.getBoundingClientRect();
    onPick(unproject(frame, size, { x: event.clientX - box.left, y: event.clientY - box.top }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => move(80, 0),
      ArrowRight: () => move(-80, 0),
      ArrowUp: () => move(0, 80),
      ArrowDown: () => move(0, -80),
      '+': () => zoom(1.6),
      '=': () => zoom(1.6),
      '-': () => zoom(1 / 1.6),
    };
    const go = moves[event.key];
    if (go === undefined || event.target !== event.currentTarget) return;
    event.preventDefault();
    event.stopPropagation();
    go();
  };

  return (
    <div
      ref={(node) => {
        element.current = node;
        attach(node);
      }}
      className="map"
      data-controls={controls || undefined}
      role={controls ? 'application' : 'img'}
      aria-label={label}
      {...(controls ? { tabIndex: 0 } : {})}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => (drag.current = null)}
      onKeyDown={onKeyDown}
    >
      <svg className="map__picture" width={size.width} height={size.height} aria-hidden>
        <path className="map__grid" d={grid} />
        <path className="map__land" d={land} />
      </svg>
      {markers.map((marker) => {
        const { x, y } = project(frame, size, marker);
        if (x < -60 || y < -60 || x > size.width + 60 || y > size.height + 60) return null;
        return (
          <div key={marker.key} className="map__marker" style={{ left: x, top: y }}>
            {marker.content ?? <span className="map__dot" />}
          </div>
        );
      })}
      {controls ? (
        <div className="map__controls">
          <IconButton icon={Plus} label={t('map.zoomIn')} keys="+" onPress={() => zoom(1.6)} />
          <IconButton icon={Minus} label={t('map.zoomOut')} keys="-" onPress={() => zoom(1 / 1.6)} />
        </div>
      ) : null}
    </div>
  );
}

/** Lines of whole degrees, about 90 px apart. */
function gridLines(frame: MapFrame, size: { readonly width: number; readonly height: number }): string {
  const wanted = 90 / frame.scale;
  const step = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].find((each) => each >= wanted) ?? 30;
  const topLeft = unproject(frame, size, { x: 0, y: 0 });
  const bottomRight = unproject(frame, size, { x: size.width, y: size.height });
  let path = '';
  for (
    let longitude = Math.ceil(topLeft.longitude / step) * step;
    longitude <= bottomRight.longitude;
    longitude += step
  ) {
    const { x } = project(frame, size, { longitude, latitude: 0 });
    path += `M${x.toFixed(1)} 0V${size.height}`;
  }
  for (let latitude = Math.ceil(bottomRight.latitude / step) * step; latitude <= topLeft.latitude; latitude += step) {
    const { y } = project(frame, size, { longitude: 0, latitude });
    path += `M0 ${y.toFixed(1)}H${size.width}`;
  }
  return path;
}
