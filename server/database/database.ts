/**
 * The database port. SQL is written once, in the dialect both engines share, with `?` for a parameter and `IN (?*)` for
 * a list; each adapter translates. Everything is asynchronous so that PostgreSQL fits; the SQLite adapter settles every
 * promise without leaving the microtask queue, which keeps a simulated fleet deterministic.
 */
export type SqlValue = string | number | null | Uint8Array;
export type SqlParameter = SqlValue | readonly string[] | readonly number[];

/** One bulk write: PostgreSQL sends one array per column, SQLite runs one prepared statement per row. */
export interface BulkInsert {
  readonly table: string;
  readonly columns: readonly (readonly [name: string, type: 'text' | 'bigint' | 'bytea'])[];
  /** What follows the values, for example `ON CONFLICT (…) DO UPDATE SET …`. */
  readonly onConflict: string;
}

export interface Sql {
  readonly dialect: 'sqlite' | 'postgres';
  /** Rows as objects keyed by column name; integers are numbers. */
  all<T>(sql: string, parameters?: readonly SqlParameter[]): Promise<T[]>;
  /** The first row, or undefined. */
  get<T>(sql: string, parameters?: readonly SqlParameter[]): Promise<T | undefined>;
  /** Runs a statement; the number of rows it changed. */
  run(sql: string, parameters?: readonly SqlParameter[]): Promise<number>;
  insertMany(insert: BulkInsert, rows: readonly (readonly SqlValue[])[]): Promise<void>;
}

export interface Transaction extends Sql {
  /** ` FOR UPDATE` where rows are locked one by one, empty where the whole file is. */
  readonly forUpdate: string;
  /** Wakes listeners for these keys in every process once (and only if) this transaction commits. */
  wake(keys: readonly string[]): Promise<void>;
}

export interface WriteOptions {
  /**
   * `untilPowerFails`: the disk is not waited for. A power cut may undo the transaction, as a whole and only together with
   * all later ones that did not wait either; whoever asks for this can do without it. A killed process undoes nothing.
   */
  readonly kept?: 'onDisk' | 'untilPowerFails';
}

export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** Reads that may be repeated; never blocks writers for longer than one statement on PostgreSQL. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * One transaction: all or nothing. `work` may run again after a deadlock, so it must have no effect but its SQL. What a
   * write says is on the disk when it resolves, unless it is told that it may be lost with the power: see `WriteOptions`.
   */
  write<T>(work: (sql: Transaction) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Hears the keys other transactions, in this process or another, woke. Returns the function that stops it. */
  onWake(listener: (keys: readonly string[]) => void): () => void;
  /** Writes a consistent copy while the server runs (SQLite: one file). @throws AppError notSupported elsewhere */
  backupTo(path: string): Promise<void>;
  /** Statements that set the schema up, run by the migrator in one transaction each. */
  migrate(): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * A database whose reads and writes all join one open transaction: used where an answer must commit with its effect. A
 * write that fails inside it is undone alone, since its caller may turn the failure into an answer.
 */
export function joinTransaction(outer: Database, sql: Transaction): Database {
  return {
    dialect: outer.dialect,
    read: (work) => work(sql),
    write: async (work) => {
      await sql.run('SAVEPOINT joined');
      try {
        const result = await work(sql);
        await sql.run('RELEASE SAVEPOINT joined');
        return result;
      } catch (error) {
        await sql.run('ROLLBACK TO SAVEPOINT joined');
        await sql.run('RELEASE SAVEPOINT joined');
        throw error;
      }
    },
    onWake: (listener) => outer.onWake(listener),
    backupTo: (path) => outer.backupTo(path),
    migrate: () => outer.migrate(),
    dispose: () => outer.dispose(),
  };
}
