import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AlbumID, PhotoID } from '../../../shared/ids.ts';
import type { OpenPreset, SharePlan } from '../../../shared/model/share.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { Check, Segments, TextInput } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { useInvitees } from './invitees.ts';
import { PeopleField } from './PeopleField.tsx';
import { openPresets, PresetMenu } from './PresetMenu.tsx';
import { ShareStepProgress, useShareStep } from './ShareStepProgress.tsx';
import { createShare, mostShared } from './sharingSteps.ts';
import './sharing.css';

type ShareSheetProps = {
  readonly photoIDs: readonly PhotoID[];
  readonly albumID: AlbumID | null;
  readonly onClose: () => void;
};

/** New Share… and Share Album…: what is shared, with whom, and how it will end. */
export function ShareSheet({ photoIDs, albumID, onClose }: ShareSheetProps) {
  const core = useCore();
  const t = useT();
  const what = { photoIDs: photoIDs.slice(0, mostShared), albumID };
  const { data: plan, error, refetch } = useQuery(core.queries.sharing.plan.queryOptions({ input: { what } }));
  const [title, setTitle] = useState<string | null>(null);
  const invitees = useInvitees();
  const [isPublic, setPublic] = useState(false);
  const [publicPreset, setPublicPreset] = useState<OpenPreset>('viewer');
  const [rule, setRule] = useState(core.settings.getState().shareDepartureRule);
  const shownTitle = title ?? plan?.title ?? '';
  const step = useShareStep(['create', 'add']);
  const submit = async (): Promise<void> => {
    const people = [...invitees.complete()];
    await step.run(() =>
      createShare(core, {
        title: shownTitle.trim(),
        photoIDs,
        albumID,
        people,
        publicPreset: isPublic ? publicPreset : null,
        departureRule: rule,
      }),
    );
  };
  return (
    <FormSheet
      title={t(albumID === null ? 'sharing.newShare' : 'sharing.shareAlbum').replace('…', '')}
      confirm={t('sharing.sheet.share')}
      onClose={onClose}
      onConfirm={submit}
      disabled={plan === undefined || plan.photos + plan.copies === 0 || shownTitle.trim() === ''}
      wide
      aside={<ShareStepProgress step={step} />}
    >
      {plan === undefined ? (
        error === null ? (
          <LoadingFace />
        ) : (
          <ErrorFace error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <div className="share-sheet">
          <TextInput
            label={t('sharing.sheet.title')}
            value={shownTitle}
            onChange={setTitle}
            maxLength={200}
            autoFocus
          />
          <PlanText plan={plan} />
          <PeopleField invitees={invitees} />
          <div className="share-sheet__line">
            <Check selected={isPublic} onChange={setPublic}>
              {t('sharing.sheet.public')}
            </Check>
            {isPublic ? (
              <PresetMenu
                label={t('sharing.sheet.publicPreset')}
                value={publicPreset}
                options={openPresets}
                onChange={setPublicPreset}
              />
            ) : null}
          </div>
          <div className="field">
            <span className="field__label" aria-hidden>
              {t('sharing.sheet.departure')}
            </span>
            <Segments
              label={t('sharing.sheet.departure')}
              value={rule}
              options={[
                { id: 'STAY', label: t('sharing.sheet.departureStay') },
                { id: 'GO', label: t('sharing.sheet.departureGo') },
              ]}
              onChange={setRule}
            />
          </div>
        </div>
      )}
    </FormSheet>
  );
}

/** What will move, what becomes a copy, what is left out and why. */
export function PlanText({ plan }: { readonly plan: SharePlan }) {
  const t = useT();
  const [refused] = plan.refused;
  return (
    <div className="share-sheet__plan">
      {plan.photos > 0 ? <p>{t('sharing.sheet.contents', { photos: plan.photos })}</p> : null}
      {plan.copies > 0 ? (
        <p className="share-sheet__warning">{t('sharing.sheet.copies', { copies: plan.copies })}</p>
      ) : null}
      {plan.already > 0 ? <p>{t('sharing.sheet.already', { already: plan.already })}</p> : null}
      {refused === undefined ? null : (
        <p className="share-sheet__warning">
          {t('sharing.sheet.refused', { count: plan.refused.length, reason: refused.reason })}
        </p>
      )}
    </div>
  );
}
