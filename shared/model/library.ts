import { z } from 'zod';
import { folderID } from '../ids.ts';

export const libraryInfo = z.strictObject({
  id: z.string(),
  directory: z.string(),
  photos: z.number().int(),
  videos: z.number().int(),
  favourites: z.number().int(),
  hidden: z.number().int(),
  trashed: z.number().int(),
  bytes: z.number().describe('of all originals'),
});
export type LibraryInfo = z.infer<typeof libraryInfo>;

export const watchedFolder = z.strictObject({
  id: folderID,
  path: z.string(),
  state: z.enum(['available', 'unavailable']),
  reason: z.string().nullable().describe('why it is unavailable, or a remark about how it is watched'),
  watchMode: z.enum(['native', 'polling', 'rescan']),
  photos: z.number().int(),
  waiting: z.number().int().describe('files in it that may still be being written, and are taken at the next look'),
  declined: z
    .number()
    .int()
    .describe('files whose import was cancelled; they are taken when a person has the folder looked through'),
  scannedAt: z.number().int().nullable(),
});
export type WatchedFolder = z.infer<typeof watchedFolder>;

/** How far taking files in has come. Counts are of files. */
export const importProgress = z.strictObject({
  sessionID: z.string(),
  state: z.enum(['scanning', 'running', 'paused', 'waitingForSpace', 'cancelled', 'done']),
  source: z.string().describe('what the person chose: a folder or file name'),
  found: z.number().int(),
  read: z.number().int(),
  thumbnails: z.number().int(),
  imported: z.number().int(),
  duplicates: z.number().int(),
  updated: z.number().int(),
  sidecars: z.number().int(),
  skipped: z.number().int(),
  failed: z.number().int(),
  message: z.string().nullable(),
  startedAt: z.number().int(),
  endedAt: z.number().int().nullable(),
});
export type ImportProgress = z.infer<typeof importProgress>;

/** One file that was not taken, and why. */
export const importIssue = z.strictObject({
  path: z.string(),
  outcome: z.enum(['skipped', 'failed']),
  reason: z.string(),
});
export type ImportIssue = z.infer<typeof importIssue>;
