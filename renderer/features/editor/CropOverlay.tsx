import { useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { useStore } from 'zustand';
import { autoCrop, constrainCrop, turnedFrame } from '../../../shared/edits/geometry.ts';
import type { FractionRect, Size } from '../../../shared/edits/geometry.ts';
import { dragCrop } from '../../../shared/edits/geometryOps.ts';
import type { CropHandle } from '../../../shared/edits/geometryOps.ts';
import { stepOf } from '../../../shared/edits/stack.ts';
import type { CropAspect, CropStep } from '../../../shared/edits/steps.ts';
import { useT } from '../../data/useCore.ts';
import type { EditorSession } from './editorSession.ts';

const handles: readonly CropHandle[] = ['move', 'nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'];
/** How far an arrow key moves a handle, as a part of the frame; with Shift ten times as far. */
const keyStep = 0.005;

type Props = {
  readonly session: EditorSession;
  /** CSS pixels of the shown frame. */
  readonly shown: Size;
  readonly aspect: CropAspect;
};

/** The crop rectangle over the whole frame: drag it or its handles, or move the focused one with the arrow keys. */
export function CropOverlay({ session, shown, aspect }: Props) {
  const t = useT();
  const stack = useStore(session.store, (state) => state.stack);
  const full = useStore(session.store, (state) => state.edits);
  const drag = useRef<{
    readonly handle: CropHandle;
    readonly x: number;
    readonly y: number;
    readonly crop: CropStep;
  } | null>(null);
  const frame = turnedFrame(stack, full);
  const degrees = stepOf(stack, 'straighten')?.value ?? 0;
  const asked = stepOf(stack, 'crop');
  const rect: FractionRect = asked === undefined ? autoCrop(frame, degrees) : constrainCrop(frame, degrees, asked);
  const crop: CropStep = { kind: 'crop', x: rect.x, y: rect.y, width: rect.width, height: rect.height, aspect };

  const move = (from: CropStep, handle: CropHandle, dx: number, dy: number): void => {
    const dragged = dragCrop(from, handle, dx, dy, frame);
    const held = constrainCrop(frame, degrees, dragged);
    session.setStep({ ...dragged, ...clampRect(held) }, `crop.${handle}`);
  };
  const onPointerDown = (handle: CropHandle) => (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { handle, x: event.clientX, y: event.clientY, crop };
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    const start = drag.current;
    if (start === null) return;
    move(start.crop, start.handle, (event.clientX - start.x) / shown.width, (event.clientY - start.y) / shown.height);
  };
  const onPointerEnd = (): void => {
    drag.current = null;
    session.endGesture();
  };
  const onKeyDown = (handle: CropHandle) => (event: KeyboardEvent<HTMLElement>) => {
    const far = event.shiftKey ? keyStep * 10 : keyStep;
    const by: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-far, 0],
      ArrowRight: [far, 0],
      ArrowUp: [0, -far],
      ArrowDown: [0, far],
    };
    // A handle has nothing to press: Return finishes the crop from here as well.
    if (event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      session.store.setState({ mode: 'adjust' });
      return;
    }
    const delta = by[event.key];
    if (delta === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(crop, handle, delta[0], delta[1]);
  };
  // A handle that had the focus is gone with the overlay: the keys then go to the editor, not to its first button.
  const root = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { current: overlay } = root;
    return () => {
      if (overlay?.contains(document.activeElement) === true) overlay.closest<HTMLElement>('.editor')?.focus();
    };
  }, []);
  const percent = (part: number): string => `${part * 100}%`;
  const place = {
    left: percent(rect.x),
    top: percent(rect.y),
    width: percent(rect.width),
    height: percent(rect.height),
  };
  return (
    <section ref={root} className="crop" aria-label={t('editor.cropArea')}>
      {/* Kept inside the picture, while the handles may reach over its edge. */}
      <div className="crop__shade" aria-hidden>
        <span style={place} />
      </div>
      <div className="crop__rect" style={place}>
        <span className="crop__thirds" aria-hidden />
        {handles.map((handle) => (
          <button
            key={handle}
            type="button"
            className={`crop__handle crop__handle--${handle}`}
            aria-label={t(`editor.handle.${handle}`)}
            onPointerDown={onPointerDown(handle)}
            onPointerMove={onPointerMove}
            onPointerUp={onPointerEnd}
            onPointerCancel={onPointerEnd}
            onKeyDown={onKeyDown(handle)}
            onKeyUp={session.endGesture}
          />
        ))}
      </div>
    </section>
  );
}

/** Rounding dust would put the rectangle a hair outside what the stack allows. */
function clampRect({ x, y, width, height }: FractionRect): FractionRect {
  const clean = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1e9) / 1e9;
  const [cx, cy] = [clean(x), clean(y)];
  return { x: cx, y: cy, width: Math.min(clean(width), 1 - cx), height: Math.min(clean(height), 1 - cy) };
}
