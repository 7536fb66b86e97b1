import { useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';
import { compileStack } from '../../../shared/edits/compile.ts';
import type { CompiledStack } from '../../../shared/edits/compile.ts';
import { compileFrame } from '../../../shared/edits/geometry.ts';
import type { Size } from '../../../shared/edits/geometry.ts';
import { histogramOf } from '../../../shared/edits/histogram.ts';
import type { Histogram } from '../../../shared/edits/histogram.ts';
import { beforeOf } from './editorSession.ts';
import type { EditorSession, EditorState } from './editorSession.ts';
import { createCpuPreview } from './preview/cpuPreview.ts';
import { createGlPreview } from './preview/glPreview.ts';
import { fitInto, heldEdge } from './preview/preview.ts';
import type { Preview, PreviewSource } from './preview/preview.ts';

/** What the stage shows. */
export interface ShownPreview {
  /** Changes when a new canvas is needed: one that was drawn on by the GPU takes no other kind. */
  readonly canvasKey: string;
  readonly kind: Preview['kind'] | null;
  /** Drawn by the processor: coarser while something is dragged. */
  readonly slow: boolean;
  /** CSS pixels of the picture on the stage; null until the first frame. */
  readonly shown: Size | null;
  readonly histogram: Histogram | null;
}

/** The long edge while dragging without a graphics card, and how long after the last change the full size follows, ms. */
const coarseEdge = 800;
const settleAfter = 160;
/** The histogram follows the picture this much later, so that it never delays a frame, ms. */
const histogramAfter = 40;

/** Compiles what the session wants to see now. In crop mode that is the whole frame, straightened. */
export function compileView({ stack, edits, mode, before }: EditorState): CompiledStack {
  const full = { width: edits.width, height: edits.height };
  const compiled = compileStack(before ? beforeOf(stack) : stack, full, edits.space);
  return mode === 'crop' ? { ...compiled, geometry: compileFrame(stack, full) } : compiled;
}

/** The largest size on the stage, in CSS pixels, that keeps the result's shape. */
function stageSize(output: Size, stage: Size): Size {
  const scale = Math.min(stage.width / output.width, stage.height / output.height);
  return { width: Math.max(1, output.width * scale), height: Math.max(1, output.height * scale) };
}

/**
 * Draws the session onto the canvas, once per frame at most, straight from the store: React only hears of the
 * picture's size and of the histogram.
 * Falls back to the processor when the graphics card goes away. @param stage CSS pixels there are to draw in.
 */
export function usePreview(
  canvas: RefObject<HTMLCanvasElement | null>,
  session: EditorSession,
  source: PreviewSource | null,
  stage: Size,
): ShownPreview {
  const [kind, setKind] = useState<Preview['kind']>('gpu');
  const [state, setState] = useState<Omit<ShownPreview, 'canvasKey'>>({
    kind: null,
    slow: false,
    shown: null,
    histogram: null,
  });
  const size = useRef(stage);
  const redraw = useRef<(() => void) | null>(null);

  useEffect(() => {
    const element = canvas.current;
    if (element === null || source === null) return;
    let made: Preview;
    try {
      made = (kind === 'gpu' ? createGlPreview(element) : null) ?? createCpuPreview(element);
      made.setSource(source);
    } catch {
      // The graphics card has gone (driver reset, too many windows): a canvas that knew it draws nothing else.
      const fallBack = setTimeout(() => setKind('cpu'), 0);
      return () => clearTimeout(fallBack);
    }
    const preview = made;
    let frame = 0;
    let settle: ReturnType<typeof setTimeout> | undefined;
    let later: ReturnType<typeof setTimeout> | undefined;
    const draw = (coarse: boolean): void => {
      const view = session.store.getState();
      const compiled = compileView(view);
      const { output } = compiled.geometry;
      const room = stageSize(output, size.current);
      // Never larger than the rendition has pixels for, nor than the screen can show.
      const wanted = Math.ceil(Math.max(room.width, room.height) * window.devicePixelRatio);
      const edge = Math.min(heldEdge(compiled, source.pixels), wanted, coarse ? coarseEdge : Number.POSITIVE_INFINITY);
      // Sharpening hardly shows on the coarse picture, and its three passes would triple what a dragged frame costs.
      const { detail } = compiled;
      preview.draw({
        compiled: coarse ? { ...compiled, detail: { ...detail, sharpness: 0 } } : compiled,
        output: fitInto(output, Math.max(1, edge)),
        warn: view.warn,
        split: view.mode === 'adjust' ? (view.split ?? 0) : 0,
      });
      setState((was) =>
        was.kind === preview.kind && was.shown?.width === room.width && was.shown.height === room.height
          ? was
          : { ...was, kind: preview.kind, slow: preview.slow, shown: room },
      );
      clearTimeout(later);
      later = setTimeout(() => {
        try {
          const histogram = histogramOf(preview.sample(compiled));
          setState((was) => ({ ...was, histogram }));
        } catch {
          setKind('cpu');
        }
      }, histogramAfter);
    };
    const schedule = (): void => {
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        const { slow } = preview;
        try {
          draw(slow);
        } catch {
          setKind('cpu');
          return;
        }
        clearTimeout(settle);
        if (slow) settle = setTimeout(() => draw(false), settleAfter);
      });
    };
    schedule();
    redraw.current = schedule;
    const stop = session.store.subscribe(schedule);
    return () => {
      stop();
      redraw.current = null;
      cancelAnimationFrame(frame);
      clearTimeout(settle);
      clearTimeout(later);
      preview.dispose();
    };
  }, [canvas, session, source, kind]);

  useEffect(() => {
    size.current = stage;
    redraw.current?.();
  }, [stage]);

  return { ...state, canvasKey: kind };
}
