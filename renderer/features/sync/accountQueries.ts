import type { Core } from '../../data/core.ts';

/** Tells every query about account and mirroring to look again. */
export async function refreshAccount(core: Core): Promise<void> {
  await core.queryClient.invalidateQueries({ queryKey: core.queries.account.key() });
  await core.queryClient.invalidateQueries({ queryKey: core.queries.sync.key() });
}
