import { useState } from 'react';
import { useStore } from 'zustand';
import type { StepKind } from '../../../shared/edits/steps.ts';
import { isLook, isPoster } from '../../../shared/edits/stackOps.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { Check } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { syncEdits } from './editorActions.ts';
import type { EditorSession } from './editorSession.ts';

/** Chooses which steps of this photo the other selected ones get. Crop and turn are left out unless ticked. */
export function SyncSheet({
  session,
  others,
  onClose,
}: {
  readonly session: EditorSession;
  readonly others: readonly PhotoID[];
  readonly onClose: () => void;
}) {
  const core = useCore();
  const t = useT();
  const stack = useStore(session.store, (state) => state.stack);
  const kinds = stack.steps.map((step) => step.kind).filter((kind) => !isPoster(kind));
  const [ticked, setTicked] = useState<ReadonlySet<StepKind>>(() => new Set(kinds.filter(isLook)));
  const tick = (kind: StepKind, on: boolean): void => {
    const next = new Set(ticked);
    if (on) next.add(kind);
    else next.delete(kind);
    setTicked(next);
  };
  return (
    <FormSheet
      title={t('editor.syncTitle', { count: others.length })}
      confirm={t('editor.syncConfirm')}
      disabled={ticked.size === 0}
      onClose={onClose}
      onConfirm={() => syncEdits(core, others, stack, [...ticked])}
    >
      <p>{kinds.length === 0 ? t('editor.noEdits') : t('editor.syncText')}</p>
      {kinds.map((kind) => (
        <Check key={kind} selected={ticked.has(kind)} onChange={(on) => tick(kind, on)}>
          {t(`editor.step.${kind}`)}
        </Check>
      ))}
    </FormSheet>
  );
}
