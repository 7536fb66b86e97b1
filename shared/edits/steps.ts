import { z } from 'zod';

/**
 * The steps an edit stack may hold. A stack says what the person wants, never in which order it happens: every kind
 * appears at most once and the order of execution is fixed (docs/editing.md), so two people who set the same steps in
 * a different order get the same picture, and a merge of two stacks is a merge of two sets.
 */
export const posterKinds = ['poster'] as const;
export const geometryKinds = ['rotate', 'flip', 'straighten', 'crop'] as const;
export const lightKinds = [
  'exposure',
  'contrast',
  'highlights',
  'shadows',
  'whites',
  'blacks',
  'gamma',
  'curve',
] as const;
export const colourKinds = ['saturation', 'vibrance', 'warmth', 'tint', 'blackAndWhite'] as const;
export const detailKinds = ['sharpness', 'clarity', 'vignette', 'grain'] as const;
export const stepKinds = [...posterKinds, ...geometryKinds, ...lightKinds, ...colourKinds, ...detailKinds] as const;

export type StepKind = (typeof stepKinds)[number];

/** Steps that are one number, with the range a slider offers and the value that changes nothing. */
export const scalarRanges = {
  exposure: { min: -4, max: 4, step: 0.05, neutral: 0, unit: 'stops' },
  contrast: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  highlights: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  shadows: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  whites: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  blacks: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  gamma: { min: 0.25, max: 4, step: 0.05, neutral: 1, unit: 'factor' },
  saturation: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  vibrance: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  warmth: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  tint: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  sharpness: { min: 0, max: 100, step: 1, neutral: 0, unit: 'percent' },
  clarity: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  vignette: { min: -100, max: 100, step: 1, neutral: 0, unit: 'percent' },
  grain: { min: 0, max: 100, step: 1, neutral: 0, unit: 'percent' },
  straighten: { min: -45, max: 45, step: 0.1, neutral: 0, unit: 'degrees' },
} as const satisfies Record<
  string,
  { min: number; max: number; step: number; neutral: number; unit: 'stops' | 'percent' | 'factor' | 'degrees' }
>;

export type ScalarKind = keyof typeof scalarRanges;
export const scalarKinds = Object.keys(scalarRanges) as readonly ScalarKind[];

/** True for the kinds whose step is one number. */
export function isScalarKind(kind: string): kind is ScalarKind {
  return Object.hasOwn(scalarRanges, kind);
}

/** The named crop shapes, as width over height; `free` keeps none, `original` the photo's own. */
export const cropAspects = [
  'free',
  'original',
  '1:1',
  '5:4',
  '4:3',
  '3:2',
  '16:9',
  '4:5',
  '3:4',
  '2:3',
  '9:16',
] as const;
export type CropAspect = (typeof cropAspects)[number];

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const scalar = <K extends ScalarKind>(kind: K) =>
  z.strictObject({ kind: z.literal(kind), value: finite.min(scalarRanges[kind].min).max(scalarRanges[kind].max) });

/** The smallest crop side, as a fraction of the frame: below it handles cannot be grabbed and pixels run out. */
export const smallestCrop = 0.02;

/** A crop rectangle in fractions of the turned frame: origin top left, x to the right, y down, all in 0..1. */
const cropStep = z
  .strictObject({
    kind: z.literal('crop'),
    x: finite.min(0).max(1),
    y: finite.min(0).max(1),
    width: finite.min(smallestCrop).max(1),
    height: finite.min(smallestCrop).max(1),
    aspect: z.enum(cropAspects).default('free'),
  })
  .refine((c) => c.x + c.width <= 1 + 1e-9 && c.y + c.height <= 1 + 1e-9, 'the crop reaches beyond the photo');

/** Quarter turns clockwise, after the camera's own orientation is baked. */
const rotateStep = z.strictObject({ kind: z.literal('rotate'), quarterTurns: z.int().min(0).max(3) });

/**
 * Of a video: which of its frames is its picture. Where no window plays the video a frame cannot be made, so it is named
 * by its picture, which travels as a resource of its own.
 */
const posterStep = z.strictObject({
  kind: z.literal('poster'),
  /** SHA-256 in hex of the frame's picture. */
  picture: z.string().regex(/^[0-9a-f]{64}$/u, 'must be a SHA-256 in hex'),
  /** Where in the video, seconds; null where that is not known. */
  seconds: finite.min(0).nullable(),
});

const flipStep = z.strictObject({ kind: z.literal('flip'), horizontal: z.boolean(), vertical: z.boolean() });

/** Points of the tone curve in encoded values 0..1, at least two, x strictly rising. */
const curveStep = z
  .strictObject({
    kind: z.literal('curve'),
    points: z
      .array(z.tuple([finite.min(0).max(1), finite.min(0).max(1)]))
      .min(2)
      .max(16),
  })
  .refine(
    (c) => c.points.every((point, i) => i === 0 || point[0] - (c.points[i - 1]?.[0] ?? -1) >= 0.005),
    'curve points must go from left to right, at least 0.005 apart',
  );

/** How much each channel counts in the grey (percent; divided by their sum), and a cold to warm tone of the print. */
const blackAndWhiteStep = z
  .strictObject({
    kind: z.literal('blackAndWhite'),
    red: finite.min(-100).max(200),
    green: finite.min(-100).max(200),
    blue: finite.min(-100).max(200),
    toning: finite.min(-100).max(100),
  })
  .refine((b) => b.red + b.green + b.blue >= 20, 'the black and white mix must add up to at least 20');

/** Every known step. A step of another kind, or of a known kind in a shape we do not know, is kept and not applied. */
export const editStep = z.union([
  posterStep,
  rotateStep,
  flipStep,
  scalar('straighten'),
  cropStep,
  scalar('exposure'),
  scalar('contrast'),
  scalar('highlights'),
  scalar('shadows'),
  scalar('whites'),
  scalar('blacks'),
  scalar('gamma'),
  curveStep,
  scalar('saturation'),
  scalar('vibrance'),
  scalar('warmth'),
  scalar('tint'),
  blackAndWhiteStep,
  scalar('sharpness'),
  scalar('clarity'),
  scalar('vignette'),
  scalar('grain'),
]);

export type EditStep = Readonly<z.infer<typeof editStep>>;
export type PosterStep = Readonly<z.infer<typeof posterStep>>;
export type CropStep = Readonly<z.infer<typeof cropStep>>;
export type BlackAndWhiteStep = Readonly<z.infer<typeof blackAndWhiteStep>>;
export type StepOf<K extends StepKind> = Extract<EditStep, { kind: K }>;

/** Equal weights of the eye (BT.709 luminance, in percent): the neutral black and white mix. */
export const defaultBlackAndWhite: BlackAndWhiteStep = {
  kind: 'blackAndWhite',
  red: 21,
  green: 72,
  blue: 7,
  toning: 0,
};

/** True for the kinds this version of the app knows. */
export function isKnownKind(kind: string): kind is StepKind {
  return (stepKinds as readonly string[]).includes(kind);
}
