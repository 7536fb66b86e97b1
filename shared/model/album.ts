import { z } from 'zod';
import { albumID, photoID, tagID, zoneID } from '../ids.ts';

export const albumSort = z.enum(['manual', 'takenAscending', 'takenDescending', 'addedDescending', 'name']);

/** One rule of a smart album. `value` and `value2` are read by the field: dates ISO, sizes bytes, ids for album. */
export const smartRule = z.strictObject({
  field: z.enum([
    'date',
    'place',
    'camera',
    'lens',
    'kind',
    'tag',
    'rating',
    'favourite',
    'album',
    'addedBy',
    'size',
    'orientation',
    'edited',
    'text',
  ]),
  comparison: z.enum(['is', 'isNot', 'contains', 'before', 'after', 'between', 'atLeast', 'atMost', 'inLast']),
  value: z.union([z.string().max(300), z.number(), z.boolean()]),
  value2: z.union([z.string().max(300), z.number()]).optional(),
});
export type SmartRule = z.infer<typeof smartRule>;

export const smartRules = z.strictObject({ match: z.enum(['all', 'any']), rules: z.array(smartRule).min(1).max(50) });
export type SmartRules = z.infer<typeof smartRules>;

export const album = z.strictObject({
  id: albumID,
  kind: z.enum(['manual', 'smart', 'folder']),
  title: z.string(),
  parentID: albumID.nullable(),
  position: z.string().describe('fractional index among its siblings; sorts as text'),
  sort: albumSort,
  rules: smartRules.nullable(),
  coverPhotoID: photoID.nullable().describe('the chosen cover, else the first photo'),
  count: z.number().int(),
  zoneID,
  shared: z.enum(['none', 'byMe', 'withMe']),
  mayEdit: z.boolean(),
  mayAdd: z.boolean(),
});
export type Album = z.infer<typeof album>;

export const tag = z.strictObject({
  id: tagID,
  name: z.string(),
  color: z.string().nullable(),
  count: z.number().int(),
  zoneID,
});
export type Tag = z.infer<typeof tag>;
