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
import { fitInto } from './preview/preview.ts';
import type { Preview, PreviewSource } from './preview/preview.ts';

/** What the stage shows. */
export interface ShownPreview {
  readonly kind: Preview['kind'] | null;
  /** CSS pixels of the picture on the stage; null until the first frame. */
  readonly shown: Size | null;
  readonly histogram: Histogram | null;
}

/** The long edge while dragging without a GPU, and how long after the last change the full size follows, ms. */
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
 * @param stage CSS pixels there are to draw in. @param makeKind asks for the CPU executor instead (no WebGL, tests).
 */
export function usePreview(
  canvas: RefObject<HTMLCanvasElement | null>,
  session: EditorSession,
  source: PreviewSource | null,
  stage: Size,
  makeKind: Preview['kind'] = 'gpu',
): ShownPreview {
  const [shown, setShown] = useState<Size | null>(null);
  const [histogram, setHistogram] = useState<Histogram | null>(null);
  const [kind, setKind] = useState<Preview['kind'] | null>(null);
  const preview = useRef<Preview | null>(null);

  useEffect(() => {
    const element = canvas.current;
    if (element === null || source === null) return;
    const made = (makeKind === 'gpu' ? createGlPreview(element) : null) ?? createCpuPreview(element);
    made.setSource(source);
    preview.current = made;
    setKind(made.kind);
    return () => {
      preview.current = null;
      made.dispose();
    };
  }, [canvas, source, makeKind]);

  useEffect(() => {
    if (source === null || stage.width < 1 || stage.height < 1) return;
    let frame = 0;
    let settle: ReturnType<typeof setTimeout> | undefined;
    let later: ReturnType<typeof setTimeout> | undefined;
    const drawNow = (coarse: boolean): void => {
      const executor = preview.current;
      if (executor === null) return;
      const state = session.store.getState();
      const compiled = compileView(state);
      const size = stageSize(compiled.geometry.output, stage);
      // Never larger than the rendition has pixels for, nor than the screen can show.
      const held =
        (source.pixels.width / state.edits.width) *
        Math.max(compiled.geometry.output.width, compiled.geometry.output.height);
      const wanted = Math.max(size.width, size.height) * window.devicePixelRatio;
      const edge = Math.min(Math.ceil(held), Math.ceil(wanted), coarse ? coarseEdge : Number.POSITIVE_INFINITY);
      executor.draw({
        compiled,
        output: fitInto(compiled.geometry.output, Math.max(1, edge)),
        warn: state.warn,
        split: state.mode === 'adjust' ? (state.split ?? 0) : 0,
      });
      setShown((was) => (was !== null && was.width === size.width && was.height === size.height ? was : size));
      clearTimeout(later);
      later = setTimeout(() => setHistogram(histogramOf(executor.sample(compiled))), histogramAfter);
    };
    const schedule = (): void => {
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        const slow = preview.current?.kind === 'cpu';
        drawNow(slow);
        clearTimeout(settle);
        if (slow) settle = setTimeout(() => drawNow(false), settleAfter);
      });
    };
    schedule();
    const stop = session.store.subscribe(schedule);
    return () => {
      stop();
      cancelAnimationFrame(frame);
      clearTimeout(settle);
      clearTimeout(later);
    };
  }, [session, source, stage, kind]);

  return { kind, shown, histogram };
}
