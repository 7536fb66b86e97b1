import type { Affine, Size } from './geometry.ts';

/** Interleaved 8-bit pixels: RGB or RGBA, encoded values in the working space, upright. */
export interface PixelSource extends Size {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly channels: 3 | 4;
}

/** Fetches result rows from the source. */
export interface RowSampler {
  /**
   * The bytes of result row `y`: an array and the offset of its first pixel, `channels` per pixel. The array may be
   * the source's own or a buffer reused by the next call.
   */
  row(y: number): { readonly bytes: Uint8Array | Uint8ClampedArray; readonly from: number };
}

/**
 * Picks the cheapest sampler that is right: rows of the source itself, whole pixels in another order (turns, flips,
 * crops), cubic convolution (straightening, enlarging), bilinear for very large sources and for shrinking a little, or
 * bilinear on a source first averaged down.
 * @param map result pixel coordinates to source pixel coordinates, centres at .5.
 */
export function createRowSampler(source: PixelSource, map: Affine, output: Size): RowSampler {
  const whole = (value: number): boolean => Math.abs(value - Math.round(value)) < 1e-6;
  const unit = (a: number, b: number): boolean => Math.abs(Math.abs(a) - 1) < 1e-6 && Math.abs(b) < 1e-6;
  const turned = unit(map.xy, map.xx) && unit(map.yx, map.yy);
  const straight = unit(map.xx, map.xy) && unit(map.yy, map.yx);
  const start = apply(map, 0.5, 0.5);
  if ((straight || turned) && whole(start[0] - 0.5) && whole(start[1] - 0.5))
    return wholePixels(source, map, output, Math.round(start[0] - 0.5), Math.round(start[1] - 0.5));
  const reduction = Math.min(Math.hypot(map.xx, map.yx), Math.hypot(map.xy, map.yy));
  const factor = Math.floor(reduction + 0.01);
  if (factor >= 2) return bilinear(averaged(source, factor), shrinkTarget(map, factor), output);
  const turns = Math.abs(map.xx) > 1e-9 && Math.abs(map.xy) > 1e-9;
  const shrinks = !turns && reduction > 1.05;
  // Above this a soft pixel is no longer seen at screen size, and four times the taps would cost half a second.
  const fine = !shrinks && source.width * source.height <= mostFinePixels;
  return fine ? cubic(source, map, output) : bilinear(source, map, output);
}

/** Sources up to this many pixels are turned and enlarged by cubic convolution. */
const mostFinePixels = 12.6e6;

const apply = (map: Affine, x: number, y: number): readonly [number, number] => [
  map.xx * x + map.xy * y + map.x0,
  map.yx * x + map.yy * y + map.y0,
];

function shrinkTarget(map: Affine, factor: number): Affine {
  const k = 1 / factor;
  return { xx: map.xx * k, xy: map.xy * k, x0: map.x0 * k, yx: map.yx * k, yy: map.yy * k, y0: map.y0 * k };
}

function wholePixels(source: PixelSource, map: Affine, output: Size, x0: number, y0: number): RowSampler {
  const { data, channels, width } = source;
  const stepX = (Math.round(map.xx) + Math.round(map.yx) * width) * channels;
  const stepY = (Math.round(map.xy) + Math.round(map.yy) * width) * channels;
  const origin = (y0 * width + x0) * channels;
  if (stepX === channels) return { row: (y) => ({ bytes: data, from: origin + y * stepY }) };
  const buffer = new Uint8Array(output.width * channels);
  return {
    row(y) {
      let from = origin + y * stepY;
      for (let to = 0, end = buffer.length; to < end; to += channels, from += stepX) {
        buffer[to] = data[from] as number;
        buffer[to + 1] = data[from + 1] as number;
        buffer[to + 2] = data[from + 2] as number;
        if (channels === 4) buffer[to + 3] = data[from + 3] as number;
      }
      return { bytes: buffer, from: 0 };
    },
  };
}

