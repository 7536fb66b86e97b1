import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commentID, photoID } from '../ids.ts';
import { photoDetail, photoTile, photoView, timelinePage } from '../model/photo.ts';

const ids = z.array(photoID).min(1).max(100_000);
const nothing = z.strictObject({});
const changed = z.strictObject({
  changed: z.number().int(),
  refused: z.number().int().describe('left out for want of a right'),
});
const deleted = changed.extend({
  filesLeft: z
    .strictObject({
      count: z.number().int().min(1),
      example: z
        .strictObject({ path: z.string(), reason: z.string() })
        .describe('the first of them, and why it stayed'),
    })
    .nullable()
    .describe('files that should have gone with the photos and are still on the disk; null when all went'),
});
export type Deleted = z.infer<typeof deleted>;

export const comment = z.strictObject({
  id: commentID,
  kind: z.enum(['text', 'like']),
  text: z.string(),
  author: z.string().nullable().describe('display name; null is me'),
  createdAt: z.number().int(),
  editedAt: z.number().int().nullable(),
  mayEdit: z.boolean(),
  mayDelete: z.boolean(),
});
export type Comment = z.infer<typeof comment>;

/** Photos: lists, facts, and every organising step on one or many. Each step is undoable (undo.undo). */
export const photos = {
  /** A page of a view's skeleton, up to 5,000 entries; pages follow by `after`. */
  timeline: oc
    .input(
      z.strictObject({
        view: photoView,
        after: z.string().optional(),
        limit: z.number().int().min(1).max(5_000).default(5_000),
      }),
    )
    .output(timelinePage),
  /** How many photos a view has by month (`2024-05`, local time), newest first; the scrubber's scale. */
  months: oc.input(z.strictObject({ view: photoView })).output(
    z.strictObject({
      total: z.number().int(),
      months: z.array(z.strictObject({ month: z.string(), count: z.number().int() })),
    }),
  ),
  /** Tiles in the order asked for; ids that no longer exist are left out. */
  tiles: oc.input(z.strictObject({ ids: z.array(photoID).min(1).max(500) })).output(z.array(photoTile)),
  get: oc.input(z.strictObject({ id: photoID })).output(photoDetail),
  /** All ids of a view, for "select all" over pages that were never shown. */
  allIDs: oc.input(z.strictObject({ view: photoView })).output(z.array(photoID)),
  setText: oc
    .input(
      z.strictObject({
        ids,
        title: z.string().max(500).nullable().optional(),
        caption: z.string().max(10_000).nullable().optional(),
      }),
    )
    .output(changed),
  setFavourite: oc.input(z.strictObject({ ids, favourite: z.boolean() })).output(changed),
  setHidden: oc.input(z.strictObject({ ids, hidden: z.boolean() })).output(changed),
  /** My own rating; 0 removes it. */
  setRating: oc.input(z.strictObject({ ids, rating: z.number().int().min(0).max(5) })).output(changed),
  /** Sets the capture date of the first photo and moves the others with it, or sets all to the same. */
  setDate: oc
    .input(
      z.strictObject({
        ids,
        change: z.discriminatedUnion('mode', [
          z.strictObject({
            mode: z.literal('set'),
            takenAt: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/),
            offset: z.number().int().min(-900).max(900).nullable(),
          }),
          z.strictObject({ mode: z.literal('shift'), seconds: z.number().int() }),
          z.strictObject({ mode: z.literal('zone'), offset: z.number().int().min(-900).max(900) }),
        ]),
      }),
    )
    .output(changed),
  setPlace: oc
    .input(
      z.strictObject({
        ids,
        place: z
          .strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
          .nullable(),
      }),
    )
    .output(changed),
  /**
   * A still of a video, drawn by the window's own decoder: no decoder for H.264 or HEVC is shipped. The one picture that
   * travels in the contract; it is small, rare, and drawn anew on arrival. JPEG, PNG or WebP in base64.
   */
  savePoster: oc.input(z.strictObject({ id: photoID, image: z.base64().max(2_000_000) })).output(nothing),
  trash: oc.input(z.strictObject({ ids })).output(changed),
  restore: oc.input(z.strictObject({ ids })).output(changed),
  /** For good: rows go, copies in the library's originals too; watched files only with `moveFilesToSystemTrash`. */
  deleteForever: oc.input(z.strictObject({ ids, moveFilesToSystemTrash: z.boolean().default(false) })).output(deleted),
  emptyTrash: oc.input(nothing).output(deleted),
  comments: oc.input(z.strictObject({ id: photoID })).output(z.array(comment)),
  addComment: oc
    .input(
      z.strictObject({
        id: photoID,
        text: z.string().min(1).max(5_000),
        kind: z.enum(['text', 'like']).default('text'),
      }),
    )
    .output(comment),
  editComment: oc.input(z.strictObject({ id: commentID, text: z.string().min(1).max(5_000) })).output(comment),
  deleteComment: oc.input(z.strictObject({ id: commentID })).output(nothing),
  /** Groups of look-alikes and copies to review: exact first, then same capture moment and size. */
  duplicates: oc
    .input(z.strictObject({ limit: z.number().int().min(1).max(500).default(100) }))
    .output(
      z.array(
        z.strictObject({ reason: z.enum(['sameMoment', 'sameNameAndSize', 'looksAlike']), ids: z.array(photoID) }),
      ),
    ),
  /** Keeps one of a group: albums, tags, favourite and the best rating move to it, the others go to the trash. */
  mergeDuplicates: oc
    .input(z.strictObject({ keep: photoID, others: z.array(photoID).min(1).max(100) }))
    .output(changed),
  /** These are different photos, whatever they look like: they are not offered together again, unless that is taken back. */
  keepDuplicates: oc
    .input(z.strictObject({ ids: z.array(photoID).min(2).max(500), apart: z.boolean().default(true) }))
    .output(nothing),
  /** Photos with a place inside a box, clustered for a map at this zoom level. */
  mapClusters: oc
    .input(
      z.strictObject({
        view: photoView,
        west: z.number(),
        south: z.number(),
        east: z.number(),
        north: z.number(),
        cells: z.number().int().min(4).max(64).default(24),
      }),
    )
    .output(z.array(z.strictObject({ latitude: z.number(), longitude: z.number(), count: z.number().int(), photoID }))),
};
