import type { Suggestion } from '../../../../shared/contract/search.ts';
import type { Connection } from '../../store/connection.ts';
import { fold, mentions } from './fold.ts';
import { startOfTyped } from './query.ts';
import { facetLabel } from '../../store/searchMarks.ts';

const dateWords = [
  'today',
  'yesterday',
  'this week',
  'last week',
  'this month',
  'last month',
  'this year',
  'last year',
];
const kinds = ['photo', 'video', 'live', 'raw'] as const;
const flags = [
  { kind: 'favourite', word: 'Favourite', text: 'is:favourite' },
  { kind: 'edited', word: 'Edited', text: 'is:edited' },
] as const;

/**
 * Completions of the last word of the search text, best first: what begins with it before what merely holds it, then
 * by how many photos carry it. `text` is the whole new search text.
 */
export function suggestFor(connection: Connection, text: string, limit: number): Suggestion[] {
  const start = startOfTyped(text);
  const [before, last] = [text.slice(0, start), text.slice(start)];
  const facet = /^-?([a-z]+):/iu.exec(last);
  const only = facet?.[1]?.toLowerCase();
  const minus = last.startsWith('-') ? '-' : '';
  const wanted = (facet === null ? last.slice(minus.length) : last.slice(facet[0].length)).replaceAll('"', '');
  if (wanted === '' && only === undefined) return [];

  const found: Suggestion[] = [];
  const offer = (kind: Suggestion['kind'], key: string, label: string, count: number | null): void => {
    if (only !== undefined && only !== key) return;
    if (wanted === '' || mentions(label, wanted)) {
      found.push({ kind, label, count, text: `${before}${minus}${key}:${quoted(label)} ` });
    }
  };
  const tags = connection.statement<[], { name: string; count: number }>(
    'SELECT name, sum(photo_count) AS count FROM tag WHERE merged_into IS NULL GROUP BY name_key',
  );
  for (const { name, count } of tags.all()) offer('tag', 'tag', name, count);
  const values = connection.statement<[], { kind: 'camera' | 'lens' | 'place'; value: string; count: number }>(
    'SELECT kind, value, count FROM photo_facet_count WHERE count > 0',
  );
  for (const { kind, value, count } of values.all()) offer(kind, kind, facetLabel(kind, value), count);
  const albums = connection.statement<[], { title: string; count: number }>(
    `SELECT title, photo_count AS count FROM album WHERE kind = 'manual'`,
  );
  for (const { title, count } of albums.all()) offer('album', 'album', title, count);
  const people = connection.statement<[], { name: string }>(
    `SELECT DISTINCT coalesce(display_name, email) AS name FROM participant
     WHERE is_me = 0 AND user_name IS NOT NULL AND coalesce(display_name, email) IS NOT NULL`,
  );
  for (const { name } of people.all()) offer('person', 'by', name, null);
  for (const kind of kinds) offer('kind', 'type', kind, null);
  if (only === undefined) {
    for (const { kind, word, text: source } of flags) {
      if (mentions(word, wanted)) found.push({ kind, label: word, count: null, text: `${before}${minus}${source} ` });
    }
    for (const word of dateWords) {
      if (fold(word).startsWith(fold(wanted)))
        found.push({ kind: 'date', label: word, count: null, text: `${before}${minus}${word} ` });
    }
  }
  const folded = fold(wanted);
  const rank = ({ label, count }: Suggestion): number => (fold(label).startsWith(folded) ? 1e12 : 0) + (count ?? 0);
  return found.sort((one, other) => rank(other) - rank(one) || (one.label < other.label ? -1 : 1)).slice(0, limit);
}

const quoted = (value: string): string => (/^[^\s"]+$/u.test(value) ? value : `"${value.replaceAll('"', '')}"`);
