/** Replaces the last word by a completion, quoted text and facets included. */
export function complete(text: string, completion: string): string {
  const kept = text.replace(/(?:[^\s"]*"[^"]*"?|\S+)$/u, '');
  return `${kept}${completion} `;
}

/** Takes one chip's source text out of the query. */
export function withoutChip(query: string, chipText: string): string {
  return query.replace(chipText, '').replaceAll(/\s+/gu, ' ').trim();
}
