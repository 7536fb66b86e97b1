import { createHash } from 'node:crypto';
import { Client, Pool, types } from 'pg';
import type { ClientConfig, CustomTypesConfig, PoolClient, QueryResult } from 'pg';
import { AppError, errorMessage } from '../../../shared/errors.ts';
import { migrationStatements, migrations as allMigrations, pendingMigrations } from '../migrations.ts';
import type { Migration } from '../migrations.ts';
import type { BulkInsert, Database, Sql, SqlParameter, SqlValue, Transaction, WriteOptions } from '../database.ts';

const wakeChannel = 'shoebox_wake';
/** NOTIFY carries at most 8,000 bytes. */
const wakeChunkBytes = 7000;
/** How long a connection may take to come about, ms. */
const connectTimeout = 5000;
/** How long a query waits for one of the pool's connections while all are lent, ms; under load that is some seconds. */
const poolTimeout = 30_000;
/**
 * A connection that is idle this long is asked whether it still is one, ms: a peer that vanished without a word would be waited
 * for until somebody writes to it, and to the one that listens nobody writes.
 */
const silence = 10_000;
const retryable = new Set(['40001', '40P01']);
const maxAttempts = 8;
/** Any constant: the migrator's advisory lock, so that several processes starting together migrate once. */
const migrationLock = 7_263_012_541;

/**
 * The database port over PostgreSQL, shared by any number of processes. Wake-ups cross processes by LISTEN/NOTIFY, sent
 * inside the transaction, so a listener never hears of something that was rolled back.
 * @param options.report told about lost connections; the pool and the listener open new ones by themselves
 */
