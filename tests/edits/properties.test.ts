import { fc } from '../helpers/properties.ts';
import { describe, expect, test } from 'vitest';
import { makeSmallSource } from '../../shared/edits/clarity.ts';
import { compileStack } from '../../shared/edits/compile.ts';
import { renderAll } from '../../shared/edits/execute.ts';
import { autoCrop, compileGeometry, constrainCrop } from '../../shared/edits/geometry.ts';
import { dragCrop, flipStack, turnStack, withAspect } from '../../shared/edits/geometryOps.ts';
import type { CropHandle } from '../../shared/edits/geometryOps.ts';
import { createRowGrader, gradePixel } from '../../shared/edits/grade.ts';
import { createLightGrader, lightKey, placeLight } from '../../shared/edits/light.ts';
import { presetNames, presetOf, presets, withPreset } from '../../shared/edits/presets.ts';
import {
  emptyStack,
  isEmptyStack,
  readStack,
  readStackInput,
  sameStack,
  stackToJson,
  stepOf,
  withStep,
} from '../../shared/edits/stack.ts';
import { applyAssignments, changedKinds, pasteStack, syncKinds } from '../../shared/edits/stackOps.ts';
import { cropAspects, stepKinds } from '../../shared/edits/steps.ts';
import { compileTone, neutralTone } from '../../shared/edits/tone.ts';
import { places, render, stackFrom } from './chart.ts';
import { anyStack, anyStep } from './stackGenerator.ts';

const sizes = fc.record({ width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 90 }) });
const spaces = fc.constantFrom('srgb' as const, 'display-p3' as const);

const lumaOf = (weights: readonly number[], row: Float32Array, i: number): number =>
  weights.reduce((sum, weight, c) => sum + weight * (row[i * 3 + c] ?? 0), 0);

