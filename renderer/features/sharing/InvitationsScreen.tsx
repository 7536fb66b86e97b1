import { useQuery } from '@tanstack/react-query';
import { MailOpen } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import type { Invitation } from '../../../shared/model/share.ts';
import { SignedOutStrip, SignInButton, useSignedOut } from './SignInOffer.tsx';
import './sharing.css';

/** The inbox of invitations: each with what it is before it can be accepted. */
export function InvitationsScreen() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.sharing.invitations.queryOptions({ input: {} }));
  const signedOut = useSignedOut();
  useEffect(() => {
    // What is remembered shows at once; what is new on the server follows. Offline, the list is what it was.
    core.client.sharing.refresh({}).catch(() => undefined);
  }, [core]);
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (data.length === 0)
    return (
      <EmptyFace
        icon={MailOpen}
        title={t('sharing.invitations.empty')}
        text={t(signedOut ? 'sharing.invitations.signedOutText' : 'sharing.invitations.emptyText')}
      >
        {signedOut ? <SignInButton /> : undefined}
      </EmptyFace>
    );
  return (
    <div className="page">
      <div className="column">
        <SignedOutStrip />
        <ul className="rows">
          {data.map((one) => (
            <li key={one.shortGUID} className="row">
              <div className="row__main">
                <strong>{one.title}</strong>
                <span className="row__soft">
                  {[
                    t('sharing.invitations.from', { name: ownerOf(one), preset: t(`sharing.preset.${one.preset}`) }),
                    ...(one.photos === null ? [] : [t('sharing.accept.photos', { photos: one.photos })]),
                  ].join(' · ')}
                </span>
              </div>
              <Button onPress={() => void decline(core, one).catch(core.report)}>
                {t('sharing.invitations.decline')}
              </Button>
              <Button tone="primary" onPress={() => accept(core, one)}>
                {t('sharing.invitations.accept')}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

const ownerOf = (one: Invitation): string => one.owner.name ?? one.owner.email ?? '';

/** Accepting is explicit: the whole of what it means is shown once more, and confirmed. */
function accept(core: Core, one: Invitation): void {
  const { t } = core;
  openDialog(core, {
    kind: 'confirm',
    title: one.title,
    text: [
      t('sharing.invitations.from', { name: ownerOf(one), preset: t(`sharing.preset.${one.preset}`) }),
      t(one.departureRule === 'GO' ? 'sharing.accept.goes' : 'sharing.accept.stays'),
    ].join('. '),
    confirm: t('sharing.accept.accept'),
    danger: false,
    done: async () => {
      const share = await core.client.sharing.acceptInvitation({ shortGUID: one.shortGUID });
      showToast(core.toasts, { tone: 'plain', text: t('sharing.accept.accepted', { title: one.title }), action: null });
      goTo(core.navigation, { kind: 'share', id: share.id });
    },
  });
}

async function decline(core: Core, one: Invitation): Promise<void> {
  await core.client.sharing.declineInvitation({ shortGUID: one.shortGUID });
  showToast(core.toasts, {
    tone: 'plain',
    text: core.t('sharing.invitations.declined', { name: ownerOf(one), title: one.title }),
    action: null,
  });
}
