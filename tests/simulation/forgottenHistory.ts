import type { Client } from './client.ts';
import type { Ledger } from './ledger.ts';

/**
 * A library forgets its history as far as it may, however young it is. Pairs that went by themselves or by the server's word
 * cannot come back from then on: the product keeps history for 90 days, longer than the tags for whose sake they would.
 */
export function forgetHistory({ store, now }: Client, ledger: Ledger): void {
  const lost = store.connection
    .statement<[], { id: string }>(
      `SELECT c.row_id AS id FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
       WHERE c.entity = 'PhotoTag' AND c.kind = 'delete' AND t.author <> 'app'`,
    )
    .all();
  store.transaction('maintenance', () => {
    // The search index has no part in this and would hold everything back.
    for (const name of ['private', 'shared'] as const)
      store.history.moveReader('search', name, store.history.newestToken(name));
    store.history.purge(now() + 1);
  });
  for (const { id } of lost) ledger.forgottenPairs.add(id);
}
