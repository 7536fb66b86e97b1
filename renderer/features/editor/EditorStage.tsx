import type { KeyboardEvent, PointerEvent, Ref, RefObject } from 'react';
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
      >
        <canvas ref={canvas} className="editor__picture" role="img" aria-label={t('editor.picture', { name })} />
        {mode === 'crop' && shown !== null ? <CropOverlay session={session} shown={shown} aspect={aspect} /> : null}
        {mode === 'adjust' && split !== null && shown !== null ? (
          <SplitHandle
            label={t('editor.splitHandle')}
            value={split}
            width={shown.width}
            onChange={(next) => session.store.setState({ split: next })}
          />
        ) : null}
      </div>
    </div>
  );
}

function SplitHandle(props: {
  readonly label: string;
  readonly value: number;
  readonly width: number;
  readonly onChange: (value: number) => void;
}) {
  const { label, value, width, onChange } = props;
  const to = (next: number): void => onChange(Math.min(0.98, Math.max(0.02, next)));
  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) to(value + event.movementX / width);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -0.02 : event.key === 'ArrowRight' ? 0.02 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    to(value + step);
  };
  return (
    <div
      className="split"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value * 100)}
      style={{ left: `${value * 100}%` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  );
}
