import { useEffect } from 'react';
import { isEmptyStack } from '../../../shared/edits/stack.ts';
import { pasteStack } from '../../../shared/edits/stackOps.ts';
import { turnStack } from '../../../shared/edits/geometryOps.ts';
import type { Core } from '../../data/core.ts';
import { windowEventName } from '../../data/events.ts';
import type { WindowEvent } from '../../data/events.ts';
import { isMac } from '../../data/platform.ts';
import { copyStack } from './editorActions.ts';
import type { EditorSession } from './editorSession.ts';
import type { EditorFeatureStore } from './editorState.ts';

type Deps = {
  readonly session: EditorSession;
  readonly core: Core;
  readonly state: EditorFeatureStore;
  readonly onDone: () => void;
  readonly onCancel: () => void;
  /** False while a sheet of the editor has the keys. */
  readonly idle: boolean;
};

/** The editor's own keys. The window's commands rest while it is open, for it is a dialog. */
export function useEditorKeys({ session, core, state, onDone, onCancel, idle }: Deps): void {
  useEffect(() => {
    if (!idle) return;
    const onKeyDown = (press: KeyboardEvent): void => {
      if (press.defaultPrevented || press.isComposing) return;
      if (document.querySelector('[role="menu"]') !== null) return;
      const run = actionFor(press);
      if (run === null) return;
      press.preventDefault();
      run();
    };
    const { store } = session;
    function actionFor(press: KeyboardEvent): (() => void) | null {
      const mod = isMac() ? press.metaKey : press.ctrlKey;
      const view = store.getState();
      const may = view.edits.editability !== 'none';
      const key = press.key.toLowerCase();
      if (mod) {
        if (key === 'z') return press.shiftKey ? session.redo : session.undo;
        if (key === 'y') return session.redo;
        if (key === 'c' && press.shiftKey)
          return () => (isEmptyStack(view.stack) ? undefined : copyStack(core, state, view.stack));
        if (key === 'v' && press.shiftKey && may)
          return () => {
            const { copied } = state.getState();
            if (copied !== null) session.change(pasteStack(view.stack, copied, { withGeometry: false }));
          };
        return null;
      }
      if (press.altKey || press.metaKey || press.ctrlKey) return null;
      switch (key) {
        case 'escape':
          return view.mode === 'crop' ? () => store.setState({ mode: 'adjust' }) : onCancel;
        case 'enter':
          if (press.target instanceof Element && press.target.closest('button') !== null) return null;
          return view.mode === 'crop' ? () => store.setState({ mode: 'adjust' }) : onDone;
        case '\\':
          return () => store.setState({ before: !view.before });
        case 'c':
          return () => store.setState({ mode: view.mode === 'crop' ? 'adjust' : 'crop', before: false });
        case 's':
          return () => store.setState({ split: view.split === null ? 0.5 : null, before: false });
        case 'j':
          return () => store.setState({ warn: !view.warn });
        case 'r':
          return may ? () => session.change(turnStack(view.stack, press.shiftKey ? -1 : 1)) : null;
        default:
          return null;
      }
    }
    // The shell's menu stays in reach over the editor: what has a meaning here acts here, the rest is left alone.
    const onEvent = (event: Event): void => {
      const detail = event instanceof CustomEvent ? (event.detail as WindowEvent) : null;
      if (detail?.type !== 'command') return;
      const key = menuKeys[detail.command];
      if (key !== undefined) actionFor(new KeyboardEvent('keydown', withMain(key)))?.();
    };
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener(windowEventName, onEvent);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener(windowEventName, onEvent);
    };
  }, [session, core, state, onDone, onCancel, idle]);
}

type MenuKey = { readonly key: string; readonly main: boolean; readonly shiftKey: boolean };

/** Commands of the window's menu that mean the draft while it is open, by the key they have here. */
const menuKeys: Readonly<Partial<Record<string, MenuKey>>> = {
  'edit.undo': { key: 'z', main: true, shiftKey: false },
  'edit.redo': { key: 'z', main: true, shiftKey: true },
  'photo.copyEdits': { key: 'c', main: true, shiftKey: true },
  'photo.pasteEdits': { key: 'v', main: true, shiftKey: true },
  'photo.rotateRight': { key: 'r', main: false, shiftKey: false },
  'photo.rotateLeft': { key: 'r', main: false, shiftKey: true },
};

function withMain({ key, main, shiftKey }: MenuKey): KeyboardEventInit {
  return { key, shiftKey, ctrlKey: main && !isMac(), metaKey: main && isMac() };
}
