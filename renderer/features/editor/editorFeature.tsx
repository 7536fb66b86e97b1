import { useStore } from 'zustand';
import { deferred } from '../deferred.tsx';
import type { Feature } from '../registry.ts';
import type * as EditorActions from './editorActions.ts';
import { createEditorFeatureStore } from './editorState.ts';

const overlay = { as: 'overlay' } as const;
const Editor = deferred(() => import('./Editor.tsx').then((part) => part.Editor), overlay);
const ExportSheet = deferred(() => import('./ExportSheet.tsx').then((part) => part.ExportSheet), overlay);

/** The mathematics of edits comes with them, and is no part of what the window starts with. */
const actions = (): Promise<typeof EditorActions> => import('./editorActions.ts');

/** Editing and exporting: their commands, and what is drawn over the window while one of them is open. */
export function createEditorFeature(): Feature {
  const state = createEditorFeatureStore();
  return {
    id: 'editor',
    preload: [Editor, ExportSheet],
    commands: {
      'photo.edit': {
        run: (_core, { photoIDs }) => {
          const [id] = photoIDs;
          if (id !== undefined) state.setState({ open: { id, selection: photoIDs } });
        },
      },
      'photo.rotateRight': {
        run: async (core, { photoIDs }) => (await actions()).turnPhotos(core, photoIDs, 'clockwise'),
      },
      'photo.rotateLeft': {
        run: async (core, { photoIDs }) => (await actions()).turnPhotos(core, photoIDs, 'anticlockwise'),
      },
      'photo.copyEdits': {
        run: async (core, { photoIDs }) => {
          const [id] = photoIDs;
          if (id !== undefined) await (await actions()).copyEditsOf(core, state, id);
        },
      },
      'photo.pasteEdits': { run: async (core, { photoIDs }) => (await actions()).pasteEdits(core, state, photoIDs) },
      'photo.revert': { run: async (core, { photoIDs }) => (await actions()).revertPhotos(core, photoIDs) },
      'photo.export': { run: (_core, { photoIDs }) => state.setState({ exporting: photoIDs }) },
    },
    overlays: [
      {
        id: 'editor',
        component: function EditorOverlay() {
          const open = useStore(state, (one) => one.open);
          return open === null ? null : (
            <Editor
              key={open.id}
              id={open.id}
              selection={open.selection}
              state={state}
              onClose={() => state.setState({ open: null })}
            />
          );
        },
      },
      {
        id: 'export',
        component: function ExportOverlay() {
          const exporting = useStore(state, (one) => one.exporting);
          return exporting === null ? null : (
            <ExportSheet ids={exporting} onClose={() => state.setState({ exporting: null })} />
          );
        },
      },
    ],
  };
}
