import { CircleExclamationPoint } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { PointerEvent } from 'react';
import type { PhotoDetail, PhotoTile } from '../../../shared/model/photo.ts';
import { describePhoto } from '../../data/describe.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { useElementSize } from '../library/useElementSize.ts';
import { LiveButton } from './LiveButton.tsx';
import { viewerZoomEvent } from './viewerEvents.ts';
import { contained, fitSize, fitted, panBy, zoomAt } from './zoom.ts';
import type { Stage as StageSize, Zoom } from './zoom.ts';

type StageProps = {
  readonly tile: PhotoTile;
  readonly detail: PhotoDetail | undefined;
  /** Display width over height, known before any pixel is. */
  readonly ratio: number;
};

/** How far beyond 100 % one can zoom. */
const beyond = 4;

/** The shown size of a photo's own pixels, turned upright; null while it is unknown. */
function ownSize(detail: PhotoDetail | undefined): { readonly width: number; readonly height: number } | null {
  if (detail?.width == null || detail.height === null || detail.edited) return null;
  const turned = (detail.orientation ?? 1) >= 5;
  return turned ? { width: detail.height, height: detail.width } : { width: detail.width, height: detail.height };
}

/** The photo itself: fits the window, zooms to its own pixels and beyond, can be dragged around. */
export function Stage({ tile, detail, ratio }: StageProps) {
  const core = useCore();
  const t = useT();
  const [frame, size] = useElementSize();
  const element = useRef<HTMLDivElement | null>(null);
  const [zoom, setZoom] = useState<Zoom>(fitted);
  const [loaded, setLoaded] = useState<'none' | 'preview' | 'original'>('none');
  const [failed, setFailed] = useState(false);
  const drag = useRef<{ readonly x: number; readonly y: number } | null>(null);
  const own = ownSize(detail);
  const picture = own ?? { width: 1_600 * Math.min(1, ratio), height: (1_600 * Math.min(1, ratio)) / ratio };
  const fit = fitSize(size, picture);
  const stage: StageSize = useMemo(
    () => ({ width: size.width, height: size.height, fitWidth: fit.width, fitHeight: fit.height }),
    [size.width, size.height, fit.width, fit.height],
  );
  /** The scale at which one pixel of the photo is one pixel of the screen. A small photo is beyond it already. */
  const full = picture.width / window.devicePixelRatio / Math.max(1, fit.width);
  const most = Math.max(full, 2) * beyond;
  const url = (variant: 'thumb' | 'preview' | 'original'): string =>
    core.bridge.mediaURL(tile.id, variant, tile.version);

  const middle = (event: { readonly clientX: number; readonly clientY: number }): { x: number; y: number } => {
    const box = element.current?.getBoundingClientRect();
    if (box === undefined) return { x: 0, y: 0 };
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  };

  const toggle = useCallback(
    (point: { readonly x: number; readonly y: number }) =>
      setZoom((before) => (before.scale > 1.01 ? fitted : zoomAt(before, stage, full > 1.05 ? full : 2, point, most))),
    [stage, full, most],
  );

  useEffect(() => {
    const onZoom = (event: Event): void => {
      const step: unknown = event instanceof CustomEvent ? event.detail : null;
      if (step === 'toggle') toggle({ x: 0, y: 0 });
      else if (typeof step === 'number')
        setZoom((before) => zoomAt(before, stage, before.scale * step, { x: 0, y: 0 }, most));
    };
    window.addEventListener(viewerZoomEvent, onZoom);
    return () => window.removeEventListener(viewerZoomEvent, onZoom);
  }, [toggle, stage, most]);

  // React's own wheel listener is passive; zooming must keep the page from scrolling.
  useEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) {
        const point = middle(event);
        setZoom((before) => zoomAt(before, stage, before.scale * Math.exp(-event.deltaY / 200), point, most));
      } else setZoom((before) => panBy(before, stage, -event.deltaX, -event.deltaY));
    };
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  }, [stage, most]);

  const shown = contained(zoom, stage);
  const zoomed = shown.scale > 1.01;
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (!zoomed || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const from = drag.current;
    if (from === null) return;
    drag.current = { x: event.clientX, y: event.clientY };
    setZoom((before) => panBy(before, stage, event.clientX - from.x, event.clientY - from.y));
  };
  const release = (): void => {
    drag.current = null;
  };

  return (
    <div
      ref={(node) => {
        element.current = node;
        frame(node);
      }}
      className="stage"
      data-zoomed={zoomed || undefined}
      onDoubleClick={(event) => toggle(middle(event))}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <div
        className="stage__picture"
        style={{
          width: fit.width,
          height: fit.height,
          transform: `translate(${shown.x}px, ${shown.y}px) scale(${shown.scale})`,
        }}
      >
        <img className="stage__image" src={url('thumb')} alt="" draggable={false} />
        <img
          className="stage__image"
          data-loaded={loaded !== 'none' || undefined}
          src={url('preview')}
          alt={describePhoto(core, tile)}
          draggable={false}
          onLoad={() => setLoaded((before) => (before === 'original' ? before : 'preview'))}
          onError={() => setFailed(true)}
        />
        {zoomed ? (
          <img
            className="stage__image"
            data-loaded={loaded === 'original' || undefined}
            src={url('original')}
            alt=""
            draggable={false}
            onLoad={() => setLoaded('original')}
          />
        ) : null}
        {tile.kind === 'live' || tile.kind === 'motion' ? <LiveButton tile={tile} /> : null}
      </div>
      {failed || tile.state === 'failed' ? (
        <p className="stage__trouble" role="alert">
          <CircleExclamationPoint size={16} aria-hidden />
          {t(tile.missing ? 'viewer.missing' : 'viewer.unreadable', { name: tile.fileName })}
        </p>
      ) : null}
      {zoomed ? (
        <span className="stage__zoom" role="status">
          {t('viewer.zoomLevel', { percent: Math.round((shown.scale / full) * 100) })}
        </span>
      ) : null}
    </div>
  );
}
