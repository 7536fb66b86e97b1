import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { contained, fitSize, fitted, panBy, zoomAt } from '../../renderer/features/viewer/zoom.ts';
import type { Stage } from '../../renderer/features/viewer/zoom.ts';

const stage: Stage = { width: 1_000, height: 600, fitWidth: 900, fitHeight: 600 };
const point = fc.record({ x: fc.integer({ min: -500, max: 500 }), y: fc.integer({ min: -300, max: 300 }) });

describe('zooming a picture', () => {
  it('a picture fits its stage on the tighter side and keeps its shape', () => {
    expect(fitSize({ width: 1_000, height: 600 }, { width: 3_000, height: 2_000 })).toEqual({
      width: 900,
      height: 600,
    });
    expect(fitSize({ width: 500, height: 600 }, { width: 3_000, height: 2_000 }).width).toBe(500);
  });

  it('the point under the pointer stays where it is while no edge is in the way', () => {
    fc.assert(
      fc.property(fc.double({ min: 1.5, max: 8, noNaN: true }), (scale) => {
        const before = { scale: 4, x: 40, y: -20 };
        const at = { x: 10, y: 15 };
        const after = zoomAt(before, stage, scale, at, 20);
        const pictureBefore = { x: (at.x - before.x) / before.scale, y: (at.y - before.y) / before.scale };
        expect((at.x - after.x) / after.scale).toBeCloseTo(pictureBefore.x, 6);
        expect((at.y - after.y) / after.scale).toBeCloseTo(pictureBefore.y, 6);
      }),
    );
  });

  it('no mix of zooming and dragging leaves the stage empty where the picture is larger', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.2, max: 12, noNaN: true }), point), { maxLength: 30 }),
        (steps) => {
          let zoom = fitted;
          for (const [scale, at] of steps) {
            zoom = panBy(zoomAt(zoom, stage, scale, at, 10), stage, at.x * 3, at.y * 3);
            expect(zoom.scale).toBeGreaterThanOrEqual(1);
            expect(zoom.scale).toBeLessThanOrEqual(10);
            expect(contained(zoom, stage)).toEqual(zoom);
            const overX = Math.max(0, (stage.fitWidth * zoom.scale - stage.width) / 2);
            expect(Math.abs(zoom.x)).toBeLessThanOrEqual(overX);
          }
        },
      ),
    );
  });
});
