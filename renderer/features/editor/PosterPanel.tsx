import { useT } from '../../data/useCore.ts';
import { StepSlider } from './StepSlider.tsx';
import type { PosterDraft } from './usePosterDraft.ts';

/** Of a video: which of its frames stands for it. */
export function PosterPanel({
  poster,
  disabled,
  onEnd,
}: {
  readonly poster: PosterDraft;
  readonly disabled: boolean;
  /** A drag or a key on the slider ended. */
  readonly onEnd: () => void;
}) {
  const t = useT();
  return (
    <section className="editor__group" aria-label={t('editor.group.poster')}>
      <header className="editor__group-head">
        <h2>{t('editor.group.poster')}</h2>
      </header>
      <StepSlider
        label={t('editor.poster.time')}
        value={poster.seconds ?? 0}
        min={0}
        max={Math.max(0.1, poster.length ?? 0)}
        step={0.1}
        neutral={0}
        unit="seconds"
        disabled={disabled || poster.length === null}
        changed={poster.chosen}
        onChange={poster.choose}
        onEnd={onEnd}
        onReset={poster.reset}
      />
      <p className="editor__note">{t(poster.away ? 'editor.poster.away' : 'editor.poster.help')}</p>
    </section>
  );
}
