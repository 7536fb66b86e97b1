import { createBlur } from './blur.ts';
import { compileClarity } from './clarity.ts';
import type { Triple } from './colourSpace.ts';
import type { ClarityGrid, SmallSource } from './clarity.ts';
import type { CompiledStack } from './compile.ts';
import {
  clarityReach,
  grainReach,
  grainTile,
  grainTileSize,
  sharpnessLimit,
  sharpnessReach,
  vignetteFalloff,
  vignetteReach,
} from './effects.ts';
import { scaledMap } from './geometry.ts';
import type { Size } from './geometry.ts';
import { createRowGrader } from './grade.ts';
import { createRowSampler } from './resample.ts';
import type { PixelSource, RowSampler } from './resample.ts';

/** A run of finished rows. `data` is reused for the next strip: copy what is to be kept. */
export interface Strip {
  readonly y: number;
  readonly rows: number;
  readonly data: Uint8ClampedArray;
}

export interface RenderJob {
  readonly compiled: CompiledStack;
  readonly source: PixelSource;
  /** Size of the result; {@link CompiledStack.geometry}'s output for full size, smaller for a preview. */
  readonly output: Size;
  /** The small copy of the whole source (makeSmallSource); read only when the stack has clarity. */
  readonly small: SmallSource;
  /** The source resampled to `output` before (an empty stack's result), where the caller kept it: not done again. */
  readonly placed?: PixelSource;
}

/** Rows per strip: large enough that the blur's overlap costs little, small enough to stay in the cache. */
const stripRows = 64;
/** A blur narrower than this changes nothing that 8 bits could show. */
const narrowestSigma = 0.25;

/**
 * Executes a compiled stack on pixels, strip by strip from the top, in memory that does not grow with the photo.
 * Channels out are the source's; alpha is carried along. Pure: no state outlives the generator.
 */
export function* renderStrips(job: RenderJob): Generator<Strip, void, void> {
  const { compiled, source, output } = job;
  const { width, height } = output;
  const { channels } = source;
  const scale = width / compiled.geometry.output.width;
  const sigma = compiled.detail.sharpnessSigma * scale;
  const sharpen = compiled.detail.sharpness > 0 && sigma >= narrowestSigma;
  const blur = sharpen ? createBlur(sigma) : null;
  const reach = blur?.reach ?? 0;
  const sampler = samplerOf(job);
  const grader = createRowGrader(compiled.colour);
  const finish = createFinisher(job, scale);

  const rowLength = width * 3;
  const capacity = stripRows + 2 * reach;
  // Rows y - reach .. y + stripRows + reach, graded; the overlap is moved up instead of being graded twice.
  const graded = new Float32Array(capacity * rowLength);
  const alpha = channels === 4 ? new Uint8Array(capacity * width) : null;
  const wantsLuma = blur !== null || finish.needsLuma;
  const luma = new Float32Array(capacity * width);
  const across = new Float32Array(blur ? capacity * width : 0);
  const planes = [new Float32Array(across.length), new Float32Array(across.length)] as const;
  const out = new Uint8ClampedArray(stripRows * width * channels);
  const row = (slot: number): Float32Array => graded.subarray(slot * rowLength, (slot + 1) * rowLength);

  let filled = 0;
  for (let y = 0; y < height; y += stripRows) {
    const rows = Math.min(stripRows, height - y);
    const needed = rows + 2 * reach;
    for (; filled < needed; filled++) {
      const wanted = y - reach + filled;
      const line = Math.max(0, Math.min(height - 1, wanted));
      const { bytes, from } = sampler.row(line);
      grader.grade(bytes, from, channels, width, row(filled));
      if (wantsLuma) lumaOf(row(filled), luma, filled * width, width, compiled.colour.luma);
      blur?.rows(luma, across, filled * width, width, 1);
      if (alpha)
        for (let x = 0, at = from + 3, to = filled * width; x < width; x++, at += 4)
          alpha[to + x] = bytes[at] as number;
    }
    let blurred: Float32Array | null = null;
    if (blur) {
      planes[0].set(across);
      blurred = blur.columns(planes[0], planes[1], width, needed);
    }
    for (let i = 0; i < rows; i++) {
      const slot = i + reach;
      finish.row(y + i, row(slot), luma, slot * width, blurred, out, i * width * channels);
      if (alpha)
        for (let x = 0, to = i * width * 4 + 3, at = slot * width; x < width; x++, to += 4)
          out[to] = alpha[at + x] as number;
    }
    yield { y, rows, data: rows === stripRows ? out : out.subarray(0, rows * width * channels) };
    const keep = needed - rows;
    graded.copyWithin(0, rows * rowLength, needed * rowLength);
    luma.copyWithin(0, rows * width, needed * width);
    across.copyWithin(0, rows * width, needed * width);
    alpha?.copyWithin(0, rows * width, needed * width);
    filled = keep;
  }
}

