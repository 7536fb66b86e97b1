import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Organising } from '../library/organising.ts';
import { readTags } from '../store/queries/tagRows.ts';

/** The `tags` slice. */
export function createTagsService({ store, tags }: Organising) {
  const os = implement(contract.tags);
  return {
    list: os.list.handler(() => readTags(store.connection)),
    create: os.create.handler(({ input }) => tags.create(input.name, input.color)),
    update: os.update.handler(({ input: { id, ...change } }) => tags.update(id, change)),
    delete: os.delete.handler(async ({ input }) => {
      await tags.delete(input.id);
      return {};
    }),
    stateOf: os.stateOf.handler(({ input }) => tags.stateOf(input.photoIDs)),
    apply: os.apply.handler(({ input }) => tags.apply(input.photoIDs, input.add, input.remove)),
  };
}
