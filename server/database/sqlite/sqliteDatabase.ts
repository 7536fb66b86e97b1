import BetterSqlite3 from 'better-sqlite3';
import { withFixedPlan } from '../../../shared/sqlParameters.ts';
import { migrationStatements, migrations as allMigrations, pendingMigrations } from '../migrations.ts';
import type { Migration } from '../migrations.ts';
import type { BulkInsert, Database, Sql, SqlParameter, SqlValue, Transaction, WriteOptions } from '../database.ts';

/**
 * The database port over one SQLite file, or `:memory:`.
 *
 * One connection, one task at a time in arrival order: a task is synchronous inside, so nothing is lost by queueing,
 * and no read can see another task's uncommitted rows. `synchronous=FULL` because an acknowledged write must survive
 * power loss; the cost is one fsync per transaction, not per row, and none where a write may be lost with the power.
 */
export function openSqliteDatabase(options: {
  /** A file's path, `:memory:`, or the bytes of a database (`serialize()`) to go on from in memory. */
  readonly path: string | Buffer;
  readonly migrations?: readonly Migration[];
  /** Told of the connection, for whoever keeps copies of a database in memory. */
  readonly onOpen?: (connection: BetterSqlite3.Database) => void;
}): Database {
  const connection = new BetterSqlite3(options.path);
  options.onOpen?.(connection);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.pragma('busy_timeout = 5000');
  connection.pragma('cache_size = -32000');
  connection.pragma('wal_autocheckpoint = 4000');

  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const statements = new Map<string, BetterSqlite3.Statement>();
  const listeners = new Set<(keys: readonly string[]) => void>();
  let tail: Promise<unknown> = Promise.resolve();

  const prepare = (sql: string): BetterSqlite3.Statement => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = connection.prepare(withFixedPlan(sql.replaceAll('(?*)', '(SELECT value FROM json_each(?))')));
      statements.set(sql, statement);
    }
    return statement;
  };

  const sql: Sql = {
    dialect: 'sqlite',
    all: <T>(text: string, parameters: readonly SqlParameter[] = []) =>
      settle(() => prepare(text).all(...parameters.map(bind)) as T[]),
    get: <T>(text: string, parameters: readonly SqlParameter[] = []) =>
      settle(() => prepare(text).get(...parameters.map(bind)) as T | undefined),
    run: (text, parameters = []) => settle(() => prepare(text).run(...parameters.map(bind)).changes),
    insertMany: (insert, rows) =>
      settle(() => {
        const statement = prepare(insertText(insert));
        for (const row of rows) statement.run(...row);
      }),
  };

  /** Runs tasks strictly one after another. */
  const enqueue = async <T>(task: () => Promise<T>): Promise<T> => {
    const before = tail;
    const gate = Promise.withResolvers<undefined>();
    tail = gate.promise;
    await before;
    try {
      return await task();
    } finally {
      gate.resolve(undefined);
    }
  };

  const inTransaction = async <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    const woken = new Set<string>();
    begin.run();
    let result: T;
    try {
      result = await work({
        ...sql,
        forUpdate: '',
        wake: (keys) => settle(() => keys.forEach((key) => woken.add(key))),
      });
      commit.run();
    } catch (error) {
      if (connection.inTransaction) connection.exec('ROLLBACK');
      throw error;
    }
    if (woken.size > 0) for (const listener of listeners) listener([...woken]);
    return result;
  };

  /** A write-ahead log that is not synced now is synced with the next write that waits for the disk, in its order. */
  const withoutWaiting = async <T>(work: () => Promise<T>): Promise<T> => {
    connection.exec('PRAGMA synchronous = NORMAL');
    try {
      return await work();
    } finally {
      connection.exec('PRAGMA synchronous = FULL');
    }
  };
  const write = <T>(work: (transaction: Transaction) => Promise<T>, { kept = 'onDisk' }: WriteOptions = {}) =>
    enqueue(() => (kept === 'onDisk' ? inTransaction(work) : withoutWaiting(() => inTransaction(work))));

  return {
    dialect: 'sqlite',
    read: (work) => enqueue(() => work(sql)),
    write,
    onWake(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async backupTo(path) {
      if (typeof options.path !== 'string' || options.path === ':memory:') {
        await enqueue(async () => void (await connection.backup(path)));
        return;
      }
      // A copy starts over whenever another connection writes, so beside a busy server it never ends, unless it reads in
      // one transaction: then it is of that moment, whatever is written meanwhile. Another connection than the server's
      // own, which goes on.
      const reader = new BetterSqlite3(options.path, { readonly: true });
      try {
        reader.exec('BEGIN');
        reader.prepare('SELECT count(*) FROM sqlite_schema').get();
        await reader.backup(path);
      } finally {
        // Ends the transaction as well.
        reader.close();
      }
    },
    migrate: () =>
      enqueue(async () => {
        const current = connection.pragma('user_version', { simple: true }) as number;
        for (const migration of pendingMigrations(current, options.migrations ?? allMigrations)) {
          await inTransaction(async () => {
            for (const statement of migrationStatements(migration, 'sqlite')) connection.exec(statement);
            connection.pragma(`user_version = ${migration.version}`);
          });
        }
      }),
    async dispose() {
      await enqueue(async () => {
        listeners.clear();
        statements.clear();
        connection.close();
      });
    },
  };
}

function insertText(insert: BulkInsert): string {
  const names = insert.columns.map(([name]) => name).join(', ');
  const marks = insert.columns.map(() => '?').join(', ');
  return `INSERT INTO ${insert.table} (${names}) VALUES (${marks}) ${insert.onConflict}`;
}

function bind(parameter: SqlParameter): SqlValue {
  return Array.isArray(parameter) ? JSON.stringify(parameter) : (parameter as SqlValue);
}

/** A promise for work done now: errors reject instead of throwing past the caller's await. */
function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
