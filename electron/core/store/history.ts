import type { Connection } from './connection.ts';
import type { EntityName } from './entities.ts';
import type { StoreName } from './observer.ts';

/** Who wrote a transaction: the person, the sync engine, taking files in, or upkeep. */
export type Author = 'app' | 'sync' | 'ingest' | 'maintenance';

/** A reader of history keeps a token per store; purge never drops what one of them has not passed. */
export type ReaderName = 'view' | 'export' | 'tagDeduplication' | 'search' | 'activity';

/** One changed row. `values`: the columns an update changed, as they were before; the whole row a delete removed. */
export interface Change {
  readonly id: number;
  readonly transaction: number;
  readonly author: Author;
  readonly at: number;
  /** The hybrid-clock stamp of the transaction, shared by all its changes. */
  readonly stamp: string;
  readonly store: StoreName;
  readonly entity: EntityName;
  readonly rowId: string;
  readonly zoneId: string;
  readonly kind: 'insert' | 'update' | 'delete';
  readonly values: Readonly<Record<string, string | number | null>> | null;
}

/** Reads and trims the persistent history of a library. A token is the id of a transaction. */
export interface History {
  /** The newest token of a store; 0 when nothing was ever written to it. */
  newestToken(store: StoreName): number;
  /**
   * Changes after a token, whole transactions at a time, oldest first. Ends before a transaction that would go over
   * `limit` changes (the first one is always given whole). `both` keeps the order over the two stores, which matters to
   * a row that went from one to the other.
   */
  changesAfter(
    store: StoreName | 'both',
    token: number,
    options?: { limit?: number; authorNot?: Author },
  ): readonly Change[];
  /** The changes of one transaction, in both stores, oldest first. */
  changesOf(transaction: number): readonly Change[];
  /** A reader's token; 0 when it never read. */
  readerToken(reader: ReaderName, store: StoreName): number;
  /** Moves a reader's token. Call it inside the transaction that holds the effect, so that both commit together. */
  moveReader(reader: ReaderName, store: StoreName, token: number): void;
  /**
   * Drops the changes of each store that are older than `before` (ms) and that every reader of that store has passed,
   * and with them the undoing of those steps. Call it inside a maintenance transaction.
   * @returns how many transactions went.
   */
  purge(before: number): number;
}

interface ChangeRow {
  id: number;
  transaction_id: number;
  author: Author;
  at: number;
  stamp: string;
  store: StoreName;
  entity: EntityName;
  row_id: string;
  zone_id: string;
  kind: Change['kind'];
  values: string | null;
}

/** Readers that must have a token before anything may go: one that never read would lose what it has not seen. */
const requiredReaders: readonly ReaderName[] = ['export', 'tagDeduplication', 'search'];

const columns = `c.id, c.transaction_id, t.author, t.at, t.stamp, c.store, c.entity, c.row_id, c.zone_id, c.kind, c."values"`;

/** History over one connection; the same on the main thread's and on a worker's. */
export function createHistory(connection: Connection): History {
  const toChange = (row: ChangeRow): Change => ({
    id: row.id,
    transaction: row.transaction_id,
    author: row.author,
    at: row.at,
    stamp: row.stamp,
    store: row.store,
    entity: row.entity,
    rowId: row.row_id,
    zoneId: row.zone_id,
    kind: row.kind,
    values: row.values === null ? null : (JSON.parse(row.values) as Record<string, string | number | null>),
  });
  return {
    newestToken: (store) =>
      connection
        .statement<[string], { token: number }>(
          'SELECT coalesce(max(transaction_id), 0) AS token FROM history_change WHERE store = ?',
        )
        .get(store)?.token ?? 0,
    changesAfter: (store, token, { limit = 10_000, authorNot } = {}) => {
      const found: Change[] = [];
      let transaction = -1;
      let start = 0;
      const rows = connection
        .statement<[number, string, string, string], ChangeRow>(
          `SELECT ${columns} FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
           WHERE c.transaction_id > ? AND (? = 'both' OR c.store = ?) AND t.author <> ? ORDER BY c.transaction_id, c.id`,
        )
        .iterate(token, store, store, authorNot ?? '');
      for (const row of rows) {
        if (row.transaction_id !== transaction) {
          if (found.length >= limit) break;
          transaction = row.transaction_id;
          start = found.length;
        } else if (found.length >= limit && start > 0) {
          found.length = start;
          break;
        }
        found.push(toChange(row));
      }
      return found;
    },
    changesOf: (transaction) =>
      connection
        .statement<[number], ChangeRow>(
          `SELECT ${columns} FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
           WHERE c.transaction_id = ? ORDER BY c.id`,
        )
        .all(transaction)
        .map(toChange),
    readerToken: (reader, store) =>
      connection
        .statement<[string, string], { token: number }>('SELECT token FROM history_reader WHERE name = ? AND store = ?')
        .get(reader, store)?.token ?? 0,
    moveReader: (reader, store, token) => {
      connection
        .statement<[string, string, number]>(
          `INSERT INTO history_reader (name, store, token) VALUES (?, ?, ?)
           ON CONFLICT (name, store) DO UPDATE SET token = excluded.token WHERE excluded.token > token`,
        )
        .run(reader, store, token);
    },
    purge: (before) => {
      for (const store of ['private', 'shared'] as const) {
        const passed = connection
          .statement<[string], { name: ReaderName; token: number }>(
            'SELECT name, token FROM history_reader WHERE store = ?',
          )
          .all(store);
        if (!requiredReaders.every((name) => passed.some((reader) => reader.name === name))) continue;
        const upTo = Math.min(...passed.map((reader) => reader.token));
        // The newest change of a store stays: a token that ran backwards would look like news to who waits for one.
        connection
          .statement<[string, number, number, string]>(
            `DELETE FROM history_change WHERE store = ? AND transaction_id <= ?
               AND transaction_id IN (SELECT id FROM history_transaction WHERE at < ?)
               AND transaction_id < (SELECT max(transaction_id) FROM history_change WHERE store = ?)`,
          )
          .run(store, upTo, before, store);
      }
      return connection
        .statement<[number]>(
          `DELETE FROM history_transaction WHERE at < ?
             AND NOT EXISTS (SELECT 1 FROM history_change WHERE transaction_id = history_transaction.id)
             AND id NOT IN (SELECT transaction_id FROM history_open)`,
        )
        .run(before);
    },
  };
}
