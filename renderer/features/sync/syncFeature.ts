import { UserRound } from 'lucide-react';
import { goTo } from '../../data/navigation.ts';
import { deferred } from '../deferred.tsx';
import type { Feature } from '../registry.ts';
import { SyncStatusButton } from './SyncStatusButton.tsx';

const AccountPage = deferred(() => import('./AccountPage.tsx').then((part) => part.AccountPage));
const SyncScreen = deferred(() => import('./SyncScreen.tsx').then((part) => part.SyncScreen));

/** Mirroring with a server: a quiet status, a page with the event log, account and devices. */
export const syncFeature: Feature = {
  id: 'sync',
  preload: [SyncScreen, AccountPage],
  toolbar: [{ id: 'syncStatus', order: 900, component: SyncStatusButton }],
  commands: {
    'go.sync': { run: (core) => goTo(core.navigation, { kind: 'screen', name: 'sync', arg: '' }) },
  },
  screens: [{ name: 'sync', title: (core) => core.t('sync.title'), component: SyncScreen }],
  settings: [
    {
      id: 'account',
      order: 300,
      icon: UserRound,
      label: (core) => core.t('sync.account'),
      component: AccountPage,
    },
  ],
};
