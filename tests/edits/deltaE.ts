import { rgbToXyz, toLinear, transform } from '../../shared/edits/colourSpace.ts';
import type { WorkingSpace } from '../../shared/edits/colourSpace.ts';

type Lab = readonly [number, number, number];

/** CIE L*a*b* (D65) of an 8-bit colour. */
function labOf(space: WorkingSpace, red: number, green: number, blue: number): Lab {
  const [x, y, z] = transform(rgbToXyz(space), [toLinear(red / 255), toLinear(green / 255), toLinear(blue / 255)]);
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const [fx, fy, fz] = [f(x / 0.95047), f(y), f(z / 1.08883)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

const rad = Math.PI / 180;

/** The colour difference CIEDE2000 (CIE 142:2001, as written out by Sharma, Wu and Dalal 2005). */
export function deltaE2000([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const meanC = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(meanC ** 7 / (meanC ** 7 + 25 ** 7)));
  const [p1, p2] = [a1 * (1 + g), a2 * (1 + g)];
  const [c1, c2] = [Math.hypot(p1, b1), Math.hypot(p2, b2)];
  const hue = (a: number, b: number): number => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / rad + 360) % 360);
  const [h1, h2] = [hue(p1, b1), hue(p2, b2)];
  const dl = l2 - l1;
  const dc = c2 - c1;
  let dh = h2 - h1;
  if (c1 * c2 === 0) dh = 0;
  else if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((dh / 2) * rad);
  const l = (l1 + l2) / 2;
  const c = (c1 + c2) / 2;
  let h = h1 + h2;
  if (c1 * c2 !== 0) {
    if (Math.abs(h1 - h2) > 180) h += h < 360 ? 360 : -360;
    h /= 2;
  }
  const t =
    1 -
    0.17 * Math.cos((h - 30) * rad) +
    0.24 * Math.cos(2 * h * rad) +
    0.32 * Math.cos((3 * h + 6) * rad) -
    0.2 * Math.cos((4 * h - 63) * rad);
  const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
  const sc = 1 + 0.045 * c;
  const sh = 1 + 0.015 * c * t;
  const rt = -Math.sin(2 * 30 * Math.exp(-(((h - 275) / 25) ** 2)) * rad) * 2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7));
  return Math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dH / sh) ** 2 + rt * (dc / sc) * (dH / sh));
}

/**
 * The differences between two pictures of one size, at every seventh pixel: over 100,000 of them, spread over all
 * columns.
 */
export function differences(
  space: WorkingSpace,
  one: { readonly data: ArrayLike<number>; readonly channels: number },
  two: { readonly data: ArrayLike<number>; readonly channels: number },
): Float64Array {
  const every = 7;
  const count = Math.ceil(one.data.length / one.channels / every);
  const all = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const [a, b] = [i * every * one.channels, i * every * two.channels];
    const [r1, g1, b1] = [one.data[a] ?? 0, one.data[a + 1] ?? 0, one.data[a + 2] ?? 0];
    const [r2, g2, b2] = [two.data[b] ?? 0, two.data[b + 1] ?? 0, two.data[b + 2] ?? 0];
    all[i] = r1 === r2 && g1 === g2 && b1 === b2 ? 0 : deltaE2000(labOf(space, r1, g1, b1), labOf(space, r2, g2, b2));
  }
  return all;
}

/** Mean and 99th percentile. */
export function summary(all: Float64Array): { readonly mean: number; readonly p99: number } {
  const sorted = all.slice().sort();
  return {
    mean: sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length),
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
}
