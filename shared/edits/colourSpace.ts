/**
 * The working spaces. Both executors work in the photo's own RGB space where it is one of these two, so that the
 * common case needs no profile conversion at all; every other profile is converted to sRGB on decode.
 * Both share the sRGB transfer function (IEC 61966-2-1) and the D65 white.
 */
export type WorkingSpace = 'srgb' | 'display-p3';

export const workingSpaces = ['srgb', 'display-p3'] as const satisfies readonly WorkingSpace[];

/** Row-major 3x3. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];
export type Triple = readonly [number, number, number];

export const identity3: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** CIE xy of the primaries: sRGB from IEC 61966-2-1, Display P3 from SMPTE EG 432-1; white D65. */
const primaries: Readonly<Record<WorkingSpace, readonly [Pair, Pair, Pair]>> = {
  srgb: [
    [0.64, 0.33],
    [0.3, 0.6],
    [0.15, 0.06],
  ],
  'display-p3': [
    [0.68, 0.32],
    [0.265, 0.69],
    [0.15, 0.06],
  ],
};
type Pair = readonly [number, number];
const d65: Pair = [0.3127, 0.329];

/** Encoded 0..1 to linear light 0..1 (IEC 61966-2-1). */
export function toLinear(encoded: number): number {
  return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
}

/** Linear light to encoded, continued above 1 so that values pushed over white stay apart until they are clipped. */
export function toEncoded(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** a times b. */
export function multiply(a: Matrix3, b: Matrix3): Matrix3 {
  const at = (row: 0 | 3 | 6, column: 0 | 1 | 2): number => {
    const [b0, b1, b2] = [b[column], b[(column + 3) as 3 | 4 | 5], b[(column + 6) as 6 | 7 | 8]];
    return a[row] * b0 + a[(row + 1) as 1 | 4 | 7] * b1 + a[(row + 2) as 2 | 5 | 8] * b2;
  };
  return [at(0, 0), at(0, 1), at(0, 2), at(3, 0), at(3, 1), at(3, 2), at(6, 0), at(6, 1), at(6, 2)];
}

/** a times the column v. */
export function transform(a: Matrix3, [x, y, z]: Triple): Triple {
  return [a[0] * x + a[1] * y + a[2] * z, a[3] * x + a[4] * y + a[5] * z, a[6] * x + a[7] * y + a[8] * z];
}

/** The inverse of a regular matrix. */
function invert(m: Matrix3): Matrix3 {
  const [a, b, c, d, e, f, g, h, i] = m;
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const k = 1 / det;
  return [
    (e * i - f * h) * k,
    (c * h - b * i) * k,
    (b * f - c * e) * k,
    (f * g - d * i) * k,
    (a * i - c * g) * k,
    (c * d - a * f) * k,
    (d * h - e * g) * k,
    (b * g - a * h) * k,
    (a * e - b * d) * k,
  ];
}

const scaleRows = (m: Matrix3, [x, y, z]: Triple): Matrix3 => multiply([x, 0, 0, 0, y, 0, 0, 0, z], m);
const xyzOf = ([x, y]: Pair): Triple => [x / y, 1, (1 - x - y) / y];

/** Linear RGB of a working space to CIE XYZ (D65, Y of white = 1), from the primaries. */
export function rgbToXyz(space: WorkingSpace): Matrix3 {
  const [r, g, b] = primaries[space].map(xyzOf) as [Triple, Triple, Triple];
  const columns: Matrix3 = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  const [sr, sg, sb] = transform(invert(columns), xyzOf(d65));
  return multiply(columns, [sr, 0, 0, 0, sg, 0, 0, 0, sb]);
}

/** The luminance of each linear channel (the Y row): 0.2126, 0.7152, 0.0722 for sRGB. */
export function luminanceWeights(space: WorkingSpace): Triple {
  const m = rgbToXyz(space);
  return [m[3], m[4], m[5]];
}

/** Linearised Bradford cone responses (Lam 1985; ICC.1:2022 annex E). */
const bradford: Matrix3 = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];

/** Daylight chromaticity at a correlated colour temperature of 4,000 to 25,000 K (CIE 15, the D illuminants). */
function daylight(kelvin: number): Pair {
  const t = 1000 / kelvin;
  const x =
    kelvin <= 7000
      ? 0.244063 + 0.09911 * t + 2.9678 * t ** 2 - 4.607 * t ** 3
      : 0.23704 + 0.24748 * t + 1.9018 * t ** 2 - 2.0064 * t ** 3;
  return [x, -3 * x ** 2 + 2.87 * x - 0.275];
}

/** Micro reciprocal degrees of D65, about which warmth moves. */
const neutralMired = 1e6 / 6504;
/** At full warmth: 6504 K becomes 4,671 K or 10,665 K, inside the daylight formula's range. */
const widestMired = 60;
/** At full tint: this far off the daylight locus in CIE 1960 v, green or magenta. */
const widestTint = 0.024;

/**
 * The matrix in linear light that changes the white of the scene: the photo is treated as lit by another white and
 * adapted to D65 (Bradford). Warmth moves that white along the daylight locus in equal mired steps, tint across it.
 * Grey keeps its luminance, so warmth is not a second exposure.
 * @param warmth -1..1, above 0 warmer. @param tint -1..1, above 0 towards magenta.
 */
export function whiteBalanceMatrix(space: WorkingSpace, warmth: number, tint: number): Matrix3 {
  if (warmth === 0 && tint === 0) return identity3;
  const [x, y] = daylight(1e6 / (neutralMired - widestMired * warmth));
  const [x0, y0] = daylight(6504);
  // Through CIE 1960 uv, where equal steps look about equal; the locus runs roughly along u there.
  const k = -2 * x + 12 * y + 3;
  const [u, v] = [(4 * x) / k, (6 * y) / k + widestTint * tint];
  const d = 2 * u - 8 * v + 4;
  const source = transform(bradford, xyzOf([(3 * u) / d, (2 * v) / d]));
  const target = transform(bradford, xyzOf([x0, y0]));
  const adapt = multiply(
    invert(bradford),
    scaleRows(bradford, [target[0] / source[0], target[1] / source[1], target[2] / source[2]]),
  );
  const toXyz = rgbToXyz(space);
  const m = multiply(invert(toXyz), multiply(adapt, toXyz));
  const [wr, wg, wb] = luminanceWeights(space);
  const white = transform(m, [1, 1, 1]);
  const k1 = 1 / (wr * white[0] + wg * white[1] + wb * white[2]);
  return scaleRows(m, [k1, k1, k1]);
}

/** Linear RGB of one working space to linear RGB of the other. */
export function spaceToSpace(from: WorkingSpace, to: WorkingSpace): Matrix3 {
  return from === to ? identity3 : multiply(invert(rgbToXyz(to)), rgbToXyz(from));
}
