/** The widest Gaussian evaluated tap by tap; beyond it box passes are close enough for sharpening and much cheaper. */
const widestTaps = 1.6;

/** A symmetric kernel: weight of the centre, then of each neighbour at distance 1, 2, …; the whole sums to 1. */
export type HalfKernel = readonly number[];

/** Gaussian weights out to three standard deviations. @param sigma pixels, above 0. */
export function gaussianTaps(sigma: number): HalfKernel {
  const radius = Math.max(1, Math.ceil(sigma * 3));
  const half = Array.from({ length: radius + 1 }, (_, i) => Math.exp(-(i * i) / (2 * sigma * sigma)));
  const sum = half.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return half.map((weight) => weight / sum);
}

/** How many boxes follow each other: two make a kernel without corners in its blur. */
const boxPasses = 2;

/** A box of fractional width: full weight out to `radius`, `edge` of it at radius + 1. */
export interface Box {
  readonly radius: number;
  readonly edge: number;
}

/**
 * The box whose convolution with itself ({@link boxPasses} in all) has the variance of the Gaussian (extended box filter, Gwosdek et al. 2011:
 * the two end pixels get a fractional weight so that any variance can be met).
 */
function boxFor(sigma: number): Box {
  const variance = (sigma * sigma) / boxPasses;
  const radius = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  // variance of a box of 2r+1 ones and two ends of weight e:
  // (r(r+1)(2r+1)/3 + 2 e (r+1)^2) / (2r+1+2e)
  const inner = (radius * (radius + 1) * (2 * radius + 1)) / 3;
  const edge = (variance * (2 * radius + 1) - inner) / (2 * ((radius + 1) ** 2 - variance));
  return { radius, edge };
}

/**
 * One box pass along `count` neighbouring values, ends repeated.
 * @param padded scratch of at least count + 2 (radius + 1): the line with its ends repeated, so the loop has no edges.
 */
function boxLine(
  input: Float32Array,
  start: number,
  output: Float32Array,
  to: number,
  count: number,
  { radius, edge }: Box,
  padded: Float32Array,
): void {
  const reach = radius + 1;
  padded.set(input.subarray(start, start + count), reach);
  padded.fill(input[start] as number, 0, reach);
  padded.fill(input[start + count - 1] as number, reach + count, count + 2 * reach);
  const scale = 1 / (2 * radius + 1 + 2 * edge);
  let sum = 0;
  for (let k = 1; k <= 2 * radius + 1; k++) sum += padded[k] as number;
  let outer = padded[0] as number;
  for (let i = 0, ahead = 2 * reach; i < count; i++, ahead++) {
    const entering = padded[ahead] as number;
    output[to + i] = (sum + edge * (outer + entering)) * scale;
    outer = padded[i + 1] as number;
    sum += entering - outer;
  }
}

/** One box pass down the columns of a plane, row by row so that memory is read in order; rows beyond are repeated. */
function boxColumns(input: Float32Array, output: Float32Array, width: number, height: number, box: Box): void {
  const { radius, edge } = box;
  const scale = 1 / (2 * radius + 1 + 2 * edge);
  const sums = new Float32Array(width);
  const row = (y: number): number => (y < 0 ? 0 : y >= height ? height - 1 : y) * width;
  for (let k = -radius; k <= radius; k++) {
    const from = row(k);
    for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + (input[from + x] as number);
  }
  for (let y = 0; y < height; y++) {
    const [above, below, leaving, to] = [row(y - radius - 1), row(y + radius + 1), row(y - radius), y * width];
    for (let x = 0; x < width; x++) {
      const sum = sums[x] as number;
      const entering = input[below + x] as number;
      output[to + x] = (sum + edge * ((input[above + x] as number) + entering)) * scale;
      sums[x] = sum + entering - (input[leaving + x] as number);
    }
  }
}

function tapLine(input: Float32Array, output: Float32Array, start: number, count: number, taps: HalfKernel): void {
  const last = start + count - 1;
  const reach = taps.length - 1;
  const at = (i: number): number => input[i < start ? start : i > last ? last : i] as number;
  const edge = (i: number): void => {
    let sum = (taps[0] as number) * (input[i] as number);
    for (let k = 1; k <= reach; k++) sum += (taps[k] as number) * (at(i - k) + at(i + k));
    output[i] = sum;
  };
  const inner = Math.min(last + 1, start + reach);
  for (let i = start; i < inner; i++) edge(i);
  for (let i = Math.max(inner, last - reach + 1); i <= last; i++) edge(i);
  const end = last - reach;
  const [w0, w1, w2, w3] = [taps[0] as number, taps[1] as number, taps[2] ?? 0, taps[3] ?? 0];
  // A screen-size picture is blurred this far: without an inner loop in half the time.
  if (reach === 3)
    for (let i = inner; i <= end; i++)
      output[i] =
        w0 * (input[i] as number) +
        w1 * ((input[i - 1] as number) + (input[i + 1] as number)) +
        w2 * ((input[i - 2] as number) + (input[i + 2] as number)) +
        w3 * ((input[i - 3] as number) + (input[i + 3] as number));
  else
    for (let i = inner; i <= end; i++) {
      let sum = w0 * (input[i] as number);
      for (let k = 1; k <= reach; k++)
        sum += (taps[k] as number) * ((input[i - k] as number) + (input[i + k] as number));
      output[i] = sum;
    }
}

