import { expect, test } from 'vitest';
import {
  addPoint,
  movePoint,
  removePoint,
  straightCurve,
  widestGap,
} from '../../renderer/features/editor/curvePoints.ts';
import { editStep } from '../../shared/edits/steps.ts';

test('a point dragged past its neighbours or out of the square stops where the stack still takes the curve', () => {
  const three = addPoint(straightCurve, 0.5, 0.6)?.points ?? [];
  for (const [x, y] of [
    [-2, -2],
    [0, 0],
    [0.999, 3],
    [2, 0.5],
  ] as const)
    for (const index of [0, 1, 2]) {
      const points = movePoint(three, index, x, y);
      expect(editStep.safeParse({ kind: 'curve', points }).success, `${index} to ${x}, ${y}`).toBe(true);
    }
  expect(movePoint(three, 1, 2, 2)[1]).toEqual([0.99, 1]);
});

test('points are added between others, up to the sixteen a curve may have, and never onto one', () => {
  expect(addPoint(straightCurve, 0.25, 0.4)).toEqual({
    points: [
      [0, 0],
      [0.25, 0.4],
      [1, 1],
    ],
    index: 1,
  });
  expect(addPoint(straightCurve, 0.004, 0.5)).toBeNull();
  let points = straightCurve;
  for (;;) {
    const input = widestGap(points);
    const added = addPoint(points, input, input);
    if (added === null) break;
    points = added.points;
    expect(editStep.safeParse({ kind: 'curve', points }).success).toBe(true);
  }
  expect(points).toHaveLength(16);
});

test('the ends of a curve cannot be taken away, what lies between them can', () => {
  const three = addPoint(straightCurve, 0.5, 0.6)?.points ?? [];
  expect(removePoint(three, 0)).toBe(three);
  expect(removePoint(three, 2)).toBe(three);
  expect(removePoint(three, 1)).toEqual(straightCurve);
});
