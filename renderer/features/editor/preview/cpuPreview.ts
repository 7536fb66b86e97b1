import { renderAll } from '../../../../shared/edits/execute.ts';
import type { CompiledStack } from '../../../../shared/edits/compile.ts';
import type { PixelSource } from '../../../../shared/edits/resample.ts';
import { scaledMap } from '../../../../shared/edits/geometry.ts';
import type { Size } from '../../../../shared/edits/geometry.ts';
import { emptyStack } from '../../../../shared/edits/stack.ts';
import { compileStack } from '../../../../shared/edits/compile.ts';
import { fitInto, sampleEdge } from './preview.ts';
import type { Preview, PreviewSource, PreviewView } from './preview.ts';

/** The preview without a GPU: the export's own executor, at screen size, on a plain canvas. */
export function createCpuPreview(canvas: HTMLCanvasElement | OffscreenCanvas): Preview {
  let source: PreviewSource | null = null;
  let context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null = null;

  /** The source resampled for the last geometry and size: a light slider changes neither. */
  let placed: { readonly key: string; readonly pixels: PixelSource } | null = null;

  function place(from: PreviewSource, { geometry, space }: CompiledStack, output: Size): PixelSource {
    const key = JSON.stringify([geometry.toSource, geometry.output, output]);
    if (placed?.key === key) return placed.pixels;
    const plain = compileStack(emptyStack, geometry.source, space);
    const job = { compiled: { ...plain, geometry }, source: from.pixels, output, small: from.small };
    const pixels = { ...output, channels: from.pixels.channels, data: renderAll(job) };
    placed = { key, pixels };
    return pixels;
  }

  function pixelsOf(compiled: CompiledStack, output: Size): Uint8ClampedArray<ArrayBuffer> {
    if (source === null) return new Uint8ClampedArray(output.width * output.height * 4);
    const pixels = renderAll({
      compiled,
      source: source.pixels,
      output,
      small: source.small,
      placed: place(source, compiled, output),
    });
    blankOutside(pixels, compiled, source, output);
    return pixels as Uint8ClampedArray<ArrayBuffer>;
  }

  function before(compiled: CompiledStack, output: Size): Uint8ClampedArray {
    const plain = compileStack(emptyStack, compiled.geometry.source, compiled.space);
    return pixelsOf({ ...plain, geometry: compiled.geometry }, output);
  }

  return {
    kind: 'cpu',
    slow: true,
    setSource: (next) => {
      source = next;
      placed = null;
      context = canvas.getContext('2d', { colorSpace: next.space });
    },
    draw: ({ compiled, output, warn, split }: PreviewView) => {
      if (context === null || source === null) return;
      if (canvas.width !== output.width) canvas.width = output.width;
      if (canvas.height !== output.height) canvas.height = output.height;
      const pixels = pixelsOf(compiled, output);
      if (warn) paintWarnings(pixels);
      const edge = Math.round(output.width * split);
      if (edge > 0) {
        const old = before(compiled, output);
        for (let y = 0; y < output.height; y++) {
          const row = y * output.width * 4;
          pixels.set(old.subarray(row, row + edge * 4), row);
        }
      }
      context.putImageData(new ImageData(pixels, output.width, output.height, { colorSpace: source.space }), 0, 0);
    },
    sample: (compiled) => pixelsOf(compiled, fitInto(compiled.geometry.output, sampleEdge)),
    finish: () => undefined,
    dispose: () => {
      source = null;
      placed = null;
      context = null;
    },
  };
}

function paintWarnings(pixels: Uint8ClampedArray): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const high = Math.max(pixels[i] as number, pixels[i + 1] as number, pixels[i + 2] as number);
    if (high === 255) pixels.set([237, 59, 51], i);
    else if (high === 0) pixels.set([61, 117, 245], i);
  }
}

/** Empties what lies outside the photo while the crop tool shows the straightened frame whole. */
function blankOutside(pixels: Uint8ClampedArray, compiled: CompiledStack, source: PreviewSource, output: Size): void {
  if (compiled.geometry.exact) return;
  const map = scaledMap(compiled.geometry, source.pixels, output);
  const { width, height } = source.pixels;
  for (let y = 0, at = 3; y < output.height; y++)
    for (let x = 0; x < output.width; x++, at += 4) {
      const sx = map.xx * (x + 0.5) + map.xy * (y + 0.5) + map.x0;
      const sy = map.yx * (x + 0.5) + map.yy * (y + 0.5) + map.y0;
      if (sx < 0 || sy < 0 || sx > width || sy > height) pixels.fill(0, at - 3, at + 1);
    }
}
