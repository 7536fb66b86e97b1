import { boxMean } from './blur.ts';
import type { CompiledStack } from './compile.ts';
import type { Affine, Size } from './geometry.ts';
import { gradePixel } from './grade.ts';

/** The source, made small: 8-bit RGBA of the whole upright photo. */
export interface SmallSource extends Size {
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** The small source's long edge; about 2 ms of work per slider step. */
const smallLongEdge = 256;

/** The size of the small source for a photo. */
function smallSize(source: Size): Size {
  const scale = Math.min(1, smallLongEdge / Math.max(source.width, source.height));
  return {
    width: Math.max(1, Math.round(source.width * scale)),
    height: Math.max(1, Math.round(source.height * scale)),
  };
}

/**
 * The guided base of clarity over the result: at each grid point the pair (1 - a, b), so that a pixel's local
 * difference is (1 - a) L - b. Grid points lie at the centres of equal cells over the whole result.
 */
export interface ClarityGrid extends Size {
  /** Two values per grid point, row by row. */
  readonly pairs: Float32Array;
}

/** The window's radius as a part of the long edge, and the variance below which texture counts as flat. */
const radiusOfLongEdge = 0.03;
const epsilon = 0.015;

/**
 * Compiles clarity's base: the guided filter (He, Sun, Tang 2013; made on a small picture as in "Fast Guided Filter",
 * He and Sun 2015) of the graded luma, laid over the result. It keeps edges, so raising local contrast draws no halos.
 * Made on a small copy of the photo by both executors, so they share it to the last digit.
 */
export function compileClarity(compiled: CompiledStack, small: SmallSource): ClarityGrid {
  const { width, height } = small;
  const count = width * height;
  const luma = new Float32Array(count);
  const squares = new Float32Array(count);
  const [wr, wg, wb] = compiled.colour.luma;
  const pixel = new Float64Array(3);
  for (let i = 0; i < count; i++) {
    const at = i * 4;
    gradePixel(compiled.colour, small.data[at] ?? 0, small.data[at + 1] ?? 0, small.data[at + 2] ?? 0, pixel);
    const value = wr * (pixel[0] ?? 0) + wg * (pixel[1] ?? 0) + wb * (pixel[2] ?? 0);
    luma[i] = value;
    squares[i] = value * value;
  }
  const radius = Math.max(1, Math.round(radiusOfLongEdge * Math.max(width, height)));
  const mean = boxMean(luma, width, height, radius);
  const meanOfSquares = boxMean(squares, width, height, radius);
  for (let i = 0; i < count; i++) {
    const m = mean[i] ?? 0;
    const variance = Math.max(0, (meanOfSquares[i] ?? 0) - m * m);
    const a = variance / (variance + epsilon);
    luma[i] = 1 - a;
    squares[i] = m * (1 - a);
  }
  return layOver(compiled, small, boxMean(luma, width, height, radius), boxMean(squares, width, height, radius));
}

function layOver(compiled: CompiledStack, small: Size, one: Float32Array, two: Float32Array): ClarityGrid {
  const { output, source, toSource } = compiled.geometry;
  const grid = smallSize(output);
  const pairs = new Float32Array(grid.width * grid.height * 2);
  const [kx, ky] = [small.width / source.width, small.height / source.height];
  const [stepX, stepY] = [output.width / grid.width, output.height / grid.height];
  for (let gy = 0; gy < grid.height; gy++)
    for (let gx = 0; gx < grid.width; gx++) {
      const [x, y] = mapPoint(toSource, (gx + 0.5) * stepX, (gy + 0.5) * stepY);
      const at = (gy * grid.width + gx) * 2;
      pairs[at] = sample(one, small, x * kx - 0.5, y * ky - 0.5);
      pairs[at + 1] = sample(two, small, x * kx - 0.5, y * ky - 0.5);
    }
  return { ...grid, pairs };
}

const mapPoint = (map: Affine, x: number, y: number): [number, number] => [
  map.xx * x + map.xy * y + map.x0,
  map.yx * x + map.yy * y + map.y0,
];

function sample(plane: Float32Array, { width, height }: Size, x: number, y: number): number {
  const cx = Math.max(0, Math.min(width - 1, x));
  const cy = Math.max(0, Math.min(height - 1, y));
  const [x0, y0] = [Math.floor(cx), Math.floor(cy)];
  const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
  const [fx, fy] = [cx - x0, cy - y0];
  const at = (px: number, py: number): number => plane[py * width + px] ?? 0;
  return (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy) + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy;
}

/**
 * Makes the small source from 8-bit pixels by averaging areas (encoded values). Large photos are averaged over a
 * sample of at least 6 by 6 pixels per cell instead of all of them: the base is far coarser than that.
 * @param channels 1 to 4 values per pixel; with fewer than 3 the first counts for all colours.
 */
export function makeSmallSource(data: Uint8Array | Uint8ClampedArray, size: Size, channels: number): SmallSource {
  const small = smallSize(size);
  const result = new Uint8ClampedArray(small.width * small.height * 4);
  const skipX = Math.max(1, Math.floor(size.width / small.width / 6));
  const skipY = Math.max(1, Math.floor(size.height / small.height / 6));
  const [g, b] = channels < 3 ? [0, 0] : [1, 2];
  for (let sy = 0; sy < small.height; sy++) {
    const top = Math.floor((sy * size.height) / small.height);
    const bottom = Math.max(top + 1, Math.floor(((sy + 1) * size.height) / small.height));
    for (let sx = 0; sx < small.width; sx++) {
      const left = Math.floor((sx * size.width) / small.width);
      const right = Math.max(left + 1, Math.floor(((sx + 1) * size.width) / small.width));
      let [red, green, blue, n] = [0, 0, 0, 0];
      for (let y = top; y < bottom; y += skipY)
        for (let x = left; x < right; x += skipX) {
          const at = (y * size.width + x) * channels;
          red += data[at] as number;
          green += data[at + g] as number;
          blue += data[at + b] as number;
          n++;
        }
      const to = (sy * small.width + sx) * 4;
      result[to] = red / n;
      result[to + 1] = green / n;
      result[to + 2] = blue / n;
      result[to + 3] = 255;
    }
  }
  return { ...small, data: result };
}
