import { toEncoded } from './colourSpace.ts';

/** The light sliders, each scaled to -1..1, gamma as a factor, and the tone curve's points if there are any. */
export interface ToneSettings {
  readonly contrast: number;
  readonly highlights: number;
  readonly shadows: number;
  readonly whites: number;
  readonly blacks: number;
  readonly gamma: number;
  readonly points: readonly (readonly [number, number])[] | null;
}

export const neutralTone: ToneSettings = {
  contrast: 0,
  highlights: 0,
  shadows: 0,
  whites: 0,
  blacks: 0,
  gamma: 1,
  points: null,
};

/** How far the end points move at full strength, in encoded values. */
const blackReach = 0.12;
const whiteReach = 0.2;
/** The slope of full contrast in the middle is 1 + this; the curve stays monotone below 1. */
const contrastReach = 0.8;
/** A bump of v(1-v)^3 times this keeps the curve monotone: its slope lies in [-0.25, 1]. */
const lift = 1.5;
const press = 0.95;

const bump = (v: number): number => (v <= 0 || v >= 1 ? 0 : v * (1 - v) ** 3);
const shift = (v: number, amount: number): number => v + amount * (amount > 0 ? lift : press) * bump(v);

/**
 * The tone curve in encoded values, written out: end points (blacks, whites), shadows, highlights, contrast, gamma,
 * then the drawn curve. Values above 1 may come in (exposure); 0..1 goes out. Monotone where the drawn curve is.
 */
function toneAt(encoded: number, tone: ToneSettings, curve: (x: number) => number): number {
  const black = -blackReach * tone.blacks;
  const white = 1 - whiteReach * tone.whites;
  let v = (encoded - black) / (white - black);
  v = shift(v, tone.shadows);
  v = 1 - shift(1 - v, -tone.highlights);
  if (v <= 0) v = 0;
  else if (v >= 1) v = 1;
  v -= (tone.contrast * contrastReach * Math.sin(2 * Math.PI * v)) / (2 * Math.PI);
  if (tone.gamma !== 1) v = v ** (1 / tone.gamma);
  v = curve(v);
  return v < 0 ? 0 : v > 1 ? 1 : v;
}

/**
 * Monotone cubic interpolation through the points (Fritsch and Carlson 1980), constant beyond the first and last:
 * it never overshoots, so a curve drawn inside the square stays inside it.
 */
export function curveThrough(points: readonly (readonly [number, number])[] | null): (x: number) => number {
  if (!points) return (x) => x;
  const n = points.length;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const at = (list: readonly number[], i: number): number => list[i] ?? 0;
  const slopes = xs.slice(1).map((x, i) => (at(ys, i + 1) - at(ys, i)) / (x - at(xs, i)));
  const tangents = xs.map((_, i) => {
    if (i === 0) return at(slopes, 0);
    if (i === n - 1) return at(slopes, n - 2);
    const [a, b] = [at(slopes, i - 1), at(slopes, i)];
    return a * b <= 0 ? 0 : (a + b) / 2;
  });
  slopes.forEach((slope, i) => {
    // A step of nearly nothing counts as level: dividing by it would leave the numbers' range.
    if (Math.abs(slope) < 1e-9) {
      tangents[i] = 0;
      tangents[i + 1] = 0;
      return;
    }
    const [a, b] = [at(tangents, i) / slope, at(tangents, i + 1) / slope];
    const length = Math.hypot(a, b);
    if (length <= 3) return;
    tangents[i] = (3 / length) * a * slope;
    tangents[i + 1] = (3 / length) * b * slope;
  });
  return (x) => {
    if (x <= at(xs, 0)) return at(ys, 0);
    if (x >= at(xs, n - 1)) return at(ys, n - 1);
    let i = 0;
    while (x > at(xs, i + 1)) i++;
    const h = at(xs, i + 1) - at(xs, i);
    const t = (x - at(xs, i)) / h;
    const [t2, t3] = [t * t, t * t * t];
    return (
      at(ys, i) * (2 * t3 - 3 * t2 + 1) +
      at(tangents, i) * h * (t3 - 2 * t2 + t) +
      at(ys, i + 1) * (3 * t2 - 2 * t3) +
      at(tangents, i + 1) * h * (t3 - t2)
    );
  };
}

/** Entries of the tone table, a texture width every WebGL2 device has. */
export const toneTableSize = 4096;
/** The table's domain in linear light: two stops above white, beyond which everything is white. */
export const toneTableMax = 4;

/** The table entry for a linear value: entries are equally spaced in its square root, close to how the eye sees. */
export function toneIndex(linear: number): number {
  if (!(linear > 0)) return 0;
  const i = Math.sqrt(linear / toneTableMax) * (toneTableSize - 1) + 0.5;
  return i >= toneTableSize ? toneTableSize - 1 : Math.floor(i);
}

/**
 * The tone curve from linear light to encoded 0..1 as a table, read at {@link toneIndex}. Between neighbouring entries
 * the neutral curve differs by at most 0.12 of an 8-bit code value, so no interpolation is needed and both executors
 * read the very same numbers.
 */
export function compileTone(tone: ToneSettings): Float32Array {
  const curve = curveThrough(tone.points);
  const table = new Float32Array(toneTableSize);
  for (let i = 0; i < toneTableSize; i++) {
    const linear = toneTableMax * (i / (toneTableSize - 1)) ** 2;
    table[i] = toneAt(toEncoded(linear), tone, curve);
  }
  return table;
}
