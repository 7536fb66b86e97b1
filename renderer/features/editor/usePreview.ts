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
import { createGlPreview, hasGraphicsCard } from './preview/glPreview.ts';
import { createPace } from './preview/pace.ts';
import { fitInto, heldEdge } from './preview/preview.ts';
import type { Preview, PreviewSource } from './preview/preview.ts';

/** What the stage shows. */
export interface ShownPreview {
  /** Changes when a new canvas is needed: one that was drawn on by the GPU takes no other kind. */
  readonly canvasKey: string;
  readonly kind: Preview['kind'] | null;
  /** CSS pixels of the picture on the stage; null until the first frame. */
  readonly shown: Size | null;
  readonly histogram: Histogram | null;
}

/** The histogram follows the picture this much later, so that it never delays a frame, ms. */
const histogramAfter = 40;
/** A graphics card that was lost this often is not asked again for this photo. */
const mostLosses = 3;

/** Who draws: a new number is a new canvas. */
type Attempt = { readonly kind: Preview['kind']; readonly number: number };

const startWorker = (): Worker => new Worker(new URL('preview/bandWorker.ts', import.meta.url), { type: 'module' });

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
 * When the graphics card goes away the processor goes on at once, and the card is tried again when the browser says that
 * it is back. @param stage CSS pixels there are to draw in.
 */
export function usePreview(
  canvas: RefObject<HTMLCanvasElement | null>,
  session: EditorSession,
  source: PreviewSource | null,
  stage: Size,
): ShownPreview {
  const [attempt, setAttempt] = useState<Attempt>(() => ({ kind: hasGraphicsCard() ? 'gpu' : 'cpu', number: 0 }));
  const [state, setState] = useState<Omit<ShownPreview, 'canvasKey'>>({
    kind: null,
    shown: null,
    histogram: null,
  });
  const size = useRef(stage);
  const picture = useRef(source);
  const redraw = useRef<(() => void) | null>(null);
  const replace = useRef<((next: PreviewSource) => void) | null>(null);
  const losses = useRef(0);
  const lost = useRef<HTMLCanvasElement | null>(null);
  const ready = source !== null;

  useEffect(() => {
    picture.current = source;
    if (source !== null) replace.current?.(source);
  }, [source]);

  useEffect(() => {
    const element = canvas.current;
    if (element === null || picture.current === null) return;
    // Behind the processor there is nothing: what it could not draw it is asked for again with the next change.
    const fallBack = (): void =>
      setAttempt((was) => (was === attempt && was.kind !== 'cpu' ? { ...was, kind: 'cpu' } : was));
    let made: Preview;
    try {
      made =
        (attempt.kind === 'gpu' ? createGlPreview(element) : null) ??
        createCpuPreview(element, startWorker, navigator.hardwareConcurrency);
      made.setSource(picture.current);
    } catch {
      // The graphics card has gone (driver reset, too many windows): a canvas that knew it draws nothing else.
      const soon = setTimeout(fallBack, 0);
      return () => clearTimeout(soon);
    }
    const preview = made;
    const onLost = (event: Event): void => {
      // Asks the browser to bring it back when it can.
      event.preventDefault();
      losses.current += 1;
      if (losses.current < mostLosses) lost.current = element;
      fallBack();
    };
    if (preview.kind === 'gpu') element.addEventListener('webglcontextlost', onLost);
    const pace = createPace();
    let over = false;
    let frame = 0;
    let later: ReturnType<typeof setTimeout> | undefined;
    /** What is being drawn: a frame that is waited for, or the full size after one that was smaller. */
    let drawing: 'nothing' | 'frame' | 'sharp' = 'nothing';
    let again = false;
    /** @returns whether it is on the screen, and whether at its full size. */
    const draw = async (coarse: boolean): Promise<{ readonly there: boolean; readonly full: boolean }> => {
      const { current: shown } = picture;
      if (shown === null) return { there: false, full: true };
      const view = session.store.getState();
      const compiled = compileView(view);
      const { output } = compiled.geometry;
      const room = stageSize(output, size.current);
      // Never larger than the rendition has pixels for, nor than the screen can show.
      const wanted = Math.ceil(Math.max(room.width, room.height) * window.devicePixelRatio);
      const full = Math.max(1, Math.min(heldEdge(compiled, shown.pixels), wanted));
      const edge = coarse ? pace.edge(full) : full;
      const started = performance.now();
      const split = view.mode === 'adjust' ? (view.split ?? 0) : 0;
      const there = await preview.draw({ compiled, output: fitInto(output, edge), warn: view.warn, split });
      if (!there || over) return { there: false, full: true };
      if (coarse) pace.drew(performance.now() - started);
      setState((was) =>
        was.kind === preview.kind && was.shown?.width === room.width && was.shown.height === room.height
          ? was
          : { ...was, kind: preview.kind, shown: room },
      );
      clearTimeout(later);
      later = setTimeout(() => {
        try {
          const histogram = histogramOf(preview.sample(compiled));
          setState((was) => ({ ...was, histogram }));
        } catch {
          fallBack();
        }
      }, histogramAfter);
      return { there: true, full: edge === full };
    };
    const failed = (): void => {
      drawing = 'nothing';
      fallBack();
    };
    const start = (what: 'frame' | 'sharp'): void => {
      drawing = what;
      // A graphics card keeps up with any size.
      draw(what === 'frame' && preview.kind === 'cpu').then(({ there, full }) => {
        // Given up for a newer one, which goes on from here.
        if (over || drawing !== what || (what === 'sharp' && !there)) return;
        drawing = 'nothing';
        if (again) schedule();
        else if (!full) start('sharp');
      }, failed);
    };
    const schedule = (): void => {
      // A frame is finished before the next, or a quick hand would never see one; a sharp one is not waited for.
      again = drawing === 'frame';
      if (again || frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        start('frame');
      });
    };
    schedule();
    redraw.current = schedule;
    replace.current = (next) => {
      try {
        preview.setSource(next);
        schedule();
      } catch {
        fallBack();
      }
    };
    const stop = session.store.subscribe(schedule);
    return () => {
      over = true;
      stop();
      redraw.current = null;
      replace.current = null;
      element.removeEventListener('webglcontextlost', onLost);
      cancelAnimationFrame(frame);
      clearTimeout(later);
      preview.dispose();
    };
  }, [canvas, session, ready, attempt]);

  // The canvas that lost its context is not shown any more, but it is the one the browser tells.
  useEffect(() => {
    const { current: element } = lost;
    if (attempt.kind !== 'cpu' || element === null) return;
    const onRestored = (): void => {
      lost.current = null;
      setAttempt({ kind: 'gpu', number: attempt.number + 1 });
    };
    element.addEventListener('webglcontextrestored', onRestored);
    return () => element.removeEventListener('webglcontextrestored', onRestored);
  }, [attempt]);

  useEffect(() => {
    size.current = stage;
    redraw.current?.();
  }, [stage]);

  return { ...state, canvasKey: `${attempt.kind}${attempt.number}` };
}
