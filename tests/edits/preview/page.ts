import { compileStack } from '../../../shared/edits/compile.ts';
import type { WorkingSpace } from '../../../shared/edits/colourSpace.ts';
import type { Size } from '../../../shared/edits/geometry.ts';
import { readStack } from '../../../shared/edits/stack.ts';
import { createCpuPreview } from '../../../renderer/features/editor/preview/cpuPreview.ts';
import { createGlPreview } from '../../../renderer/features/editor/preview/glPreview.ts';
import { sourceFromBlob } from '../../../renderer/features/editor/preview/loadSource.ts';
import { createPace } from '../../../renderer/features/editor/preview/pace.ts';
import { fitInto, heldEdge } from '../../../renderer/features/editor/preview/preview.ts';
import type { Preview, PreviewSource, PreviewView } from '../../../renderer/features/editor/preview/preview.ts';

/** What the tests ask of the page: the product's own previews, driven without the interface around them. */
export interface PreviewPage {
  /** Decodes a picture and opens a preview on it. @returns milliseconds each part took. */
  open(url: string, kind: 'gpu' | 'cpu', full: Size, space: WorkingSpace): Promise<Record<string, number>>;
  /** Draws a stack. @returns what is on the canvas: size, and RGBA as base64. */
  draw(
    stack: unknown,
    edge: number,
    options?: { split?: number; warn?: boolean },
  ): Promise<{ width: number; height: number; rgba: string }>;
  /**
   * Draws `stacks` as a slider would and waits for each. @param paced as the editor drags without a graphics card:
   * smaller where the machine does not keep up. @returns milliseconds and long edge of each.
   */
  slide(
    stacks: readonly unknown[],
    edge: number,
    paced: boolean,
  ): Promise<{ readonly ms: number; readonly edge: number }[]>;
  /** The histogram's sample. */
  sample(stack: unknown): { count: number; mean: readonly number[] };
  renderer(): string;
}

let source: PreviewSource | null = null;
let preview: Preview | null = null;
let canvas = document.createElement('canvas');
let full: Size = { width: 1, height: 1 };
const startWorker = (): Worker => new Worker('/bandWorker.js', { type: 'module' });

/** Draws and waits until it is really there: reading one pixel waits for everything before it. */
async function drawn(view: PreviewView): Promise<void> {
  await ready().draw(view);
  const gl = ready().kind === 'gpu' ? canvas.getContext('webgl2') : null;
  gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

const compiled = (stack: unknown) => compileStack(readStack(stack), full, source?.space ?? 'srgb');
const ready = (): Preview => {
  if (preview === null) throw new Error('No picture is open');
  return preview;
};

const page: PreviewPage = {
  open: async (url, kind, size, space) => {
    preview?.dispose();
    canvas = document.createElement('canvas');
    full = size;
    const t0 = performance.now();
    const blob = await (await fetch(url)).blob();
    const t1 = performance.now();
    source = await sourceFromBlob(blob, space);
    const t2 = performance.now();
    preview =
      kind === 'gpu' ? createGlPreview(canvas) : createCpuPreview(canvas, startWorker, navigator.hardwareConcurrency);
    if (preview === null) throw new Error('There is no WebGL2 here');
    preview.setSource(source);
    const stack = compiled({ version: 1, steps: [] });
    await drawn({ compiled: stack, output: fitInto(stack.geometry.output, 1600), warn: false, split: 0 });
    const t3 = performance.now();
    return { fetch: t1 - t0, decode: t2 - t1, firstDraw: t3 - t2, total: t3 - t0 };
  },
  draw: async (stack, edge, { split = 0, warn = false } = {}) => {
    const one = compiled(stack);
    const held = source === null ? edge : Math.min(edge, heldEdge(one, source.pixels));
    await ready().draw({ compiled: one, output: fitInto(one.geometry.output, held), warn, split });
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const space = source?.space ?? 'srgb';
    const context = copy.getContext('2d', { colorSpace: space });
    context?.drawImage(canvas, 0, 0);
    const data =
      context?.getImageData(0, 0, copy.width, copy.height, { colorSpace: space }).data ?? new Uint8ClampedArray();
    let text = '';
    for (let i = 0; i < data.length; i += 32_768) text += String.fromCharCode(...data.subarray(i, i + 32_768));
    return { width: copy.width, height: copy.height, rgba: btoa(text) };
  },
  slide: async (stacks, full, paced) => {
    const pace = createPace();
    const frames: { ms: number; edge: number }[] = [];
    for (const stack of stacks) {
      const edge = paced ? pace.edge(full) : full;
      const started = performance.now();
      const one = compiled(stack);
      await drawn({ compiled: one, output: fitInto(one.geometry.output, edge), warn: false, split: 0 });
      const ms = performance.now() - started;
      pace.drew(ms);
      frames.push({ ms, edge });
    }
    return frames;
  },
  sample: (stack) => {
    const pixels = ready().sample(compiled(stack));
    const mean = [0, 1, 2, 3].map((c) => {
      let sum = 0;
      for (let i = c; i < pixels.length; i += 4) sum += pixels[i] ?? 0;
      return sum / (pixels.length / 4);
    });
    return { count: pixels.length / 4, mean };
  },
  renderer: () => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl?.getExtension('WEBGL_debug_renderer_info');
    return gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : 'none';
  },
};
Object.assign(globalThis, { previewPage: page });
