import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { civilDate } from '../../renderer/features/library/civilDate.ts';
import {
  layoutTimeline,
  photosInside,
  rowOf,
  rowsBetween,
  verticalNeighbour,
} from '../../renderer/features/library/justifiedLayout.ts';
import type { Grouping, TimelineLayout } from '../../renderer/features/library/justifiedLayout.ts';

const input = fc.record({
  photos: fc.array(
    fc.record({ ratio: fc.integer({ min: 50, max: 9_000 }), gapDays: fc.integer({ min: 0, max: 40 }) }),
    {
      maxLength: 300,
    },
  ),
  width: fc.integer({ min: 120, max: 2_400 }),
  rowHeight: fc.integer({ min: 80, max: 480 }),
  grouping: fc.constantFrom<Grouping>('day', 'month', 'year', 'none'),
});

function lay(value: typeof input extends fc.Arbitrary<infer T> ? T : never): TimelineLayout {
  let day = 20_000;
  return layoutTimeline({
    count: value.photos.length,
    ratios: Int32Array.from(value.photos, (photo) => photo.ratio),
    days: Int32Array.from(value.photos, (photo) => (day -= photo.gapDays)),
    width: value.width,
    rowHeight: value.rowHeight,
    gap: 4,
    grouping: value.grouping,
    headerHeight: 40,
  });
}

const at = (column: { readonly [index: number]: number }, index: number): number => column[index] ?? Number.NaN;