export async function openPostgresDatabase(options: {
  readonly url: string;
  readonly poolSize?: number;
  readonly migrations?: readonly Migration[];
  readonly report?: (message: string) => void;
}): Promise<Database> {
  const report = options.report ?? (() => undefined);
  const pool = new Pool({
    connectionString: options.url,
    Client: PatientClient,
    connectionTimeoutMillis: poolTimeout,
    max: options.poolSize ?? 10,
    // A plan made for any LIMIT and any list sorts whole zones; one made for these values follows an index. So does one
    // without bitmap scans, even before the database has counted its rows: a page of a growing zone took 47 ms by
    // bitmap and sort, and takes 0.1 ms in the order of the index. Compiling (jit) pays off for no query here.
    options: '-c plan_cache_mode=force_custom_plan -c enable_bitmapscan=off -c jit=off',
  });
  // An idle connection that breaks is replaced by the pool; without a handler the process would die of it.
  pool.on('error', (error) => report(`Idle database connection lost: ${error.message}`));
  const texts = new Map<string, { name: string; text: string }>();
  const listeners = new Set<(keys: readonly string[]) => void>();
  let disposed = false;

  const translate = (sql: string): { name: string; text: string } => {
    let known = texts.get(sql);
    if (known === undefined) {
      let index = 0;
      const text = sql.replaceAll(
        /IN \(\?\*\)|\?/g,
        (mark) => `${mark === '?' ? '' : '= ANY('}$${++index}${mark === '?' ? '' : ')'}`,
      );
      known = { name: createHash('sha1').update(text).digest('base64url'), text };
      texts.set(sql, known);
    }
    return known;
  };

  const sqlOver = (queryable: Pool | PoolClient): Sql => {
    const query = async (sql: string, parameters: readonly SqlParameter[]): Promise<QueryResult> => {
      try {
        return await queryable.query({ ...translate(sql), values: parameters.map(bind), types: numbers });
      } catch (error) {
        throw explain(error);
      }
    };
    return {
      dialect: 'postgres',
      all: async <T>(sql: string, parameters: readonly SqlParameter[] = []) =>
        (await query(sql, parameters)).rows as T[],
      get: async <T>(sql: string, parameters: readonly SqlParameter[] = []) =>
        (await query(sql, parameters)).rows[0] as T | undefined,
      run: async (sql, parameters = []) => (await query(sql, parameters)).rowCount ?? 0,
      async insertMany(insert, rows) {
        if (rows.length === 0) return;
        const columns = insert.columns.map((_, column) => rows.map((row) => row[column] ?? null));
        try {
          await queryable.query({ ...bulkText(insert), values: columns });
        } catch (error) {
          throw explain(error);
        }
      },
    };
  };

  const inTransaction = async <T>(
    work: (transaction: Transaction) => Promise<T>,
    { kept = 'onDisk' }: WriteOptions = {},
  ): Promise<T> => {
    const client = await pool.connect();
    let broken: Error | undefined;
    // The pool listens to idle connections only: one that is lost while it is lent would end the process.
    const lost = (error: Error): void => {
      broken = error;
      report(`Database connection lost during a transaction: ${error.message}`);
    };
    client.on('error', lost);
    try {
      await client.query(kept === 'onDisk' ? 'BEGIN' : 'BEGIN; SET LOCAL synchronous_commit = off');
      const woken = new Set<string>();
      const result = await work({
        ...sqlOver(client),
        forUpdate: ' FOR UPDATE',
        wake: async (keys) => keys.forEach((key) => woken.add(key)),
      });
      for (const payload of wakePayloads([...woken])) {
        await client.query({ name: 'wake', text: 'SELECT pg_notify($1, $2)', values: [wakeChannel, payload] });
      }
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken ??= failure instanceof Error ? failure : new Error(String(failure));
      });
      throw error;
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  };

  const write: Database['write'] = async (work, options) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await inTransaction(work, options);
      } catch (error) {
        if (attempt === maxAttempts || !retryable.has(codeOf(error))) throw error;
      }
    }
  };

  let listening: Client | undefined;
  const listen = async (): Promise<void> => {
    const client = new PatientClient({ connectionString: options.url });
    client.on('notification', (message) => {
      const keys = (message.payload ?? '').split('\n').filter((key) => key !== '');
      for (const listener of listeners) listener(keys);
    });
    client.on('error', (error) => report(`Listening connection lost: ${error.message}`));
    client.on('end', () => {
      if (disposed || listening !== client) return;
      listening = undefined;
      setTimeout(() => void reconnect(), 500).unref();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${wakeChannel}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    listening = client;
  };
  const reconnect = async (): Promise<void> => {
    if (disposed) return;
    try {
      await listen();
      // Whatever was said meanwhile is lost: let everybody who waits look again.
      for (const listener of listeners) listener(['*']);
    } catch (error) {
      report(`Cannot listen for changes yet: ${errorMessage(error)}`);
      setTimeout(() => void reconnect(), 2000).unref();
    }
  };

  await listen();
  return {
    dialect: 'postgres',
    read: (work) => work(sqlOver(pool)),
    write,
    onWake(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async backupTo() {
      throw new AppError(
        'notSupported',
        'A PostgreSQL database is backed up with pg_dump; see docs/server.md, and run "restore --new-epoch" afterwards.',
      );
    },
    async migrate() {
      await inTransaction(async (sql) => {
        await sql.run('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
        await sql.run('CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)');
        const row = await sql.get<{ version: number | null }>('SELECT max(version) AS version FROM schema_version');
        for (const migration of pendingMigrations(row?.version ?? 0, options.migrations ?? allMigrations)) {
          for (const statement of migrationStatements(migration, 'postgres')) await sql.run(statement);
          await sql.run('INSERT INTO schema_version (version) VALUES (?)', [migration.version]);
        }
      });
    },
    async dispose() {
      disposed = true;
      listeners.clear();
      await listening?.end();
      await pool.end();
    },
  };
}

/** A client that waits neither for ever to be connected nor for an answer of a server that is gone. */
class PatientClient extends Client {
  constructor(settings: ClientConfig = {}) {
    super({
      ...settings,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      keepAliveInitialDelayMillis: silence,
    });
  }
}

/** Counters, sizes and times all fit a double; text stays text. */
const numbers: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === 20 || oid === 1700
      ? Number
      : (types.getTypeParser(oid, format ?? 'text') as unknown)) as CustomTypesConfig['getTypeParser'],
};

function bulkText(insert: BulkInsert): { name: string; text: string } {
  const names = insert.columns.map(([name]) => name).join(', ');
  const arrays = insert.columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const text = `INSERT INTO ${insert.table} (${names}) SELECT * FROM unnest(${arrays}) ${insert.onConflict}`;
  return { name: createHash('sha1').update(text).digest('base64url'), text };
}

function bind(parameter: SqlParameter): SqlValue | readonly string[] | readonly number[] {
  return parameter;
}

function wakePayloads(keys: readonly string[]): string[] {
  const payloads: string[] = [];
  let current = '';
  for (const key of keys) {
    if (current.length + key.length + 1 > wakeChunkBytes) {
      payloads.push(current);
      current = '';
    }
    current += `${key}\n`;
  }
  if (current !== '') payloads.push(current);
  return payloads;
}

function codeOf(error: unknown): string {
  const cause = error instanceof AppError ? error.cause : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}

/** Text PostgreSQL cannot hold (NUL) and numbers out of range are the sender's fault, not ours. */
function explain(error: unknown): unknown {
  const code = codeOf(error);
  if (code === '22021' || code === '22003' || code === '22P05') {
    return new AppError('invalidInput', 'A text or number in this request cannot be stored.', {}, { cause: error });
  }
  return error;
}
