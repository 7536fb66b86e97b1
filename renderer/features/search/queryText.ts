import type { SearchChip } from '../../../shared/contract/search.ts';

/**
 * Takes one chip out of the query it was read from; what stands before and after it stays as typed. A query that does not
 * have the chip where it says (another is being typed) is answered as it is.
 */
export function withoutChip(query: string, { text, start, end }: Pick<SearchChip, 'text' | 'start' | 'end'>): string {
  if (query.slice(start, end) !== text) return query;
  return `${query.slice(0, start).trimEnd()} ${query.slice(end).trimStart()}`.trim();
}