function samplerOf({ placed, compiled, source, output }: RenderJob): RowSampler {
  if (placed === undefined) return createRowSampler(source, scaledMap(compiled.geometry, source, output), output);
  const stride = placed.width * placed.channels;
  return { row: (y) => ({ bytes: placed.data, from: y * stride }) };
}

function lumaOf(encoded: Float32Array, into: Float32Array, to: number, count: number, [wr, wg, wb]: Triple): void {
  for (let x = 0, at = 0; x < count; x++, at += 3)
    into[to + x] = wr * (encoded[at] as number) + wg * (encoded[at + 1] as number) + wb * (encoded[at + 2] as number);
}

/** Two neighbouring samples and the weight of the second, for every column of the result. */
interface Columns {
  readonly left: Uint16Array;
  readonly weight: Float32Array;
}

interface Finisher {
  readonly needsLuma: boolean;
  /** Applies sharpness, clarity, vignette and grain to one graded row and writes bytes. */
  row(
    y: number,
    encoded: Float32Array,
    luma: Float32Array,
    lumaFrom: number,
    blurred: Float32Array | null,
    out: Uint8ClampedArray,
    to: number,
  ): void;
}

function createFinisher({ compiled, source, output, small }: RenderJob, scale: number): Finisher {
  const { width } = output;
  const { channels } = source;
  const { clarity, sharpness, vignette, grain } = compiled.detail;
  const grid = clarity === 0 ? null : compileClarity(compiled, small);
  const add = new Float32Array(width);
  const factor = new Float32Array(width).fill(1);
  const sharp = sharpness * sharpnessReach;
  const clear = clarity * clarityReach * 4;
  const paintClarity = grid ? clarityRows(grid, output) : null;
  const paintVignette = vignette === 0 ? null : vignetteRows(vignette, output);
  const paintGrain = grain === 0 ? null : grainRows(grain, compiled.detail.grainScale / scale, width);
  const plain = sharpness === 0 && !paintClarity && !paintVignette && !paintGrain;
  const pairs = new Float32Array(width * 2);
  return {
    needsLuma: clarity !== 0 || grain !== 0,
    row(y, encoded, luma, lumaFrom, blurred, out, to) {
      if (plain) {
        for (let at = 0, end = width * 3; at < end; at += 3, to += channels) {
          out[to] = (encoded[at] as number) * 255;
          out[to + 1] = (encoded[at + 1] as number) * 255;
          out[to + 2] = (encoded[at + 2] as number) * 255;
        }
        return;
      }
      if (blurred)
        for (let x = 0; x < width; x++) {
          const d = ((luma[lumaFrom + x] as number) - (blurred[lumaFrom + x] as number)) * sharp;
          add[x] = d > sharpnessLimit ? sharpnessLimit : d < -sharpnessLimit ? -sharpnessLimit : d;
        }
      else add.fill(0);
      if (paintClarity) {
        paintClarity(y, pairs);
        for (let x = 0, p = 0; x < width; x++, p += 2) {
          const l = luma[lumaFrom + x] as number;
          add[x] = (add[x] as number) + ((pairs[p] as number) * l - (pairs[p + 1] as number)) * clear * l * (1 - l);
        }
      }
      paintVignette?.(y, factor, add);
      paintGrain?.(y, luma, lumaFrom, add);
      for (let x = 0, at = 0; x < width; x++, at += 3, to += channels) {
        const k = (factor[x] as number) * 255;
        const a = (add[x] as number) * 255;
        out[to] = (encoded[at] as number) * k + a;
        out[to + 1] = (encoded[at + 1] as number) * k + a;
        out[to + 2] = (encoded[at + 2] as number) * k + a;
      }
    },
  };
}

