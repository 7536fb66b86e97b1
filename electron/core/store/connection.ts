import BetterSqlite3 from 'better-sqlite3';
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
} from 'kysely';
import { AppError } from '../../../shared/errors.ts';
import type { DB } from './schema.ts';

/** A value SQLite can hold in this schema. */
export type SqlValue = string | number | bigint | Buffer | null;

/** Anything kysely can compile; the row type travels with it. */
interface Compilable<Row> {
  compile(): CompiledQuery<Row>;
}

/**
 * Builds typed SQL; it never runs anything by itself. Queries run synchronously through a Connection:
 * `connection.all(build.selectFrom('tag').selectAll())`.
 */
export const build = new Kysely<DB>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** One open SQLite connection with a cache of prepared statements. All calls are synchronous. */
export interface Connection {
  readonly raw: BetterSqlite3.Database;
  all<Row>(query: Compilable<Row>): Row[];
  get<Row>(query: Compilable<Row>): Row | undefined;
  /** Runs a write; returns the number of rows changed. */
  run(query: Compilable<unknown>): number;
  /** A cached prepared statement for hot paths written as SQL text. */
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
 * Opens a connection with the pragmas every connection to a library uses. WAL with synchronous NORMAL survives a
 * crash of the process; FULL is set for the moments before a source is let go of (`withFullSync`).
 */
export function openConnection(path: string | Buffer, { readonly = false } = {}): Connection {
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
  raw.pragma('cache_size = -32000');
  raw.pragma('journal_size_limit = 67108864');
  const cache = new Map<string, BetterSqlite3.Statement>();
  const prepare = (sql: string): BetterSqlite3.Statement => {
    const known = cache.get(sql);
    if (known !== undefined) return known;
    const made = raw.prepare(sql);
    // Lists of ids make a new text per length; the cache is bounded so that they cannot fill memory.
    if (cache.size >= 500) cache.clear();
    cache.set(sql, made);
    return made;
  };
  return {
    raw,
    all: <Row>(query: Compilable<Row>) => {
      const { sql, parameters } = query.compile();
      return guard(() => prepare(sql).all(...parameters)) as Row[];
    },
    get: <Row>(query: Compilable<Row>) => {
      const { sql, parameters } = query.compile();
      return guard(() => prepare(sql).get(...parameters)) as Row | undefined;
    },
    run: (query) => {
      const { sql, parameters } = query.compile();
      return guard(() => prepare(sql).run(...parameters).changes);
    },
    statement: <Parameters extends readonly SqlValue[], Row>(sql: string): Statement<Parameters, Row> => {
      const made = prepare(sql);
      return {
        all: (...parameters) => guard(() => made.raw(false).all(...parameters)) as Row[],
        get: (...parameters) => guard(() => made.raw(false).get(...parameters)) as Row | undefined,
        run: (...parameters) => guard(() => made.run(...parameters).changes),
        iterate: (...parameters) => made.raw(false).iterate(...parameters) as IterableIterator<Row>,
        columns: (...parameters) => guard(() => made.raw(true).all(...parameters)) as SqlValue[][],
      };
    },
    close: () => raw.close(),
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
