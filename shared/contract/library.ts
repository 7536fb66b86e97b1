import { oc } from '@orpc/contract';
import { z } from 'zod';
import { folderID } from '../ids.ts';
import { historyEntry } from '../model/history.ts';
import { importIssue, importProgress, libraryInfo, watchedFolder } from '../model/library.ts';

const nothing = z.strictObject({});
const path = z.string().min(1).max(4_096);

/** The library itself: what it holds, taking files in, watched folders. */
export const library = {
  info: oc.input(nothing).output(libraryInfo),
  /** Copies files and folders into the library's originals, or references them in place. Returns at once. */
  import: oc
    .input(
      z.strictObject({ paths: z.array(path).min(1).max(10_000), mode: z.enum(['copy', 'reference']).default('copy') }),
    )
    .output(z.strictObject({ sessionID: z.string() })),
  /** Running sessions and the last finished ones, newest first. */
  imports: oc.input(nothing).output(z.array(importProgress)),
  pauseImport: oc.input(z.strictObject({ sessionID: z.string() })).output(nothing),
  resumeImport: oc.input(z.strictObject({ sessionID: z.string() })).output(nothing),
  cancelImport: oc.input(z.strictObject({ sessionID: z.string() })).output(nothing),
  importReport: oc
    .input(
      z.strictObject({
        sessionID: z.string(),
        after: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(1_000).default(500),
      }),
    )
    .output(z.strictObject({ issues: z.array(importIssue), total: z.number().int() })),
  folders: oc.input(nothing).output(z.array(watchedFolder)),
  addFolder: oc.input(z.strictObject({ path })).output(watchedFolder),
  /** Stops watching; its photos stay listed as missing unless `forgetPhotos`. No file is touched. */
  removeFolder: oc.input(z.strictObject({ id: folderID, forgetPhotos: z.boolean().default(false) })).output(nothing),
  rescan: oc.input(z.strictObject({ id: folderID.optional() })).output(nothing),
  /**
   * A page of what changed, whole transactions at a time: it ends before one that would go over `limit` (the first is given
   * whole), so that only an empty page is the last.
   */
  history: oc
    .input(
      z.strictObject({
        store: z.enum(['private', 'shared']).default('private'),
        after: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(5_000).default(1_000),
      }),
    )
    .output(z.array(historyEntry)),
};
