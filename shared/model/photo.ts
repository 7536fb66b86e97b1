import { z } from 'zod';
import { albumID, editID, photoID, resourceID, tagID, zoneID } from '../ids.ts';

export const photoKind = z.enum(['photo', 'live', 'motion', 'raw', 'rawJpeg', 'video']);
export type PhotoKind = z.infer<typeof photoKind>;

export const mediaType = z.enum(['image', 'video']);

/** `header`: known from its first bytes only; `ready`: thumbnail made; `failed`: the pixels could not be read. */
export const photoState = z.enum(['header', 'ready', 'failed']);

/** Which photos a list shows. The scope: my library, what is shared (by me or with me), or both. */
export const photoScope = z.enum(['personal', 'shared', 'both']);
export type PhotoScope = z.infer<typeof photoScope>;

/**
 * One tile of a grid. `version` changes whenever the picture on the tile does; it goes into the media URL.
 * `addedBy` is null for what I added myself.
 */
export const photoTile = z.strictObject({
  id: photoID,
  version: z.string(),
  fileName: z.string(),
  title: z.string().nullable(),
  kind: photoKind,
  mediaType,
  state: photoState,
  thumbhash: z.string().nullable().describe('base64, about 25 bytes'),
  takenAt: z.string().nullable().describe('local time, ISO 8601 without zone'),
  durationMs: z.number().int().nullable(),
  favourite: z.boolean(),
  hidden: z.boolean(),
  rating: z.number().int().min(0).max(5).describe('my own; 0 is none'),
  edited: z.boolean(),
  shared: z.enum(['none', 'byMe', 'withMe']),
  addedBy: z.string().nullable(),
  missing: z.boolean().describe('no file of it can be reached now'),
});
export type PhotoTile = z.infer<typeof photoTile>;

export const resource = z.strictObject({
  id: resourceID,
  kind: z.enum(['original', 'pairedVideo', 'raw', 'sidecar', 'thumbnail', 'editedThumbnail']),
  fileName: z.string(),
  mimeType: z.string().nullable(),
  byteSize: z.number().nullable(),
  localState: z.enum(['here', 'remote', 'missing']),
});
export type Resource = z.infer<typeof resource>;

/** Everything the inspector shows of one photo. Absent facts are null. Distances in metres, times in seconds. */
export const photoDetail = photoTile.extend({
  zoneID,
  caption: z.string().nullable(),
  takenOffset: z.number().int().nullable().describe('minutes east of UTC'),
  addedAt: z.number().int().describe('ms since 1970'),
  width: z.number().int().nullable().describe('stored pixels, before turning'),
  height: z.number().int().nullable(),
  orientation: z.number().int().min(1).max(8).nullable(),
  byteSize: z.number().nullable(),
  sha256: z.string().nullable().describe('hex'),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  altitude: z.number().nullable(),
  place: z.string().nullable(),
  region: z.string().nullable(),
  country: z.string().nullable(),
  make: z.string().nullable(),
  model: z.string().nullable(),
  lens: z.string().nullable(),
  iso: z.number().nullable(),
  aperture: z.number().nullable().describe('f-number'),
  exposureTime: z.number().nullable().describe('seconds'),
  focalLength: z.number().nullable().describe('millimetres'),
  averageRating: z.number().nullable().describe('over everybody who rated'),
  ratings: z.number().int(),
  tags: z.array(z.strictObject({ id: tagID, name: z.string(), color: z.string().nullable() })),
  albums: z.array(z.strictObject({ id: albumID, title: z.string() })),
  paths: z.array(z.string()).describe('every place on this computer where its bytes lie'),
  resources: z.array(resource),
  currentEditID: editID.nullable(),
  copiedFrom: z.string().nullable(),
  trashedAt: z.number().int().nullable(),
  comments: z.number().int(),
  mayEdit: z.boolean(),
  mayDelete: z.boolean(),
});
export type PhotoDetail = z.infer<typeof photoDetail>;

/** Which list of photos: the source, the scope, and what the search field narrows it to. */
export const photoView = z.strictObject({
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('library') }),
    z.strictObject({ kind: z.literal('favourites') }),
    z.strictObject({ kind: z.literal('recent') }),
    z.strictObject({ kind: z.literal('hidden') }),
    z.strictObject({ kind: z.literal('trash') }),
    z.strictObject({ kind: z.literal('album'), id: albumID }),
    z.strictObject({ kind: z.literal('tag'), id: tagID }),
    z.strictObject({ kind: z.literal('share'), id: zoneID }),
  ]),
  scope: photoScope.default('both'),
  query: z
    .string()
    .max(1_000)
    .default('')
    .describe('text of the search field, facets included: "crete tag:beach rating:>3"'),
});
export type PhotoView = z.infer<typeof photoView>;

/**
 * The skeleton of a timeline: one entry per photo in order, columns side by side. `ratios` are display width over
 * height times 1,000, `days` local days since 1970 (negative before), constant 0 where the list is not by date.
 */
export const timelinePage = z.strictObject({
  ids: z.array(photoID),
  ratios: z.array(z.number().int()),
  days: z.array(z.number().int()),
  next: z.string().nullable().describe('pass as `after` for the next page; null at the end'),
});
export type TimelinePage = z.infer<typeof timelinePage>;
