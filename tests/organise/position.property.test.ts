import { fc } from '../helpers/properties.ts';
import { expect, test } from 'vitest';
import { isPosition, positionBetween, positionsBetween } from '../../electron/core/library/position.ts';

const position = fc
  .string({
    unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'),
    minLength: 1,
    maxLength: 12,
  })
  .filter(isPosition);

test('between any two positions there is another, in byte order', () => {
  fc.assert(
    fc.property(fc.option(position), fc.option(position), (one, other) => {
      const [low, high] = one !== null && other !== null && one > other ? [other, one] : [one, other];
      fc.pre(low === null || low !== high);
      const made = positionBetween(low, high);
      expect(isPosition(made)).toBe(true);
      if (low !== null) expect(made > low).toBe(true);
      if (high !== null) expect(made < high).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test('many positions between two come in order, all different, and stay short', () => {
  fc.assert(
    fc.property(fc.option(position), fc.option(position), fc.integer({ min: 0, max: 300 }), (one, other, count) => {
      const [low, high] = one !== null && other !== null && one > other ? [other, one] : [one, other];
      fc.pre(low === null || low !== high);
      const made = positionsBetween(low, high, count);
      const whole = [...(low === null ? [] : [low]), ...made, ...(high === null ? [] : [high])];
      expect(made).toHaveLength(count);
      expect(whole).toEqual([...new Set(whole)].toSorted());
      expect(Math.max(0, ...made.map((text) => text.length))).toBeLessThanOrEqual(
        Math.max(6, (low ?? '').length, (high ?? '').length) + 4,
      );
    }),
    { numRuns: 500 },
  );
});

test('a list that is rearranged ten thousand times keeps its order and short positions', () => {
  const random = fc.sample(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { numRuns: 20_000, seed: 7 });
  const list = positionsBetween(null, null, 100);
  for (let move = 0; move < 10_000; move += 1) {
    list.splice(Math.floor((random[move * 2] ?? 0) * list.length), 1);
    const at = Math.floor((random[move * 2 + 1] ?? 0) * (list.length + 1));
    list.splice(at, 0, positionBetween(list[at - 1] ?? null, list[at] ?? null));
  }
  expect(list).toEqual(list.toSorted());
  expect(new Set(list).size).toBe(100);
  expect(Math.max(...list.map((text) => text.length))).toBeLessThan(40);
});

test('fifty thousand appended and fifty thousand put in front take at most six digits', () => {
  let [last, first] = ['V', 'V'];
  for (let index = 0; index < 50_000; index += 1) {
    last = positionBetween(last, null);
    first = positionBetween(null, first);
  }
  expect(last.length).toBeLessThanOrEqual(6);
  expect(first.length).toBeLessThanOrEqual(6);
});

test('nothing lies between a position and itself', () => {
  expect(() => positionBetween('V', 'V')).toThrow();
  expect(() => positionBetween('W', 'V')).toThrow();
});