/** Bilinear places of `count` results over `cells` samples whose centres are spread evenly. */
function columnsOver(count: number, cells: number): Columns {
  const left = new Uint16Array(count);
  const weight = new Float32Array(count);
  for (let x = 0; x < count; x++) {
    const at = Math.max(0, Math.min(cells - 1, ((x + 0.5) * cells) / count - 0.5));
    left[x] = Math.min(Math.max(0, cells - 2), Math.floor(at));
    weight[x] = cells === 1 ? 0 : at - (left[x] as number);
  }
  return { left, weight };
}

function clarityRows(grid: ClarityGrid, output: Size): (y: number, pairs: Float32Array) => void {
  const columns = columnsOver(output.width, grid.width);
  const lines = columnsOver(output.height, grid.height);
  const stride = grid.width * 2;
  const line = new Float32Array(stride + 2);
  return (y, pairs) => {
    const from = (lines.left[y] as number) * stride;
    const t = lines.weight[y] as number;
    const below = grid.height === 1 ? 0 : stride;
    for (let i = 0; i < stride; i++)
      line[i] = (grid.pairs[from + i] as number) * (1 - t) + (grid.pairs[from + below + i] as number) * t;
    for (let x = 0, p = 0; x < output.width; x++, p += 2) {
      const at = (columns.left[x] as number) * 2;
      const u = columns.weight[x] as number;
      const [a, b] = [line[at] as number, line[at + 1] as number];
      pairs[p] = a + u * ((line[at + 2] as number) - a);
      pairs[p + 1] = b + u * ((line[at + 3] as number) - b);
    }
  };
}

/** Entries of the falloff table; steps are below a tenth of a code value. */
const falloffSteps = 4096;

function vignetteRows(amount: number, output: Size): (y: number, factor: Float32Array, add: Float32Array) => void {
  const reach = Math.abs(amount) * vignetteReach;
  const table = Float32Array.from({ length: falloffSteps + 1 }, (_, i) => reach * vignetteFalloff(i / falloffSteps));
  // Half the squared distance on each axis: a corner is 1.
  const across = Float32Array.from(
    { length: output.width },
    (_, x) => (((x + 0.5) / output.width) * 2 - 1) ** 2 * 0.5 * falloffSteps,
  );
  return (y, factor, add) => {
    const down = (((y + 0.5) / output.height) * 2 - 1) ** 2 * 0.5 * falloffSteps + 0.5;
    for (let x = 0; x < output.width; x++) {
      const f = table[((across[x] as number) + down) | 0] as number;
      const keep = 1 - f;
      factor[x] = keep;
      add[x] = amount < 0 ? (add[x] as number) * keep : (add[x] as number) * keep + f;
    }
  };
}

function grainRows(
  amount: number,
  cellsPerPixel: number,
  width: number,
): (y: number, luma: Float32Array, lumaFrom: number, add: Float32Array) => void {
  const tile = grainTile();
  const mask = grainTileSize - 1;
  const left = new Uint16Array(width);
  const weight = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const at = (x + 0.5) * cellsPerPixel - 0.5;
    left[x] = Math.floor(at) & mask;
    weight[x] = at - Math.floor(at);
  }
  const line = new Float32Array(grainTileSize + 1);
  const strength = (amount * grainReach) / 128;
  return (y, luma, lumaFrom, add) => {
    const at = (y + 0.5) * cellsPerPixel - 0.5;
    const t = at - Math.floor(at);
    const one = (Math.floor(at) & mask) * grainTileSize;
    const two = ((Math.floor(at) + 1) & mask) * grainTileSize;
    for (let i = 0; i < grainTileSize; i++)
      line[i] = ((tile[one + i] as number) * (1 - t) + (tile[two + i] as number) * t - 128) * strength;
    line[grainTileSize] = line[0] as number;
    for (let x = 0; x < width; x++) {
      const l = luma[lumaFrom + x] as number;
      const i = left[x] as number;
      const n = line[i] as number;
      // Strongest in the middle tones, a quarter of that in black and white, as in a print.
      add[x] =
        (add[x] as number) + (n + (weight[x] as number) * ((line[i + 1] as number) - n)) * (0.25 + 3 * l * (1 - l));
    }
  };
}

/** Runs a job to its end into one buffer, `source.channels` per pixel: for small results and tests. */
export function renderAll(job: RenderJob): Uint8ClampedArray {
  const { width, height } = job.output;
  const result = new Uint8ClampedArray(width * height * job.source.channels);
  for (const strip of renderStrips(job)) result.set(strip.data, strip.y * width * job.source.channels);
  return result;
}
