import type { StepOf } from '../../../shared/edits/steps.ts';

/** Points of the tone curve, input and output as encoded values 0..1, input rising. */
export type CurvePoints = StepOf<'curve'>['points'];

/** The curve that changes nothing. */
export const straightCurve: CurvePoints = [
  [0, 0],
  [1, 1],
];

/** What the step of the stack allows (shared/edits/steps.ts). */
const mostPoints = 16;
/** Least distance of two points across, twice what the step asks, so that rounding never brings them too close. */
const leastGap = 0.01;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The points with one moved to an input and output, as far as its neighbours and the square let it. */
export function movePoint(points: CurvePoints, index: number, input: number, output: number): CurvePoints {
  const low = index === 0 ? 0 : (points[index - 1]?.[0] ?? 0) + leastGap;
  const high = index === points.length - 1 ? 1 : (points[index + 1]?.[0] ?? 1) - leastGap;
  const moved: [number, number] = [rounded(within(input, low, high)), rounded(within(output, 0, 1))];
  return points.map((point, at) => (at === index ? moved : point));
}

/** The points with one more and where it stands among them; null where there is no room for it. */
export function addPoint(
  points: CurvePoints,
  input: number,
  output: number,
): { readonly points: CurvePoints; readonly index: number } | null {
  if (points.length >= mostPoints) return null;
  if (points.some(([x]) => Math.abs(x - input) < leastGap)) return null;
  const found = points.findIndex(([x]) => x > input);
  const index = found < 0 ? points.length : found;
  const added: [number, number] = [rounded(within(input, 0, 1)), rounded(within(output, 0, 1))];
  return { points: [...points.slice(0, index), added, ...points.slice(index)], index };
}

/** The points without one. The two ends stay: a curve has at least them. */
export function removePoint(points: CurvePoints, index: number): CurvePoints {
  if (index <= 0 || index >= points.length - 1) return points;
  return points.filter((_, at) => at !== index);
}

/** The input in the middle of the widest stretch without a point, where one added by key is of most use. */
export function widestGap(points: CurvePoints): number {
  let middle = 0.5;
  let widest = 0;
  points.forEach(([x], at) => {
    const next = points[at + 1]?.[0];
    if (next === undefined || next - x <= widest) return;
    widest = next - x;
    middle = (x + next) / 2;
  });
  return middle;
}
