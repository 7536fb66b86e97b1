import { useRef, useState } from 'react';
import { useStore } from 'zustand';
import { emptyStack, stackToJson, stepOf } from '../../../shared/edits/stack.ts';
import { presetOf } from '../../../shared/edits/presets.ts';
import type { CropAspect } from '../../../shared/edits/steps.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { AdjustPanel } from './AdjustPanel.tsx';
import { EditorBar } from './EditorBar.tsx';
import type { EditorSession } from './editorSession.ts';
import { EditorStage } from './EditorStage.tsx';
import type { EditorFeatureStore } from './editorState.ts';
import { GeometryPanel } from './GeometryPanel.tsx';
import { HistogramView } from './HistogramView.tsx';
import { PresetStrip } from './PresetStrip.tsx';
import type { PreviewSource } from './preview/preview.ts';
import { SyncSheet } from './SyncSheet.tsx';
import { useEditorKeys } from './useEditorKeys.ts';
import { useElementSize } from '../library/useElementSize.ts';
import { usePreview } from './usePreview.ts';
import { VersionList } from './VersionList.tsx';

type Props = {
  readonly session: EditorSession;
  readonly source: PreviewSource | null;
  readonly name: string;
  readonly selection: readonly PhotoID[];
  readonly state: EditorFeatureStore;
  readonly onClose: () => void;
};

/** The editor's desk: bar, stage, panel and presets around one session. */
export function EditorDesk({ session, source, name, selection, state, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const edits = useStore(session.store, (one) => one.edits);
  const stack = useStore(session.store, (one) => one.stack);
  const mode = useStore(session.store, (one) => one.mode);
  const [sheet, setSheet] = useState<'none' | 'discard' | 'sync'>('none');
  const [aspect, setAspect] = useState<CropAspect>(() => stepOf(stack, 'crop')?.aspect ?? 'free');
  const [saving, setSaving] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [stage, size] = useElementSize();
  const preview = usePreview(canvas, session, source, size);

  const done = (): void => {
    if (saving) return;
    if (!session.changed()) return onClose();
    setSaving(true);
    const draft = session.store.getState().stack;
    core.client.edits
      .save({ id: edits.photoID, stack: stackToJson(draft), label: presetOf(draft) })
      .then(onClose, (error: unknown) => {
        setSaving(false);
        core.report(error);
      });
  };
  const cancel = (): void => (session.changed() ? setSheet('discard') : onClose());
  const choose = (version: string | null): void => {
    if (version === null) return session.change(emptyStack);
    core.client.edits.choose({ id: edits.photoID, version: version }).then(session.accept, core.report);
  };
  useEditorKeys({ session, core, state, onDone: done, onCancel: cancel, idle: sheet === 'none' });

  const others = selection.filter((id) => id !== edits.photoID);
  const newer = stack.newer.length;
  return (
    <>
      <EditorBar
        session={session}
        name={name}
        state={state}
        others={others.length}
        saving={saving}
        onDone={done}
        onCancel={cancel}
        onSync={() => setSheet('sync')}
      />
      <div className="editor__body">
        <div className="editor__middle">
          <EditorStage ref={stage} canvas={canvas} session={session} preview={preview} name={name} aspect={aspect} />
          <PresetStrip session={session} source={source} disabled={edits.editability !== 'full'} />
        </div>
        <aside className="editor__panel">
          <HistogramView histogram={preview.histogram} />
          {edits.reason === null ? null : <p className="editor__note">{edits.reason}</p>}
          {newer === 0 ? null : <p className="editor__note">{t('editor.newer', { count: newer })}</p>}
          {preview.slow ? <p className="editor__note">{t('editor.software')}</p> : null}
          {mode === 'crop' ? (
            <GeometryPanel
              session={session}
              aspect={aspect}
              onAspect={setAspect}
              disabled={edits.editability === 'none'}
            />
          ) : (
            <AdjustPanel session={session} disabled={edits.editability !== 'full'} />
          )}
          <VersionList edits={edits} disabled={edits.editability === 'none'} onChoose={choose} />
        </aside>
      </div>
      {sheet === 'discard' ? (
        <FormSheet
          title={t('editor.discardTitle')}
          confirm={t('editor.discard')}
          danger
          onClose={() => setSheet('none')}
          onConfirm={() => {
            onClose();
            return Promise.resolve();
          }}
        >
          <p>{t('editor.discardText')}</p>
        </FormSheet>
      ) : null}
      {sheet === 'sync' ? <SyncSheet session={session} others={others} onClose={() => setSheet('none')} /> : null}
    </>
  );
}
