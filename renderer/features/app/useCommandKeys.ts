import { useEffect } from 'react';
import type { TextAction } from '../../../shared/model/app.ts';
import { runCommand, runFromMenu } from '../../data/commandRunner.ts';
import type { Core } from '../../data/core.ts';
import { windowEventName } from '../../data/events.ts';
import type { WindowEvent } from '../../data/events.ts';
import { commandOfKey } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';

const textTypes = new Set([
  'text',
  'search',
  'email',
  'password',
  'url',
  'number',
  'date',
  'time',
  'datetime-local',
  'tel',
]);

/** Whether keys go into a text there. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return textTypes.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** Keys that a focused control needs for itself: Space and Return press it. */
function isPressing(press: KeyboardEvent): boolean {
  if (press.key !== ' ' && press.key !== 'Enter') return false;
  const { target } = press;
  if (!(target instanceof Element)) return false;
  return (
    target.closest(
      'button, a, summary, video, [role="option"], [role="menuitem"], [role="row"][tabindex], [role="treeitem"], [role="slider"], label',
    ) !== null
  );
}

/** Keys that keep their own meaning inside a text field although they carry the main modifier. */
const textKeys = new Set(['a', 'c', 'v', 'x', 'z', 'y', 'delete', 'backspace', 'enter']);

/** Commands that mean the text instead while one is being written. */
const textActions: ReadonlyMap<string, TextAction> = new Map([
  ['edit.undo', 'undo'],
  ['edit.redo', 'redo'],
  ['edit.copy', 'copy'],
  ['edit.paste', 'paste'],
  ['edit.selectAll', 'selectAll'],
]);

/** Whether some text of the window is marked: an address, a path, a message. Copying then means that. */
function hasMarkedText(): boolean {
  return window.getSelection()?.isCollapsed === false;
}

/** Whether a dialog or a menu is open, to which keys and menu commands then belong. */
function isCovered(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null;
}

/** Runs commands by key and by the shell's menu. */
export function useCommandKeys(core: Core): void {
  useEffect(() => {
    const mac = isMac();
    const onKeyDown = (press: KeyboardEvent): void => {
      if (press.defaultPrevented || press.isComposing) return;
      if (isCovered()) return;
      const typing = isTyping(press.target);
      if (typing && textKeys.has(press.key.toLowerCase())) return;
      if (isPressing(press)) return;
      const id = commandOfKey(press, mac, typing);
      if (id === null || core.registry.handler(id) === undefined) return;
      if (id === 'edit.copy' && hasMarkedText()) return;
      press.preventDefault();
      runCommand(core, id);
    };
    const onEvent = (event: Event): void => {
      const detail = event instanceof CustomEvent ? (event.detail as WindowEvent) : null;
      if (detail?.type !== 'command') return;
      // The shell's menu cannot tell what its Edit commands are meant for; on macOS it also gets their keys.
      const copiesText = detail.command === 'edit.copy' && hasMarkedText();
      const action = isTyping(document.activeElement) || copiesText ? textActions.get(detail.command) : undefined;
      if (action !== undefined) core.client.app.editText({ action }).catch(core.report);
      else if (!isCovered()) runFromMenu(core, detail.command);
    };
    // Photos cannot be marked as text is, and pressing one leaves what was marked elsewhere as it is.
    const onPointerDown = (press: PointerEvent): void => {
      if (press.button !== 0 || !(press.target instanceof Element)) return;
      if (hasMarkedText() && getComputedStyle(press.target).userSelect === 'none')
        window.getSelection()?.removeAllRanges();
    };
    window.addEventListener('pointerdown', onPointerDown);
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener(windowEventName, onEvent);
    return () => {
      window.removeEventListener('pointerdown', onPointerDown);
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener(windowEventName, onEvent);
    };
  }, [core]);
}
