/** How often each 8-bit code occurs, by channel, and how much of the picture is clipped. */
export interface Histogram {
  readonly red: Uint32Array;
  readonly green: Uint32Array;
  readonly blue: Uint32Array;
  /** Part of the pixels with a channel at 255, 0..1. */
  readonly highlightsClipped: number;
  /** Part of the pixels whose every channel is 0, 0..1. */
  readonly shadowsClipped: number;
}

/** Counts RGBA pixels; wholly transparent ones do not count. */
export function histogramOf(rgba: Uint8Array | Uint8ClampedArray): Histogram {
  const [red, green, blue] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)];
  let [counted, high, low] = [0, 0, 0];
  for (let i = 0; i + 3 < rgba.length; i += 4) {
    if (rgba[i + 3] === 0) continue;
    const [r, g, b] = [rgba[i] as number, rgba[i + 1] as number, rgba[i + 2] as number];
    red[r] = (red[r] as number) + 1;
    green[g] = (green[g] as number) + 1;
    blue[b] = (blue[b] as number) + 1;
    counted++;
    if (r === 255 || g === 255 || b === 255) high++;
    else if (r === 0 && g === 0 && b === 0) low++;
  }
  const part = (count: number): number => (counted === 0 ? 0 : count / counted);
  return { red, green, blue, highlightsClipped: part(high), shadowsClipped: part(low) };
}

/**
 * A channel's counts as heights 0..1 for drawing: the square root of the count against the largest but the ends, so
 * that a spike at black or white does not flatten everything else.
 */
export function histogramHeights(counts: Uint32Array): number[] {
  const inner = Math.max(1, ...counts.subarray(1, 255));
  return [...counts].map((count) => Math.min(1, Math.sqrt(count / inner)));
}
