import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Organising } from '../library/organising.ts';
import { readAlbums } from '../store/queries/albumRows.ts';

/** The `albums` slice. */
export function createAlbumsService({ store, albums, albumItems, lists, timeline, searchIndex }: Organising) {
  const os = implement(contract.albums);
  return {
    list: os.list.handler(() => readAlbums(store.connection)),
    create: os.create.handler(({ input }) => albums.create(input)),
    update: os.update.handler(({ input: { id, ...change } }) => albums.update(id, change)),
    move: os.move.handler(({ input }) => albums.move(input.id, input.parentID, input.before)),
    duplicate: os.duplicate.handler(({ input }) => albums.duplicate(input.id)),
    delete: os.delete.handler(async ({ input }) => {
      await albums.delete(input.id);
      return {};
    }),
    addPhotos: os.addPhotos.handler(({ input }) => albumItems.add(input.id, input.photoIDs)),
    removePhotos: os.removePhotos.handler(({ input }) => albumItems.remove(input.id, input.photoIDs)),
    movePhotos: os.movePhotos.handler(async ({ input }) => {
      await albumItems.move(input.id, input.photoIDs, input.before);
      return {};
    }),
    countRules: os.countRules.handler(({ input }) => {
      searchIndex.settle();
      return { count: timeline.count(lists.rulesList(input.rules)) };
    }),
    convertToManual: os.convertToManual.handler(({ input }) => {
      searchIndex.settle();
      return albums.convertToManual(input.id);
    }),
  };
}
