import { oc } from '@orpc/contract';
import { z } from 'zod';
import { savedSearchID } from '../ids.ts';
import { photoView } from '../model/photo.ts';

const nothing = z.strictObject({});
const savedTitle = z.string().trim().min(1).max(200);

const facet = {
  kind: z.enum([
    'text',
    'date',
    'place',
    'camera',
    'lens',
    'tag',
    'rating',
    'kind',
    'person',
    'album',
    'favourite',
    'edited',
  ]),
  label: z.string(),
};
/** A part of the search text as the field shows it: plain words, or a facet chip. The same words may stand there twice. */
export const searchChip = z.strictObject({
  ...facet,
  text: z.string().describe('its source text, as it stands in the query'),
  start: z.number().int().min(0).describe('where it begins in the query, in UTF-16 code units'),
  end: z.number().int().min(0).describe('where it ends, exclusive'),
});
export const suggestion = z.strictObject({
  ...facet,
  text: z.string().describe('the whole new search text'),
  count: z.number().int().nullable(),
});
export const savedSearch = z.strictObject({ id: savedSearchID, title: z.string(), query: z.string() });
export type SearchChip = z.infer<typeof searchChip>;
export type Suggestion = z.infer<typeof suggestion>;
export type SavedSearch = z.infer<typeof savedSearch>;

export const search = {
  /** How the text is understood, and how many photos it finds within the view. */
  interpret: oc
    .input(z.strictObject({ view: photoView }))
    .output(z.strictObject({ chips: z.array(searchChip), count: z.number().int() })),
  /** Completions of the last word: tags, places, cameras, people, albums, dates. Best first. */
  suggest: oc
    .input(z.strictObject({ text: z.string().max(1_000), limit: z.number().int().min(1).max(30).default(10) }))
    .output(z.array(suggestion)),
  saved: oc.input(nothing).output(z.array(savedSearch)),
  save: oc.input(z.strictObject({ title: savedTitle, query: z.string().min(1).max(1_000) })).output(savedSearch),
  /** Gives a saved search another name; one that another has is refused. Undoable. */
  renameSaved: oc.input(z.strictObject({ id: savedSearchID, title: savedTitle })).output(savedSearch),
  removeSaved: oc.input(z.strictObject({ id: savedSearchID })).output(nothing),
};
