import { compileClarity } from './clarity.ts';
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
import type { Size } from './geometry.ts';

export interface FinishJob {
  readonly compiled: CompiledStack;
  /** Size of the whole result. */
  readonly output: Size;
  readonly small: SmallSource;
  /** Bytes per pixel of the result; a fourth is left as it is. */
  readonly channels: 3 | 4;
  /** The grain, where the caller kept it ({@link grainTile}). */
  readonly grain?: Uint8Array | undefined;
}

export interface RowFinisher {
  readonly needsLuma: boolean;
  /**
   * Applies sharpness, clarity, vignette and grain to one graded row and writes bytes.
   * @param luma null only where {@link needsLuma} is false and nothing is sharpened
   * @param from where the row begins in `luma` and in `blurred`
   * @param blurred blurred luma; null without sharpening
   */
  row(
    y: number,
    encoded: Float32Array,
    luma: Float32Array | null,
    from: number,
    blurred: Float32Array | null,
    out: Uint8ClampedArray,
    to: number,
  ): void;
}

/** Two neighbouring samples and the weight of the second, for every column or row of the result. */
interface Places {
  readonly left: Uint16Array;
  readonly weight: Float32Array;
}

/** What one row needs of an effect that depends on the place: set by `at`, then read column by column. */
interface RowOf {
  readonly line: Float32Array;
  readonly columns: Places;
  at(y: number): void;
}

/** Entries of the vignette's table; steps are below a tenth of a code value. */
const falloffSteps = 4096;

/** Builds the loop for what the stack needs. Everything that depends on the column alone is worked out once. */
export function createRowFinisher(job: FinishJob): RowFinisher {
  const { compiled, output, small, channels } = job;
  const { width } = output;
  const { detail, geometry } = compiled;
  if (detail.sharpness === 0 && detail.clarity === 0 && detail.vignette === 0 && detail.grain === 0)
    return plainRows(width, channels);
  const sharp = detail.sharpness * sharpnessReach;
  const clear = detail.clarity * clarityReach * 4;
  const clarity = detail.clarity === 0 ? null : clarityRows(compileClarity(compiled, small), output);
  const vignette = detail.vignette === 0 ? null : vignetteRows(detail.vignette, output);
  const cells = (detail.grainScale * geometry.output.width) / width;
  const grain = detail.grain === 0 ? null : grainRows(job.grain ?? grainTile(), detail.grain, cells, width);
  const row: RowFinisher['row'] = (y, encoded, lumas, from, blurred, out, to) => {
    clarity?.at(y);
    grain?.at(y);
    finishRow(
      {
        width,
        channels,
        sharp: blurred === null ? 0 : sharp,
        clear,
        brightens: detail.vignette > 0,
        down: vignette?.down(y) ?? 0,
        pairs: clarity?.line ?? null,
        pairLeft: clarity?.columns.left ?? nowhere,
        pairWeight: clarity?.columns.weight ?? none,
        falloff: vignette?.table ?? null,
        across: vignette?.across ?? none,
        noise: grain?.line ?? null,
        noiseLeft: grain?.columns.left ?? nowhere,
        noiseWeight: grain?.columns.weight ?? none,
      },
      encoded,
      lumas ?? none,
      blurred ?? lumas ?? none,
      from,
      out,
      to,
    );
  };
  return { needsLuma: true, row };
}

const none = new Float32Array(0);
const nowhere = new Uint16Array(0);

interface RowEffects {
  readonly width: number;
  readonly channels: 3 | 4;
  readonly sharp: number;
  readonly clear: number;
  readonly brightens: boolean;
  readonly down: number;
  readonly pairs: Float32Array | null;
  readonly pairLeft: Uint16Array;
  readonly pairWeight: Float32Array;
  readonly falloff: Float32Array | null;
  readonly across: Float32Array;
  readonly noise: Float32Array | null;
  readonly noiseLeft: Uint16Array;
  readonly noiseWeight: Float32Array;
}

