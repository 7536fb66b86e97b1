import { useStore } from 'zustand';
import { deferred } from '../deferred.tsx';
import type { Feature } from '../registry.ts';
import { copyEditsOf, pasteEdits, revertPhotos, turnPhotos } from './editorActions.ts';
import { createEditorFeatureStore } from './editorState.ts';

const overlay = { as: 'overlay' } as const;
const Editor = deferred(() => import('./Editor.tsx').then((part) => part.Editor), overlay);
const ExportSheet = deferred(() => import('./ExportSheet.tsx').then((part) => part.ExportSheet), overlay);

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
      'photo.rotateRight': { run: (core, { photoIDs }) => turnPhotos(core, photoIDs, 'clockwise') },
      'photo.rotateLeft': { run: (core, { photoIDs }) => turnPhotos(core, photoIDs, 'anticlockwise') },
      'photo.copyEdits': {
        run: async (core, { photoIDs }) => {
          const [id] = photoIDs;
          if (id !== undefined) await copyEditsOf(core, state, id);
        },
      },
      'photo.pasteEdits': { run: (core, { photoIDs }) => pasteEdits(core, state, photoIDs) },
      'photo.revert': { run: (core, { photoIDs }) => revertPhotos(core, photoIDs) },
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
