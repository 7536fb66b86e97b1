import { useQuery } from '@tanstack/react-query';
import { Button as AriaButton } from 'react-aria-components';
import type { PhotoID } from '../../../shared/ids.ts';
import { Sheet } from '../../components/dialogs.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { ShareCover } from './ShareCover.tsx';
import { addToShare } from './sharingSteps.ts';
import './sharing.css';

/** Add to Share…: chooses one of the shares; those where I may not add say who can change that. */
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
  return (
    <Sheet title={t('sharing.add.title', { count: photoIDs.length })} onClose={onClose}>
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
                  onPress={() => {
                    onClose();
                    addToShare(core, share, photoIDs).catch(core.report);
                  }}
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
    </Sheet>
  );
}
