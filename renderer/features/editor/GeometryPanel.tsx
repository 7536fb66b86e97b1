import { FlipHorizontal2, FlipVertical2, RotateCcwSquare, RotateCwSquare } from 'lucide-react';
import { useStore } from 'zustand';
import { flipStack, turnStack, withAspect } from '../../../shared/edits/geometryOps.ts';
import { cropAspects, scalarRanges } from '../../../shared/edits/steps.ts';
import type { CropAspect } from '../../../shared/edits/steps.ts';
import { stepOf } from '../../../shared/edits/stack.ts';
import { IconButton } from '../../components/buttons.tsx';
import { Segments } from '../../components/fields.tsx';
import { useT } from '../../data/useCore.ts';
import type { EditorSession } from './editorSession.ts';
import { StepSlider } from './StepSlider.tsx';

type Props = {
  readonly session: EditorSession;
  readonly aspect: CropAspect;
  readonly onAspect: (aspect: CropAspect) => void;
  readonly disabled: boolean;
};

/** Turn, flip, straighten, and the shape of the crop. */
export function GeometryPanel({ session, aspect, onAspect, disabled }: Props) {
  const t = useT();
  const stack = useStore(session.store, (state) => state.stack);
  const full = useStore(session.store, (state) => state.edits);
  const { change } = session;
  return (
    <section className="editor__group" aria-label={t('editor.group.geometry')}>
      <header className="editor__group-head">
        <h2>{t('editor.group.geometry')}</h2>
      </header>
      <div className="editor__row">
        <IconButton
          icon={RotateCcwSquare}
          size={20}
          label={t('editor.rotateLeft')}
          disabled={disabled}
          onPress={() => change(turnStack(stack, -1))}
        />
        <IconButton
          icon={RotateCwSquare}
          size={20}
          label={t('editor.rotateRight')}
          disabled={disabled}
          onPress={() => change(turnStack(stack, 1))}
        />
        <IconButton
          icon={FlipHorizontal2}
          size={20}
          label={t('editor.flipHorizontal')}
          disabled={disabled}
          onPress={() => change(flipStack(stack, 'horizontal'))}
        />
        <IconButton
          icon={FlipVertical2}
          size={20}
          label={t('editor.flipVertical')}
          disabled={disabled}
          onPress={() => change(flipStack(stack, 'vertical'))}
        />
      </div>
      <StepSlider
        label={t('editor.step.straighten')}
        value={stepOf(stack, 'straighten')?.value ?? 0}
        {...scalarRanges.straighten}
        disabled={disabled}
        onChange={(value) => session.setStep({ kind: 'straighten', value }, 'straighten')}
        onEnd={session.endGesture}
        onReset={() => session.resetStep('straighten')}
      />
      <Segments
        label={t('editor.aspect')}
        value={aspect}
        options={cropAspects.map((id) => ({
          id,
          label: id === 'free' || id === 'original' ? t(`editor.aspect.${id}`) : id,
        }))}
        onChange={(next) => {
          onAspect(next);
          if (next !== 'free') change(withAspect(stack, next, full));
        }}
      />
    </section>
  );
}
