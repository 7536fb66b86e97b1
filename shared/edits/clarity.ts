import { boxMean } from './blur.ts';
import type { CompiledStack } from './compile.ts';
import type { Size } from './geometry.ts';
import { createRowGrader } from './grade.ts';

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
  createRowGrader(compiled.colour).grade(small.data, 0, 4, count, new Float32Array(count * 3), luma);
  const squares = luma.map((value) => value * value);
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
  const { width, height } = small;
  const [kx, ky] = [width / source.width, height / source.height];
  const [stepX, stepY] = [output.width / grid.width, output.height / grid.height];
  const { xx, xy, x0, yx, yy, y0 } = toSource;
  const [lastX, lastY] = [width - 1, height - 1];
  let to = 0;
  for (let gy = 0; gy < grid.height; gy++) {
    const ry = (gy + 0.5) * stepY;
    for (let gx = 0; gx < grid.width; gx++, to += 2) {
      const rx = (gx + 0.5) * stepX;
      const px = (xx * rx + xy * ry + x0) * kx - 0.5;
      const py = (yx * rx + yy * ry + y0) * ky - 0.5;
      const x = px < 0 ? 0 : px > lastX ? lastX : px;
      const y = py < 0 ? 0 : py > lastY ? lastY : py;
      const left = x | 0;
      const top = y | 0;
      const fx = x - left;
      const fy = y - top;
      // Bilinear between a sample and its neighbours to the right and below.
      const a = top * width + left;
      const b = left < lastX ? a + 1 : a;
      const c = top < lastY ? a + width : a;
      const d = c + b - a;
      const wa = (1 - fx) * (1 - fy);
      const wb = fx * (1 - fy);
      const wc = (1 - fx) * fy;
      const wd = fx * fy;
      pairs[to] = wa * (one[a] as number) + wb * (one[b] as number) + wc * (one[c] as number) + wd * (one[d] as number);
      pairs[to + 1] =
        wa * (two[a] as number) + wb * (two[b] as number) + wc * (two[c] as number) + wd * (two[d] as number);
    }
  }
  return { ...grid, pairs };
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
