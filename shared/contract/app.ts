import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { photoID } from '../ids.ts';
import { appEvent, appInfo, settings, textAction } from '../model/app.ts';

const nothing = z.strictObject({});

/** The running app: what it can do, its events, its settings, and what only a shell can do. */
export const app = {
  info: oc.input(nothing).output(appInfo),
  /** Every change, from now on. Ends when the caller aborts or the app stops. */
  events: oc.input(nothing).output(eventIterator(appEvent)),
  settings: oc.input(nothing).output(settings),
  updateSettings: oc.input(settings.partial()).output(settings),
  /** A native folder or file dialog; an empty list when the person cancels. notSupported without one. */
  chooseFolder: oc
    .input(z.strictObject({ purpose: z.enum(['watch', 'import', 'export', 'library']) }))
    .output(z.strictObject({ paths: z.array(z.string()) })),
  /** Sub-folders of a folder, for shells without a dialog. Starts at the person's home. */
  listFolders: oc.input(z.strictObject({ path: z.string().max(4_096).optional() })).output(
    z.strictObject({
      path: z.string(),
      parent: z.string().nullable(),
      folders: z.array(z.strictObject({ name: z.string(), path: z.string() })),
      photos: z.number().int().describe('files in it that look like photos or videos'),
    }),
  ),
  /**
   * Opens another library from now on: the app ends and starts again with it. A folder that holds other things gets a
   * folder "Shoebox" for the library. notSupported where the shell or how it was started decides.
   */
  openLibrary: oc
    .input(z.strictObject({ path: z.string().min(1).max(4_096) }))
    .output(z.strictObject({ directory: z.string().describe('where the library will lie') })),
  /**
   * Turns a drag that has begun in the window into one of files: copies with the person's edits, or the originals. Call
   * it while the button is down. What could not be made a file is left out, with the reason.
   */
  dragOut: oc
    .input(z.strictObject({ ids: z.array(photoID).min(1).max(10_000), original: z.boolean() }))
    .output(z.strictObject({ files: z.number().int(), reasons: z.array(z.string()) })),
  /**
   * Does to the text field with the focus what the shell's own menu was asked for: a page may not paste by itself.
   * notSupported without such a menu.
   */
  editText: oc.input(z.strictObject({ action: textAction })).output(nothing),
  /** Shows a photo's file in the system's file manager. */
  reveal: oc.input(z.strictObject({ id: photoID })).output(nothing),
  openExternal: oc.input(z.strictObject({ id: photoID })).output(nothing),
};
