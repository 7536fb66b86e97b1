import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { emptyStack, isEmptyStack, readStack, stackToJson, stepOf } from '../../../shared/edits/stack.ts';
import { presetOf } from '../../../shared/edits/presets.ts';
import type { CropAspect } from '../../../shared/edits/steps.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { useCore, useT, useTile } from '../../data/useCore.ts';
import { AdjustPanel } from './AdjustPanel.tsx';
import { EditorBar } from './EditorBar.tsx';
import { versionOf } from './editorSession.ts';
import type { EditorSession } from './editorSession.ts';
import { EditorStage } from './EditorStage.tsx';
import type { EditorFeatureStore } from './editorState.ts';
import { GeometryPanel } from './GeometryPanel.tsx';
import { HistogramView } from './HistogramView.tsx';
import { PosterPanel } from './PosterPanel.tsx';
import { PresetStrip } from './PresetStrip.tsx';
import type { PreviewSource } from './preview/preview.ts';
import { SyncSheet } from './SyncSheet.tsx';
import { useEditorKeys } from './useEditorKeys.ts';
import { useElementSize } from '../library/useElementSize.ts';
import { usePosterDraft } from './usePosterDraft.ts';
import { usePreview } from './usePreview.ts';
import { VersionList } from './VersionList.tsx';

type Props = {
  readonly session: EditorSession;
  readonly source: PreviewSource | null;
  readonly name: string;
  readonly version: string;
  readonly selection: readonly PhotoID[];
  readonly state: EditorFeatureStore;
  readonly onClose: () => void;
};

/** The editor's desk: bar, stage, panel and presets around one session. */
export function EditorDesk({ session, source, name, version, selection, state, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const edits = useStore(session.store, (one) => one.edits);
  const stack = useStore(session.store, (one) => one.stack);
  const mode = useStore(session.store, (one) => one.mode);
  const [sheet, setSheet] = useState<'none' | 'sync'>('none');
  // Where the person wants to go, while they are asked whether their changes may be lost.
  const [leaving, setLeaving] = useState<(() => void) | null>(null);
  const [aspect, setAspect] = useState<CropAspect>(() => stepOf(stack, 'crop')?.aspect ?? 'free');
  const [saving, setSaving] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [stage, size] = useElementSize();
  const { photoID } = edits;
  const tile = useTile(photoID);
  const video = tile?.mediaType === 'video';
  const poster = usePosterDraft(
    session,
    video ? core.bridge.mediaURL(photoID, 'original', version) : null,
    tile?.durationMs == null ? null : tile.durationMs / 1_000,
  );
  // While the picture of a chosen frame is fetched nothing is shown, rather than another frame.
  const shown = poster.inDraft && !poster.away ? poster.source : source;
  const preview = usePreview(canvas, session, shown, size);

  const changed = session.changed;
  const save = async (): Promise<void> => {
    const draft = await poster.settle(session.store.getState().stack);
    const known = versionOf(edits, draft);
    if (known !== null) await core.client.edits.choose({ id: photoID, version: known });
    else await core.client.edits.save({ id: photoID, stack: stackToJson(draft), label: presetOf(draft) });
  };
  const done = (): void => {
    if (saving) return;
    if (!changed()) return onClose();
    setSaving(true);
    save().then(onClose, (error: unknown) => {
      setSaving(false);
      core.report(error);
    });
  };
  const leave = (go: () => void): void => {
    if (changed()) setLeaving(() => go);
    else {
      onClose();
      go();
    }
  };
  const cancel = (): void => leave(() => undefined);
  // What is held must be what is shown now, without letting go in between.
  const held = useRef({ unsaved: changed, leave });
  useEffect(() => {
    held.current = { unsaved: changed, leave };
  });
  useEffect(
    () =>
      core.leaving.hold({
        unsaved: () => held.current.unsaved(),
        leave: (go) => held.current.leave(go),
      }),
    [core],
  );
  const choose = (chosen: string | null): void => {
    const version = edits.versions.find((one) => one.id === chosen);
    session.change(version === undefined ? emptyStack : readStack(version.stack));
  };
  useEditorKeys({ session, core, state, onDone: done, onCancel: cancel, idle: sheet === 'none' && leaving === null });

  const others = selection.filter((id) => id !== photoID);
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
          <PresetStrip session={session} source={shown} disabled={edits.editability !== 'full'} />
        </div>
        <aside className="editor__panel">
          <HistogramView histogram={preview.histogram} />
          {edits.reason === null ? null : <p className="editor__note">{edits.reason}</p>}
          {newer === 0 ? null : <p className="editor__note">{t('editor.newer', { count: newer })}</p>}
          {preview.kind === 'cpu' ? <p className="editor__note">{t('editor.software')}</p> : null}
          {video ? (
            <PosterPanel poster={poster} disabled={edits.editability === 'none'} onEnd={session.endGesture} />
          ) : null}
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
          <VersionList
            edits={edits}
            current={versionOf(edits, stack)}
            original={isEmptyStack(stack)}
            disabled={edits.editability === 'none'}
            onChoose={choose}
          />
        </aside>
      </div>
      {leaving !== null ? (
        <FormSheet
          title={t('editor.discardTitle')}
          confirm={t('editor.discard')}
          danger
          onClose={() => setLeaving(null)}
          onConfirm={() => {
            onClose();
            leaving();
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
