import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { errorMessage } from '../../../shared/errors.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import type { Share } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { Sheet } from '../../components/dialogs.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { FieldError } from '../../components/fields.tsx';
import { useShown } from '../../components/useShown.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { ShareCover } from './ShareCover.tsx';
import { ShareStepProgress, useShareStep } from './ShareStepProgress.tsx';
import { addToShare } from './sharingSteps.ts';
import './sharing.css';

/**
 * Add to Share…: chooses one of the shares; those where I may not add say who can change that. It stays until the photos
 * are there, and can be closed before: adding goes on.
 */
export function AddToShareSheet({
  photoIDs,
  onClose,
}: {
  readonly photoIDs: readonly PhotoID[];
  readonly onClose: () => void;
}) {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.sharing.list.queryOptions({ input: {} }));
  const step = useShareStep(['add']);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = useShown();
  const add = async (share: Share): Promise<void> => {
    setProblem(null);
    try {
      await step.run(() => addToShare(core, share, photoIDs));
      if (shown.current) onClose();
    } catch (failure) {
      if (!shown.current) core.report(failure);
      setProblem(errorMessage(failure));
    }
  };
  return (
    <Sheet
      title={t('sharing.add.title', { count: photoIDs.length })}
      onClose={onClose}
      foot={
        <>
          <div className="dialog__foot-start">
            <ShareStepProgress step={step} />
          </div>
          <Button onPress={onClose}>{t(step.running ? 'action.close' : 'action.cancel')}</Button>
        </>
      }
    >
      {data === undefined ? (
        error === null ? (
          <LoadingFace />
        ) : (
          <ErrorFace error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <ul className="pick-list" aria-label={t('sharing.shared')}>
          {data.map((share) => {
            const may = share.rights.includes('ADD') && share.state === 'active';
            return (
              <li key={share.id}>
                <AriaButton
                  className="pick"
                  isDisabled={!may}
                  // It keeps the keyboard, so that Esc closes the sheet while photos are added.
                  aria-disabled={step.running}
                  onPress={() => (step.running ? undefined : void add(share))}
                >
                  <ShareCover share={share} />
                  <span className="sidebar__label">{share.title}</span>
                  <span className="row__count">
                    {may
                      ? t('count.photos', { count: share.photos })
                      : t('sharing.add.mayNot', { owner: share.owner.name ?? share.owner.email ?? '' })}
                  </span>
                </AriaButton>
              </li>
            );
          })}
        </ul>
      )}
      <FieldError text={problem} />
    </Sheet>
  );
}
