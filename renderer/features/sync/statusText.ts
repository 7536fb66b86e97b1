import { assertNever } from '../../../shared/assertNever.ts';
import type { SyncStatus } from '../../../shared/model/sync.ts';
import type { Core } from '../../data/core.ts';

/** How mirroring stands, in a few words for the toolbar. */
export function statusText(core: Core, status: SyncStatus): string {
  switch (status.state) {
    case 'off':
      return core.t('sync.off');
    case 'upToDate':
      return core.t('sync.upToDate');
    case 'paused':
      return core.t('sync.paused');
    case 'needsAttention':
      return core.t('sync.needsAttention');
    case 'offline': {
      const now = new Date();
      const since = new Date(status.waitingSince ?? now);
      const format = since.toDateString() === now.toDateString() ? core.formats.clock : core.formats.moment;
      return core.t('sync.offline', { time: format.format(since) });
    }
    case 'syncing':
      return core.t('sync.syncing', { left: status.waitingChanges + status.uploads + status.downloads });
    default:
      return assertNever(status.state, 'sync state');
  }
}
