import { isEmptyStack, readStack, stackToJson } from '../../../shared/edits/stack.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { StepKind } from '../../../shared/edits/steps.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { announce } from '../../data/actions.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';
import type { MessageID } from '../../strings/en.ts';
import type { EditorFeatureStore } from './editorState.ts';

type Outcome = { readonly changed: number; readonly refused: number; readonly reasons: readonly string[] };

/** Says what was done, with a way back, and why some photos were left out. */
function tell(core: Core, message: MessageID, { changed, reasons }: Outcome): void {
  if (changed > 0) announce(core, core.t(message, { count: changed }));
  for (const reason of reasons) showToast(core.toasts, { tone: 'error', text: reason, action: null });
}

/** Remembers a stack for pasting. */
export function copyStack(core: Core, state: EditorFeatureStore, stack: EditStack): void {
  state.setState({ copied: stack });
  core.window.setState({ editsCopied: true });
  showToast(core.toasts, { tone: 'plain', text: core.t('editor.copied'), action: null });
}

/** Copies a photo's current edits. */
export async function copyEditsOf(core: Core, state: EditorFeatureStore, id: PhotoID): Promise<void> {
  const stack = readStack((await core.client.edits.get({ id })).stack);
  if (isEmptyStack(stack)) {
    showToast(core.toasts, { tone: 'plain', text: core.t('editor.noEdits'), action: null });
    return;
  }
  copyStack(core, state, stack);
}

/** Gives photos the copied look; each keeps its own crop. */
export async function pasteEdits(core: Core, state: EditorFeatureStore, ids: readonly PhotoID[]): Promise<void> {
  const { copied } = state.getState();
  if (copied === null) {
    showToast(core.toasts, { tone: 'plain', text: core.t('editor.nothingCopied'), action: null });
    return;
  }
  tell(core, 'editor.pasted', await core.client.edits.paste({ ids: [...ids], stack: stackToJson(copied) }));
}

export async function syncEdits(
  core: Core,
  ids: readonly PhotoID[],
  stack: EditStack,
  kinds: readonly StepKind[],
): Promise<void> {
  const outcome = await core.client.edits.sync({ ids: [...ids], stack: stackToJson(stack), kinds: [...kinds] });
  tell(core, 'editor.synced', outcome);
}

export async function revertPhotos(core: Core, ids: readonly PhotoID[]): Promise<void> {
  tell(core, 'editor.reverted', await core.client.edits.revert({ ids: [...ids] }));
}

export async function turnPhotos(
  core: Core,
  ids: readonly PhotoID[],
  by: 'clockwise' | 'anticlockwise',
): Promise<void> {
  tell(core, 'editor.turned', await core.client.edits.turn({ ids: [...ids], by }));
}
