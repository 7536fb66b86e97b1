import { assertNever } from '../../../../shared/assertNever.ts';
import type { SmartRule, SmartRules } from '../../../../shared/model/album.ts';
import { tagNameKey } from '../../../../shared/tagName.ts';
import type { Connection } from '../../store/connection.ts';
import { noFilter, type Condition, type ListFilter } from '../../store/queries/listSource.ts';
import { tagWithMerged } from '../../store/queries/tagRows.ts';
import { readDate, readDateWords, type DateSpan } from './dates.ts';
import { mentions, phrase } from './fold.ts';
import { anyMark, facetLabel, marks } from '../../store/searchMarks.ts';
import type { Term, Wanted } from './query.ts';

/** One condition in the form that is cheapest to answer: in the full-text index, as a span of time, or over the row. */
type Part =
  | { readonly kind: 'match'; readonly expression: string }
  | { readonly kind: 'span'; readonly span: DateSpan }
  | { readonly kind: 'row'; readonly condition: Condition };

const match = (expression: string): Part => ({ kind: 'match', expression });
const row = (sql: string, ...parameters: (string | number)[]): Part => ({
  kind: 'row',
  condition: { sql, parameters },
});

const inIndex = `p.id IN (SELECT d.photo_id FROM search_text CROSS JOIN search_document AS d ON d.number = search_text.rowid
  WHERE search_text MATCH ?)`;

/** Turns the parts of a search text into a filter; all must hold. */
export function compileTerms(connection: Connection, terms: readonly Term[]): ListFilter {
  return all(
    terms.flatMap((term) => {
      const part = compileWanted(connection, term.wanted);
      return part === undefined ? [] : [{ part, negated: term.negated }];
    }),
  );
}

/**
 * Turns a smart album's rules into a filter. A rule that cannot be read (a later version's) holds for no photo.
 * @param now local time in ms, for "in the last 30 days"
 */
export function compileRules(connection: Connection, { match: mode, rules }: SmartRules, now: number): ListFilter {
  const parts = rules.map((rule) => ({
    part: compileRule(connection, rule, now) ?? match(anyMark([])),
    negated: rule.comparison === 'isNot',
  }));
  return mode === 'all' ? all(parts) : any(parts);
}

/** Both filters at once. */
export function both(one: ListFilter, other: ListFilter): ListFilter {
  const later = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b));
  const earlier = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));
  return {
    match:
      one.match === null || other.match === null ? (one.match ?? other.match) : `(${one.match}) AND (${other.match})`,
    from: later(one.from, other.from),
    to: earlier(one.to, other.to),
    where: [...one.where, ...other.where],
  };
}

interface Signed {
  readonly part: Part;
  readonly negated: boolean;
}

function all(parts: readonly Signed[]): ListFilter {
  const wanted = parts.flatMap(({ part, negated }) => (part.kind === 'match' && !negated ? [part.expression] : []));
  const unwanted = parts.flatMap(({ part, negated }) => (part.kind === 'match' && negated ? [part.expression] : []));
  const positive = wanted.length > 0 ? wanted.join(' AND ') : unwanted.length > 0 ? `"${marks.always}"` : null;
  let filter: ListFilter = {
    ...noFilter,
    match: unwanted.length === 0 ? positive : `(${positive ?? ''}) NOT (${unwanted.join(' OR ')})`,
  };
  for (const { part, negated } of parts) {
    if (part.kind === 'match') continue;
    if (part.kind === 'span' && !negated) {
      filter = both(filter, { ...noFilter, from: part.span.from, to: part.span.to });
    } else {
      filter = { ...filter, where: [...filter.where, asCondition({ part, negated })] };
    }
  }
  return filter;
}

function any(parts: readonly Signed[]): ListFilter {
  const expressions = parts.map(({ part, negated }) =>
    part.kind !== 'match' ? undefined : negated ? `("${marks.always}" NOT ${part.expression})` : part.expression,
  );
  if (expressions.every((one) => one !== undefined)) return { ...noFilter, match: expressions.join(' OR ') };
  const conditions = parts.map(asCondition);
  return {
    ...noFilter,
    where: [
      {
        sql: conditions.map(({ sql }) => `(${sql})`).join(' OR '),
        parameters: conditions.flatMap(({ parameters }) => [...parameters]),
      },
    ],
  };
}

