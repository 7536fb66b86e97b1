import { createBlur } from './blur.ts';
import type { SmallSource } from './clarity.ts';
import type { CompiledStack } from './compile.ts';
import { createRowFinisher } from './finish.ts';
import { scaledMap } from './geometry.ts';
import type { Size } from './geometry.ts';
import { createRowGrader } from './grade.ts';
import { createLightGrader } from './light.ts';
import type { PlacedLight } from './light.ts';
import { createRowSampler } from './resample.ts';
import type { PixelSource, RowSampler } from './resample.ts';

/** A run of finished rows. `data` is reused for the next strip: copy what is to be kept. */
export interface Strip {
  readonly y: number;
  readonly rows: number;
  readonly data: Uint8ClampedArray;
}

/** Rows `from` up to, not including, `to`. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

/** Rows of the source in the geometry of a result, the first of them row `top`. */
export interface PlacedBand extends PixelSource {
  readonly top: number;
}

export interface RenderJob {
  readonly compiled: CompiledStack;
  readonly source: PixelSource;
  /** Size of the result; {@link CompiledStack.geometry}'s output for full size, smaller for a preview. */
  readonly output: Size;
  /** The small copy of the whole source (makeSmallSource); read only when the stack has clarity. */
  readonly small: SmallSource;
  /** Rows of the source resampled to `output` before ({@link placeBand}), where the caller kept them. */
  readonly placed?: PlacedBand;
  /** The light of the rows in `placed` (placeLight), where the caller kept it. */
  readonly light?: PlacedLight | undefined;
  /** The part of the result to make; all of it when left out. */
  readonly band?: Band;
  /** The grain (grainTile), where the caller kept it. */
  readonly grain?: Uint8Array;
  /** Memory to work in, where the caller draws again and again: getting it anew costs a tenth of a frame. */
  readonly scratch?: Scratch;
  /** A source of four channels is opaque all over: its alpha need not be looked at. */
  readonly opaque?: boolean;
}

/** Memory by purpose. What is in it when it is lent is left over from before. */
export interface Scratch {
  floats(purpose: string, length: number): Float32Array;
  bytes(length: number): Uint8ClampedArray;
}

/** Memory that is got anew each time. */
const noScratch: Scratch = {
  floats: (_purpose, length) => new Float32Array(length),
  bytes: (length) => new Uint8ClampedArray(length),
};

/** Memory that is kept for the next job of the same size; one job at a time may use it. */
export function createScratch(): Scratch {
  const kept = new Map<string, Float32Array>();
  let keptBytes = new Uint8ClampedArray(0);
  return {
    floats: (purpose, length) => {
      const known = kept.get(purpose);
      if (known?.length === length) return known;
      const made = new Float32Array(length);
      kept.set(purpose, made);
      return made;
    },
    bytes: (length) => {
      if (keptBytes.length !== length) keptBytes = new Uint8ClampedArray(length);
      return keptBytes;
    },
  };
}

/** Rows per strip: large enough that the blur's overlap costs little, small enough to stay in the cache. */
const stripRows = 64;
/** Rows around a band that are kept with it; the blur of a picture no larger than a screen looks no further. */
const mostReach = 8;
/** A blur narrower than this changes nothing that 8 bits could show. */
const narrowestSigma = 0.25;

/**
 * Executes a compiled stack on pixels, strip by strip from the top, in memory that does not grow with the photo.
 * Channels out are the source's; alpha is carried along. Pure: no state outlives the generator.
 */
