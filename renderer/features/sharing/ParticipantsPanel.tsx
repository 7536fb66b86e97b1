import { useQuery } from '@tanstack/react-query';
import { openDialog } from '../../data/core.ts';
import type { ZoneID } from '../../../shared/ids.ts';
import type { Participant, ShareDetail } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { Sheet } from '../../components/dialogs.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { Check, Segments } from '../../components/fields.tsx';
import { onceKey } from '../../data/events.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import { LinkRows } from './LinkRows.tsx';
import { allPresets, openPresets, PresetMenu } from './PresetMenu.tsx';
import type { SharingStore } from './sharingState.ts';
import { copyLink, dayText } from './sharingSteps.ts';
import './sharing.css';

type PanelProps = { readonly shareID: ZoneID; readonly state: SharingStore; readonly onClose: () => void };

/** Who takes part in a share and what each may do, its links and requests, and the ways out of it. */
export function ParticipantsPanel({ shareID, state, onClose }: PanelProps) {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(
    core.queries.sharing.get.queryOptions({ input: { id: shareID, links: 'stored' } }),
  );
  // What this brings shows like every change of the library, once it is there: a slow server keeps nobody waiting.
  useQuery({
    ...core.queries.sharing.get.queryOptions({ input: { id: shareID, links: 'server' } }),
    enabled: data?.mayManage === true,
    staleTime: 0,
    meta: { [onceKey]: true },
  });
  return (
    <Sheet
      title={data === undefined ? t('sharing.participants') : `${t('sharing.participants')} · ${data.title}`}
      onClose={onClose}
      foot={<Button onPress={onClose}>{t('action.done')}</Button>}
      wide
    >
      {data === undefined ? (
        error === null ? (
          <LoadingFace />
        ) : (
          <ErrorFace error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Panel share={data} state={state} />
      )}
    </Sheet>
  );
}

function Panel({ share, state }: { readonly share: ShareDetail; readonly state: SharingStore }) {
  const core = useCore();
  const t = useT();
  const act = (work: Promise<unknown>): void => void work.catch(core.report);
  return (
    <div className="share-panel">
      <ul className="rows" aria-label={t('sharing.participants')}>
        {share.participants.map((one) => (
          <PersonRow key={one.id} share={share} one={one} />
        ))}
      </ul>
      {share.accessRequests.length === 0 ? null : (
        <section aria-label={t('sharing.people.requests')} className="share-panel">
          <h3>{t('sharing.people.requests')}</h3>
          <ul className="rows">
            {share.accessRequests.map((one) => {
              const answer = (decision: 'grant' | 'refuse'): void =>
                act(core.client.sharing.answerRequest({ id: share.id, requestID: one.id, decision, preset: 'viewer' }));
              return (
                <li key={one.id} className="row">
                  <div className="row__main">
                    <strong>{one.person.name ?? one.person.email}</strong>
                    <span className="row__soft">{[one.person.email, one.message].filter(Boolean).join(' · ')}</span>
                  </div>
                  <Button onPress={() => answer('grant')}>{t('sharing.people.grant')}</Button>
                  <Button onPress={() => answer('refuse')}>{t('sharing.people.refuse')}</Button>
                </li>
              );
            })}
          </ul>
        </section>
      )}
      {share.mayManage ? <LinkRows share={share} state={state} /> : null}
      {share.mayManage && share.state === 'active' ? (
        <div className="share-sheet__line">
          <Check
            selected={share.publicPreset !== null}
            onChange={(isPublic) =>
              act(core.client.sharing.update({ id: share.id, publicPreset: isPublic ? 'viewer' : null }))
            }
          >
            {t('sharing.people.public')}
          </Check>
          {share.publicPreset === null ? null : (
            <PresetMenu
              label={t('sharing.sheet.publicPreset')}
              value={share.publicPreset}
              options={openPresets}
              onChange={(publicPreset) => act(core.client.sharing.update({ id: share.id, publicPreset }))}
            />
          )}
        </div>
      ) : null}
      {share.mayManage && share.state === 'active' && share.publicPreset === null ? (
        <Check
          selected={!share.denyAccessRequests}
          onChange={(mayAsk) => act(core.client.sharing.update({ id: share.id, denyAccessRequests: !mayAsk }))}
        >
          {t('sharing.people.mayAsk')}
        </Check>
      ) : null}
      <div className="field">
        <span className="field__label" aria-hidden>
          {t('sharing.people.notifications')}
        </span>
        <Segments
          label={t('sharing.people.notifications')}
          value={share.notifications}
          options={(['all', 'people', 'none'] as const).map((id) => ({ id, label: t(`sharing.people.notify.${id}`) }))}
          onChange={(notifications) => act(core.client.sharing.setNotifications({ id: share.id, notifications }))}
        />
      </div>
      <div className="share-panel__bar">
        {share.mayManage && share.state === 'active' ? (
          <Button tone="primary" onPress={() => state.setState({ sheet: { kind: 'invite', shareID: share.id } })}>
            {t('sharing.people.invite')}
          </Button>
        ) : null}
        {share.link === null || share.endsAt !== null ? null : (
          <Button onPress={() => act(copyLink(core, share.title, share.link ?? ''))}>{t('sharing.copyLink')}</Button>
        )}
        {share.mine ? (
          <Button onPress={() => state.setState({ sheet: { kind: 'stop', shareID: share.id } })}>
            {t('sharing.people.stop')}
          </Button>
        ) : (
          <Button onPress={() => state.setState({ sheet: { kind: 'leave', shareID: share.id } })}>
            {t('sharing.people.removeMe')}
          </Button>
        )}
      </div>
    </div>
  );
}

function PersonRow({ share, one }: { readonly share: ShareDetail; readonly one: Participant }) {
  const core = useCore();
  const t = useT();
  const name = one.person.name ?? one.person.email ?? t('sharing.people.state.invited');
  const facts = [
    ...(one.person.name !== null && one.person.email !== null ? [one.person.email] : []),
    one.isOwner ? t('sharing.people.owner') : t(`sharing.people.state.${one.state}`),
    ...(one.isOwner || one.invitedBy === null || one.invitedAt === null
      ? []
      : [t('sharing.people.invitedBy', { name: one.invitedBy, date: dayText(core, one.invitedAt) })]),
  ];
  const resend = async (): Promise<void> => {
    await core.client.sharing.resend({ id: share.id, participantID: one.id });
    showToast(core.toasts, { tone: 'plain', text: t('sharing.people.resent', { name }), action: null });
  };
  const remove = (): void =>
    openDialog(core, {
      kind: 'confirm',
      title: t('sharing.people.removeTitle', { name }),
      text: t('sharing.people.removeText', { name }),
      confirm: t('sharing.people.remove'),
      danger: true,
      option: t('sharing.people.revokeLinks'),
      done: async (revokeLinks) => {
        await core.client.sharing.remove({ id: share.id, participantID: one.id, revokeLinks });
      },
    });
  return (
    <li className="row">
      <div className="row__main">
        <strong>{one.isMe ? `${name} (${t('sharing.people.you')})` : name}</strong>
        <span className="row__soft">{facts.join(' · ')}</span>
      </div>
      {one.isOwner ? null : one.mayChange ? (
        <PresetMenu
          label={t('sharing.presetOf', { name })}
          value={one.preset}
          options={allPresets}
          onChange={(preset) =>
            void core.client.sharing.setRights({ id: share.id, participantID: one.id, preset }).catch(core.report)
          }
        />
      ) : (
        <span className="row__count">{t(`sharing.preset.${one.preset}`)}</span>
      )}
      {one.mayChange && one.state !== 'accepted' ? (
        <Button onPress={() => void resend().catch(core.report)}>{t('sharing.people.resend')}</Button>
      ) : null}
      {one.mayChange ? <Button onPress={remove}>{t('sharing.people.remove')}</Button> : null}
    </li>
  );
}
