import { z } from 'zod';
import { workingSpaces } from '../edits/colourSpace.ts';
import { editStackJson } from '../edits/stack.ts';
import { editID, photoID } from '../ids.ts';

/** One version of a photo's edits. Versions are never changed or reordered: a new edit is a new version. */
export const editVersion = z.strictObject({
  id: editID,
  author: z.string().nullable().describe('display name; null is me'),
  createdAt: z.number().int().describe('ms since 1970'),
  label: z.string().nullable().describe('what made it, for example a preset or a paste'),
  stack: editStackJson,
  newerKinds: z.array(z.string()).describe('steps made with a newer version, kept and not shown'),
});
export type EditVersion = z.infer<typeof editVersion>;

/** Which steps a photo takes: all, only those that trim the picture (videos), or none. */
export const editability = z.enum(['full', 'geometry', 'none']);
export type Editability = z.infer<typeof editability>;

/** Everything the editor needs to open a photo. Sizes are those of the decoded, upright picture, in pixels. */
export const photoEdits = z.strictObject({
  photoID,
  current: editID.nullable().describe('null shows the original'),
  versions: z.array(editVersion).describe('newest first'),
  stack: editStackJson.describe('of the current version, or empty'),
  width: z.number().int(),
  height: z.number().int(),
  space: z.enum(workingSpaces),
  editability,
  reason: z.string().nullable().describe('why not everything can be edited'),
});
export type PhotoEdits = z.infer<typeof photoEdits>;

export const exportFormat = z.enum(['jpeg', 'webp', 'avif', 'png']);
export type ExportFormat = z.infer<typeof exportFormat>;

/** How photos leave the library as files. */
export const exportOptions = z.strictObject({
  /** The file as it came, without edits; the other choices then do not apply. */
  original: z.boolean().default(false),
  format: exportFormat.default('jpeg'),
  quality: z.number().int().min(1).max(100).default(90),
  maxSize: z.number().int().min(16).max(30_000).nullable().default(null).describe('long edge in pixels; null keeps it'),
  metadata: z.enum(['all', 'noLocation', 'none']).default('all'),
  /** `photo` keeps the photo's own colour space where it is Display P3; `srgb` converts. */
  colour: z.enum(['photo', 'srgb']).default('photo'),
});
export type ExportOptions = z.infer<typeof exportOptions>;

/** Progress of an export: one event per photo, then one at the end. */
export const exportEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('exported'),
    photoID,
    path: z.string(),
    done: z.number().int(),
    total: z.number().int(),
  }),
  z.strictObject({
    type: z.literal('failed'),
    photoID,
    reason: z.string(),
    done: z.number().int(),
    total: z.number().int(),
  }),
  z.strictObject({ type: z.literal('finished'), exported: z.number().int(), failed: z.number().int() }),
]);
export type ExportEvent = z.infer<typeof exportEvent>;
