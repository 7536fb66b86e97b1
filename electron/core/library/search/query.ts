import type { SearchChip } from '../../../../shared/contract/search.ts';
import { readDate, readDateWords, type DateSpan } from './dates.ts';

/** What one part of the search text asks for. Facet values are as typed; compile.ts looks them up. */
export type Wanted =
  | { readonly kind: 'text'; readonly text: string; readonly exact: boolean }
  | { readonly kind: 'date'; readonly span: DateSpan }
  | { readonly kind: 'rating'; readonly from: number; readonly to: number }
  | { readonly kind: 'favourite' | 'edited' }
  | { readonly kind: 'tag' | 'place' | 'camera' | 'lens' | 'kind' | 'person' | 'album'; readonly value: string };

/** A part of the search text: what it asks for, and the text it came from. */
export interface Term {
  readonly wanted: Wanted;
  readonly negated: boolean;
  readonly source: string;
  /** Where the source begins and ends in the text (exclusive), in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

const facets: Readonly<Record<string, SearchChip['kind']>> = {
  tag: 'tag',
  place: 'place',
  in: 'place',
  camera: 'camera',
  lens: 'lens',
  type: 'kind',
  kind: 'kind',
  by: 'person',
  person: 'person',
  album: 'album',
  rating: 'rating',
  date: 'date',
  before: 'date',
  after: 'date',
  is: 'text',
};

/** A word, a "quoted phrase", or key:value with either as its value; a leading minus leaves out. */
const part = /(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/giu;

/**
 * Reads the text of the search field. Nothing is an error: what is no facet and no date is text to look for.
 * @param now local time in ms, for "last month"
 */
export function readQuery(text: string, now: number): Term[] {
  const parts = [...text.matchAll(part)].map(({ index, 0: source, 1: minus, 2: key, 3: quoted, 4: bare }) => ({
    start: index,
    end: index + source.trimEnd().length,
    negated: minus === '-' && (key !== undefined || quoted !== undefined || bare !== undefined),
    key: key?.toLowerCase(),
    value: quoted ?? bare ?? '',
    quoted: quoted !== undefined,
  }));
  const terms: Term[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const one = parts[at];
    if (one === undefined) continue;
    const { start, end, negated, key, value, quoted } = one;
    const from = { source: text.slice(start, end), start, end, negated };
    const facet = key === undefined ? undefined : readFacet(key, value, now);
    if (facet !== undefined) {
      terms.push({ ...facet, ...from });
      continue;
    }
    if (key === undefined && !quoted) {
      const following = parts.slice(at, at + 3);
      const plain = following.findIndex((next) => next.key !== undefined || next.quoted);
      const words = (plain < 0 ? following : following.slice(0, plain)).map((next) => next.value.toLowerCase());
      const date = readDateWords(words, now);
      if (date !== undefined) {
        const last = parts[at + date.length - 1]?.end ?? end;
        const source = text.slice(start, last);
        const label = source.replace(/^-/, '').replaceAll(/\s+/gu, ' ');
        terms.push({ ...from, wanted: { kind: 'date', span: date.span }, source, end: last, label });
        at += date.length - 1;
        continue;
      }
    }
    const wanted = key === undefined ? value : `${key}:${value}`;
    if (wanted.trim() !== '')
      terms.push({ ...from, wanted: { kind: 'text', text: wanted, exact: quoted }, label: wanted });
  }
  return terms;
}

/** Where the part that is being typed begins: the last one when the text ends with it, else the text's end. */
export function startOfTyped(text: string): number {
  let typed = text.length;
  for (const { index, 0: source } of text.matchAll(part)) if (index + source.length === text.length) typed = index;
  return typed;
}

function readFacet(key: string, value: string, now: number): Pick<Term, 'wanted' | 'label'> | undefined {
  const kind = facets[key];
  if (kind === undefined || value === '') return undefined;
  const lower = value.toLowerCase();
  switch (key) {
    case 'is':
      if (lower === 'favourite' || lower === 'favorite') return { wanted: { kind: 'favourite' }, label: 'Favourite' };
      return lower === 'edited' ? { wanted: { kind: 'edited' }, label: 'Edited' } : undefined;
    case 'rating': {
      const rating = readRating(lower);
      return rating && { wanted: { kind: 'rating', ...rating }, label: ratingLabel(rating.from, rating.to) };
    }
    case 'date':
    case 'before':
    case 'after': {
      const span = readDate(lower) ?? wholeDate(lower, now);
      if (span === undefined) return undefined;
      if (key === 'before')
        return {
          wanted: { kind: 'date', span: { from: Number.MIN_SAFE_INTEGER, to: span.from } },
          label: `Before ${value}`,
        };
      if (key === 'after')
        return {
          wanted: { kind: 'date', span: { from: span.to, to: Number.MAX_SAFE_INTEGER } },
          label: `After ${value}`,
        };
      return { wanted: { kind: 'date', span }, label: value };
    }
    default:
      return kind === 'text' || kind === 'date' || kind === 'rating' || kind === 'favourite' || kind === 'edited'
        ? undefined
        : { wanted: { kind, value }, label: value };
  }
}

function wholeDate(text: string, now: number): DateSpan | undefined {
  const words = text.split(/\s+/u);
  const read = readDateWords(words, now);
  return read?.length === words.length ? read.span : undefined;
}

/** `4`, `>3`, `>=3`, `<2`, `2..4`, `none`. */
function readRating(text: string): { from: number; to: number } | undefined {
  if (text === 'none') return { from: 0, to: 0 };
  const found = /^(>=|<=|>|<|=)?([0-5])(?:\.\.([0-5])|(\+))?$/.exec(text);
  if (found === null) return undefined;
  const number = Number(found[2]);
  const end = found[3];
  if (end !== undefined)
    return found[1] === undefined && Number(end) >= number ? { from: number, to: Number(end) } : undefined;
  if (found[1] === '>=' || found[4] === '+') return { from: number, to: 5 };
  if (found[1] === '>') return { from: number + 1, to: 5 };
  // Fewer than two stars means rated with fewer: a photo nobody rated is found by rating:none.
  if (found[1] === '<=') return { from: 1, to: number };
  if (found[1] === '<') return { from: 1, to: number - 1 };
  return { from: number, to: number };
}

function ratingLabel(from: number, to: number): string {
  if (to === 0) return 'Not rated';
  if (from === to) return '★'.repeat(from);
  return to === 5 ? `${'★'.repeat(from)} or more` : `${from} to ${to} stars`;
}