export function* renderStrips(job: RenderJob): Generator<Strip, void, void> {
  const { compiled, source, output, small, grain, scratch = noScratch } = job;
  const { width, height } = output;
  const { channels } = source;
  const { from: first, to: end } = job.band ?? { from: 0, to: height };
  const scale = width / compiled.geometry.output.width;
  const sigma = compiled.detail.sharpnessSigma * scale;
  const sharpen = compiled.detail.sharpness > 0 && sigma >= narrowestSigma;
  const blur = sharpen ? createBlur(sigma) : null;
  const reach = blur?.reach ?? 0;
  const sampler = samplerOf(job);
  const grader = createRowGrader(compiled.colour);
  const { light } = job;
  const gradeLight = light === undefined ? null : createLightGrader(compiled.colour);
  const finish = createRowFinisher({ compiled, output, small, channels, grain });

  const rowLength = width * 3;
  const capacity = stripRows + 2 * reach;
  // Rows y - reach .. y + stripRows + reach, graded; the overlap is moved up instead of being graded twice.
  const graded = scratch.floats('graded', capacity * rowLength);
  const alpha = channels === 4 && job.opaque !== true ? new Uint8Array(capacity * width) : null;
  const luma = blur !== null || finish.needsLuma ? scratch.floats('luma', capacity * width) : null;
  const across = scratch.floats('across', blur ? capacity * width : 0);
  const planes = [scratch.floats('plane', across.length), scratch.floats('blurred', across.length)] as const;
  const out = scratch.bytes(stripRows * width * channels).fill(255);
  const rowOf = Array.from({ length: capacity }, (_, slot) =>
    graded.subarray(slot * rowLength, (slot + 1) * rowLength),
  );

  let filled = 0;
  for (let y = first; y < end; y += stripRows) {
    const rows = Math.min(stripRows, end - y);
    const needed = rows + 2 * reach;
    for (; filled < needed; filled++) {
      const wanted = y - reach + filled;
      const line = Math.max(0, Math.min(height - 1, wanted));
      const { bytes, from } = sampler.row(line);
      const row = rowOf[filled] as Float32Array;
      if (gradeLight !== null && light !== undefined) gradeLight(light, line, row, luma, filled * width);
      else grader.grade(bytes, from, channels, width, row, luma, filled * width);
      if (luma !== null) blur?.rows(luma, across, filled * width, width, 1);
      if (alpha !== null) copyEvery(bytes, from + 3, channels, alpha, filled * width, 1, width);
    }
    let blurred: Float32Array | null = null;
    if (blur) {
      if (blur.overwrites) planes[0].set(across);
      blurred = blur.columns(blur.overwrites ? planes[0] : across, planes[1], width, needed);
    }
    for (let i = 0; i < rows; i++) {
      const slot = i + reach;
      finish.row(y + i, rowOf[slot] as Float32Array, luma, slot * width, blurred, out, i * width * channels);
      if (alpha !== null) copyEvery(alpha, slot * width, 1, out, i * width * channels + 3, channels, width);
    }
    yield { y, rows, data: rows === stripRows ? out : out.subarray(0, rows * width * channels) };
    const keep = needed - rows;
    graded.copyWithin(0, rows * rowLength, needed * rowLength);
    luma?.copyWithin(0, rows * width, needed * width);
    across.copyWithin(0, rows * width, needed * width);
    alpha?.copyWithin(0, rows * width, needed * width);
    filled = keep;
  }
}

/** Copies `count` bytes that lie `step` apart to places `stride` apart. */
function copyEvery(
  input: Uint8Array | Uint8ClampedArray,
  from: number,
  step: number,
  output: Uint8Array | Uint8ClampedArray,
  to: number,
  stride: number,
  count: number,
): void {
  for (let x = 0; x < count; x++, from += step, to += stride) output[to] = input[from] as number;
}

function samplerOf({ placed, compiled, source, output }: RenderJob): RowSampler {
  if (placed === undefined) return createRowSampler(source, scaledMap(compiled.geometry, source, output), output);
  const stride = placed.width * placed.channels;
  return { row: (y) => ({ bytes: placed.data, from: (y - placed.top) * stride }) };
}

/** Resamples what a band of a result is made from, and the rows around it that sharpening looks at. */
export function placeBand({
  compiled,
  source,
  output,
  band,
}: Omit<RenderJob, 'placed' | 'grain' | 'small'>): PlacedBand {
  const { width, height } = output;
  const from = Math.max(0, (band?.from ?? 0) - mostReach);
  const to = Math.min(height, (band?.to ?? height) + mostReach);
  const sampler = createRowSampler(source, scaledMap(compiled.geometry, source, output), output);
  const stride = width * source.channels;
  const data = new Uint8ClampedArray((to - from) * stride);
  for (let y = from; y < to; y++) {
    const { bytes, from: at } = sampler.row(y);
    data.set(bytes.subarray(at, at + stride), (y - from) * stride);
  }
  return { width, height: to - from, channels: source.channels, data, top: from };
}

/** Runs a job to its end into one buffer, `source.channels` per pixel: the whole result, or its band. */
export function renderAll(job: RenderJob): Uint8ClampedArray<ArrayBuffer> {
  const { width, height } = job.output;
  const { from, to } = job.band ?? { from: 0, to: height };
  const stride = width * job.source.channels;
  const result = new Uint8ClampedArray((to - from) * stride);
  for (const strip of renderStrips(job)) result.set(strip.data, (strip.y - from) * stride);
  return result;
}
