import { useQuery } from '@tanstack/react-query';
import { Activity, Mail, UserRound, Users } from 'lucide-react';
import { useEffect } from 'react';
import type { Share } from '../../../shared/model/share.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { SidebarGroup, SidebarRow } from '../app/SidebarRow.tsx';
import { addToShare } from './sharingSteps.ts';

/** Shared (By Me, With Me), Invitations and Activity. Also tells the window whether sharing is possible now. */
export function SharingSidebar() {
  const core = useCore();
  const t = useT();
  const { data: shares } = useQuery(core.queries.sharing.list.queryOptions({ input: {} }));
  const { data: unseen } = useQuery(core.queries.sharing.unseen.queryOptions({ input: {} }));
  const shareExists = (shares ?? []).some((share) => share.rights.includes('ADD') && share.state === 'active');
  const { data: account } = useQuery(core.queries.account.get.queryOptions({ input: {} }));
  const signedIn = account?.state === 'signedIn';
  useEffect(() => core.window.setState({ shareExists, signedIn }), [core, shareExists, signedIn]);
  const rows = (list: readonly Share[]) =>
    list.map((share) => (
      <SidebarRow
        key={share.id}
        icon={share.mine ? Users : UserRound}
        label={share.title}
        place={{ kind: 'share', id: share.id }}
        count={share.unseen > 0 ? share.unseen : share.photos}
        badge={share.unseen > 0}
        indent
        {...(share.rights.includes('ADD') && share.state === 'active'
          ? { onDropPhotos: (ids) => void addToShare(core, share, ids).catch(core.report) }
          : {})}
      />
    ));
  const byMe = (shares ?? []).filter((share) => share.mine);
  const withMe = (shares ?? []).filter((share) => !share.mine);
  return (
    <SidebarGroup title={t('sharing.shared')}>
      <ul>
        <SidebarRow
          icon={Users}
          label={t('sharing.shared')}
          place={{ kind: 'screen', name: 'shares', arg: '' }}
          count={unseen?.requests}
          badge
        />
        {byMe.length === 0 ? null : (
          <>
            <li className="sidebar__heading">{t('sharing.byMe')}</li>
            {rows(byMe)}
          </>
        )}
        {withMe.length === 0 ? null : (
          <>
            <li className="sidebar__heading">{t('sharing.withMe')}</li>
            {rows(withMe)}
          </>
        )}
        <SidebarRow
          icon={Mail}
          label={t('sharing.invitations')}
          place={{ kind: 'screen', name: 'invitations', arg: '' }}
          count={unseen?.invitations}
          badge
        />
        <SidebarRow
          icon={Activity}
          label={t('sharing.activity')}
          place={{ kind: 'screen', name: 'activity', arg: '' }}
          count={unseen?.activity}
          badge
        />
      </ul>
    </SidebarGroup>
  );
}
