import { oc } from '@orpc/contract';
import { z } from 'zod';
import { photoID, tagID } from '../ids.ts';
import { tag } from '../model/album.ts';

const nothing = z.strictObject({});
const name = z.string().trim().min(1).max(200);
const ids = z.array(photoID).min(1).max(100_000);

/** Tags. Each step is undoable. */
export const tags = {
  list: oc.input(nothing).output(z.array(tag)),
  create: oc.input(z.strictObject({ name, color: z.string().max(30).nullable().default(null) })).output(tag),
  /** Renaming to the name of another tag merges the two; the answer is the one that stays. */
  update: oc
    .input(z.strictObject({ id: tagID, name: name.optional(), color: z.string().max(30).nullable().optional() }))
    .output(tag),
  delete: oc.input(z.strictObject({ id: tagID })).output(nothing),
  /** How many of these photos carry each tag, for the partial state of the tag field. */
  stateOf: oc
    .input(z.strictObject({ photoIDs: ids }))
    .output(
      z.array(z.strictObject({ id: tagID, name: z.string(), color: z.string().nullable(), count: z.number().int() })),
    ),
  /** Adds and removes tags by name on many photos at once; unknown names are made in the photo's zone. */
  apply: oc
    .input(
      z.strictObject({
        photoIDs: ids,
        add: z.array(name).max(100).default([]),
        remove: z.array(name).max(100).default([]),
      }),
    )
    .output(z.strictObject({ changed: z.number().int(), refused: z.number().int() })),
};
