import { expect, it } from 'vitest';
import { linkCount } from '../../renderer/features/sharing/linkCount.ts';

it.each([
  ['', null],
  ['  ', null],
  ['7', 7],
  [' 30 ', 30],
  ['999999', 999_999],
] as const)('%j is taken as %j', (typed, count) => {
  expect(linkCount(typed, 'unclear')).toBe(count);
});

it.each(['0', '1.5', '-3', 'a week', '7 days', '1e3', '1000000', '٣'])(
  '%j is said to be unclear, and never makes a link without an end',
  (typed) => {
    expect(() => linkCount(typed, 'Give a whole number.')).toThrow('Give a whole number.');
  },
);
