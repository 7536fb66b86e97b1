import { expect, test } from 'vitest';
import { beforeOf, createEditorSession } from '../../renderer/features/editor/editorSession.ts';
import { emptyStack, stackToJson, stepOf } from '../../shared/edits/stack.ts';
import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoEdits } from '../../shared/model/edit.ts';
import { stackFrom } from './chart.ts';

const photo: PhotoEdits = {
  photoID: 'p' as PhotoID,
  current: null,
  versions: [],
  stack: stackToJson(emptyStack),
  width: 600,
  height: 400,
  space: 'srgb',
  editability: 'full',
  reason: null,
};

function open() {
  const clock = { now: 0 };
  const session = createEditorSession(photo, () => clock.now);
  const exposure = (): number | undefined => stepOf(session.store.getState().stack, 'exposure')?.value;
  return { clock, session, exposure };
}

test('a slider dragged across is one step of undo, and comes back by redo', () => {
  const { session, exposure } = open();
  for (let i = 1; i <= 30; i++) session.setStep({ kind: 'exposure', value: i / 10 }, 'exposure');
  session.endGesture();
  session.undo();
  expect(exposure()).toBeUndefined();
  session.redo();
  expect(exposure()).toBe(3);
});

test('keys pressed after each other are one step, after a pause another', () => {
  const { session, exposure, clock } = open();
  for (const value of [0.1, 0.2, 0.3]) {
    session.setStep({ kind: 'exposure', value }, 'exposure');
    session.endGesture();
    clock.now += 300;
  }
  clock.now += 5_000;
  session.setStep({ kind: 'exposure', value: 1 }, 'exposure');
  session.undo();
  expect(exposure()).toBe(0.3);
  session.undo();
  expect(exposure()).toBeUndefined();
});

test('another slider begins another step, and a new change forgets what was undone', () => {
  const { session, exposure } = open();
  session.setStep({ kind: 'exposure', value: 1 }, 'exposure');
  session.setStep({ kind: 'contrast', value: 20 }, 'contrast');
  session.undo();
  expect(exposure()).toBe(1);
  session.setStep({ kind: 'clarity', value: 5 });
  expect(session.store.getState().future).toEqual([]);
  session.redo();
  expect(stepOf(session.store.getState().stack, 'contrast')).toBeUndefined();
});

test('resetting a step takes it out; a photo back at what was saved counts as unchanged', () => {
  const { session } = open();
  expect(session.changed()).toBe(false);
  session.setStep({ kind: 'exposure', value: 1 });
  expect(session.changed()).toBe(true);
  session.resetStep('exposure');
  expect(session.changed()).toBe(false);
});

test('what the core holds after saving is the new ground: nothing to undo, nothing changed', () => {
  const { session } = open();
  session.setStep({ kind: 'exposure', value: 1 });
  session.accept({ ...photo, stack: stackToJson(stackFrom('exposure=1')) });
  expect(session.changed()).toBe(false);
  expect(session.store.getState().past).toEqual([]);
});

test('the comparison shows the photo before its look, in the same shape', () => {
  const stack = stackFrom('exposure=1,crop=0.1/0.1/0.5/0.5,straighten=2,clarity=20');
  expect(beforeOf(stack).steps.map((step) => step.kind)).toEqual(['straighten', 'crop']);
});