function asCondition({ part, negated }: Signed): Condition {
  const positive: Condition =
    part.kind === 'row'
      ? part.condition
      : part.kind === 'span'
        ? { sql: 'p.sort_at >= ? AND p.sort_at < ?', parameters: [part.span.from, part.span.to] }
        : { sql: inIndex, parameters: [part.expression] };
  // A row whose fact is unknown (NULL) is not one the rule speaks of, so it belongs to "is not".
  return negated ? { sql: `(${positive.sql}) IS NOT TRUE`, parameters: positive.parameters } : positive;
}

function compileWanted(connection: Connection, wanted: Wanted): Part | undefined {
  switch (wanted.kind) {
    case 'text': {
      const expression = phrase(wanted.text, wanted.exact);
      return expression === undefined ? undefined : match(expression);
    }
    case 'date':
      return { kind: 'span', span: wanted.span };
    case 'rating':
      return match(anyMark(ratings(wanted.from, wanted.to)));
    case 'favourite':
      return match(anyMark([marks.favourite]));
    case 'edited':
      return match(anyMark([marks.edited]));
    case 'tag':
      return match(anyMark(tagMarks(connection, wanted.value, false)));
    case 'place':
    case 'camera':
    case 'lens':
      return match(anyMark(facetMarks(connection, wanted.kind, wanted.value, false)));
    case 'kind':
      return match(anyMark(kindMarks(wanted.value)));
    case 'person':
      return match(anyMark(personMarks(connection, wanted.value)));
    case 'album':
      return inAlbum(albumsNamed(connection, wanted.value));
    default:
      return assertNever(wanted, 'search term');
  }
}

function compileRule(connection: Connection, rule: SmartRule, now: number): Part | undefined {
  const { field, comparison, value } = rule;
  const text = String(value);
  const exact = comparison === 'is' || comparison === 'isNot';
  switch (field) {
    case 'date': {
      const span = dateRule(rule, now);
      return span && { kind: 'span', span };
    }
    case 'place':
    case 'camera':
    case 'lens':
      return match(anyMark(facetMarks(connection, field, text, exact)));
    case 'tag':
      return match(anyMark(tagMarks(connection, text, exact)));
    case 'kind':
      return match(anyMark(kindMarks(text)));
    case 'rating': {
      const number = Number(value);
      if (comparison === 'between') return match(anyMark(ratings(number, Number(rule.value2 ?? 5))));
      if (comparison === 'atLeast' || comparison === 'after') return match(anyMark(ratings(number, 5)));
      if (comparison === 'atMost' || comparison === 'before') return match(anyMark(ratings(0, number)));
      return match(anyMark(ratings(number, number)));
    }
    case 'favourite':
    case 'edited': {
      const one = field === 'favourite' ? marks.favourite : marks.edited;
      return match(value === false || value === 'false' ? `("${marks.always}" NOT "${one}")` : anyMark([one]));
    }
    case 'addedBy':
      return match(anyMark(personMarks(connection, text)));
    case 'orientation':
      return match(
        anyMark(text === 'portrait' ? [marks.portrait] : text === 'square' ? [marks.square] : [marks.landscape]),
      );
    case 'text': {
      const expression = phrase(text, exact);
      return expression === undefined ? undefined : match(expression);
    }
    case 'album':
      return inAlbum([text]);
    case 'size': {
      const bytes = Number(value);
      if (comparison === 'between') return row('p.byte_size BETWEEN ? AND ?', bytes, Number(rule.value2 ?? bytes));
      if (comparison === 'atMost' || comparison === 'before') return row('p.byte_size <= ?', bytes);
      return exact ? row('p.byte_size = ?', bytes) : row('p.byte_size >= ?', bytes);
    }
    default:
      return assertNever(field, 'smart album field');
  }
}

