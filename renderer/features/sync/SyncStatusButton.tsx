import { useQuery } from '@tanstack/react-query';
import { Cloud, CloudAlert, CloudCheck, CloudOff, RefreshCw } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { SyncStatus } from '../../../shared/model/sync.ts';
import { IconButton } from '../../components/buttons.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore } from '../../data/useCore.ts';
import { statusText } from './statusText.ts';

const icons: Readonly<Record<SyncStatus['state'], LucideIcon>> = {
  off: Cloud,
  upToDate: CloudCheck,
  syncing: RefreshCw,
  offline: CloudOff,
  needsAttention: CloudAlert,
  paused: Cloud,
};

/** A quiet sign in the toolbar; it opens the Sync page. Hidden while the library has no account. */
export function SyncStatusButton() {
  const core = useCore();
  const { data: status } = useQuery(core.queries.sync.status.queryOptions({ input: {} }));
  if (status === undefined || status.state === 'off') return null;
  return (
    <IconButton
      icon={icons[status.state]}
      label={statusText(core, status)}
      onPress={() => goTo(core.navigation, { kind: 'screen', name: 'sync', arg: '' })}
    />
  );
}