describe('any stack', () => {
  test('1,000 random stacks compile and render at any size without a NaN or an empty corner', () => {
    let rendered = 0;
    fc.assert(
      fc.property(
        anyStack,
        sizes,
        spaces,
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        (stack, size, space, scale) => {
          const source = places(size.width, size.height);
          const compiled = compileStack(stack, source, space);
          const numbers = [
            ...compiled.colour.matrix,
            ...compiled.colour.tone,
            ...Object.values(compiled.geometry.toSource as unknown as Record<string, number>),
            compiled.colour.saturation,
          ];
          expect(numbers.every(Number.isFinite)).toBe(true);
          const { output } = compiled.geometry;
          expect(output.width >= 1 && output.height >= 1).toBe(true);
          const target = {
            width: Math.max(1, Math.round(output.width * scale)),
            height: Math.max(1, Math.round(output.height * scale)),
          };
          const small = makeSmallSource(source.data, source, 3);
          const pixels = renderAll({ compiled, source, output: target, small });
          expect(pixels.length).toBe(target.width * target.height * 3);
          const row = new Float32Array(source.width * 3);
          createRowGrader(compiled.colour).grade(source.data, 0, 3, source.width, row);
          expect(row.every(Number.isFinite)).toBe(true);
          rendered++;
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
    expect(rendered).toBeGreaterThanOrEqual(1000);
  });

  test('every corner of the result lies on the photo', () => {
    fc.assert(
      fc.property(
        anyStack,
        fc.integer({ min: 50, max: 6000 }),
        fc.integer({ min: 50, max: 6000 }),
        (stack, width, height) => {
          const g = compileGeometry(stack, { width, height });
          for (const x of [0, g.output.width])
            for (const y of [0, g.output.height]) {
              const sx = g.toSource.xx * x + g.toSource.xy * y + g.toSource.x0;
              const sy = g.toSource.yx * x + g.toSource.yy * y + g.toSource.y0;
              const slack = Math.min(g.output.width, g.output.height) < 3 ? 1.5 : 0.01;
              expect(sx).toBeGreaterThanOrEqual(-slack);
              expect(sy).toBeGreaterThanOrEqual(-slack);
              expect(sx).toBeLessThanOrEqual(width + slack);
              expect(sy).toBeLessThanOrEqual(height + slack);
            }
        },
      ),
      { numRuns: 500, seed: 11 },
    );
  });

  test('goes through JSON unchanged, and steps of newer versions go through with it', () => {
    const newer = fc.record({
      kind: fc.constantFrom('halftone', 'lens', 'relight'),
      amount: fc.double({ noNaN: true }),
    });
    fc.assert(
      fc.property(anyStack, fc.array(newer, { maxLength: 3 }), (stack, extra) => {
        const json = stackToJson(stack);
        const stored = JSON.parse(JSON.stringify({ ...json, steps: [...extra, ...json.steps] }));
        const back = readStack(stored);
        expect(back.newer).toEqual(JSON.parse(JSON.stringify(extra)));
        expect(sameStack({ ...back, newer: [] }, readStack(JSON.parse(JSON.stringify(json))))).toBe(true);
        expect(readStack(JSON.parse(JSON.stringify(stackToJson(back))))).toEqual(back);
      }),
    );
  });

  test('does not depend on the order in which its steps were set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyStep, { selector: (s) => s.kind, maxLength: 10 }), (steps) => {
        const forward = steps.reduce(withStep, emptyStack);
        const backward = [...steps].reverse().reduce(withStep, emptyStack);
        expect(stackToJson(forward)).toEqual(stackToJson(backward));
      }),
    );
  });

  test('the row kernels and the plain formula give the same colours', () => {
    fc.assert(
      fc.property(anyStack, spaces, fc.uint8Array({ minLength: 30, maxLength: 30 }), (stack, space, bytes) => {
        const { colour } = compileStack(stack, { width: 10, height: 1 }, space);
        const row = new Float32Array(30);
        const luma = new Float32Array(10);
        createRowGrader(colour).grade(bytes, 0, 3, 10, row, luma);
        const rows = [row];
        if (lightKey(colour) !== null) {
          // As it is dragged: the light placed once, by a stack of the same white balance.
          const rest = { ...colour, matrix: colour.matrix.map((one) => one / 2) as unknown as typeof colour.matrix };
          expect(lightKey(rest)).toBe(lightKey(colour));
          const light = placeLight(rest, { data: bytes, channels: 3, width: 10, height: 1, top: 0 });
          const placed = new Float32Array(30);
          createLightGrader(colour)(light, 0, placed, null, 0);
          rows.push(placed);
        }
        const pixel = new Float64Array(3);
        for (let i = 0; i < 10; i++) {
          gradePixel(colour, bytes[i * 3] ?? 0, bytes[i * 3 + 1] ?? 0, bytes[i * 3 + 2] ?? 0, pixel);
          // One table entry of difference is allowed where single precision rounds to the neighbour.
          if (colour.identity) continue;
          const slope =
            steepest(colour.tone) * Math.max(1, Math.abs(colour.saturation) * (1 + Math.abs(colour.vibrance)));
          for (let c = 0; c < 3; c++)
            for (const kernel of rows)
              expect(Math.abs((kernel[i * 3 + c] ?? 0) - (pixel[c] ?? 0))).toBeLessThan(3 * slope + 1e-5);
          expect(luma[i]).toBeCloseTo(lumaOf(colour.luma, row, i), 5);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const steepest = (table: Float32Array): number => {
  let most = 0;
  for (let i = 1; i < table.length; i++) most = Math.max(most, Math.abs((table[i] ?? 0) - (table[i - 1] ?? 0)));
  return most;
};

describe('the empty stack', () => {
  test('is the identity for every pixel and size', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const source = places(size.width, size.height);
        expect([...render(source, emptyStack).data]).toEqual([...source.data]);
      }),
      { numRuns: 30 },
    );
  });

  test('neutral steps are not kept, so the photo does not count as edited', () => {
    for (const kind of ['exposure', 'saturation', 'straighten'] as const)
      expect(withStep(emptyStack, { kind, value: 0 }).steps).toEqual([]);
    expect(isEmptyStack(withStep(emptyStack, { kind: 'gamma', value: 1 }))).toBe(true);
    expect(isEmptyStack(readStack({ version: 9, steps: [{ kind: 'relight' }] }))).toBe(false);
  });
});

describe('turns and flips', () => {
  test('four quarter turns give the stack back, and each turns the picture', () => {
    fc.assert(
      fc.property(anyStack, (stack) => {
        let turned = stack;
        for (let i = 0; i < 4; i++) turned = turnStack(turned, 1);
        const [a, b] = [
          compileGeometry(stack, { width: 640, height: 480 }),
          compileGeometry(turned, { width: 640, height: 480 }),
        ];
        expect(b.output).toEqual(a.output);
        for (const key of ['xx', 'xy', 'x0', 'yx', 'yy', 'y0'] as const)
          expect(Math.abs(a.toSource[key] - b.toSource[key])).toBeLessThan(1e-3);
      }),
    );
  });

  test('a turn of the stack is a turn of the pixels, whatever crop and mirror came before', () => {
    const moves = fc.array(fc.constantFrom('turn', 'horizontal', 'vertical'), { maxLength: 6 });
    fc.assert(
      fc.property(moves, (list) => {
        let stack = stackFrom('crop=0.1/0.2/0.5/0.6');
        const source = places(20, 10);
        let pixels = render(source, stack);
        for (const move of list) {
          stack = move === 'turn' ? turnStack(stack, 1) : flipStack(stack, move);
          const before = pixels;
          pixels = render(source, stack);
          const [w, h] = [before.width, before.height];
          expect([pixels.width, pixels.height]).toEqual(move === 'turn' ? [h, w] : [w, h]);
          for (let y = 0; y < h; y++)
            for (let x = 0; x < w; x++) {
              const to =
                move === 'turn'
                  ? x * h + (h - 1 - y)
                  : move === 'horizontal'
                    ? y * w + (w - 1 - x)
                    : (h - 1 - y) * w + x;
              expect(pixels.data[to * 3]).toBe(before.data[(y * w + x) * 3]);
              expect(pixels.data[to * 3 + 2]).toBe(before.data[(y * w + x) * 3 + 2]);
            }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('flipping twice gives the stack back', () => {
    fc.assert(
      fc.property(anyStack, fc.constantFrom('horizontal' as const, 'vertical' as const), (stack, axis) => {
        const twice = flipStack(flipStack(stack, axis), axis);
        const crop = stepOf(stack, 'crop');
        expect(twice.steps.map((s) => s.kind)).toEqual(stack.steps.map((s) => s.kind));
        expect(Math.abs((stepOf(twice, 'crop')?.x ?? 0) - (crop?.x ?? 0))).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('crops', () => {
  const frame = fc.record({ width: fc.integer({ min: 100, max: 8000 }), height: fc.integer({ min: 100, max: 8000 }) });
  const angle = fc.double({ min: -45, max: 45, noNaN: true });

  test('the automatic crop keeps the shape, fits, and no larger one would', () => {
    fc.assert(
      fc.property(frame, angle, (size, degrees) => {
        const crop = autoCrop(size, degrees);
        expect(crop.width).toBeCloseTo(crop.height, 9);
        const same = constrainCrop(size, degrees, crop);
        expect(same.width).toBeCloseTo(crop.width, 6);
        const grown = { x: crop.x - 0.01, y: crop.y - 0.01, width: crop.width + 0.02, height: crop.height + 0.02 };
        const held = Math.abs(degrees) < 0.5 || constrainCrop(size, degrees, grown).width < grown.width;
        expect(held).toBe(true);
      }),
    );
  });

  test('a handle dragged anywhere keeps the crop inside the frame and in its shape', () => {
    const handles: CropHandle[] = ['move', 'n', 'e', 's', 'w', 'ne', 'nw', 'se', 'sw'];
    const delta = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(
        frame,
        fc.constantFrom(...cropAspects),
        fc.constantFrom(...handles),
        delta,
        delta,
        (size, aspect, handle, dx, dy) => {
          const start = stepOf(withAspect(stackFrom('crop=0.2/0.2/0.6/0.6'), aspect, size), 'crop');
          if (!start || Math.min(start.width, start.height) < 0.1) return;
          const crop = dragCrop(start, handle, dx, dy, size);
          expect(crop.x).toBeGreaterThanOrEqual(0);
          expect(crop.y).toBeGreaterThanOrEqual(0);
          expect(crop.x + crop.width).toBeLessThanOrEqual(1 + 1e-8);
          expect(crop.y + crop.height).toBeLessThanOrEqual(1 + 1e-8);
          if (aspect === 'free' || Math.min(crop.width, crop.height) <= 0.0201) return;
          expect((crop.width * size.width) / (crop.height * size.height)).toBeCloseTo(
            (start.width * size.width) / (start.height * size.height),
            4,
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('tone', () => {
  test('a curve with a step far below any grey stays a number', () => {
    const points = [
      [0, 0],
      [0.25, 5e-324],
      [0.5, 1e-300],
      [1, 1],
    ] as const;
    expect(compileTone({ ...neutralTone, points }).every(Number.isFinite)).toBe(true);
  });

  test('the light sliders never turn brightness around', () => {
    const part = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        part,
        part,
        part,
        part,
        part,
        fc.double({ min: 0.25, max: 4, noNaN: true }),
        (contrast, highlights, shadows, whites, blacks, gamma) => {
          const table = compileTone({ ...neutralTone, contrast, highlights, shadows, whites, blacks, gamma });
          for (let i = 1; i < table.length; i++)
            expect((table[i] ?? 0) - (table[i - 1] ?? 0)).toBeGreaterThanOrEqual(-1e-6);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('copying edits', () => {
  test('pasting gives the look and leaves crop and turn, unless they are asked for', () => {
    fc.assert(
      fc.property(anyStack, anyStack, (target, copied) => {
        const look = pasteStack(target, copied, { withGeometry: false });
        for (const kind of stepKinds) {
          const from = ['rotate', 'flip', 'straighten', 'crop'].includes(kind) ? target : copied;
          expect(stepOf(look, kind)).toEqual(stepOf(from, kind));
        }
        expect(sameStack(pasteStack(target, copied, { withGeometry: true }), copied)).toBe(true);
        expect(
          changedKinds(syncKinds(target, copied, ['exposure', 'crop']), target).every(
            (k) => k === 'exposure' || k === 'crop',
          ),
        ).toBe(true);
      }),
    );
  });

  test('eight presets are stacks of known steps, recognised when applied, and leave the crop', () => {
    expect(presetNames).toHaveLength(8);
    for (const name of presetNames) {
      expect(readStackInput(JSON.parse(JSON.stringify(stackToJson(presets[name]))))).toEqual(presets[name]);
      const stack = withPreset(stackFrom('crop=0.1/0.1/0.5/0.5,exposure=2'), name);
      expect(presetOf(stack)).toBe(name);
      expect(stepOf(stack, 'crop')?.width).toBe(0.5);
      expect(presetOf(withStep(stack, { kind: 'exposure', value: 0.1 }))).toBeNull();
    }
  });
});

describe('stacks from outside', () => {
  test.each([
    ['exposure=9', 'exposure must be from -4 to 4.'],
    ['exposure=bright', 'exposure: "bright" is not a number.'],
    ['sparkle=3', 'There is no step called "sparkle".'],
    ['crop=0.1/0.1', 'crop takes x/y/width/height in fractions of the photo.'],
    ['rotate=45', 'rotate takes 0, 90, 180 or 270.'],
    ['contrast=', 'contrast needs a value, as in contrast=…'],
  ])('"%s" is refused in words', (text, message) => {
    expect(() => applyAssignments(emptyStack, text)).toThrow(message);
  });

  test('a known step out of range is an error from a person, and kept unexecuted from the store', () => {
    const value = { version: 1, steps: [{ kind: 'exposure', value: 400 }] };
    expect(() => readStackInput(value)).toThrow('exposure: must be a number from -4 to 4.');
    const stored = readStack(value);
    expect(stored.steps).toEqual([]);
    expect(stored.newer).toEqual(value.steps);
    expect(readStackInput({ ...value, version: 2 }).newer).toEqual(value.steps);
  });

  test('a stack too large for a synced field is refused', () => {
    const value = { version: 2, steps: [{ kind: 'relight', map: 'x'.repeat(70_000) }] };
    expect(() => readStackInput(value)).toThrow('These edits are too large to be kept.');
  });

  test('what is not a stack at all is refused', () => {
    for (const value of [
      null,
      [],
      { version: 0, steps: [] },
      { version: 1, steps: [{}] },
      { version: 1, steps: [], extra: 1 },
    ])
      expect(() => readStack(value)).toThrow('These edits cannot be read');
  });

  test('random JSON never gets past reading except as a stack', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        let answer = 'a stack';
        try {
          readStack(value);
        } catch (error) {
          answer = String(error);
        }
        expect(answer).toMatch(/^a stack$|These edits cannot be read/);
      }),
    );
  });
});
