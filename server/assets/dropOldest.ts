/** What keeps its entries in the order in which they came: a map or a set. */
interface InOrder<Key> {
  readonly size: number;
  keys(): Iterable<Key>;
  delete(key: Key): boolean;
}

/** Forgets the entry that came first when there are more than `most`. */
export function dropOldest<Key>(entries: InOrder<Key>, most: number): void {
  const [oldest] = entries.keys();
  if (entries.size > most && oldest !== undefined) entries.delete(oldest);
}
