import type { Connection } from '../store/connection.ts';

/** Photos that somebody has looked at side by side and kept: which of them are still worth a look. */
export interface KeptApart {
  /** Those of a group that nobody has yet compared with every other of it; none where that leaves fewer than two. */
  open<ID extends string>(group: readonly ID[]): ID[];
  /** Writes down, or takes back, that these are different photos, each from each. In a `maintenance` transaction. */
  set(group: readonly string[], apart: boolean): void;
  /** Pairs written down. */
  count(): number;
}

export function createKeptApart(connection: Connection): KeptApart {
  const pairsOf = (group: readonly string[]): (readonly [string, string])[] => {
    const sorted = [...new Set(group)].toSorted();
    return sorted.flatMap((one, index) => sorted.slice(index + 1).map((other) => [one, other] as const));
  };
  return {
    open: (group) => {
      const ids = JSON.stringify(group);
      const kept = connection
        .statement<[string, string], { photo_id: string; other_id: string }>(
          `SELECT photo_id, other_id FROM kept_apart
           WHERE photo_id IN (SELECT value FROM json_each(?)) AND other_id IN (SELECT value FROM json_each(?))`,
        )
        .all(ids, ids);
      if (kept.length === 0) return [...group];
      const compared = new Map<string, number>();
      for (const id of kept.flatMap(({ photo_id, other_id }) => [photo_id, other_id])) {
        compared.set(id, (compared.get(id) ?? 0) + 1);
      }
      const open = group.filter((id) => (compared.get(id) ?? 0) < group.length - 1);
      return open.length < 2 ? [] : open;
    },
    set: (group, apart) => {
      const statement = connection.statement<[string, string]>(
        apart
          ? 'INSERT OR IGNORE INTO kept_apart (photo_id, other_id) VALUES (?, ?)'
          : 'DELETE FROM kept_apart WHERE photo_id = ? AND other_id = ?',
      );
      for (const [one, other] of pairsOf(group)) statement.run(one, other);
    },
    count: () => connection.statement<[], { n: number }>('SELECT count(*) AS n FROM kept_apart').get()?.n ?? 0,
  };
}
