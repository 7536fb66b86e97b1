import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { editStackJson } from '../edits/stack.ts';
import { stepKinds } from '../edits/steps.ts';
import { editID, photoID } from '../ids.ts';
import { exportEvent, exportOptions, photoEdits } from '../model/edit.ts';

const ids = z.array(photoID).min(1).max(100_000);
const picture = z
  .string()
  .regex(/^[0-9a-f]{64}$/u)
  .describe('SHA-256 in hex');
const changed = z.strictObject({
  changed: z.number().int(),
  refused: z.number().int().describe('left out for want of a right, or because they cannot be edited'),
  reasons: z.array(z.string()).describe('why, each reason once'),
});

/** Edits that never touch the original: versions of a stack per photo, and files rendered from them. */
export const edits = {
  get: oc.input(z.strictObject({ id: photoID })).output(photoEdits),
  /** Makes the stack the photo's current version; an empty stack goes back to the original. Undoable. */
  save: oc
    .input(z.strictObject({ id: photoID, stack: editStackJson, label: z.string().max(200).nullable().default(null) }))
    .output(photoEdits),
  /** Gives many photos the look of a stack; their own crop and turn stay unless `withGeometry`. Undoable as one step. */
  paste: oc
    .input(z.strictObject({ ids, stack: editStackJson, withGeometry: z.boolean().default(false) }))
    .output(changed),
  /** Copies only the named steps to many photos. Undoable as one step. */
  sync: oc
    .input(
      z.strictObject({ ids, stack: editStackJson, kinds: z.array(z.enum(stepKinds)).min(1).max(stepKinds.length) }),
    )
    .output(changed),
  /** Turns or mirrors many photos without opening them. */
  turn: oc
    .input(z.strictObject({ ids, by: z.enum(['clockwise', 'anticlockwise', 'horizontal', 'vertical']) }))
    .output(changed),
  /** Shows the original again. The versions stay and can be chosen again. Undoable as one step. */
  revert: oc.input(z.strictObject({ ids })).output(changed),
  /** Makes an earlier version the current one. */
  choose: oc.input(z.strictObject({ id: photoID, version: editID })).output(photoEdits),
  /**
   * Keeps the picture of a video's frame, drawn by the window's own decoder, for a poster step. JPEG, PNG or WebP in base64;
   * `as` names the picture it stands for, where one is made again. @returns the name of what is kept, for the step
   */
  saveFrame: oc
    .input(z.strictObject({ id: photoID, image: z.base64().max(2_000_000), as: picture.nullable().default(null) }))
    .output(z.strictObject({ picture })),
  /** The picture of a frame, for the editor: JPEG in base64; null while it is not here. */
  frame: oc.input(z.strictObject({ id: photoID, picture })).output(z.strictObject({ image: z.base64().nullable() })),
  /** The chosen frame of a video that a window should make a picture of, as long as none is here or on its way. */
  wantedFrame: oc
    .input(z.strictObject({ id: photoID }))
    .output(z.strictObject({ wanted: z.strictObject({ picture, seconds: z.number() }).nullable() })),
  /** Writes photos as files into a folder; never over an existing file. */
  export: oc
    .input(
      z.strictObject({
        ids,
        directory: z.string().min(1).max(4_096),
        options: exportOptions,
        makeFolder: z.boolean().default(false).describe('makes the folder where it is missing'),
      }),
    )
    .output(eventIterator(exportEvent)),
};
