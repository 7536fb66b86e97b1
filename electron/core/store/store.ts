import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { libraryZone } from '../../../shared/ids.ts';
import { guard, openConnection, type Connection } from './connection.ts';
import { createHistory, type Author, type History } from './history.ts';
import { lockLibrary } from './libraryLock.ts';
import { migrations } from './migrations/all.ts';
import { migrate } from './migrator.ts';
import { createObserver, type Observer, type StoreName } from './observer.ts';

/** What a transaction tells history about itself, beside its author. */
export interface TransactionInfo {
  /** A sentence for the history panel: "Tagged 214 photos 'Crete'". */
  readonly label?: string;
  /** Transactions with the same step are undone together (bulk work commits in several). */
  readonly step?: string;
  /** The step this transaction undoes or redoes. */
  readonly inverts?: string;
}

/**
 * A library's database: two logical stores (private, shared) in one file, with persistent history.
 * All calls are synchronous; SQLite work is short, long work belongs in workers.
 */
export interface Store {
  readonly directory: string;
  readonly connection: Connection;
  readonly history: History;
  /** Fires after each commit, in the process that made it or was told of it by `noticeCommit`. */
  readonly didChange: Pick<Observer, 'subscribe'>;
  /**
   * Runs `fn` in one write transaction. Every write to a synced table must happen inside; its changes go to history
   * under this author. At most 200 rows outside ingest's own batches: a writer on another thread waits inside its
   * call. Throws what `fn` throws, after rolling back.
   */
  transaction<T>(author: Author, fn: (connection: Connection) => T, info?: TransactionInfo): T;
  /**
   * Runs `fn` in a write transaction of which history learns nothing, at a third of the cost: for notes of this device
   * (what was sent, which token was reached). A write to a synced table fails in it. Inside another transaction it joins.
   * @param info `silent`: nothing that anybody is shown has changed, and no listener hears of it
   */
  bookkeeping<T>(fn: (connection: Connection) => T, info?: { readonly silent: boolean }): T;
  /** True while `transaction` or `bookkeeping` runs on this connection. */
  readonly inTransaction: boolean;
  /** Another connection (a worker's) has committed: tells this process's listeners. */
  noticeCommit(): void;
  /** Makes commits durable against power loss for the time of `fn`: before a source is let go of. */
  withFullSync<T>(fn: () => T): T;
  meta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  dispose(): void;
}

export interface StoreDependencies {
  /** The library folder; `library.sqlite` lies in it. Made when missing. */
  readonly directory: string;
  /** Wall clock in ms. */
  readonly now: () => number;
  /** New UUIDv7 text. */
  readonly newId: () => string;
  /** The next hybrid-clock stamp, later than every one seen; defaults to a fixed-width wall clock plus a counter. */
  readonly stamp?: () => string;
  /** A worker's second connection: the process already holds the lock and has migrated. */
  readonly worker?: boolean;
  /** Most of the library this connection keeps in memory, in units of 1,024 bytes. */
  readonly cacheKB?: number;
  readonly reportError?: (error: unknown) => void;
  readonly pid?: number;
}

/**
 * Opens (or makes) the library in a folder: takes the single-writer lock, copies an older library before migrating
 * it, migrates, and seeds the two stores and the library zone.
 * @throws AppError libraryLocked, libraryNewer, libraryCorrupt, libraryReadOnly, diskFull.
 */
export function openStore(deps: StoreDependencies): Store {
  const { directory, now, newId, worker = false, cacheKB, pid = process.pid } = deps;
  const report = deps.reportError ?? ((error: unknown) => console.error(error));
  const lock = worker ? undefined : openLocked(directory, pid);
  let connection: Connection | undefined;
  try {
    const path = join(directory, 'library.sqlite');
    connection = guard(() => openConnection(path, cacheKB === undefined ? {} : { cacheKB }));
    if (!worker) prepare(connection, directory, now, newId);
    return createStore(connection, deps, report, () => lock?.dispose());
  } catch (error) {
    connection?.close();
    lock?.dispose();
    throw error;
  }
}

/**
 * A library in memory: the same schema, triggers and history without files or a lock. For fleets of simulated clients
 * and for tests; nothing survives `dispose`.
 * @param deps.prepared a connection to a library that is migrated already (from `connection.raw.serialize()`), which
 *   skips the migrations; closed with the store like one of its own.
 */
export function openMemoryStore(
  deps: Omit<StoreDependencies, 'directory' | 'worker'> & { readonly prepared?: Connection },
): Store {
  const report = deps.reportError ?? ((error: unknown) => console.error(error));
  const connection = deps.prepared ?? openConnection(':memory:');
  if (deps.prepared === undefined) prepare(connection, ':memory:', deps.now, deps.newId);
  return createStore(connection, { ...deps, directory: ':memory:' }, report, () => undefined);
}

function openLocked(directory: string, pid: number): { dispose(): void } {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new AppError(
      'libraryReadOnly',
      `The folder ${directory} cannot be made or opened.`,
      { path: directory },
      { cause: error },
    );
  }
  return lockLibrary(directory, pid);
}

