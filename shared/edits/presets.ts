import type { EditStack } from './stack.ts';
import { emptyStack, sameStack, withStep } from './stack.ts';
import { isLook, pasteStack } from './stackOps.ts';
import type { EditStep } from './steps.ts';

export const presetNames = ['vivid', 'soft', 'warm', 'cool', 'dramatic', 'faded', 'mono', 'noir'] as const;
export type PresetName = (typeof presetNames)[number];

const preset = (...steps: readonly EditStep[]): EditStack => steps.reduce(withStep, emptyStack);

/** The filter presets. Each is an ordinary stack without geometry: after choosing one, every slider can be moved. */
export const presets: Readonly<Record<PresetName, EditStack>> = {
  vivid: preset(
    { kind: 'contrast', value: 22 },
    { kind: 'vibrance', value: 45 },
    { kind: 'saturation', value: 8 },
    { kind: 'clarity', value: 15 },
  ),
  soft: preset(
    { kind: 'contrast', value: -18 },
    { kind: 'highlights', value: -20 },
    { kind: 'shadows', value: 25 },
    { kind: 'clarity', value: -25 },
  ),
  warm: preset(
    { kind: 'warmth', value: 35 },
    { kind: 'tint', value: 5 },
    { kind: 'vibrance', value: 12 },
    { kind: 'shadows', value: 10 },
  ),
  cool: preset({ kind: 'warmth', value: -32 }, { kind: 'contrast', value: 10 }, { kind: 'vibrance', value: 8 }),
  dramatic: preset(
    { kind: 'contrast', value: 35 },
    { kind: 'highlights', value: -35 },
    { kind: 'shadows', value: 20 },
    { kind: 'saturation', value: -20 },
    { kind: 'clarity', value: 45 },
    { kind: 'vignette', value: -30 },
  ),
  faded: preset(
    {
      kind: 'curve',
      points: [
        [0, 0.09],
        [0.25, 0.28],
        [0.75, 0.76],
        [1, 0.94],
      ],
    },
    { kind: 'saturation', value: -25 },
    { kind: 'warmth', value: 10 },
    { kind: 'grain', value: 18 },
  ),
  mono: preset({ kind: 'blackAndWhite', red: 30, green: 59, blue: 11, toning: 0 }, { kind: 'contrast', value: 12 }),
  noir: preset(
    { kind: 'blackAndWhite', red: 60, green: 35, blue: 5, toning: 6 },
    { kind: 'contrast', value: 50 },
    { kind: 'blacks', value: -25 },
    { kind: 'vignette', value: -35 },
    { kind: 'grain', value: 25 },
  ),
};

/** The stack with a preset's look in place of its own; crop and turn stay. */
export function withPreset(stack: EditStack, name: PresetName): EditStack {
  return { ...pasteStack(stack, presets[name], { withGeometry: false }), newer: stack.newer };
}

/** The preset whose look the stack has exactly, or null. */
export function presetOf(stack: EditStack): PresetName | null {
  const look: EditStack = {
    version: presets.vivid.version,
    steps: stack.steps.filter((step) => isLook(step.kind)),
    newer: [],
  };
  return presetNames.find((name) => sameStack(presets[name], look)) ?? null;
}