describe('justified rows', () => {
  it('every photo is in exactly one row, inside the width, and no two boxes overlap', () => {
    fc.assert(
      fc.property(input, (value) => {
        const layout = lay(value);
        let expected = 0;
        for (let row = 0; row < layout.rows; row += 1) {
          expect(at(layout.rowFirst, row)).toBe(expected);
          expected = at(layout.rowFirst, row + 1);
          expect(expected).toBeGreaterThan(at(layout.rowFirst, row));
          for (let index = at(layout.rowFirst, row); index < expected; index += 1) {
            expect(at(layout.left, index)).toBeGreaterThanOrEqual(0);
            expect(at(layout.left, index) + at(layout.widths, index)).toBeLessThanOrEqual(value.width + 0.5);
            expect(at(layout.widths, index)).toBeGreaterThan(0);
            if (index > at(layout.rowFirst, row))
              expect(at(layout.left, index)).toBeGreaterThanOrEqual(
                at(layout.left, index - 1) + at(layout.widths, index - 1),
              );
          }
          if (row > 0 && at(layout.rowTop, row) !== at(layout.rowTop, row - 1))
            expect(at(layout.rowTop, row)).toBeGreaterThanOrEqual(
              at(layout.rowTop, row - 1) + at(layout.rowHeight, row - 1),
            );
        }
        expect(expected).toBe(value.photos.length);
        if (layout.rows > 0)
          expect(layout.height).toBeGreaterThanOrEqual(
            at(layout.rowTop, layout.rows - 1) + at(layout.rowHeight, layout.rows - 1),
          );
      }),
    );
  });

  it('sections never share a photo and stand beside each other only when both fit', () => {
    fc.assert(
      fc.property(input, (value) => {
        const layout = lay(value);
        for (let section = 1; section < layout.sections; section += 1) {
          expect(at(layout.sectionFirst, section)).toBeGreaterThan(at(layout.sectionFirst, section - 1));
          if (at(layout.sectionTop, section) === at(layout.sectionTop, section - 1)) {
            expect(at(layout.sectionLeft, section)).toBeGreaterThanOrEqual(
              at(layout.sectionLeft, section - 1) + at(layout.sectionWidth, section - 1),
            );
            expect(at(layout.sectionLeft, section) + at(layout.sectionWidth, section)).toBeLessThanOrEqual(
              value.width + 0.5,
            );
          } else {
            expect(at(layout.sectionTop, section)).toBeGreaterThan(at(layout.sectionTop, section - 1));
          }
        }
      }),
    );
  });

  it('rows of an ungrouped list fill the width at a height near the wish', () => {
    const count = 500;
    const ratios = Int32Array.from(
      { length: count },
      (_, index) => [1_500, 667, 1_333, 1_000, 750][index % 5] ?? 1_000,
    );
    const layout = layoutTimeline({
      count,
      ratios,
      days: new Int32Array(count),
      width: 1_000,
      rowHeight: 200,
      gap: 4,
      grouping: 'day',
      headerHeight: 40,
    });
    expect(layout.sections).toBe(1);
    expect(layout.headerHeight).toBe(0);
    for (let row = 0; row < layout.rows - 1; row += 1) {
      const last = at(layout.rowFirst, row + 1) - 1;
      expect(at(layout.left, last) + at(layout.widths, last)).toBeCloseTo(1_000, 1);
      expect(at(layout.rowHeight, row)).toBeGreaterThan(150);
      expect(at(layout.rowHeight, row)).toBeLessThan(260);
    }
  });

  it('the row of a photo and the rows of a window agree with a plain search', () => {
    fc.assert(
      fc.property(input, fc.double({ min: 0, max: 1, noNaN: true }), (value, where) => {
        const layout = lay(value);
        fc.pre(layout.count > 0);
        const index = Math.min(layout.count - 1, Math.floor(where * layout.count));
        const row = rowOf(layout, index);
        expect(at(layout.rowFirst, row)).toBeLessThanOrEqual(index);
        expect(at(layout.rowFirst, row + 1)).toBeGreaterThan(index);
        const top = where * layout.height;
        const [first, end] = rowsBetween(layout, top, top + 500);
        for (let candidate = 0; candidate < layout.rows; candidate += 1) {
          const touches =
            at(layout.rowTop, candidate) <= top + 500 &&
            at(layout.rowTop, candidate) + at(layout.rowHeight, candidate) > top;
          if (touches) expect(candidate >= first && candidate < end).toBe(true);
        }
      }),
    );
  });

  it('arrow down and arrow up move by one line, and stop at the ends', () => {
    fc.assert(
      fc.property(input, (value) => {
        const layout = lay(value);
        fc.pre(layout.count > 0);
        let index = 0;
        for (let step = 0; step <= layout.rows; step += 1) {
          const next = verticalNeighbour(layout, index, 1);
          expect(at(layout.rowTop, rowOf(layout, next))).toBeGreaterThanOrEqual(
            at(layout.rowTop, rowOf(layout, index)),
          );
          index = next;
        }
        expect(at(layout.rowTop, rowOf(layout, index))).toBe(at(layout.rowTop, layout.rows - 1));
        expect(verticalNeighbour(layout, 0, -1)).toBe(0);
      }),
    );
  });

  it('a rubber band catches exactly the boxes it touches', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 800 }), (value, top, height) => {
        const layout = lay(value);
        const box = { left: 50, top, right: 400, bottom: top + height };
        const caught = new Set(photosInside(layout, box));
        for (let row = 0; row < layout.rows; row += 1) {
          for (let index = at(layout.rowFirst, row); index < at(layout.rowFirst, row + 1); index += 1) {
            const touches =
              at(layout.rowTop, row) <= box.bottom &&
              at(layout.rowTop, row) + at(layout.rowHeight, row) >= box.top &&
              at(layout.left, index) <= box.right &&
              at(layout.left, index) + at(layout.widths, index) >= box.left;
            expect(caught.has(index)).toBe(touches);
          }
        }
      }),
    );
  });

  it('100,000 boxes are laid out in under 20 ms of processor time', () => {
    const count = 100_000;
    const ratios = Int32Array.from({ length: count }, (_, index) => 600 + ((index * 7_919) % 1_400));
    const days = Int32Array.from({ length: count }, (_, index) => 20_000 - Math.floor(index / 37));
    const times: number[] = [];
    for (let run = 0; run < 7; run += 1) {
      // Processor time, so that a busy machine does not make the layout look slow.
      const started = process.cpuUsage();
      layoutTimeline({ count, ratios, days, width: 1_200, rowHeight: 200, gap: 4, grouping: 'day', headerHeight: 40 });
      const { user, system } = process.cpuUsage(started);
      times.push((user + system) / 1_000);
    }
    // The best run: what others make of the machine only ever adds.
    expect(Math.min(...times)).toBeLessThan(20);
  });
});

describe('civil dates', () => {
  it('agree with the platform over four thousand years', () => {
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 700_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        expect(civilDate(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
      }),
    );
  });
});
