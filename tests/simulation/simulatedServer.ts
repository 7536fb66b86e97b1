import type BetterSqlite3 from 'better-sqlite3';
import { addPerson } from '../../server/accounts/people.ts';
import { issueSession } from '../../server/accounts/sessions.ts';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import { mintEpoch } from '../../server/cloud/syncTokens.ts';
import { createContainerServer, type ContainerServer } from '../../server/containerServer.ts';
import type { ServerConfigInput } from '../../server/config.ts';
import type { Database } from '../../server/database/database.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { withFixedPlan } from '../../shared/sqlParameters.ts';
import { createRowCopier, type RowCopier, type Rows } from './databasePool.ts';
import type { SentAnswer } from './answers.ts';

/** What a request may hold, as a server with less room would set it. */
export type ServerLimits = NonNullable<ServerConfigInput['limits']>;

/** The real server code over an in-memory database, on simulated time. */
export interface SimulatedServer {
  readonly origin: string;
  readonly container: string;
  readonly environment: string;
  handle(request: Request): Promise<Response>;
  /** The same for a request that was read already. */
  answer(request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }): Promise<SentAnswer>;
  addPerson(name: string): Promise<string>;
  signIn(userName: string): Promise<string>;
  /** Keeps a copy of the database to go back to. */
  snapshot(): void;
  /** Goes back to the newest copy. `announced`: as an operator restores it, with a new epoch; else as it was. */
  restore(announced: boolean): Promise<boolean>;
  /** Forgets deletions older than now, as after the retention time. */
  purgeTombstones(): Promise<void>;
  /** Starts the process again on the same database, with these limits from then on. */
  restart(limits?: ServerLimits): Promise<void>;
  /** Some zone has a living record of this name. */
  holds(recordName: string): boolean;
  /** Looks into the database beside the protocol. */
  rows<T>(sql: string, ...values: readonly (string | number)[]): T[];
  /** Text that changes with everything requests can change: records, zones, shares, participants, links. */
  fingerprint(): string;
  dispose(): Promise<void>;
}

/** Everything a request may change, one row per text; sessions, rate limits and kept answers are bookkeeping. */
const everythingThatCounts = `
  SELECT 'r' || zone_id || ' ' || record_name || ' ' || tag || ' ' || seq || ' ' || deleted AS fact FROM records
  UNION ALL SELECT 'z' || zone_id || ' ' || owner || ' ' || name || ' ' || coalesce(deleted_at, '') FROM zones
  UNION ALL SELECT 's' || zone_id || ' ' || short_guid || ' ' || public_permission || public_rights || departure_rule
    || coalesce(ends_at, '') FROM shares
  UNION ALL SELECT 'p' || participant_id || ' ' || zone_id || ' ' || coalesce(user_name, '') || status || rights
    FROM participants
  UNION ALL SELECT 'l' || link_id || coalesce(revoked_at, '') || use_count FROM links
  UNION ALL SELECT 'o' || user_name || ' ' || seq || ' ' || bytes FROM owners WHERE seq > 0
  ORDER BY fact`;

/** A server's database with its connection, for looking into it and copying it. */
export interface ServerDatabase {
  readonly database: Database;
  readonly raw: BetterSqlite3.Database;
  readonly copier: RowCopier;
  /** Statements that look into it beside the protocol, by their text. */
  readonly statements: Map<string, BetterSqlite3.Statement>;
}

/** Opens a database in memory, from bytes or empty. */
export async function openServerDatabase(from?: Buffer): Promise<ServerDatabase> {
  let raw: BetterSqlite3.Database | undefined;
  const database = openSqliteDatabase({
    path: from ?? ':memory:',
    onOpen: (connection) => {
      raw = connection;
    },
  });
  await database.migrate();
  if (raw === undefined) throw new Error('The database was not opened');
  return { database, raw, copier: createRowCopier(raw), statements: new Map() };
}

/**
 * @param current an empty database
 * @param release takes it back when the server is through with it
 */
export async function createSimulatedServer(
  now: () => number,
  random: () => number,
  current: ServerDatabase,
  release: () => void | Promise<void>,
): Promise<SimulatedServer> {
  const container = 'iCloud.org.example.shoebox';
  const assets = createMemoryStorage();
  const randomBytes = (bytes: number) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
  let kept: Rows | undefined;
  let limits: ServerLimits = {};

  const serve = (database: Database) =>
    createContainerServer({
      database,
      assets,
      clock: now,
      random: randomBytes,
      passwords: { hash: (text) => Promise.resolve(text), verify: (hash, text) => Promise.resolve(hash === text) },
      mail: { send: () => Promise.resolve() },
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: (facts, message) => {
          if (message === 'request failed') throw new Error(`the server failed: ${JSON.stringify(facts)}`);
        },
      },
      config: { publicURL: 'http://server.test', sessionDays: 3_650_000, limits },
    });
  let server: ContainerServer = await serve(current.database);

  const prepared = (sql: string): BetterSqlite3.Statement => {
    const found = current.statements.get(sql) ?? current.raw.prepare(withFixedPlan(sql));
    current.statements.set(sql, found);
    return found;
  };

  const answer: SimulatedServer['answer'] = async (request) => {
    const { status, headers, body } = await server.handle({
      method: request.method,
      url: request.url,
      headers: request.headers,
      ...(request.method === 'GET' ? {} : { body: request.body }),
    });
    if (typeof body !== 'string') throw new Error('A simulated answer must be text');
    return { status, headers: { ...headers, date: new Date(now()).toUTCString() }, body };
  };

  return {
    origin: 'http://server.test',
    container,
    environment: 'development',
    answer,
    handle: async (request) => {
      const { status, headers, body } = await answer({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: request.method === 'GET' ? '' : await request.text(),
      });
      return new Response(body, { status, headers });
    },
    addPerson: (name) =>
      addPerson(
        { database: server.services.database, random: randomBytes, passwords: server.services.passwords, clock: now },
        { email: `${name}@example.org`, name, userName: `_${name}`, emailVerified: true },
      ),
    signIn: (userName) =>
      server.services.database.write(
        async (sql) =>
          (
            await issueSession(
              sql,
              { random: randomBytes, now: now() },
              { userName, kind: 'device', lifetimeMs: 100 * 365 * 86_400_000 },
            )
          ).token,
      ),
    snapshot: () => {
      kept = current.copier.copy();
    },
    restore: async (announced) => {
      if (kept === undefined) return false;
      server.hub.dispose();
      current.copier.put(kept);
      server = await serve(current.database);
      if (announced) {
        const row = await server.services.database.read((sql) =>
          sql.get<{ value: string }>(`SELECT value FROM meta WHERE key = 'epoch'`),
        );
        await mintEpoch(server.services.database, randomBytes, row?.value ?? '');
      }
      return true;
    },
    purgeTombstones: async () => {
      await server.maintain();
    },
    restart: async (wanted = limits) => {
      limits = wanted;
      server.hub.dispose();
      server = await serve(current.database);
    },
    holds: (recordName) =>
      prepared(
        `SELECT 1 FROM records AS r JOIN zones AS z ON z.zone_id = r.zone_id
         WHERE r.record_name = ? AND r.deleted = 0 AND z.deleted_at IS NULL LIMIT 1`,
      ).all(recordName).length > 0,
    rows: <T>(sql: string, ...values: readonly (string | number)[]) => prepared(sql).all(...values) as T[],
    fingerprint: () => (prepared(everythingThatCounts).all() as { fact: string }[]).map(({ fact }) => fact).join('\n'),
    dispose: async () => {
      server.hub.dispose();
      await assets.dispose();
      await release();
    },
  };
}
