import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { project, unproject, zoomFrame } from '../../renderer/features/search/mapProjection.ts';

const size = { width: 1_000, height: 700 };
const frame = fc.record({
  longitude: fc.double({ min: -170, max: 170, noNaN: true }),
  latitude: fc.double({ min: -70, max: 70, noNaN: true }),
  scale: fc.double({ min: 2, max: 3_000, noNaN: true }),
});
const at = fc.record({ x: fc.integer({ min: 0, max: 1_000 }), y: fc.integer({ min: 0, max: 700 }) });

describe('the map', () => {
  it('a place on the map is the place in the world that is drawn there', () => {
    fc.assert(
      fc.property(frame, at, (shown, point) => {
        const place = unproject(shown, size, point);
        // The projection ends there: beyond it a map of this kind has no place.
        fc.pre(Math.abs(place.latitude) < 85);
        const back = project(shown, size, place);
        expect(back.x).toBeCloseTo(point.x, 4);
        expect(back.y).toBeCloseTo(point.y, 4);
      }),
      {
        examples: [
          [
            { longitude: 0, latitude: 0, scale: 20 },
            { x: 10, y: 20 },
          ],
        ],
      },
    );
  });

  it('zooming keeps the place under the pointer', () => {
    const shown = { longitude: 24, latitude: 35, scale: 40 };
    const point = { x: 300, y: 200 };
    const before = unproject(shown, size, point);
    const after = unproject(zoomFrame(shown, size, 2, point), size, point);
    expect(after.longitude).toBeCloseTo(before.longitude, 6);
    expect(after.latitude).toBeCloseTo(before.latitude, 6);
  });
});
