import { UserRound } from 'lucide-react';
import type { Feature } from '../registry.ts';
import { AccountPage } from './AccountPage.tsx';
import { SyncScreen } from './SyncScreen.tsx';
import { SyncStatusButton } from './SyncStatusButton.tsx';

/** Mirroring with a server: a quiet status, a page with the event log, account and devices. */
export const syncFeature: Feature = {
  id: 'sync',
  toolbar: [{ id: 'syncStatus', order: 900, component: SyncStatusButton }],
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
