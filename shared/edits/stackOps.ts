import { AppError } from '../errors.ts';
import {
  defaultBlackAndWhite,
  editStep,
  geometryKinds,
  isKnownKind,
  isScalarKind,
  posterKinds,
  scalarRanges,
} from './steps.ts';
import type { EditStep, StepKind } from './steps.ts';
import { isNeutral, withStep, withoutStep } from './stack.ts';
import type { EditStack } from './stack.ts';

const geometry: readonly StepKind[] = geometryKinds;
const posters: readonly StepKind[] = posterKinds;

/** True for the steps that move pixels; they belong to one photo and are not copied unless asked. */
export function isGeometry(kind: StepKind): boolean {
  return geometry.includes(kind);
}

/** True for the choice of a video's frame: it means nothing to any other photo and is never copied. */
export function isPoster(kind: StepKind): boolean {
  return posters.includes(kind);
}

/** True for the steps that make up a look, which can be given to any photo. */
export function isLook(kind: StepKind): boolean {
  return !isGeometry(kind) && !isPoster(kind);
}

/**
 * Pastes one photo's edits onto another's: the pasted look (light, colour, detail) replaces the target's look as a
 * whole, so the photos match; the target keeps its own crop and turn unless `withGeometry`, and its own poster always.
 */
export function pasteStack(target: EditStack, copied: EditStack, options: { withGeometry: boolean }): EditStack {
  const kept = target.steps.filter(({ kind }) => isPoster(kind) || (isGeometry(kind) && !options.withGeometry));
  const taken = copied.steps.filter(({ kind }) => isLook(kind) || (isGeometry(kind) && options.withGeometry));
  const base: EditStack = { version: Math.max(target.version, copied.version), steps: [], newer: copied.newer };
  return [...kept, ...taken].reduce(withStep, base);
}

/** Copies only the given kinds from one stack to another; a kind the source lacks is reset in the target. A poster stays. */
export function syncKinds(target: EditStack, source: EditStack, kinds: readonly StepKind[]): EditStack {
  return kinds.reduce((stack, kind) => {
    if (isPoster(kind)) return stack;
    const step = source.steps.find((one) => one.kind === kind);
    return step ? withStep(stack, step) : withoutStep(stack, kind);
  }, target);
}

/** The kinds in which two stacks differ, in canonical order: what one version changed against the other. */
export function changedKinds(before: EditStack, after: EditStack): readonly StepKind[] {
  const text = (stack: EditStack): Map<StepKind, string> =>
    new Map(stack.steps.filter((step) => !isNeutral(step)).map((step) => [step.kind, JSON.stringify(step)]));
  const a = text(before);
  const b = text(after);
  return [...new Set([...a.keys(), ...b.keys()])].filter((kind) => a.get(kind) !== b.get(kind));
}

const numberIn = (text: string, name: string): number => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value))
    throw new AppError('invalidInput', `${name}: "${text}" is not a number.`, { step: name });
  return value;
};

/**
 * Reads the command line's `--set` text onto a stack: `exposure=0.3,contrast=20`, `crop=x/y/width/height` in fractions
 * with an optional `/aspect`, `rotate=90`, `flip=horizontal|vertical|both`, `curve=0/0;0.5/0.6;1/1`,
 * `blackAndWhite=red/green/blue[/toning]` or `blackAndWhite=on`; `name=none` takes a step out.
 * @throws AppError invalidInput naming the step and what it accepts.
 */
export function applyAssignments(stack: EditStack, text: string): EditStack {
  let result = stack;
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    if (!isKnownKind(name)) throw new AppError('invalidInput', `There is no step called "${name}".`, { step: name });
    if (value === '') throw new AppError('invalidInput', `${name} needs a value, as in ${name}=…`, { step: name });
    result = value === 'none' ? withoutStep(result, name) : withStep(result, checked(name, stepFromText(name, value)));
  }
  return result;
}

function checked(name: StepKind, value: unknown): EditStep {
  const parsed = editStep.safeParse(value);
  if (parsed.success) return parsed.data;
  if (isScalarKind(name)) {
    const { min, max } = scalarRanges[name];
    throw new AppError('invalidInput', `${name} must be from ${min} to ${max}.`, { step: name, min, max });
  }
  throw new AppError('invalidInput', `${name} is not as it should be: see "shoebox edit --help".`, { step: name });
}

function stepFromText(name: StepKind, value: string): unknown {
  if (isScalarKind(name)) return { kind: name, value: numberIn(value, name) };
  const parts = value.split('/');
  switch (name) {
    case 'rotate': {
      const degrees = numberIn(value, name);
      if (degrees % 90 !== 0) throw new AppError('invalidInput', 'rotate takes 0, 90, 180 or 270.', { step: name });
      return { kind: name, quarterTurns: (((degrees / 90) % 4) + 4) % 4 };
    }
    case 'flip':
      if (!['horizontal', 'vertical', 'both'].includes(value))
        throw new AppError('invalidInput', 'flip takes horizontal, vertical or both.', { step: name });
      return { kind: name, horizontal: value !== 'vertical', vertical: value !== 'horizontal' };
    case 'crop': {
      if (parts.length !== 4 && parts.length !== 5)
        throw new AppError('invalidInput', 'crop takes x/y/width/height in fractions of the photo.', { step: name });
      const [x, y, width, height] = parts.slice(0, 4).map((part) => numberIn(part, name));
      return { kind: name, x, y, width, height, aspect: parts[4] ?? 'free' };
    }
    case 'curve':
      return {
        kind: name,
        points: value.split(';').map((pair) => pair.split('/').map((number) => numberIn(number, name))),
      };
    case 'blackAndWhite': {
      if (value === 'on') return defaultBlackAndWhite;
      const [red, green, blue, toning] = parts.map((part) => numberIn(part, name));
      return { kind: name, red, green, blue, toning: toning ?? 0 };
    }
    case 'poster':
      throw new AppError('invalidInput', 'poster: a frame is chosen in the editor, which can play the video.', {
        step: name,
      });
    default:
      throw new AppError('invalidInput', `${String(name)} cannot be set from text.`, { step: name });
  }
}
