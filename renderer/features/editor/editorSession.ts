import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import { emptyStack, isEmptyStack, readStack, sameStack, withStep, withoutStep } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { EditStep, StepKind } from '../../../shared/edits/steps.ts';
import type { EditID } from '../../../shared/ids.ts';
import type { PhotoEdits } from '../../../shared/model/edit.ts';

/** One photo being edited: the draft, the way back, and how it is looked at. */
export interface EditorState {
  readonly edits: PhotoEdits;
  /** What is shown; saved only when the person is done. */
  readonly stack: EditStack;
  readonly past: readonly EditStack[];
  readonly future: readonly EditStack[];
  readonly mode: 'adjust' | 'crop';
  /** Held down or switched on: the photo before its edits. */
  readonly before: boolean;
  /** Part of the width that shows the photo before, or null without comparison. */
  readonly split: number | null;
  readonly warn: boolean;
}

export interface EditorSession {
  readonly store: StoreApi<EditorState>;
  /** What the photo was when it was opened, or last saved. */
  readonly saved: () => EditStack;
  readonly changed: () => boolean;
  /**
   * Changes the draft. Changes with the same `gesture` that follow each other are one step of undo, so that a slider
   * dragged across, or moved by repeated keys, is undone at once.
   */
  readonly change: (next: EditStack, gesture?: string) => void;
  readonly setStep: (step: EditStep, gesture?: string) => void;
  readonly resetStep: (kind: StepKind) => void;
  /** A drag or a key ended: after a pause, the next change is a step of its own. */
  readonly endGesture: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

/** Keys pressed within this time of each other belong together, in ms. */
const keyPause = 1_000;
/** Undo steps kept. */
const mostSteps = 200;

/** Opens a photo for editing. @param now milliseconds on a clock that only goes forward. */
export function createEditorSession(edits: PhotoEdits, now: () => number): EditorSession {
  const read = (of: PhotoEdits): EditStack => readStack(of.stack);
  const store = createStore<EditorState>(() => ({
    edits,
    stack: read(edits),
    past: [],
    future: [],
    mode: 'adjust',
    before: false,
    split: null,
    warn: false,
  }));
  let underWay: { readonly gesture: string; readonly until: number } | null = null;

  const change: EditorSession['change'] = (next, gesture) => {
    const { stack, past } = store.getState();
    if (sameStack(stack, next)) return;
    const continues = gesture !== undefined && underWay?.gesture === gesture && now() <= underWay.until;
    underWay = gesture === undefined ? null : { gesture, until: Number.POSITIVE_INFINITY };
    store.setState({
      stack: next,
      past: continues ? past : [...past, stack].slice(-mostSteps),
      future: [],
    });
  };
  const step = (from: 'past' | 'future'): void => {
    underWay = null;
    const state = store.getState();
    const target = from === 'past' ? state.past.at(-1) : state.future[0];
    if (target === undefined) return;
    store.setState(
      from === 'past'
        ? { stack: target, past: state.past.slice(0, -1), future: [state.stack, ...state.future] }
        : { stack: target, past: [...state.past, state.stack], future: state.future.slice(1) },
    );
  };
  const saved = (): EditStack => read(store.getState().edits);
  return {
    store,
    saved,
    changed: () => !sameStack(store.getState().stack, saved()),
    change,
    setStep: (one, gesture) => change(withStep(store.getState().stack, one), gesture),
    resetStep: (kind) => change(withoutStep(store.getState().stack, kind)),
    endGesture: () => {
      if (underWay !== null) underWay = { ...underWay, until: now() + keyPause };
    },
    undo: () => step('past'),
    redo: () => step('future'),
  };
}

/** The version that says the same as a stack: the current one if it does, else the newest. Null when none does. */
export function versionOf(edits: PhotoEdits, stack: EditStack): EditID | null {
  if (isEmptyStack(stack)) return null;
  const same = edits.versions.filter((one) => sameStack(readStack(one.stack), stack));
  return (same.find((one) => one.id === edits.current) ?? same[0])?.id ?? null;
}

/** The stack that shows the photo before its edits: nothing but its shape. */
export function beforeOf(stack: EditStack): EditStack {
  const shape = stack.steps.filter((one) => ['rotate', 'flip', 'straighten', 'crop'].includes(one.kind));
  return { ...emptyStack, steps: shape };
}
