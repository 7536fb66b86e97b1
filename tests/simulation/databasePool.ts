import type BetterSqlite3 from 'better-sqlite3';

/** All rows of a database at one moment, by table, and how far its sequences were. */
export interface Rows {
  readonly tables: ReadonlyMap<string, readonly (readonly unknown[])[]>;
  readonly sequences: readonly (readonly unknown[])[];
}

/**
 * Takes the rows of a database and puts them back on the same connection. Opening a new one would cost more than a whole
 * run needs otherwise, since each statement has to be compiled again with its triggers.
 */
export interface RowCopier {
  copy(): Rows;
  /**
   * Every row goes, and those given come. Row ids and sequences go on from where they were at the copy. No pragma is set
   * for this: each would have all statements compiled again.
   */
  put(rows: Rows): void;
}

/** Emptied first: without its zone a deletion writes no history, and nothing is counted for what is gone. */
const first = ['zone', 'photo', 'album', 'tag', 'users'];
/** Emptied last: what lets deletions through, and what others refer to without a deletion taking them along. */
const last = ['history_change', 'history_reader', 'history_open', 'history_transaction', 'store'];

/**
 * @param allow makes the database accept deletions (a library refuses writes outside a transaction of an author)
 */
export function createRowCopier(
  raw: BetterSqlite3.Database,
  allow: (raw: BetterSqlite3.Database) => void = () => undefined,
): RowCopier {
  const names = raw
    .prepare(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'
       ORDER BY name`,
    )
    .pluck()
    .all() as string[];
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) - first.length : last.indexOf(name) + 1);
  const tables = names
    .toSorted((a, b) => rank(a) - rank(b))
    .map((name) => {
      // Generated columns make themselves.
      const columns = raw
        .prepare(`SELECT '"' || name || '"' FROM pragma_table_xinfo(?) WHERE hidden = 0`)
        .pluck()
        .all(name) as string[];
      const list = columns.join(', ');
      return {
        name,
        select: raw.prepare(`SELECT ${list} FROM "${name}"`).raw(),
        remove: raw.prepare(`DELETE FROM "${name}"`),
        insert: raw.prepare(`INSERT INTO "${name}" (${list}) VALUES (${columns.map(() => '?').join(', ')})`),
      };
    });
  /** Which tables hold anything, one column each: most are empty, and a deletion costs the same for nothing. */
  const held = raw.prepare(`SELECT ${tables.map(({ name }) => `EXISTS (SELECT 1 FROM "${name}")`).join(', ')}`).raw();
  const referred = tables.filter(({ name }) => last.includes(name)).toReversed();
  const parentsFirst = [...referred, ...tables.filter((table) => !referred.includes(table))];
  const counted = raw.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`).get() !== undefined;
  const sequences = counted ? raw.prepare('SELECT name, seq FROM sqlite_sequence').raw() : undefined;
  const forgetSequences = counted ? raw.prepare('DELETE FROM sqlite_sequence') : undefined;
  const setSequence = counted ? raw.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)') : undefined;
  return {
    copy: () => ({
      tables: new Map(tables.map(({ name, select }) => [name, select.all() as unknown[][]])),
      sequences: (sequences?.all() ?? []) as unknown[][],
    }),
    put: (rows) => {
      raw.exec('BEGIN IMMEDIATE');
      allow(raw);
      // Twice: triggers count and note in tables that were emptied before.
      const once = held.get() as readonly number[];
      for (const [index, { name, remove }] of tables.entries()) {
        if (once[index] === 1 && !last.includes(name)) remove.run();
      }
      const still = held.get() as readonly number[];
      for (const [index, { remove }] of tables.entries()) if (still[index] === 1) remove.run();
      forgetSequences?.run();
      for (const { name, insert } of parentsFirst) for (const row of rows.tables.get(name) ?? []) insert.run(...row);
      for (const row of rows.sequences) setSequence?.run(...row);
      raw.exec('COMMIT');
    },
  };
}

/**
 * Has statements that are compiled on a connection itself (not by its own cache) kept with it for the next run. Each run
 * compiles the same few again otherwise, which with their triggers costs more than running them.
 */
export function keepStatements(raw: BetterSqlite3.Database): void {
  const compile = raw.prepare.bind(raw);
  const kept = new Map<string, BetterSqlite3.Statement>();
  const prepare = (sql: string): BetterSqlite3.Statement => {
    const known = kept.get(sql);
    // As a new one, which gives rows as objects.
    if (known !== undefined) return known.reader ? known.raw(false).pluck(false) : known;
    const made = compile(sql);
    kept.set(sql, made);
    return made;
  };
  raw.prepare = prepare as typeof raw.prepare;
}

/** Key of the row that takes up the pages earlier runs left free. */
const filler = 'simulation.filler';
/** Bytes a page of a long text holds; the first part of it, with the key, lies among other rows. */
const bytesOnPage = 4_092;

/** Takes every free page, so that a database that was used before grows as soon as a new one does. */
export function fillFreePages(raw: BetterSqlite3.Database): void {
  const free = () => Number(raw.pragma('freelist_count', { simple: true }));
  for (let pages = free(), part = 0; pages > 0; pages = free(), part += 1) {
    raw
      .prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
      .run(`${filler}.${part}`, 'x'.repeat(Math.max(1, pages - 1) * bytesOnPage));
  }
}

/** Gives back what `fillFreePages` took. */
export function freeFilledPages(raw: BetterSqlite3.Database): void {
  raw.prepare(`DELETE FROM meta WHERE key LIKE '${filler}.%'`).run();
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
