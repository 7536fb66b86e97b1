import { toLinear } from './colourSpace.ts';
import type { Triple } from './colourSpace.ts';
import type { CompiledColour } from './compile.ts';
import { toneIndex, toneTableMax, toneTableSize } from './tone.ts';

/** 8-bit code to linear light: the only place where the source's transfer function is undone. */
const linearOfByte: Float32Array = Float32Array.from({ length: 256 }, (_, i) => toLinear(i / 255));

const indexScale = (toneTableSize - 1) / Math.sqrt(toneTableMax);
const lastIndex = toneTableSize - 1;

/**
 * The colour part for one pixel, as written out in docs/editing.md: linearise, matrix, tone, saturation, toning.
 * @param out receives the encoded result; saturation may take it outside 0..1, clipping comes last. Used where pixels are few; {@link gradeRow} is the same for rows.
 */
export function gradePixel(colour: CompiledColour, red: number, green: number, blue: number, out: Float64Array): void {
  const [lr, lg, lb] = [linearOfByte[red] ?? 0, linearOfByte[green] ?? 0, linearOfByte[blue] ?? 0];
  const m = colour.matrix;
  let r = colour.tone[toneIndex(m[0] * lr + m[1] * lg + m[2] * lb)] ?? 0;
  let g = colour.tone[toneIndex(m[3] * lr + m[4] * lg + m[5] * lb)] ?? 0;
  let b = colour.tone[toneIndex(m[6] * lr + m[7] * lg + m[8] * lb)] ?? 0;
  if (colour.saturation !== 1 || colour.vibrance !== 0) {
    const luma = colour.luma[0] * r + colour.luma[1] * g + colour.luma[2] * b;
    const chroma = Math.max(r, g, b) - Math.min(r, g, b);
    const k = colour.saturation * (1 + colour.vibrance * (1 - chroma));
    r = luma + (r - luma) * k;
    g = luma + (g - luma) * k;
    b = luma + (b - luma) * k;
  }
  out[0] = r * colour.toning[0];
  out[1] = g * colour.toning[1];
  out[2] = b * colour.toning[2];
}

/**
 * What an 8-bit code becomes before channels mix, 256 entries: the toned value where they never do
 * ({@link CompiledColour.plain}), linear light elsewhere. The GPU reads the same table.
 */
export function codeTable(colour: CompiledColour): Float32Array {
  if (!colour.plain) return linearOfByte;
  return linearOfByte.map((linear) => colour.tone[toneIndex(colour.matrix[0] * linear)] ?? 0);
}

/** A row grader with its tables made once per stack. */
export interface RowGrader {
  /**
   * Grades `count` pixels.
   * @param bytes RGB or RGBA codes, `channels` apart, from `from` on.
   * @param encoded receives three values per pixel, not yet clipped to 0..1.
   * @param luma receives the luma of each, from `to` on, where it is asked for.
   */
  grade(
    bytes: Uint8Array | Uint8ClampedArray,
    from: number,
    channels: number,
    count: number,
    encoded: Float32Array,
    luma?: Float32Array | null,
    to?: number,
  ): void;
}

/** Builds the fastest loop for what the stack needs: one table per channel, one grey, or the whole mathematics. */
export function createRowGrader(colour: CompiledColour): RowGrader {
  const mixes = colour.saturation !== 1 || colour.vibrance !== 0;
  if (colour.identity || colour.plain) return tableGrader(colour, mixes);
  const m = colour.matrix;
  const grey = m[0] === m[3] && m[3] === m[6] && m[1] === m[4] && m[2] === m[5];
  return grey ? greyGrader(colour) : matrixGrader(colour, mixes);
}

/** Channels do not mix before the tone table, so byte to toned value is one table of 256. */
function tableGrader(colour: CompiledColour, mixes: boolean): RowGrader {
  const table = colour.identity ? Float32Array.from({ length: 256 }, (_, i) => i / 255) : codeTable(colour);
  const [wr, wg, wb] = colour.luma;
  const { saturation, vibrance } = colour;
  return {
    grade(bytes, from, channels, count, encoded, lumas = null, to = 0) {
      if (!mixes && lumas === null) {
        for (let i = from, at = 0, end = count * 3; at < end; i += channels, at += 3) {
          encoded[at] = table[bytes[i] as number] as number;
          encoded[at + 1] = table[bytes[i + 1] as number] as number;
          encoded[at + 2] = table[bytes[i + 2] as number] as number;
        }
        return;
      }
      for (let i = from, at = 0, x = to, end = to + count; x < end; i += channels, at += 3, x++) {
        const r = table[bytes[i] as number] as number;
        const g = table[bytes[i + 1] as number] as number;
        const b = table[bytes[i + 2] as number] as number;
        const luma = wr * r + wg * g + wb * b;
        if (lumas !== null) lumas[x] = luma;
        if (!mixes) {
          encoded[at] = r;
          encoded[at + 1] = g;
          encoded[at + 2] = b;
          continue;
        }
        // Half the sum of the three distances is the largest of them: highest minus lowest without a branch.
        const chroma = (Math.abs(r - g) + Math.abs(g - b) + Math.abs(b - r)) * 0.5;
        const k = saturation * (1 + vibrance * (1 - chroma));
        encoded[at] = luma + (r - luma) * k;
        encoded[at + 1] = luma + (g - luma) * k;
        encoded[at + 2] = luma + (b - luma) * k;
      }
    },
  };
}

