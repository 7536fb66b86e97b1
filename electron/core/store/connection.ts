import BetterSqlite3 from 'better-sqlite3';
import { AppError } from '../../../shared/errors.ts';
import { withFixedPlan } from '../../../shared/sqlParameters.ts';

/** A value SQLite can hold in this schema. */
export type SqlValue = string | number | bigint | Buffer | null;

/** One open SQLite connection with a cache of prepared statements. All calls are synchronous. */
export interface Connection {
  readonly raw: BetterSqlite3.Database;
  /** A prepared statement, kept for the next time the same text is asked for. Row types come from schema.ts or are local. */
  statement<Parameters extends readonly SqlValue[], Row = unknown>(sql: string): Statement<Parameters, Row>;
  close(): void;
}

/** A prepared statement. `columns` gives rows as arrays, about half the cost of objects on big pages. */
export interface Statement<Parameters extends readonly SqlValue[], Row> {
  all(...parameters: Parameters): Row[];
  get(...parameters: Parameters): Row | undefined;
  run(...parameters: Parameters): number;
  iterate(...parameters: Parameters): IterableIterator<Row>;
  columns(...parameters: Parameters): SqlValue[][];
}

/** How long a writer waits for another connection's transaction before it fails, in milliseconds. */
const busyTimeout = 5_000;

/**
 * Opens a connection with the pragmas every connection to a library uses, and at most `cacheKB` (of 1,024 bytes) of it in
 * memory. WAL with synchronous NORMAL survives a crash of the process; FULL is set for the moments before a source is let
 * go of (`withFullSync`).
 */
export function openConnection(
  path: string | Buffer,
  { readonly = false, cacheKB = 64_000 }: { readonly readonly?: boolean; readonly cacheKB?: number } = {},
): Connection {
  const raw = new BetterSqlite3(path, { readonly, timeout: busyTimeout });
  if (!readonly) {
    raw.pragma('journal_mode = WAL');
    raw.pragma('synchronous = NORMAL');
    // A checkpoint waits for the disk twice. At SQLite's 1,000 pages a bulk step of 50 transactions met 25 of them.
    raw.pragma('wal_autocheckpoint = 8000');
  }
  raw.pragma('foreign_keys = ON');
  raw.pragma('secure_delete = ON');
  raw.pragma('temp_store = MEMORY');
  raw.pragma(`cache_size = -${cacheKB}`);
  raw.pragma('journal_size_limit = 67108864');
  const cache = new Map<string, Statement<never, unknown>>();
  return {
    raw,
    statement: <Parameters extends readonly SqlValue[], Row>(sql: string) => {
      const known = cache.get(sql);
      if (known !== undefined) return known as unknown as Statement<Parameters, Row>;
      const made = prepareStatement<Parameters, Row>(raw, sql);
      // Lists of ids make a new text per length; the cache is bounded so that they cannot fill memory.
      if (cache.size >= 500) cache.clear();
      cache.set(sql, made);
      return made;
    },
    close: () => raw.close(),
  };
}

function prepareStatement<Parameters extends readonly SqlValue[], Row>(
  raw: BetterSqlite3.Database,
  sql: string,
): Statement<Parameters, Row> {
  const made = guard(() => raw.prepare(withFixedPlan(sql)));
  // Which form rows come in is a call into SQLite's binding, about as dear as reading a small row: only when it changes.
  let asColumns = false;
  const inForm = (columns: boolean) => {
    if (asColumns !== columns) {
      made.raw(columns);
      asColumns = columns;
    }
    return made;
  };
  return {
    all: (...parameters) => guard(() => inForm(false).all(...parameters)) as Row[],
    get: (...parameters) => guard(() => inForm(false).get(...parameters)) as Row | undefined,
    run: (...parameters) => guard(() => made.run(...parameters).changes),
    iterate: (...parameters) => inForm(false).iterate(...parameters) as IterableIterator<Row>,
    columns: (...parameters) => guard(() => inForm(true).all(...parameters)) as SqlValue[][],
  };
}

/** Runs SQLite work and turns what a person can act on into an AppError; programming errors pass unchanged. */
export function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toAppError(error);
  }
}

function toAppError(error: unknown): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError)) return error;
  const { code, message } = error;
  const refused = /^shoebox: permissionFailure (\w+)/.exec(message);
  if (refused?.[1] !== undefined) {
    return new AppError(
      'permissionFailure',
      'Your rights in this share do not allow that.',
      { neededRight: refused[1] },
      { cause: error },
    );
  }
  if (code === 'SQLITE_FULL' || /ENOSPC/.test(message)) {
    return new AppError(
      'diskFull',
      'The disk that holds the library is full. Make room; Shoebox goes on by itself.',
      {},
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new AppError(
      'timedOut',
      'Another part of Shoebox kept the library busy for too long. Nothing was changed; try again.',
      {},
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new AppError(
      'libraryCorrupt',
      'The library database is damaged. Run `shoebox doctor`, or restore a backup.',
      {},
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_CANTOPEN' || code === 'SQLITE_PERM') {
    return new AppError('libraryReadOnly', 'The library folder cannot be written to.', {}, { cause: error });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new AppError(
      'libraryReadOnly',
      'The disk that holds the library reports an error.',
      { sqlite: code },
      { cause: error },
    );
  }
  return error;
}
