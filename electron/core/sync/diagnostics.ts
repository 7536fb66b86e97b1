import type { SyncStatus } from '../../../shared/model/sync.ts';
import type { Store } from '../store/store.ts';
import { createSyncEvents } from './syncEvents.ts';

/**
 * Facts for a report, as text: versions, counts, how the engine stands, the event log. No names, titles, addresses,
 * tokens or server texts that could hold them; ids of rows stay out as well.
 */
export function syncDiagnostics(
  store: Store,
  status: SyncStatus,
  about: { version: string; platform: string },
): string {
  const { connection } = store;
  const count = (sql: string) => connection.statement<[], { count: number }>(sql).get()?.count ?? 0;
  const lines = [
    `Shoebox ${about.version} on ${about.platform}`,
    `state ${status.state}, phase ${status.phase}, live ${String(status.live)}`,
    `waiting ${status.waitingChanges} changes, ${status.uploads} uploads, ${status.downloads} downloads`,
    ...status.attention.map(({ reason, count: concerned }) => `attention: ${reason} (${concerned})`),
    '',
    `photos ${count('SELECT count(*) AS count FROM photo')}, resources ${count('SELECT count(*) AS count FROM resource')}`,
    `zones: ${count(`SELECT count(*) AS count FROM zone WHERE store = 'private'`)} mine, ${count(`SELECT count(*) AS count FROM zone WHERE store = 'shared'`)} shared with me`,
    `records known ${count('SELECT count(*) AS count FROM sync_record')}, set aside ${count('SELECT count(*) AS count FROM sync_orphan')}, not accepted ${count('SELECT count(*) AS count FROM sync_refused')}`,
    '',
    ...connection
      .statement<[], { entity: string; kind: string; state: string; reason: string | null; count: number }>(
        `SELECT entity, kind, state, reason, count(*) AS count FROM sync_pending GROUP BY entity, kind, state, reason`,
      )
      .all()
      .map(
        (row) =>
          `pending ${row.kind} ${row.entity}: ${row.count} ${row.state}${row.reason === null ? '' : ` (${row.reason})`}`,
      ),
    '',
    'events, newest first:',
    ...createSyncEvents(store)
      .list(100)
      .map(
        (event) =>
          `${new Date(event.startedAt).toISOString()} ${event.kind} ${event.succeeded ? 'ok' : `failed ${event.errorCode ?? ''}`} ${event.changes} changes, ${(event.endedAt ?? event.startedAt) - event.startedAt} ms`,
      ),
  ];
  return lines.join('\n');
}
