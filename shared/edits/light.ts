import type { CompiledColour } from './compile.ts';
import type { PlacedBand } from './execute.ts';
import { lightProducts } from './grade.ts';
import { toneTableSize } from './tone.ts';

/**
 * Where the pixels of a band lie in the tone table when nothing is exposed: square roots of linear light after white
 * balance. Every slider but warmth and tint leaves them as they are; whoever draws often keeps them, for they are half of
 * what grading costs.
 */
export interface PlacedLight {
  /** The row of the result that comes first. */
  readonly top: number;
  readonly width: number;
  /** Three per pixel. */
  readonly places: Float32Array;
}

/** How much brighter a matrix makes a picture as a whole: what remains of it is white balance alone. */
function gainOf({ matrix }: CompiledColour): number {
  return matrix.reduce((sum, one) => sum + Math.abs(one), 0) / 3;
}

/** What {@link placeLight} depends on; null for a stack that is graded as fast without it. */
export function lightKey(colour: CompiledColour): string | null {
  const { matrix, identity, plain } = colour;
  const grey = matrix[0] === matrix[3] && matrix[3] === matrix[6] && matrix[1] === matrix[4];
  if (identity || plain || grey) return null;
  const gain = gainOf(colour);
  return matrix.map((one) => (one / gain).toFixed(9)).join(' ');
}

/** Places the light of a band. */
export function placeLight(colour: CompiledColour, { data, channels, width, height, top }: PlacedBand): PlacedLight {
  const gain = gainOf(colour);
  const shares = lightProducts(colour.matrix.map((one) => one / gain));
  const places = new Float32Array(width * height * 3);
  for (let i = 0, at = 0; at < places.length; i += channels, at += 3) {
    const p = data[i] as number;
    const q = (data[i + 1] as number) + 256;
    const s = (data[i + 2] as number) + 512;
    const red = (shares[p] as number) + (shares[q] as number) + (shares[s] as number);
    const green = (shares[p + 768] as number) + (shares[q + 768] as number) + (shares[s + 768] as number);
    const blue = (shares[p + 1536] as number) + (shares[q + 1536] as number) + (shares[s + 1536] as number);
    places[at] = red > 0 ? Math.sqrt(red) : 0;
    places[at + 1] = green > 0 ? Math.sqrt(green) : 0;
    places[at + 2] = blue > 0 ? Math.sqrt(blue) : 0;
  }
  return { top, width, places };
}

/** Grades rows whose light is placed, as createRowGrader does from their bytes. */
export type LightGrader = (
  { places, top, width }: PlacedLight,
  y: number,
  encoded: Float32Array,
  luma: Float32Array | null,
  to: number,
) => void;

export function createLightGrader(colour: CompiledColour): LightGrader {
  const { tone, saturation, vibrance, luma } = colour;
  const work = { tone, saturation, vibrance, luma, exposure: Math.sqrt(gainOf(colour)) };
  return ({ places, top, width }, y, encoded, lumas, to) =>
    gradePlaces(work, places, (y - top) * width * 3, width, encoded, lumas, to);
}

function gradePlaces(
  work: Pick<CompiledColour, 'tone' | 'saturation' | 'vibrance' | 'luma'> & { readonly exposure: number },
  places: Float32Array,
  from: number,
  count: number,
  encoded: Float32Array,
  lumas: Float32Array | null,
  to: number,
): void {
  // Taken out of the object once: inside the loop every look at it would count.
  const { tone, saturation, vibrance, exposure } = work;
  const [wr, wg, wb] = work.luma;
  const last = toneTableSize - 1;
  for (let i = from, at = 0, x = to, end = to + count; x < end; i += 3, at += 3, x++) {
    let ir = ((places[i] as number) * exposure + 0.5) | 0;
    let ig = ((places[i + 1] as number) * exposure + 0.5) | 0;
    let ib = ((places[i + 2] as number) * exposure + 0.5) | 0;
    if (ir > last) ir = last;
    if (ig > last) ig = last;
    if (ib > last) ib = last;
    const r = tone[ir] as number;
    const g = tone[ig] as number;
    const b = tone[ib] as number;
    const luma = wr * r + wg * g + wb * b;
    if (lumas !== null) lumas[x] = luma;
    // Half the sum of the three distances is the largest of them: highest minus lowest without a branch.
    const chroma = (Math.abs(r - g) + Math.abs(g - b) + Math.abs(b - r)) * 0.5;
    const k = saturation * (1 + vibrance * (1 - chroma));
    encoded[at] = luma + (r - luma) * k;
    encoded[at + 1] = luma + (g - luma) * k;
    encoded[at + 2] = luma + (b - luma) * k;
  }
}
