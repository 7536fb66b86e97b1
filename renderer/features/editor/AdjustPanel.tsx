import { useStore } from 'zustand';
import { defaultBlackAndWhite, detailKinds, lightKinds, scalarRanges } from '../../../shared/edits/steps.ts';
import type { BlackAndWhiteStep, ScalarKind, StepKind } from '../../../shared/edits/steps.ts';
import { stepOf } from '../../../shared/edits/stack.ts';
import { Button } from '../../components/buttons.tsx';
import { Check } from '../../components/fields.tsx';
import { useT } from '../../data/useCore.ts';
import { CurveField } from './CurveField.tsx';
import type { EditorSession } from './editorSession.ts';
import { StepSlider } from './StepSlider.tsx';

const lightScalars = [
  'exposure',
  'contrast',
  'highlights',
  'shadows',
  'whites',
  'blacks',
  'gamma',
] as const satisfies readonly ScalarKind[];
const colourScalars = ['saturation', 'vibrance', 'warmth', 'tint'] as const satisfies readonly ScalarKind[];
const groups = [
  { name: 'light', kinds: lightScalars, all: lightKinds },
  { name: 'colour', kinds: colourScalars, all: [...colourScalars, 'blackAndWhite'] },
  { name: 'detail', kinds: detailKinds, all: detailKinds },
] as const satisfies readonly { name: string; kinds: readonly ScalarKind[]; all: readonly StepKind[] }[];

/** Every slider of the stack, in groups. Disabled where a photo does not take them; the panel's owner says why. */
export function AdjustPanel({ session, disabled }: { readonly session: EditorSession; readonly disabled: boolean }) {
  const t = useT();
  const stack = useStore(session.store, (state) => state.stack);
  const has = (kind: StepKind): boolean => stack.steps.some((step) => step.kind === kind);
  const mix = stepOf(stack, 'blackAndWhite');
  const curve = stepOf(stack, 'curve');
  return (
    <>
      {groups.map(({ name, kinds, all }) => (
        <section key={name} className="editor__group" aria-label={t(`editor.group.${name}`)}>
          <header className="editor__group-head">
            <h2>{t(`editor.group.${name}`)}</h2>
            {all.some(has) ? (
              <Button
                tone="plain"
                onPress={() =>
                  session.change({
                    ...stack,
                    steps: stack.steps.filter((step) => !(all as readonly string[]).includes(step.kind)),
                  })
                }
              >
                {t('editor.resetGroup')}
              </Button>
            ) : null}
          </header>
          {kinds.map((kind) => (
            <StepSlider
              key={kind}
              label={t(`editor.step.${kind}`)}
              value={stepOf(stack, kind)?.value ?? scalarRanges[kind].neutral}
              {...scalarRanges[kind]}
              disabled={disabled || (mix !== undefined && (kind === 'saturation' || kind === 'vibrance'))}
              onChange={(value) => session.setStep({ kind, value }, kind)}
              onEnd={session.endGesture}
              onReset={() => session.resetStep(kind)}
            />
          ))}
          {name === 'light' ? (
            <CurveField
              points={curve?.points ?? null}
              disabled={disabled}
              onChange={(points, gesture) => session.setStep({ kind: 'curve', points }, gesture ? 'curve' : undefined)}
              onEnd={session.endGesture}
              onReset={() => session.resetStep('curve')}
            />
          ) : null}
          {name === 'colour' ? <BlackAndWhite session={session} mix={mix} disabled={disabled} /> : null}
        </section>
      ))}
    </>
  );
}

function BlackAndWhite({
  session,
  mix,
  disabled,
}: {
  readonly session: EditorSession;
  readonly mix: BlackAndWhiteStep | undefined;
  readonly disabled: boolean;
}) {
  const t = useT();
  return (
    <>
      <Check
        selected={mix !== undefined}
        disabled={disabled}
        onChange={(on) => (on ? session.setStep(defaultBlackAndWhite) : session.resetStep('blackAndWhite'))}
      >
        {t('editor.bw')}
      </Check>
      {mix === undefined
        ? null
        : (['red', 'green', 'blue', 'toning'] as const).map((part) => (
            <StepSlider
              key={part}
              label={t(`editor.bw.${part}`)}
              value={mix[part]}
              min={-100}
              max={part === 'toning' ? 100 : 200}
              step={1}
              neutral={defaultBlackAndWhite[part]}
              unit="percent"
              disabled={disabled}
              onChange={(value) => {
                const next = { ...mix, [part]: value };
                // A mix that adds up to nothing has no brightness to show; the slider stops there.
                if (next.red + next.green + next.blue >= 20) session.setStep(next, `blackAndWhite.${part}`);
              }}
              onEnd={session.endGesture}
              onReset={() => session.setStep({ ...mix, [part]: defaultBlackAndWhite[part] })}
            />
          ))}
    </>
  );
}
