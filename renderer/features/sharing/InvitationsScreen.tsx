import { useQuery } from '@tanstack/react-query';
import { MailOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import type { Core } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import { formatShareLink } from '../../../shared/cloud/shareLink.ts';
import type { Invitation } from '../../../shared/model/share.ts';
import { AcceptSheet } from './AcceptSheet.tsx';
import { SignedOutStrip, SignInButton, useSignedOut } from './SignInOffer.tsx';
import './sharing.css';

/** The inbox of invitations: each shows what it is, as a link does, before it can be accepted. */
export function InvitationsScreen() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.sharing.invitations.queryOptions({ input: {} }));
  const { data: account } = useQuery(core.queries.account.get.queryOptions({ input: {} }));
  const [open, setOpen] = useState<Invitation | null>(null);
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
  const serverOrigin = account?.server;
  return (
    <div className="page">
      {open === null || serverOrigin === undefined ? null : (
        <AcceptSheet
          link={formatShareLink({ serverOrigin, shortGUID: open.shortGUID, needsPassword: false })}
          title={t('sharing.accept.invitation')}
          onClose={() => setOpen(null)}
        />
      )}
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
              <Button tone="primary" disabled={serverOrigin === undefined} onPress={() => setOpen(one)}>
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

async function decline(core: Core, one: Invitation): Promise<void> {
  await core.client.sharing.declineInvitation({ shortGUID: one.shortGUID });
  showToast(core.toasts, {
    tone: 'plain',
    text: core.t('sharing.invitations.declined', { name: ownerOf(one), title: one.title }),
    action: null,
  });
}
