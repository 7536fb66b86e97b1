import { AppError } from '../../../shared/errors.ts';
import { libraryZone } from '../../../shared/ids.ts';
import { entities } from '../store/entities.ts';
import type { Store } from '../store/store.ts';

/** Tables that speak of one server's records; another account begins without them. */
const serverTables = [
  'sync_scope',
  'sync_zone',
  'sync_record',
  'sync_pending',
  'sync_orphan',
  'sync_tombstone',
  'sync_asset',
];
/** Tables about the people somebody shares with: invitations, what happened in shares, steps that were cut short. */
const peopleTables = ['invitation', 'activity', 'share_task'];

/** Photos of which no original lies on this computer: whoever takes the library over without fetching them cannot show them. */
export function originalsOnlyThere({ connection }: Store): number {
  const row = connection
    .statement<[], { count: number }>(
      `SELECT count(*) AS count FROM resource
       WHERE kind NOT IN ('thumbnail', 'editedThumbnail') AND local_state = 'remote' AND sha256 IS NOT NULL`,
    )
    .get();
  return row?.count ?? 0;
}

/**
 * Makes a library nobody's, so that another account can take it over: forgets what one server and one person knew of its
 * rows. Photos of shares that person owned come home to the library zone; the shares themselves, their people, links and
 * requests stay with the account they belong to, and so does what waited in "Not accepted" for one of them.
 * @throws AppError conflict while the library takes part in shares of others: their photos are not this library's to give
 */
export function forgetAccount(store: Store): void {
  const { connection } = store;
  const shared = connection
    .statement<[], { count: number }>(`SELECT count(*) AS count FROM zone WHERE store = 'shared'`)
    .get();
  if ((shared?.count ?? 0) > 0) {
    throw new AppError(
      'conflict',
      'This library still takes part in shares of the other account. Sign in with that account and leave them first.',
      { shares: shared?.count ?? 0 },
    );
  }
  // One transaction, whatever its size: half of it would offer one person's share as another's.
  store.transaction('maintenance', () => {
    for (const { table } of entities) {
      connection
        .statement<[string, string]>(`UPDATE ${table} SET zone_id = ? WHERE zone_id <> ?`)
        .run(libraryZone, libraryZone);
    }
    connection.statement<[string]>('DELETE FROM sync_refused WHERE zone_id <> ?').run(libraryZone);
    // With the zone go its share, participants, links and requests.
    connection.statement<[string]>('DELETE FROM zone WHERE id <> ?').run(libraryZone);
    for (const table of [...serverTables, ...peopleTables]) connection.statement<[]>(`DELETE FROM ${table}`).run();
    connection
      .statement<[]>(
        `DELETE FROM sync_state WHERE key IN ('offering', 'offered', 'round', 'halfReadPrivate', 'halfReadShared')`,
      )
      .run();
  });
}