/** Bilinear between pixel centres, in 1/256 steps, the edge repeated. */
function bilinear(source: PixelSource, map: Affine, output: Size): RowSampler {
  const { data, channels, width, height } = source;
  const buffer = new Uint8Array(output.width * channels);
  const [lastX, lastY] = [width - 1, height - 1];
  return {
    row(y) {
      let [sx, sy] = apply(map, 0.5, y + 0.5);
      sx -= 0.5;
      sy -= 0.5;
      for (let i = 0, to = 0; i < output.width; i++, sx += map.xx, sy += map.yx) {
        const cx = sx < 0 ? 0 : sx > lastX ? lastX : sx;
        const cy = sy < 0 ? 0 : sy > lastY ? lastY : sy;
        const x = cx | 0;
        const top = cy | 0;
        const fx = ((cx - x) * 256) | 0;
        const fy = ((cy - top) * 256) | 0;
        let a = (top * width + x) * channels;
        let b = x < lastX ? a + channels : a;
        const down = top < lastY ? width * channels : 0;
        const wd = fx * fy;
        const wc = (fy << 8) - wd;
        const wb = (fx << 8) - wd;
        const wa = 65536 - wb - wc - wd;
        for (const end = to + channels; to < end; to++, a++, b++)
          buffer[to] =
            (wa * (data[a] as number) +
              wb * (data[b] as number) +
              wc * (data[a + down] as number) +
              wd * (data[b + down] as number) +
              32768) >>
            16;
      }
      return { bytes: buffer, from: 0 };
    },
  };
}

/** Places between two pixels for which the weights are kept. */
const cubicPhases = 256;

/**
 * The four weights of cubic convolution (Keys 1981, a = -0.75, as in the GPU preview) for every phase.
 */
function cubicWeights(): Float64Array {
  const a = -0.75;
  const weights = new Float64Array(cubicPhases * 4);
  for (let i = 0; i < cubicPhases; i++) {
    const f = (i + 0.5) / cubicPhases;
    weights[i * 4] = a * f * (1 + f * (f - 2));
    weights[i * 4 + 1] = 1 + f * f * ((a + 2) * f - (a + 3));
    weights[i * 4 + 2] = f * (-a + f * (2 * a + 3 - (a + 2) * f));
    weights[i * 4 + 3] = a * f * f * (1 - f);
  }
  return weights;
}

/** Cubic convolution over 4 by 4 pixels, the edge repeated. */
function cubic(source: PixelSource, map: Affine, output: Size): RowSampler {
  const { data, channels, width, height } = source;
  const buffer = new Uint8ClampedArray(output.width * channels);
  const weights = cubicWeights();
  const columns = new Int32Array(4);
  const clampX = (x: number): number => (x < 0 ? 0 : x >= width ? width - 1 : x);
  const clampY = (y: number): number => (y < 0 ? 0 : y >= height ? height - 1 : y);
  return {
    row(y) {
      let [sx, sy] = apply(map, 0.5, y + 0.5);
      sx -= 0.5;
      sy -= 0.5;
      for (let i = 0, to = 0; i < output.width; i++, to += channels, sx += map.xx, sy += map.yx) {
        const x = Math.floor(sx);
        const top = Math.floor(sy);
        const wx = (((sx - x) * cubicPhases) | 0) << 2;
        const wy = (((sy - top) * cubicPhases) | 0) << 2;
        for (let k = 0; k < 4; k++) columns[k] = clampX(x - 1 + k) * channels;
        let [r, g, b, alpha] = [0, 0, 0, 0];
        for (let j = 0; j < 4; j++) {
          const row = clampY(top - 1 + j) * width * channels;
          const vertical = weights[wy + j] as number;
          for (let k = 0; k < 4; k++) {
            const at = row + (columns[k] as number);
            const w = vertical * (weights[wx + k] as number);
            r += w * (data[at] as number);
            g += w * (data[at + 1] as number);
            b += w * (data[at + 2] as number);
            if (channels === 4) alpha += w * (data[at + 3] as number);
          }
        }
        buffer[to] = r;
        buffer[to + 1] = g;
        buffer[to + 2] = b;
        if (channels === 4) buffer[to + 3] = alpha;
      }
      return { bytes: buffer, from: 0 };
    },
  };
}

/** The source averaged over squares of `factor` pixels; what is left over at the right and bottom is averaged too. */
function averaged(source: PixelSource, factor: number): PixelSource {
  const { data, channels } = source;
  const width = Math.ceil(source.width / factor);
  const height = Math.ceil(source.height / factor);
  const result = new Uint8ClampedArray(width * height * channels);
  const sums = new Float64Array(channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      const right = Math.min(source.width, (x + 1) * factor);
      const bottom = Math.min(source.height, (y + 1) * factor);
      for (let py = y * factor; py < bottom; py++)
        for (
          let at = (py * source.width + x * factor) * channels, end = (py * source.width + right) * channels;
          at < end;
        )
          for (let c = 0; c < channels; c++, at++) sums[c] = (sums[c] as number) + (data[at] as number);
      const count = (right - x * factor) * (bottom - y * factor);
      for (let c = 0; c < channels; c++) result[(y * width + x) * channels + c] = (sums[c] as number) / count;
    }
  return { data: result, channels, width, height };
}
