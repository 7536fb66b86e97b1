import type { Ref, RefObject } from 'react';
import { useStore } from 'zustand';
import type { CropAspect } from '../../../shared/edits/steps.ts';
import { useT } from '../../data/useCore.ts';
import { CropOverlay } from './CropOverlay.tsx';
import type { EditorSession } from './editorSession.ts';
import type { ShownPreview } from './usePreview.ts';

type Props = {
  readonly ref: Ref<HTMLDivElement>;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly session: EditorSession;
  readonly preview: ShownPreview;
  readonly name: string;
  readonly aspect: CropAspect;
};

/** The picture in the middle, with the crop or the comparison over it. */
export function EditorStage({ ref, canvas, session, preview, name, aspect }: Props) {
  const t = useT();
  const mode = useStore(session.store, (state) => state.mode);
  const split = useStore(session.store, (state) => state.split);
  const { shown } = preview;
  return (
    <div ref={ref} className="editor__stage">
      <div
        className="editor__frame"
        style={shown === null ? {} : { width: shown.width, height: shown.height }}
        data-ready={shown !== null}
        data-drawn-by={preview.kind}
      >
        <canvas key={preview.canvasKey} ref={canvas} className="editor__picture">
          {t('editor.picture', { name })}
        </canvas>
        {mode === 'crop' && shown !== null ? <CropOverlay session={session} shown={shown} aspect={aspect} /> : null}
        {mode === 'adjust' && split !== null && shown !== null ? (
          <input
            type="range"
            className="split"
            aria-label={t('editor.splitHandle')}
            min={0}
            max={1}
            step={0.01}
            value={split}
            onChange={(event) => session.store.setState({ split: event.target.valueAsNumber })}
          />
        ) : null}
      </div>
    </div>
  );
}
