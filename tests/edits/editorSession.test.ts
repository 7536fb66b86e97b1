import { expect, test } from 'vitest';
import { beforeOf, createEditorSession, versionOf } from '../../renderer/features/editor/editorSession.ts';
import { emptyStack, stackToJson, stepOf } from '../../shared/edits/stack.ts';
import type { EditID, PhotoID } from '../../shared/ids.ts';
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

test('a draft that says the same as a version is that version, the current one before others', () => {
  const version = (id: string, stack: string): PhotoEdits['versions'][number] => ({
    id: id as EditID,
    author: null,
    createdAt: 0,
    label: null,
    stack: stackToJson(stackFrom(stack)),
    newerKinds: [],
  });
  const versions = [version('c', 'exposure=1'), version('b', 'contrast=20'), version('a', 'exposure=1')];
  const edits = { ...photo, versions, current: 'a' as EditID };
  expect(versionOf(edits, stackFrom('exposure=1'))).toBe('a');
  expect(versionOf({ ...edits, current: 'b' as EditID }, stackFrom('exposure=1'))).toBe('c');
  expect(versionOf(edits, stackFrom('contrast=20'))).toBe('b');
  expect(versionOf(edits, stackFrom('contrast=30'))).toBeNull();
  expect(versionOf(edits, stackFrom(''))).toBeNull();
});

test('the comparison shows the photo before its look, in the same shape', () => {
  const stack = stackFrom('exposure=1,crop=0.1/0.1/0.5/0.5,straighten=2,clarity=20');
  expect(beforeOf(stack).steps.map((step) => step.kind)).toEqual(['straighten', 'crop']);
});
