import { z } from 'zod';
import { AppError } from '../errors.ts';
import { editStep, isKnownKind, isScalarKind, scalarRanges, stepKinds } from './steps.ts';
import type { EditStep, StepKind, StepOf } from './steps.ts';

/** The format this version writes. A higher number means a newer app wrote the stack. */
const stackVersion = 1;

/** A stack above this many bytes of JSON is refused: it would not fit a synced field beside the others. */
const largestStackJson = 64 * 1024;

/** A step this version cannot execute: kept byte for byte and shown as "made with a newer version". */
export type NewerStep = Readonly<Record<string, unknown>> & { readonly kind: string };

/** What a person did to a photo, as data. Known steps are unique by kind and in canonical order. */
export interface EditStack {
  readonly version: number;
  readonly steps: readonly EditStep[];
  readonly newer: readonly NewerStep[];
}

/** The stack's shape on the wire and in the store; steps are judged one by one by {@link readStack}. */
export const editStackJson = z.strictObject({
  version: z.int().min(1),
  steps: z.array(z.looseObject({ kind: z.string().min(1).max(64) })).max(64),
});
export type EditStackJson = z.infer<typeof editStackJson>;

/** The photo as it came: no steps. */
export const emptyStack: EditStack = { version: stackVersion, steps: [], newer: [] };

const orderOf = new Map<string, number>(stepKinds.map((kind, i) => [kind, i]));
const inOrder = (steps: readonly EditStep[]): EditStep[] =>
  [...steps].sort((a, b) => (orderOf.get(a.kind) ?? 0) - (orderOf.get(b.kind) ?? 0));

/**
 * Reads a stack that was stored or synced. Nothing in it is lost: a step of an unknown kind, or of a known kind in a
 * shape this version does not know, becomes a newer step. Of two steps of one kind the last counts.
 * @throws AppError invalidInput when the value is not a stack at all.
 */
export function readStack(value: unknown): EditStack {
  const parsed = editStackJson.safeParse(value);
  if (!parsed.success)
    throw new AppError('invalidInput', `These edits cannot be read: ${z.prettifyError(parsed.error)}`, {});
  const known = new Map<StepKind, EditStep>();
  const newer: NewerStep[] = [];
  for (const raw of parsed.data.steps) {
    const step = editStep.safeParse(raw);
    if (step.success) known.set(step.data.kind, step.data);
    else newer.push(raw);
  }
  return { version: parsed.data.version, steps: inOrder([...known.values()]), newer };
}

/**
 * Reads a stack that a person or a program hands in. Unlike {@link readStack}, a known step out of its range is an
 * error naming the step, unless the stack says a newer version wrote it.
 * @throws AppError invalidInput naming the step and what is wrong with it.
 */
export function readStackInput(value: unknown): EditStack {
  const stack = readStack(value);
  if (JSON.stringify(stackToJson(stack)).length > largestStackJson)
    throw new AppError('invalidInput', 'These edits are too large to be kept.', { limit: largestStackJson });
  if (stack.version > stackVersion) return stack;
  for (const step of stack.newer) {
    if (!isKnownKind(step.kind)) continue;
    throw new AppError('invalidInput', `${step.kind}: ${whyNot(step)}`, { step: step.kind });
  }
  return stack;
}

function whyNot(step: NewerStep): string {
  if (isScalarKind(step.kind)) {
    const { min, max } = scalarRanges[step.kind];
    return `must be a number from ${min} to ${max}.`;
  }
  const parsed = editStep.safeParse(step);
  const issues = parsed.success ? [] : parsed.error.issues;
  // A union reports every member's complaints; only those of the member with this kind help.
  for (const issue of issues) {
    if (issue.code !== 'invalid_union') continue;
    const own = issue.errors.find((list) => list.every((one) => one.path[0] !== 'kind'));
    if (own?.[0]) return `${own[0].path.join('.')} ${own[0].message}`.trim();
  }
  return 'has a shape this app does not know.';
}

/** The stack as stored and sent: known steps first in canonical order, newer ones as they came. */
export function stackToJson(stack: EditStack): EditStackJson {
  return { version: stack.version, steps: [...inOrder(stack.steps), ...stack.newer] as EditStackJson['steps'] };
}

/** The step of one kind, or undefined. */
export function stepOf<K extends StepKind>(stack: EditStack, kind: K): StepOf<K> | undefined {
  return stack.steps.find((step): step is StepOf<K> => step.kind === kind);
}

/** True when a step changes nothing, so that keeping it would only mark the photo as edited. */
export function isNeutral(step: EditStep): boolean {
  switch (step.kind) {
    case 'rotate':
      return step.quarterTurns === 0;
    case 'flip':
      return !step.horizontal && !step.vertical;
    case 'crop':
      return step.x === 0 && step.y === 0 && step.width === 1 && step.height === 1;
    case 'curve':
      return step.points.every(([x, y]) => Math.abs(x - y) < 1e-9) && spansWhole(step.points);
    case 'blackAndWhite':
    case 'poster':
      return false;
    default:
      return step.value === scalarRanges[step.kind].neutral;
  }
}

function spansWhole(points: readonly (readonly [number, number])[]): boolean {
  return points[0]?.[0] === 0 && points.at(-1)?.[0] === 1;
}

/** The stack with one step set; a neutral step is taken out instead. Returns a new stack. */
export function withStep(stack: EditStack, step: EditStep): EditStack {
  const others = stack.steps.filter((one) => one.kind !== step.kind);
  return { ...stack, steps: isNeutral(step) ? others : inOrder([...others, step]) };
}

/** The stack without the step of this kind. */
export function withoutStep(stack: EditStack, kind: StepKind): EditStack {
  return { ...stack, steps: stack.steps.filter((one) => one.kind !== kind) };
}

/** True when nothing is left to do: no step this or a newer version would execute. */
export function isEmptyStack(stack: EditStack): boolean {
  return stack.newer.length === 0 && stack.steps.every(isNeutral);
}

/** True when both stacks say the same, whatever order their steps came in. */
export function sameStack(a: EditStack, b: EditStack): boolean {
  return JSON.stringify(stackToJson(a)) === JSON.stringify(stackToJson(b));
}
