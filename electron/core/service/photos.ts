import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Organising } from '../library/organising.ts';
import { readMapClusters } from '../store/queries/mapClusters.ts';
import { readDetail, readTiles } from '../store/queries/photoRows.ts';

interface PhotosServiceDependencies {
  readonly organising: Organising;
  /** Keeps a window's still of a video. @throws AppError invalidInput, fileUnreadable */
  readonly savePoster: (photoID: string, bytes: Uint8Array) => Promise<void>;
}

/** The `photos` slice. */
export function createPhotosService({ organising, savePoster }: PhotosServiceDependencies) {
  const os = implement(contract.photos);
  const { store, listOf, timeline, facts, personal, trash, comments, duplicates } = organising;
  return {
    timeline: os.timeline.handler(({ input }) => timeline.page(listOf(input.view), input.after, input.limit)),
    months: os.months.handler(({ input }) => {
      const { total, months } = timeline.months(listOf(input.view));
      return { total, months: [...months] };
    }),
    tiles: os.tiles.handler(({ input }) => readTiles(store.connection, input.ids)),
    get: os.get.handler(({ input }) => {
      const photo = readDetail(store.connection, input.id);
      if (photo === undefined) throw new AppError('notFound', 'This photo is gone.', { id: input.id });
      return photo;
    }),
    allIDs: os.allIDs.handler(({ input }) => timeline.allIDs(listOf(input.view))),
    setText: os.setText.handler(({ input: { ids, ...text } }) => facts.setText(ids, text)),
    setFavourite: os.setFavourite.handler(({ input }) => personal.setFavourite(input.ids, input.favourite)),
    setHidden: os.setHidden.handler(({ input }) => personal.setHidden(input.ids, input.hidden)),
    setRating: os.setRating.handler(({ input }) => personal.setRating(input.ids, input.rating)),
    setDate: os.setDate.handler(({ input }) => facts.setDate(input.ids, input.change)),
    setPlace: os.setPlace.handler(({ input }) => facts.setPlace(input.ids, input.place)),
    savePoster: os.savePoster.handler(async ({ input }) => {
      await savePoster(input.id, Buffer.from(input.image, 'base64'));
      return {};
    }),
    trash: os.trash.handler(({ input }) => trash.trash(input.ids)),
    restore: os.restore.handler(({ input }) => trash.restore(input.ids)),
    deleteForever: os.deleteForever.handler(({ input }) =>
      trash.deleteForever(input.ids, input.moveFilesToSystemTrash),
    ),
    emptyTrash: os.emptyTrash.handler(() => trash.empty()),
    comments: os.comments.handler(({ input }) => comments.of(input.id)),
    addComment: os.addComment.handler(({ input }) => comments.add(input.id, input.text, input.kind)),
    editComment: os.editComment.handler(({ input }) => comments.edit(input.id, input.text)),
    deleteComment: os.deleteComment.handler(async ({ input }) => {
      await comments.remove(input.id);
      return {};
    }),
    duplicates: os.duplicates.handler(({ input }) => duplicates.groups(input.limit)),
    mergeDuplicates: os.mergeDuplicates.handler(({ input }) => duplicates.merge(input.keep, input.others)),
    keepDuplicates: os.keepDuplicates.handler(({ input }) => {
      duplicates.keepApart(input.ids, input.apart);
      return {};
    }),
    mapClusters: os.mapClusters.handler(({ input: { view, ...box } }) =>
      readMapClusters(store.connection, listOf(view), box),
    ),
  };
}
