import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { createScaledScroll } from '../../renderer/features/library/scaledScroll.ts';

describe('a list taller than an element may be', () => {
  it('a list that fits is scrolled one to one', () => {
    const scroll = createScaledScroll(5_000, 800, 0);
    expect(scroll.elementHeight).toBe(5_000);
    expect(scroll.scrolled(1_234)).toBe(1_234);
    expect(scroll.scrolled(4_200)).toBe(4_200);
  });

  it('a wheel step moves the list by the same number of pixels', () => {
    const scroll = createScaledScroll(40_000_000, 800, 20_000_000);
    const before = scroll.settled();
    expect(scroll.scrolled(before + 100)).toBeCloseTo(20_000_100, 3);
    expect(scroll.scrolled(before + 40)).toBeCloseTo(20_000_040, 3);
  });

  it('dragging the bar reaches both ends and every place between in proportion', () => {
    const scroll = createScaledScroll(40_000_000, 800, 0);
    expect(scroll.scrolled(scroll.elementHeight - 800)).toBe(40_000_000 - 800);
    expect(scroll.scrolled(0)).toBe(0);
    expect(scroll.scrolled((scroll.elementHeight - 800) / 2)).toBeCloseTo((40_000_000 - 800) / 2, 0);
  });

  it('any mix of steps and jumps stays inside the list, and settling does not move it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16_000_000, max: 200_000_000 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (height, jumps) => {
          const scroll = createScaledScroll(height, 900, 0);
          let top = 0;
          for (const jump of jumps) {
            top = scroll.scrolled(jump * (scroll.elementHeight - 900));
            expect(top).toBeGreaterThanOrEqual(0);
            expect(top).toBeLessThanOrEqual(height - 900);
            const rest = scroll.settled();
            expect(scroll.scrolled(rest)).toBeCloseTo(top, 3);
          }
        },
      ),
    );
  });
});
