import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Organising } from '../library/organising.ts';
import { suggestFor } from '../library/search/suggest.ts';

/** The `search` slice. */
export function createSearchService({ store, lists, timeline, savedSearches, listOf }: Organising) {
  const os = implement(contract.search);
  return {
    interpret: os.interpret.handler(({ input }) => {
      return {
        chips: lists.termsOf(input.view.query).map(({ wanted, label, source, start, end, negated }) => ({
          kind: wanted.kind,
          label: negated ? `not ${label}` : label,
          text: source,
          start,
          end,
        })),
        count: timeline.count(listOf(input.view)),
      };
    }),
    suggest: os.suggest.handler(({ input }) => suggestFor(store.connection, input.text, input.limit)),
    saved: os.saved.handler(() => savedSearches.list()),
    save: os.save.handler(({ input }) => savedSearches.save(input.title, input.query)),
    renameSaved: os.renameSaved.handler(({ input }) => savedSearches.rename(input.id, input.title)),
    removeSaved: os.removeSaved.handler(async ({ input }) => {
      await savedSearches.remove(input.id);
      return {};
    }),
  };
}
