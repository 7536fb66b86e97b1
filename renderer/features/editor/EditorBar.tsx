import { Columns2, Crop, Ellipsis, Eye, Redo2, TriangleAlert, Undo2 } from 'lucide-react';
import { useStore } from 'zustand';
import { emptyStack, isEmptyStack } from '../../../shared/edits/stack.ts';
import { pasteStack } from '../../../shared/edits/stackOps.ts';
import { Button, IconButton } from '../../components/buttons.tsx';
import { MenuButton } from '../../components/menus.tsx';
import type { MenuGroups } from '../../components/menus.tsx';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { copyStack } from './editorActions.ts';
import type { EditorSession } from './editorSession.ts';
import type { EditorFeatureStore } from './editorState.ts';

type Props = {
  readonly session: EditorSession;
  readonly name: string;
  readonly state: EditorFeatureStore;
  /** Other photos of the selection the editor was opened from. */
  readonly others: number;
  readonly saving: boolean;
  readonly onDone: () => void;
  readonly onCancel: () => void;
  readonly onSync: () => void;
};

/** What is done with the whole photo: back and forth, how it is looked at, copying, and leaving. */
export function EditorBar({ session, name, state, others, saving, onDone, onCancel, onSync }: Props) {
  const core = useCore();
  const t = useT();
  const view = useStore(session.store);
  const copied = useStore(state, (one) => one.copied);
  const set = session.store.setState;
  const keys = (text: string): string => keyLabel(text, isMac());
  const none = view.edits.editability === 'none';
  const menu = (): MenuGroups => [
    [
      {
        id: 'copy',
        label: t('editor.copy'),
        keys: keys('Mod+Shift+C'),
        obstacle: isEmptyStack(view.stack) ? t('editor.noEdits') : null,
        run: () => copyStack(core, state, view.stack),
      },
      {
        id: 'paste',
        label: t('editor.paste'),
        keys: keys('Mod+Shift+V'),
        obstacle: none ? view.edits.reason : copied === null ? t('editor.nothingCopied') : null,
        run: () => {
          if (copied !== null) session.change(pasteStack(view.stack, copied, { withGeometry: false }));
        },
      },
      { id: 'sync', label: t('editor.sync'), obstacle: others === 0 ? t('editor.syncNone') : null, run: onSync },
    ],
    [
      {
        id: 'revert',
        label: t('editor.revert'),
        obstacle: isEmptyStack(view.stack) ? t('editor.noEdits') : null,
        run: () => session.change(emptyStack),
      },
    ],
  ];
  return (
    <header className="editor__bar">
      <Button onPress={onCancel}>{t('action.cancel')}</Button>
      <h1 className="editor__title">{name}</h1>
      <IconButton
        icon={Undo2}
        label={t('editor.undo')}
        keys={keys('Mod+Z')}
        disabled={view.past.length === 0}
        onPress={session.undo}
      />
      <IconButton
        icon={Redo2}
        label={t('editor.redo')}
        keys={keys('Mod+Shift+Z')}
        disabled={view.future.length === 0}
        onPress={session.redo}
      />
      <span className="editor__gap" aria-hidden />
      <IconButton
        icon={Crop}
        label={t('editor.crop')}
        keys="C"
        selected={view.mode === 'crop'}
        onPress={() => set({ mode: view.mode === 'crop' ? 'adjust' : 'crop', before: false })}
      />
      <IconButton
        icon={Eye}
        label={t('editor.before')}
        keys="\"
        selected={view.before}
        onPress={() => set({ before: !view.before })}
      />
      <IconButton
        icon={Columns2}
        label={t('editor.split')}
        keys="S"
        selected={view.split !== null}
        disabled={view.mode === 'crop'}
        onPress={() => set({ split: view.split === null ? 0.5 : null, before: false })}
      />
      <IconButton
        icon={TriangleAlert}
        label={t('editor.clipping')}
        keys="J"
        selected={view.warn}
        onPress={() => set({ warn: !view.warn })}
      />
      <MenuButton icon={Ellipsis} label={t('editor.more')} groups={menu} />
      <Button tone="primary" disabled={saving} onPress={onDone}>
        {t('editor.done')}
      </Button>
    </header>
  );
}
