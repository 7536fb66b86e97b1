import { toLinear } from './colourSpace.ts';
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
   * @param bytes RGB or RGBA codes, `channels` apart, from `from` on. @param encoded three values per pixel, not yet clipped to 0..1.
   */
  grade(
    bytes: Uint8Array | Uint8ClampedArray,
    from: number,
    channels: number,
    count: number,
    encoded: Float32Array,
  ): void;
}

/** Builds the fastest loop for what the stack needs: nothing, one table per channel, or the whole mathematics. */
export function createRowGrader(colour: CompiledColour): RowGrader {
  const mixes = colour.saturation !== 1 || colour.vibrance !== 0;
  if (colour.identity || colour.plain) return tableGrader(colour, mixes);
  return matrixGrader(colour, mixes);
}

/** Channels do not mix before the tone table, so byte to toned value is one table of 256. */
function tableGrader(colour: CompiledColour, mixes: boolean): RowGrader {
  const table = colour.identity ? Float32Array.from({ length: 256 }, (_, i) => i / 255) : codeTable(colour);
  const [wr, wg, wb] = colour.luma;
  const { saturation, vibrance } = colour;
  return {
    grade(bytes, from, channels, count, encoded) {
      if (!mixes) {
        for (let i = from, to = 0, end = count * 3; to < end; i += channels, to += 3) {
          encoded[to] = table[bytes[i] as number] as number;
          encoded[to + 1] = table[bytes[i + 1] as number] as number;
          encoded[to + 2] = table[bytes[i + 2] as number] as number;
        }
        return;
      }
      for (let i = from, to = 0, end = count * 3; to < end; i += channels, to += 3) {
        const r = table[bytes[i] as number] as number;
        const g = table[bytes[i + 1] as number] as number;
        const b = table[bytes[i + 2] as number] as number;
        const luma = wr * r + wg * g + wb * b;
        // Half the sum of the three distances is the largest of them: highest minus lowest without a branch.
        const chroma = (Math.abs(r - g) + Math.abs(g - b) + Math.abs(b - r)) * 0.5;
        const k = saturation * (1 + vibrance * (1 - chroma));
        encoded[to] = luma + (r - luma) * k;
        encoded[to + 1] = luma + (g - luma) * k;
        encoded[to + 2] = luma + (b - luma) * k;
      }
    },
  };
}

function matrixGrader(colour: CompiledColour, mixes: boolean): RowGrader {
  // Products of each matrix element with each byte, scaled to the table's domain: additions are all that is left.
  const product = (factor: number): Float32Array =>
    Float32Array.from({ length: 256 }, (_, i) => factor * (linearOfByte[i] ?? 0) * indexScale * indexScale);
  const m = colour.matrix;
  const grey = m[0] === m[3] && m[3] === m[6] && m[1] === m[4] && m[2] === m[5];
  const tables = m.map(product);
  const [rr, rg, rb] = [tables[0], tables[1], tables[2]] as [Float32Array, Float32Array, Float32Array];
  const [gr, gg, gb] = [tables[3], tables[4], tables[5]] as [Float32Array, Float32Array, Float32Array];
  const [br, bg, bb] = [tables[6], tables[7], tables[8]] as [Float32Array, Float32Array, Float32Array];
  const { tone, saturation, vibrance } = colour;
  const [wr, wg, wb] = colour.luma;
  const [tr, tg, tb] = colour.toning;
  return {
    grade(bytes, from, channels, count, encoded) {
      if (grey) {
        for (let i = from, to = 0, end = count * 3; to < end; i += channels, to += 3) {
          const sum =
            (rr[bytes[i] as number] as number) +
            (rg[bytes[i + 1] as number] as number) +
            (rb[bytes[i + 2] as number] as number);
          let at = sum > 0 ? (Math.sqrt(sum) + 0.5) | 0 : 0;
          if (at > lastIndex) at = lastIndex;
          const v = tone[at] as number;
          encoded[to] = v * tr;
          encoded[to + 1] = v * tg;
          encoded[to + 2] = v * tb;
        }
        return;
      }
      for (let i = from, to = 0, end = count * 3; to < end; i += channels, to += 3) {
        const [x, y, z] = [bytes[i] as number, bytes[i + 1] as number, bytes[i + 2] as number];
        const sr = (rr[x] as number) + (rg[y] as number) + (rb[z] as number);
        const sg = (gr[x] as number) + (gg[y] as number) + (gb[z] as number);
        const sb = (br[x] as number) + (bg[y] as number) + (bb[z] as number);
        let ir = sr > 0 ? (Math.sqrt(sr) + 0.5) | 0 : 0;
        let ig = sg > 0 ? (Math.sqrt(sg) + 0.5) | 0 : 0;
        let ib = sb > 0 ? (Math.sqrt(sb) + 0.5) | 0 : 0;
        if (ir > lastIndex) ir = lastIndex;
        if (ig > lastIndex) ig = lastIndex;
        if (ib > lastIndex) ib = lastIndex;
        const r = tone[ir] as number;
        const g = tone[ig] as number;
        const b = tone[ib] as number;
        if (!mixes) {
          encoded[to] = r;
          encoded[to + 1] = g;
          encoded[to + 2] = b;
          continue;
        }
        const luma = wr * r + wg * g + wb * b;
        // Half the sum of the three distances is the largest of them: highest minus lowest without a branch.
        const chroma = (Math.abs(r - g) + Math.abs(g - b) + Math.abs(b - r)) * 0.5;
        const k = saturation * (1 + vibrance * (1 - chroma));
        encoded[to] = luma + (r - luma) * k;
        encoded[to + 1] = luma + (g - luma) * k;
        encoded[to + 2] = luma + (b - luma) * k;
      }
    },
  };
}