/** `inLast` counts days back from today; the others read a date in figures or words. */
function dateRule({ comparison, value, value2 }: SmartRule, now: number): DateSpan | undefined {
  const endless = Number.MAX_SAFE_INTEGER;
  if (comparison === 'inLast') {
    const today = Math.floor(now / 86_400_000) * 86_400_000;
    return { from: today - (Math.max(1, Number(value)) - 1) * 86_400_000, to: endless };
  }
  const read = (text: string): DateSpan | undefined => {
    const day = text.slice(0, 10);
    return readDate(day) ?? readDateWords(text.toLowerCase().split(/\s+/u), now)?.span;
  };
  const first = read(String(value));
  if (first === undefined) return undefined;
  switch (comparison) {
    case 'before':
      return { from: -endless, to: first.from };
    case 'atMost':
      return { from: -endless, to: first.to };
    case 'after':
      return { from: first.to, to: endless };
    case 'atLeast':
      return { from: first.from, to: endless };
    case 'between': {
      const last = read(String(value2 ?? value));
      return last && { from: Math.min(first.from, last.from), to: Math.max(first.to, last.to) };
    }
    case 'is':
    case 'isNot':
    case 'contains':
      return first;
    default:
      return assertNever(comparison, 'comparison');
  }
}

const ratings = (from: number, to: number): string[] =>
  [0, 1, 2, 3, 4, 5].filter((rating) => rating >= from && rating <= to).map(marks.rating);

/** Kinds by the names people use: photo is every still picture, live includes motion photos, raw the pairs too. */
function kindMarks(name: string): string[] {
  switch (name.toLowerCase()) {
    case 'photo':
    case 'image':
      return ['photo', 'live', 'motion', 'raw', 'rawJpeg'].map(marks.kind);
    case 'live':
      return [marks.kind('live'), marks.kind('motion')];
    case 'raw':
      return [marks.kind('raw'), marks.kind('rawJpeg')];
    default:
      return [marks.kind(name.replaceAll(/[^\w]/gu, ''))];
  }
}

function tagMarks(connection: Connection, name: string, exact: boolean): string[] {
  const key = tagNameKey(name);
  const tags = connection
    .statement<[], { id: string; name: string; name_key: string }>(
      'SELECT id, name, name_key FROM tag WHERE merged_into IS NULL',
    )
    .all();
  const same = tags.filter((tag) => tag.name_key === key);
  const found = same.length > 0 || exact ? same : tags.filter((tag) => mentions(tag.name, name));
  return found.flatMap((tag) => tagWithMerged(connection, tag.id)).map(marks.tag);
}

function facetMarks(
  connection: Connection,
  kind: 'camera' | 'lens' | 'place',
  wanted: string,
  exact: boolean,
): string[] {
  return connection
    .statement<[string], { value: string }>('SELECT value FROM photo_facet_count WHERE kind = ? AND count > 0')
    .all(kind)
    .filter(({ value }) => {
      const label = facetLabel(kind, value);
      return exact
        ? label.toLowerCase() === wanted.toLowerCase() ||
            (kind === 'place' && label.toLowerCase().split(', ').includes(wanted.toLowerCase()))
        : mentions(label, wanted);
    })
    .map(({ value }) => marks[kind](value));
}

function personMarks(connection: Connection, wanted: string): string[] {
  if (wanted.toLowerCase() === 'me') return [marks.person(null)];
  return connection
    .statement<[], { user_name: string; name: string }>(
      `SELECT DISTINCT user_name, coalesce(display_name, email, user_name) AS name FROM participant
       WHERE user_name IS NOT NULL AND is_me = 0
       UNION SELECT owner_name, coalesce(owner_display, owner_email, owner_name) FROM share WHERE owner_name IS NOT NULL`,
    )
    .all()
    .filter((person) => person.user_name === wanted || mentions(person.name, wanted))
    .map((person) => marks.person(person.user_name));
}

function albumsNamed(connection: Connection, name: string): string[] {
  return connection
    .statement<[], { id: string; title: string }>(`SELECT id, title FROM album WHERE kind = 'manual'`)
    .all()
    .filter((album) => album.id === name || mentions(album.title, name))
    .map((album) => album.id);
}

const inAlbum = (ids: readonly string[]): Part =>
  row(
    'p.id IN (SELECT photo_id FROM album_item WHERE album_id IN (SELECT value FROM json_each(?)))',
    JSON.stringify(ids),
  );
