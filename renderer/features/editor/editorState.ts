import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { EditStack } from '../../../shared/edits/stack.ts';
import type { PhotoID } from '../../../shared/ids.ts';

/** What of the editor outlives one photo: which one is open, what was copied, and the export sheet. */
export interface EditorFeatureState {
  /** The photo in the editor, and the selection it was opened from. */
  readonly open: { readonly id: PhotoID; readonly selection: readonly PhotoID[] } | null;
  readonly copied: EditStack | null;
  readonly exporting: readonly PhotoID[] | null;
}

export type EditorFeatureStore = StoreApi<EditorFeatureState>;

export function createEditorFeatureStore(): EditorFeatureStore {
  return createStore<EditorFeatureState>(() => ({ open: null, copied: null, exporting: null }));
}