function tapColumns(input: Float32Array, output: Float32Array, width: number, height: number, taps: HalfKernel): void {
  const row = (y: number): number => (y < 0 ? 0 : y >= height ? height - 1 : y) * width;
  const reach = taps.length - 1;
  const [w0, w1, w2, w3] = [taps[0] as number, taps[1] as number, taps[2] ?? 0, taps[3] ?? 0];
  for (let y = 0; y < height; y++) {
    const to = y * width;
    const [above, below] = [row(y - 1), row(y + 1)];
    const [above2, below2] = reach < 2 ? [above, below] : [row(y - 2), row(y + 2)];
    const [above3, below3] = reach < 3 ? [above, below] : [row(y - 3), row(y + 3)];
    for (let x = 0; x < width; x++)
      output[to + x] =
        w0 * (input[to + x] as number) +
        w1 * ((input[above + x] as number) + (input[below + x] as number)) +
        w2 * ((input[above2 + x] as number) + (input[below2 + x] as number)) +
        w3 * ((input[above3 + x] as number) + (input[below3 + x] as number));
    for (let k = 4; k <= reach; k++) {
      const weight = taps[k] as number;
      const [one, two] = [row(y - k), row(y + k)];
      for (let x = 0; x < width; x++)
        output[to + x] =
          (output[to + x] as number) + weight * ((input[one + x] as number) + (input[two + x] as number));
    }
  }
}

/** A Gaussian prepared for one sigma; rows and columns are blurred apart so that strips can share the work. */
export interface Blur {
  /** Rows above and below a row that its result depends on. */
  readonly reach: number;
  /** Whether {@link columns} works in the plane it is given. */
  readonly overwrites: boolean;
  /** Blurs `rows` rows of a plane along x from `input` into `output` (same offsets), ends repeated. */
  rows(input: Float32Array, output: Float32Array, from: number, width: number, rows: number): void;
  /**
   * Blurs along y. @param plane is overwritten where {@link overwrites} says so. @param scratch of the same length.
   * @returns the one of the two that holds the result.
   */
  columns(plane: Float32Array, scratch: Float32Array, width: number, height: number): Float32Array;
}

/**
 * Prepares a Gaussian: up to {@link widestTaps} by its taps, beyond by {@link boxPasses} extended boxes each way, in a
 * time that does not depend on sigma. @param sigma pixels, above 0.
 */
export function createBlur(sigma: number): Blur {
  if (sigma <= widestTaps) {
    const taps = gaussianTaps(sigma);
    return {
      reach: taps.length - 1,
      overwrites: false,
      rows(input, output, from, width, rows) {
        for (let y = 0; y < rows; y++) tapLine(input, output, from + y * width, width, taps);
      },
      columns(plane, scratch, width, height) {
        tapColumns(plane, scratch, width, height, taps);
        return scratch;
      },
    };
  }
  const box = boxFor(sigma);
  return {
    reach: boxPasses * (box.radius + 1),
    overwrites: true,
    rows(input, output, from, width, rows) {
      const padded = new Float32Array(width + 2 * (box.radius + 1));
      for (let y = 0; y < rows; y++) {
        const start = from + y * width;
        boxLine(input, start, output, start, width, box, padded);
        boxLine(output, start, output, start, width, box, padded);
      }
    },
    columns(plane, scratch, width, height) {
      boxColumns(plane, scratch, width, height, box);
      boxColumns(scratch, plane, width, height, box);
      return plane;
    },
  };
}

/** The mean over a window of 2r+1 by 2r+1 pixels, the window cut off at the edges: the guided filter's box. */
export function boxMean(plane: Float32Array, width: number, height: number, radius: number): Float32Array {
  const box: Box = { radius, edge: 0 };
  const across = new Float32Array(plane.length);
  const padded = new Float32Array(width + 2 * (radius + 1));
  for (let y = 0; y < height; y++) boxLine(plane, y * width, across, y * width, width, box, padded);
  const result = new Float32Array(plane.length);
  boxColumns(across, result, width, height, box);
  return result;
}