function prepare(connection: Connection, directory: string, now: () => number, newId: () => string): void {
  const { raw } = connection;
  guard(() => {
    migrate(raw, migrations, {
      beforeFirst: (from) =>
        raw.exec(`VACUUM INTO '${join(directory, `library.before-${from}-${now()}.sqlite`).replaceAll("'", "''")}'`),
    });
    raw.transaction(() => {
      const seed = raw.prepare('INSERT OR IGNORE INTO store (name, identifier) VALUES (?, ?)');
      seed.run('private', newId());
      seed.run('shared', newId());
      raw
        .prepare(
          `INSERT OR IGNORE INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', 'library', 'library', ?)`,
        )
        .run(libraryZone, now());
      raw.prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)').run('libraryID', newId());
      raw.prepare('DELETE FROM history_open').run();
    })();
  });
}

function createStore(
  connection: Connection,
  deps: StoreDependencies,
  report: (error: unknown) => void,
  unlock: () => void,
): Store {
  const { directory, now } = deps;
  const history = createHistory(connection);
  const observer = createObserver(report);
  const stamp = deps.stamp ?? wallClockStamp(now);
  const stores: readonly StoreName[] = ['private', 'shared'];
  const seen = new Map<StoreName, number>(stores.map((store) => [store, history.newestToken(store)]));
  let open: Author | 'bookkeeping' | undefined;

  const notifyLocal = () => observer.notify({ store: 'private', token: seen.get('private') ?? 0, local: true });
  const notify = () => {
    let any = false;
    for (const store of stores) {
      const token = history.newestToken(store);
      if (token === seen.get(store)) continue;
      seen.set(store, token);
      any = true;
      observer.notify({ store, token, local: false });
    }
    if (!any) notifyLocal();
  };

  const begin = connection.raw.prepare('BEGIN IMMEDIATE');
  const commit = connection.raw.prepare('COMMIT');
  const insertTransaction = connection.raw.prepare(
    'INSERT INTO history_transaction (author, at, stamp, label, step, inverts) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const openHistory = connection.raw.prepare(
    'INSERT INTO history_open (singleton, transaction_id, author) VALUES (1, ?, ?)',
  );
  const closeHistory = connection.raw.prepare('DELETE FROM history_open');
  const dropEmpty = connection.raw.prepare(
    'DELETE FROM history_transaction WHERE id = ? AND NOT EXISTS (SELECT 1 FROM history_change WHERE transaction_id = ?)',
  );

  /** `work` between begin and commit; its own errors and SQLite's roll everything back. */
  const atomically = <T>(name: Author | 'bookkeeping', work: () => T): T =>
    guard(() => {
      begin.run();
      open = name;
      try {
        const value = work();
        commit.run();
        return value;
      } catch (error) {
        if (connection.raw.inTransaction) connection.raw.exec('ROLLBACK');
        throw error;
      } finally {
        open = undefined;
      }
    });
  const synchronous = <T>(value: T): T => {
    if (value instanceof Promise) throw new Error('A transaction function must not be async');
    return value;
  };

  return {
    directory,
    connection,
    history,
    didChange: observer,
    get inTransaction() {
      return open !== undefined;
    },
    transaction: (author, fn, info = {}) => {
      if (open !== undefined) {
        // A helper that writes may be called from inside another's transaction; it then joins it.
        if (open === author) return fn(connection);
        throw new Error(`A ${author} transaction was begun inside one of ${open}`);
      }
      let empty = true;
      const result = atomically(author, () => {
        const id = Number(
          insertTransaction.run(author, now(), stamp(), info.label ?? null, info.step ?? null, info.inverts ?? null)
            .lastInsertRowid,
        );
        openHistory.run(id, author);
        const value = synchronous(fn(connection));
        closeHistory.run();
        empty = dropEmpty.run(id, id).changes > 0;
        return value;
      });
      if (empty) notifyLocal();
      else notify();
      return result;
    },
    bookkeeping: (fn, info) => {
      if (open !== undefined) return fn(connection);
      const result = atomically('bookkeeping', () => synchronous(fn(connection)));
      if (info?.silent !== true) notifyLocal();
      return result;
    },
    noticeCommit: notify,
    withFullSync: (fn) => {
      connection.raw.pragma('synchronous = FULL');
      try {
        return fn();
      } finally {
        connection.raw.pragma('synchronous = NORMAL');
      }
    },
    meta: (key) =>
      connection.statement<[string], { value: string }>('SELECT value FROM meta WHERE key = ?').get(key)?.value,
    setMeta: (key, value) => {
      connection
        .statement<[string, string]>(
          'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        )
        .run(key, value);
    },
    dispose: () => {
      try {
        guard(() => connection.raw.pragma('wal_checkpoint(TRUNCATE)'));
      } catch (error) {
        // On a full disk the log stays beside the database and is read at the next start; the lock must still go.
        report(error);
      } finally {
        connection.close();
        unlock();
      }
    },
  };
}

/** Until the sync engine brings its hybrid clock: 12 hex digits of ms, 4 of a counter; sorts as text. */
function wallClockStamp(now: () => number): () => string {
  let last = 0;
  let counter = 0;
  return () => {
    const time = Math.max(now(), last);
    counter = time === last ? counter + 1 : 0;
    last = time;
    return `${time.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}-local`;
  };
}
