import { expect, test } from 'vitest';
import { createPace } from '../../renderer/features/editor/preview/pace.ts';

/** Frames on a machine that needs `ms` for a frame of 1600 px, as many as there are. @returns their long edges. */
function edgesOf(pace: ReturnType<typeof createPace>, costs: readonly number[]): number[] {
  return costs.map((ms) => {
    const edge = pace.edge(1_600);
    pace.drew(ms * (edge / 1_600) ** 2);
    return edge;
  });
}

test('a machine that keeps up draws a dragged picture at full size', () => {
  expect(edgesOf(createPace(), [12, 40, 12, 40])).toEqual([1_600, 1_600, 1_600, 1_600]);
});

test('one slow frame among quick ones changes nothing', () => {
  expect(edgesOf(createPace(), [12, 160, 12, 160, 12])).toEqual([1_600, 1_600, 1_600, 1_600, 1_600]);
});

test('after two frames four times too slow the next have a quarter of the pixels, and stay so', () => {
  expect(edgesOf(createPace(), [160, 160, 160, 160, 160])).toEqual([1_600, 1_600, 800, 800, 800]);
});

test('a dragged picture is never coarser than three eighths', () => {
  expect(edgesOf(createPace(), [9_000, 9_000, 9_000, 9_000])).toEqual([1_600, 1_600, 600, 600]);
});

test('a dragged picture grows back step by step when frames get quick again', () => {
  expect(edgesOf(createPace(), [640, 640, 10, 10, 10, 10, 10, 10])).toEqual([
    1_600, 1_600, 600, 800, 1_000, 1_200, 1_400, 1_600,
  ]);
});

test('a picture smaller than the screen is never drawn larger than it is', () => {
  expect(createPace().edge(301)).toBe(301);
});
