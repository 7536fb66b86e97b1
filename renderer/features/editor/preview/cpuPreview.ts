import { renderAll } from '../../../../shared/edits/execute.ts';
import type { Band } from '../../../../shared/edits/execute.ts';
import type { BandAnswer, BandRequest } from './bandMessages.ts';
import { createBandPainter } from './bandPainter.ts';
import type { BandPixels } from './bandPainter.ts';
import { fitInto, sampleEdge } from './preview.ts';
import type { Preview, PreviewSource, PreviewView } from './preview.ts';

/** Somebody who paints bands: a thread of its own, or this one where no other can be started. */
interface Painter {
  setSource(source: PreviewSource): void;
  paint(view: PreviewView, band: Band): Promise<BandPixels | null>;
  /** Pixels that are on the canvas: the next frame may be painted over them. */
  giveBack(pixels: BandPixels): void;
  dispose(): void;
}

/** Beyond this many threads a picture is there before they have all begun. */
const mostThreads = 4;

/**
 * The preview without a graphics card: the export's own executor, at screen size, on a plain canvas. Each thread paints
 * a band of the picture.
 * @param startWorker starts bandWorker.ts @param cores processors there are
 */
export function createCpuPreview(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  startWorker: () => Worker,
  cores: number,
): Preview {
  let source: PreviewSource | null = null;
  let context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null = null;
  let painters: readonly Painter[] = startAll(startWorker, Math.max(1, Math.min(mostThreads, cores)));
  /** Paints the first frame in this thread, which is there before the others have begun. */
  let first: Painter | null = paintingHere();
  let latest = 0;

  /** Without threads the picture is painted here: slower, but it is there. */
  function paintHere(): void {
    for (const painter of painters) painter.dispose();
    painters = [paintingHere()];
    if (source !== null) painters[0]?.setSource(source);
  }

  async function paint(view: PreviewView): Promise<readonly Painted[]> {
    const some = first === null ? painters : [first];
    first = null;
    const bands = bandsOf(view.output.height, some.length);
    return Promise.all(
      bands.map(async (band, i) => {
        const painter = some[i];
        return { band, painter, pixels: (await painter?.paint(view, band)) ?? null };
      }),
    );
  }

  return {
    kind: 'cpu',
    setSource: (next) => {
      source = next;
      first?.setSource(next);
      for (const painter of painters) painter.setSource(next);
      // Pixels come from the processor and stay there until the browser shows them.
      context = canvas.getContext('2d', { colorSpace: next.space, willReadFrequently: true });
    },
    draw: async (view) => {
      latest += 1;
      const mine = latest;
      const painted = await paint(view).catch(() => {
        paintHere();
        return paint(view);
      });
      if (mine !== latest || context === null || source === null) return false;
      if (painted.some(({ pixels }) => pixels === null)) return false;
      const { width, height } = view.output;
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      for (const { band, painter, pixels } of painted) {
        if (pixels === null || band.to === band.from) continue;
        const image = new ImageData(pixels, width, band.to - band.from, { colorSpace: source.space });
        context.putImageData(image, 0, band.from);
        painter?.giveBack(pixels);
      }
      return true;
    },
    sample: (compiled) => {
      const output = fitInto(compiled.geometry.output, sampleEdge);
      if (source === null) return new Uint8ClampedArray(output.width * output.height * 4);
      // The small copy is enough for a histogram, and costs this thread next to nothing.
      const { small } = source;
      return renderAll({ compiled, source: { ...small, channels: 4 }, output, small, opaque: true });
    },
    dispose: () => {
      latest += 1;
      for (const painter of painters) painter.dispose();
      source = null;
      context = null;
    },
  };
}

interface Painted {
  readonly band: Band;
  readonly painter: Painter | undefined;
  readonly pixels: BandPixels | null;
}

/** Equal parts of `height` rows, one for each of `count` painters. */
function bandsOf(height: number, count: number): Band[] {
  const edge = (i: number): number => Math.round((height * i) / count);
  return Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}

function startAll(startWorker: () => Worker, count: number): Painter[] {
  try {
    return Array.from({ length: count }, () => paintingIn(startWorker()));
  } catch {
    return [paintingHere()];
  }
}

function paintingIn(worker: Worker): Painter {
  const waiting = new Map<number, PromiseWithResolvers<BandPixels | null>>();
  let next = 0;
  let broken = false;
  worker.addEventListener('message', ({ data }: MessageEvent<BandAnswer>) => {
    waiting.get(data.id)?.resolve(data.pixels);
    waiting.delete(data.id);
  });
  worker.addEventListener('error', () => {
    broken = true;
    for (const one of waiting.values()) one.reject(new Error('A painting thread has ended'));
    waiting.clear();
  });
  let spare: BandPixels | null = null;
  const ask = (request: BandRequest, given: BandPixels | null = null): void =>
    worker.postMessage(request, { transfer: given === null ? [] : [given.buffer] });
  return {
    setSource: ({ pixels, small }) => ask({ kind: 'source', source: { pixels, small } }),
    paint: (view, band) => {
      if (broken) return Promise.reject(new Error('A painting thread has ended'));
      next += 1;
      const answer = Promise.withResolvers<BandPixels | null>();
      waiting.set(next, answer);
      ask({ kind: 'paint', id: next, view, band, spare }, spare);
      spare = null;
      return answer.promise;
    },
    giveBack: (pixels) => {
      spare = pixels;
    },
    dispose: () => {
      worker.terminate();
      for (const one of waiting.values()) one.resolve(null);
      waiting.clear();
    },
  };
}

function paintingHere(): Painter {
  const painter = createBandPainter(() => performance.now());
  return {
    setSource: (source) => painter.setSource(source),
    paint: (view, band) => painter.paint(view, band, () => Promise.resolve(false), null),
    giveBack: () => undefined,
    dispose: () => undefined,
  };
}
