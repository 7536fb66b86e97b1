import type { Store } from '../store/store.ts';
import { createSyncMetadata } from './syncMetadata.ts';

/** What of a library its server does not have. */
export interface Unsent {
  readonly changes: number;
  /** Photos, videos and pictures whose bytes are still to be sent. */
  readonly files: number;
}

/**
 * Rows changed since the last export looked, which wait in history alone: offline, paused or signed out nothing collects
 * them. None while the library has no account.
 */
export function countUncollected({ connection, history }: Store): number {
  const token = Math.min(history.readerToken('export', 'private'), history.readerToken('export', 'shared'));
  const row = connection
    .statement<[number], { count: number }>(
      `SELECT count(*) AS count FROM (
         SELECT DISTINCT change.entity, change.row_id
         FROM history_change AS change JOIN history_transaction AS made ON made.id = change.transaction_id
         WHERE change.transaction_id > ? AND made.author <> 'sync' AND EXISTS (SELECT 1 FROM sync_account)
           AND NOT EXISTS (SELECT 1 FROM sync_pending AS waiting
             WHERE waiting.entity = change.entity AND waiting.row_id = change.row_id))`,
    )
    .get(token);
  return row?.count ?? 0;
}

/** Everything that would stay behind on this computer if its session ended now. */
export function unsentOf(store: Store): Unsent {
  const metadata = createSyncMetadata(store.connection);
  const pending = metadata.pendingCounts().reduce((sum, { count }) => sum + count, 0);
  const uploads = store.connection
    .statement<[], { count: number }>(
      `SELECT count(*) AS count FROM sync_asset WHERE direction = 'upload' AND state = 'queued'`,
    )
    .get();
  return { changes: pending + countUncollected(store), files: uploads?.count ?? 0 };
}
