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
  const parts = [...text.matchAll(part)].map(([source, minus, key, quoted, bare]) => ({
    source: source.trim(),
    negated: minus === '-' && (key !== undefined || quoted !== undefined || bare !== undefined),
    key: key?.toLowerCase(),
    value: quoted ?? bare ?? '',
    quoted: quoted !== undefined,
  }));
  const terms: Term[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const one = parts[at];
    if (one === undefined) continue;
    const { source, negated, key, value, quoted } = one;
    const facet = key === undefined ? undefined : readFacet(key, value, now);
    if (facet !== undefined) {
      terms.push({ ...facet, negated, source });
      continue;
    }
    if (key === undefined && !quoted) {
      const following = parts.slice(at, at + 3);
      const plain = following.findIndex((next) => next.key !== undefined || next.quoted);
      const words = (plain < 0 ? following : following.slice(0, plain)).map((next) => next.value.toLowerCase());
      const date = readDateWords(words, now);
      if (date !== undefined) {
        const taken = parts.slice(at, at + date.length).map((next) => next.source);
        terms.push({
          wanted: { kind: 'date', span: date.span },
          negated,
          source: taken.join(' '),
          label: taken.join(' ').replace(/^-/, ''),
        });
        at += date.length - 1;
        continue;
      }
    }
    const wanted = key === undefined ? value : `${key}:${value}`;
    if (wanted !== '')
      terms.push({ wanted: { kind: 'text', text: wanted, exact: quoted }, negated, source, label: wanted });
  }
  return terms;
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
