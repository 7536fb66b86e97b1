import { fc } from '../helpers/properties.ts';
import type { EditStack } from '../../shared/edits/stack.ts';
import { emptyStack, withStep } from '../../shared/edits/stack.ts';
import { cropAspects, scalarKinds, scalarRanges } from '../../shared/edits/steps.ts';
import type { EditStep } from '../../shared/edits/steps.ts';

const scalarStep = fc.constantFrom(...scalarKinds).chain((kind) => {
  const { min, max } = scalarRanges[kind];
  return fc.double({ min, max, noNaN: true }).map((value) => ({ kind, value }));
});

const cropStep: fc.Arbitrary<EditStep> = fc
  .tuple(
    fc.double({ min: 0.02, max: 1, noNaN: true }),
    fc.double({ min: 0.02, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(...cropAspects),
  )
  .map(([w, h, u, v, aspect]) => {
    // Less than a billionth off the whole frame is the whole frame, and no step at all (geometryOps.ts).
    const [width, height] = [w > 1 - 1e-6 ? 1 : w, h > 1 - 1e-6 ? 1 : h];
    return { kind: 'crop', x: u * (1 - width), y: v * (1 - height), width, height, aspect };
  });

const curveStep: fc.Arbitrary<EditStep> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 2,
    maxLength: 8,
  })
  .map((list) => [...new Map(list)].sort((a, b) => a[0] - b[0]))
  .filter((list) => list.length >= 2)
  .map((list) => ({ kind: 'curve', points: list.map(([x, y]) => [x / 100, y] as [number, number]) }));

const blackAndWhiteStep: fc.Arbitrary<EditStep> = fc
  .record({
    red: fc.double({ min: -100, max: 200, noNaN: true }),
    green: fc.double({ min: -100, max: 200, noNaN: true }),
    blue: fc.double({ min: -100, max: 200, noNaN: true }),
    toning: fc.double({ min: -100, max: 100, noNaN: true }),
  })
  .filter((b) => b.red + b.green + b.blue >= 20)
  .map((mix) => ({ kind: 'blackAndWhite', ...mix }));

/** Any known step with any value it allows. */
export const anyStep: fc.Arbitrary<EditStep> = fc.oneof(
  { arbitrary: scalarStep, weight: 6 },
  cropStep,
  curveStep,
  blackAndWhiteStep,
  fc.integer({ min: 0, max: 3 }).map((quarterTurns): EditStep => ({ kind: 'rotate', quarterTurns })),
  fc
    .tuple(fc.boolean(), fc.boolean())
    .map(([horizontal, vertical]): EditStep => ({ kind: 'flip', horizontal, vertical })),
);

/** Any stack of known steps. */
export const anyStack: fc.Arbitrary<EditStack> = fc
  .array(anyStep, { maxLength: 14 })
  .map((steps) => steps.reduce(withStep, emptyStack));
