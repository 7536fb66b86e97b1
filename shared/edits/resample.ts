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
 * crops), a plain bilinear (enlarging, straightening), or bilinear on a source first averaged down.
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
  if (factor < 2) return bilinear(source, map, output);
  return bilinear(averaged(source, factor), shrinkTarget(map, factor), output);
}

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
