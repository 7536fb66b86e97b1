import type { SmallSource } from '../../../../shared/edits/clarity.ts';
import type { WorkingSpace } from '../../../../shared/edits/colourSpace.ts';
import type { CompiledStack } from '../../../../shared/edits/compile.ts';
import type { Size } from '../../../../shared/edits/geometry.ts';
import type { PixelSource } from '../../../../shared/edits/resample.ts';

/** The unedited rendition, decoded once: for the GPU as it is, and as pixels for what runs on the CPU. */
export interface PreviewSource {
  readonly bitmap: ImageBitmap;
  readonly pixels: PixelSource;
  readonly small: SmallSource;
  readonly space: WorkingSpace;
}

/** One picture to draw. */
export interface PreviewView {
  readonly compiled: CompiledStack;
  /** Size to draw at, pixels; at most {@link CompiledStack.geometry}'s output. */
  readonly output: Size;
  /** Paints blown highlights red and blocked shadows blue. */
  readonly warn: boolean;
  /** Left of this part of the width (0..1) the photo before its edits is shown, in the same geometry. */
  readonly split: number;
}

/** Draws compiled stacks onto a canvas. Both kinds give the same picture. */
export interface Preview {
  readonly kind: 'gpu' | 'cpu';
  setSource(source: PreviewSource): void;
  /**
   * Draws; a newer view takes the place of one that is under way.
   * @returns whether this view is on the canvas @throws Error when the drawing context is lost (a new preview is then made)
   */
  draw(view: PreviewView): Promise<boolean>;
  /** RGBA pixels of the whole result drawn small, for the histogram: without warning and comparison. */
  sample(compiled: CompiledStack): Uint8ClampedArray | Uint8Array;
  dispose(): void;
}

/** The long edge of the histogram's sample, pixels. */
export const sampleEdge = 192;

/** The size of a result whose long edge is at most `edge`; never larger than the result. */
export function fitInto(output: Size, edge: number): Size {
  const scale = Math.min(1, edge / Math.max(output.width, output.height));
  return {
    width: Math.max(1, Math.round(output.width * scale)),
    height: Math.max(1, Math.round(output.height * scale)),
  };
}

/**
 * The long edge up to which the rendition has pixels for this result: drawn larger, a crop would only be blown up.
 */
export function heldEdge(compiled: CompiledStack, source: Size): number {
  const { output, source: full } = compiled.geometry;
  const scale = Math.max(source.width, source.height) / Math.max(full.width, full.height);
  return Math.max(1, Math.ceil(Math.max(output.width, output.height) * scale));
}
