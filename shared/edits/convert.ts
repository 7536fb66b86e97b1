import { luminanceWeights, spaceToSpace } from './colourSpace.ts';
import type { WorkingSpace } from './colourSpace.ts';
import { createRowGrader } from './grade.ts';
import { compileTone, neutralTone } from './tone.ts';

/**
 * Converts 8-bit pixels from one working space to the other, in place: linear light, matrix, encoded again, colours
 * outside the target clipped. @param channels 3 or 4 values per pixel; alpha stays.
 */
export function convertSpace(data: Uint8ClampedArray, channels: 3 | 4, from: WorkingSpace, to: WorkingSpace): void {
  if (from === to) return;
  const grader = createRowGrader({
    identity: false,
    plain: false,
    matrix: spaceToSpace(from, to),
    tone: compileTone(neutralTone),
    saturation: 1,
    vibrance: 0,
    toning: [1, 1, 1],
    luma: luminanceWeights(to),
  });
  const run = 4096;
  const encoded = new Float32Array(run * 3);
  const pixels = data.length / channels;
  for (let start = 0; start < pixels; start += run) {
    const count = Math.min(run, pixels - start);
    grader.grade(data, start * channels, channels, count, encoded);
    for (let i = 0, at = start * channels, e = 0; i < count; i++, at += channels, e += 3) {
      data[at] = (encoded[e] as number) * 255;
      data[at + 1] = (encoded[e + 1] as number) * 255;
      data[at + 2] = (encoded[e + 2] as number) * 255;
    }
  }
}
