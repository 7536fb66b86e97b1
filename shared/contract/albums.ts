import { oc } from '@orpc/contract';
import { z } from 'zod';
import { albumID, photoID } from '../ids.ts';
import { album, albumSort, smartRules } from '../model/album.ts';

const nothing = z.strictObject({});
const title = z.string().trim().min(1).max(300);
const ids = z.array(photoID).min(1).max(100_000);

/** Albums, folders of albums, smart albums. Each step is undoable. */
export const albums = {
  /** All of them, flat; the tree follows from parentID and position. */
  list: oc.input(nothing).output(z.array(album)),
  create: oc
    .input(
      z.strictObject({
        kind: z.enum(['manual', 'smart', 'folder']),
        title,
        parentID: albumID.nullable().default(null),
        rules: smartRules.optional(),
        photoIDs: z.array(photoID).max(100_000).default([]),
      }),
    )
    .output(album),
  update: oc
    .input(
      z.strictObject({
        id: albumID,
        title: title.optional(),
        sort: albumSort.optional(),
        rules: smartRules.optional(),
        coverPhotoID: photoID.nullable().optional(),
      }),
    )
    .output(album),
  /** Puts an album under a parent, before a sibling or at the end. A folder cannot go into itself. */
  move: oc
    .input(z.strictObject({ id: albumID, parentID: albumID.nullable(), before: albumID.nullable() }))
    .output(album),
  duplicate: oc.input(z.strictObject({ id: albumID })).output(album),
  /** Deletes the album (a folder with all in it); photos stay. */
  delete: oc.input(z.strictObject({ id: albumID })).output(nothing),
  addPhotos: oc
    .input(z.strictObject({ id: albumID, photoIDs: ids }))
    .output(z.strictObject({ added: z.number().int(), already: z.number().int() })),
  removePhotos: oc
    .input(z.strictObject({ id: albumID, photoIDs: ids }))
    .output(z.strictObject({ removed: z.number().int() })),
  /** Drag order of a manual album: puts photos, in the given order, before one or at the end. */
  movePhotos: oc.input(z.strictObject({ id: albumID, photoIDs: ids, before: photoID.nullable() })).output(nothing),
  /** How many photos rules would find, while they are being written. */
  countRules: oc.input(z.strictObject({ rules: smartRules })).output(z.strictObject({ count: z.number().int() })),
  convertToManual: oc.input(z.strictObject({ id: albumID })).output(album),
};
