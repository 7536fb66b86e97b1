import { compileStack } from '../../shared/edits/compile.ts';
import { makeSmallSource } from '../../shared/edits/clarity.ts';
import { renderAll } from '../../shared/edits/execute.ts';
import type { PixelSource } from '../../shared/edits/resample.ts';
import type { WorkingSpace } from '../../shared/edits/colourSpace.ts';
import { emptyStack } from '../../shared/edits/stack.ts';
import type { EditStack } from '../../shared/edits/stack.ts';
import { applyAssignments } from '../../shared/edits/stackOps.ts';

/** A colour chart made here: a grey ramp of all 256 codes, the six full hues, skin, sky, foliage, and dark tones. */
export const chartColours: readonly (readonly [number, number, number])[] = [
  ...Array.from({ length: 256 }, (_, i) => [i, i, i] as const),
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [0, 255, 255],
  [255, 0, 255],
  [196, 149, 129],
  [93, 122, 157],
  [88, 108, 67],
  [131, 128, 176],
  [98, 190, 170],
  [217, 122, 37],
  [73, 91, 165],
  [194, 84, 98],
  [91, 59, 107],
  [160, 188, 64],
  [230, 162, 42],
  [12, 5, 3],
  [3, 9, 21],
  [250, 244, 235],
];

/** The chart as pixels, one row. */
function chart(): PixelSource {
  return { data: Uint8Array.from(chartColours.flat()), channels: 3, width: chartColours.length, height: 1 };
}

/** A flat picture of one colour. */
export function flat(width: number, height: number, colour: readonly [number, number, number]): PixelSource {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(colour, i);
  return { data, channels: 3, width, height };
}

/** A picture in which every pixel tells its place: red is x, green is y, blue is a hash of both. */
export function places(width: number, height: number): PixelSource {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.set(
        [(x * 255) / Math.max(1, width - 1), (y * 255) / Math.max(1, height - 1), (x * 31 + y * 17) % 256],
        (y * width + x) * 3,
      );
  return { data, channels: 3, width, height };
}

/** Stack from the command line's text. */
export const stackFrom = (text: string): EditStack => applyAssignments(emptyStack, text);

/** Renders a stack (or its text) at full size. */
export function render(
  source: PixelSource,
  stack: EditStack | string,
  space: WorkingSpace = 'srgb',
): { data: Uint8ClampedArray; width: number; height: number } {
  const compiled = compileStack(typeof stack === 'string' ? stackFrom(stack) : stack, source, space);
  const small = makeSmallSource(source.data, source, source.channels);
  return {
    data: renderAll({ compiled, source, output: compiled.geometry.output, small }),
    ...compiled.geometry.output,
  };
}

/** Renders the chart and gives each patch. */
export function renderChart(
  text: string,
  space: WorkingSpace = 'srgb',
): readonly (readonly [number, number, number])[] {
  const { data } = render(chart(), text, space);
  return chartColours.map((_, i) => [data[i * 3] ?? 0, data[i * 3 + 1] ?? 0, data[i * 3 + 2] ?? 0]);
}