/** Products of a matrix element with each byte's linear light, in the tone table's domain: only additions are left. */
function products(factor: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, i) => factor * (linearOfByte[i] ?? 0) * indexScale * indexScale);
}

/** {@link products} of all nine elements of a matrix: red's share of red first, then green's share of red. */
export function lightProducts(matrix: readonly number[]): Float32Array {
  const shares = new Float32Array(9 * 256);
  matrix.forEach((factor, i) => shares.set(products(factor), i * 256));
  return shares;
}

/** Black and white: one sum for all channels. */
function greyGrader({ matrix, tone, toning, luma: weights }: CompiledColour): RowGrader {
  const [red, green, blue] = [products(matrix[0]), products(matrix[1]), products(matrix[2])];
  const [tr, tg, tb] = toning;
  const weight = weights[0] * tr + weights[1] * tg + weights[2] * tb;
  return {
    grade(bytes, from, channels, count, encoded, lumas = null, to = 0) {
      for (let i = from, at = 0, x = to, end = to + count; x < end; i += channels, at += 3, x++) {
        const sum =
          (red[bytes[i] as number] as number) +
          (green[bytes[i + 1] as number] as number) +
          (blue[bytes[i + 2] as number] as number);
        let index = sum > 0 ? (Math.sqrt(sum) + 0.5) | 0 : 0;
        if (index > lastIndex) index = lastIndex;
        const v = tone[index] as number;
        if (lumas !== null) lumas[x] = v * weight;
        encoded[at] = v * tr;
        encoded[at + 1] = v * tg;
        encoded[at + 2] = v * tb;
      }
    },
  };
}

function matrixGrader(colour: CompiledColour, mixes: boolean): RowGrader {
  const { matrix, tone, saturation, vibrance, luma } = colour;
  const work = { shares: lightProducts(matrix), tone, mixes, saturation, vibrance, luma };
  return {
    grade: (bytes, from, channels, count, encoded, lumas = null, to = 0) =>
      gradeRow(work, bytes, from, channels, count, encoded, lumas, to),
  };
}

interface MatrixWork {
  readonly shares: Float32Array;
  readonly tone: Float32Array;
  readonly mixes: boolean;
  readonly saturation: number;
  readonly vibrance: number;
  readonly luma: Triple;
}

function gradeRow(
  work: MatrixWork,
  bytes: Uint8Array | Uint8ClampedArray,
  from: number,
  channels: number,
  count: number,
  encoded: Float32Array,
  lumas: Float32Array | null,
  to: number,
): void {
  // Taken out of the object once: inside the loop every look at it would count.
  const { shares, tone, mixes, saturation, vibrance } = work;
  const [wr, wg, wb] = work.luma;
  for (let i = from, at = 0, x = to, end = to + count; x < end; i += channels, at += 3, x++) {
    const p = bytes[i] as number;
    const q = (bytes[i + 1] as number) + 256;
    const s = (bytes[i + 2] as number) + 512;
    const sr = (shares[p] as number) + (shares[q] as number) + (shares[s] as number);
    const sg = (shares[p + 768] as number) + (shares[q + 768] as number) + (shares[s + 768] as number);
    const sb = (shares[p + 1536] as number) + (shares[q + 1536] as number) + (shares[s + 1536] as number);
    let ir = sr > 0 ? (Math.sqrt(sr) + 0.5) | 0 : 0;
    let ig = sg > 0 ? (Math.sqrt(sg) + 0.5) | 0 : 0;
    let ib = sb > 0 ? (Math.sqrt(sb) + 0.5) | 0 : 0;
    if (ir > lastIndex) ir = lastIndex;
    if (ig > lastIndex) ig = lastIndex;
    if (ib > lastIndex) ib = lastIndex;
    const r = tone[ir] as number;
    const g = tone[ig] as number;
    const b = tone[ib] as number;
    const luma = wr * r + wg * g + wb * b;
    if (lumas !== null) lumas[x] = luma;
    if (!mixes) {
      encoded[at] = r;
      encoded[at + 1] = g;
      encoded[at + 2] = b;
      continue;
    }
    // Half the sum of the three distances is the largest of them: highest minus lowest without a branch.
    const chroma = (Math.abs(r - g) + Math.abs(g - b) + Math.abs(b - r)) * 0.5;
    const k = saturation * (1 + vibrance * (1 - chroma));
    encoded[at] = luma + (r - luma) * k;
    encoded[at + 1] = luma + (g - luma) * k;
    encoded[at + 2] = luma + (b - luma) * k;
  }
}
