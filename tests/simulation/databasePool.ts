import type BetterSqlite3 from 'better-sqlite3';

/**
 * Puts an in-memory database back to what it was when this was made: every row goes, those of then come back. Opening a
 * new one would cost more than a whole run needs otherwise, since each statement has to be compiled again with its
 * triggers. Row ids and sequences start over, so a run on a database that was used before is the same run.
 * @param allow makes the database accept deletions (a library refuses writes outside a transaction of an author)
 */
export function createReset(raw: BetterSqlite3.Database, allow: (raw: BetterSqlite3.Database) => void): () => void {
  const tables = (
    raw
      .prepare(
        `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'
         ORDER BY name`,
      )
      .pluck()
      .all() as string[]
  ).map((name) => ({ name, rows: raw.prepare(`SELECT * FROM "${name}"`).all() as Record<string, unknown>[] }));
  // Without its zone a deletion writes no history, and without what is counted for nothing is counted down; what lets
  // deletions through goes last.
  const early = ['zone', 'photo', 'album', 'tag'];
  const rank = (name: string) => (early.includes(name) ? early.indexOf(name) : name.startsWith('history') ? 9 : 8);
  const order = tables.toSorted((a, b) => rank(a.name) - rank(b.name));
  const history = order.filter(({ name }) => rank(name) === 9).length;
  const counted = raw.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`).get() !== undefined;
  const sequences = counted
    ? (raw.prepare('SELECT name, seq FROM sqlite_sequence').all() as { name: string; seq: number }[])
    : [];
  const remove = order.map(({ name }) => raw.prepare(`DELETE FROM "${name}"`));
  const insert = order.flatMap(({ name, rows }) =>
    rows.map((row) => {
      const columns = Object.keys(row);
      const statement = raw.prepare(
        `INSERT INTO "${name}" (${columns.map((column) => `"${column}"`).join(', ')})
         VALUES (${columns.map(() => '?').join(', ')})`,
      );
      return () => void statement.run(...Object.values(row));
    }),
  );
  const forgetSequences = counted ? raw.prepare('DELETE FROM sqlite_sequence') : undefined;
  const sequence = counted ? raw.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)') : undefined;
  return () => {
    raw.pragma('foreign_keys = OFF');
    raw.exec('BEGIN IMMEDIATE');
    allow(raw);
    // Twice: triggers count and note in tables that were emptied before.
    for (const statement of remove.slice(0, remove.length - history)) statement.run();
    for (const statement of remove) statement.run();
    forgetSequences?.run();
    for (const put of insert) put();
    for (const { name, seq } of sequences) sequence?.run(name, seq);
    raw.exec('COMMIT');
    raw.pragma('foreign_keys = ON');
  };
}

/** Databases that wait to be used again. */
export interface Pool<T> {
  /** One that waits, or a new one. */
  take(): T;
  /** Puts one that was taken back, as good as new. */
  give(item: T): void;
}

export function createPool<T>(make: () => { readonly item: T; readonly reset: () => void }): Pool<T> {
  const waiting: T[] = [];
  const resets = new Map<T, () => void>();
  return {
    take: () => {
      const found = waiting.pop();
      if (found !== undefined) return found;
      const { item, reset } = make();
      resets.set(item, reset);
      return item;
    },
    give: (item) => {
      resets.get(item)?.();
      waiting.push(item);
    },
  };
}