/** One pass over a row: what is asked of each effect is the same for all its pixels. */
function finishRow(
  effects: RowEffects,
  encoded: Float32Array,
  luma: Float32Array,
  blurred: Float32Array,
  from: number,
  out: Uint8ClampedArray,
  to: number,
): void {
  // Taken out of the object once: inside the loop every look at it would count.
  const { width, channels, sharp, clear, brightens, down } = effects;
  const { pairs, pairLeft, pairWeight, falloff, across, noise, noiseLeft, noiseWeight } = effects;
  for (let x = 0, at = 0, place = to; x < width; x++, at += 3, place += channels) {
    const l = luma[from + x] as number;
    const middle = l * (1 - l);
    let add = 0;
    let keep = 255;
    if (sharp !== 0) {
      const d = (l - (blurred[from + x] as number)) * sharp;
      add = d > sharpnessLimit ? sharpnessLimit : d < -sharpnessLimit ? -sharpnessLimit : d;
    }
    if (pairs !== null) {
      const i = (pairLeft[x] as number) * 2;
      const u = pairWeight[x] as number;
      const a = pairs[i] as number;
      const b = pairs[i + 1] as number;
      const base = (a + u * ((pairs[i + 2] as number) - a)) * l - (b + u * ((pairs[i + 3] as number) - b));
      add += base * clear * middle;
    }
    if (falloff !== null) {
      const f = falloff[((across[x] as number) + down) | 0] as number;
      add = brightens ? add * (1 - f) + f : add * (1 - f);
      keep = 255 - 255 * f;
    }
    if (noise !== null) {
      const i = noiseLeft[x] as number;
      const n = noise[i] as number;
      // Strongest in the middle tones, a quarter of that in black and white, as in a print.
      add += (n + (noiseWeight[x] as number) * ((noise[i + 1] as number) - n)) * (0.25 + 3 * middle);
    }
    add *= 255;
    out[place] = (encoded[at] as number) * keep + add;
    out[place + 1] = (encoded[at + 1] as number) * keep + add;
    out[place + 2] = (encoded[at + 2] as number) * keep + add;
  }
}

function plainRows(width: number, channels: 3 | 4): RowFinisher {
  return {
    needsLuma: false,
    row(_y, encoded, _luma, _from, _blurred, out, to) {
      for (let at = 0, end = width * 3; at < end; at += 3, to += channels) {
        out[to] = (encoded[at] as number) * 255;
        out[to + 1] = (encoded[at + 1] as number) * 255;
        out[to + 2] = (encoded[at + 2] as number) * 255;
      }
    },
  };
}

/** Bilinear places of `count` results over `cells` samples whose centres are spread evenly. */
function placesOver(count: number, cells: number): Places {
  const left = new Uint16Array(count);
  const weight = new Float32Array(count);
  for (let x = 0; x < count; x++) {
    const at = Math.max(0, Math.min(cells - 1, ((x + 0.5) * cells) / count - 0.5));
    left[x] = Math.min(Math.max(0, cells - 2), Math.floor(at));
    weight[x] = cells === 1 ? 0 : at - (left[x] as number);
  }
  return { left, weight };
}

function clarityRows(grid: ClarityGrid, output: Size): RowOf {
  const lines = placesOver(output.height, grid.height);
  const stride = grid.width * 2;
  const line = new Float32Array(stride + 2);
  const below = grid.height === 1 ? 0 : stride;
  return {
    line,
    columns: placesOver(output.width, grid.width),
    at(y) {
      const from = (lines.left[y] as number) * stride;
      const t = lines.weight[y] as number;
      for (let i = 0; i < stride; i++)
        line[i] = (grid.pairs[from + i] as number) * (1 - t) + (grid.pairs[from + below + i] as number) * t;
    },
  };
}

function vignetteRows(
  amount: number,
  output: Size,
): { readonly table: Float32Array; readonly across: Float32Array; readonly down: (y: number) => number } {
  const reach = Math.abs(amount) * vignetteReach;
  // Half the squared distance on each axis: a corner is 1.
  const half = (i: number, count: number): number => (((i + 0.5) / count) * 2 - 1) ** 2 * 0.5 * falloffSteps;
  return {
    table: Float32Array.from({ length: falloffSteps + 1 }, (_, i) => reach * vignetteFalloff(i / falloffSteps)),
    across: Float32Array.from({ length: output.width }, (_, x) => half(x, output.width)),
    down: (y) => half(y, output.height) + 0.5,
  };
}

function grainRows(tile: Uint8Array, amount: number, cellsPerPixel: number, width: number): RowOf {
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
  return {
    line,
    columns: { left, weight },
    at(y) {
      const at = (y + 0.5) * cellsPerPixel - 0.5;
      const t = at - Math.floor(at);
      const one = (Math.floor(at) & mask) * grainTileSize;
      const two = ((Math.floor(at) + 1) & mask) * grainTileSize;
      for (let i = 0; i < grainTileSize; i++)
        line[i] = ((tile[one + i] as number) * (1 - t) + (tile[two + i] as number) * t - 128) * strength;
      line[grainTileSize] = line[0] as number;
    },
  };
}
