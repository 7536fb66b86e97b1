import type { Database, Sql, Transaction } from '../database/database.ts';
import type { Caller } from '../cloud/context.ts';
import { hashSecret, randomText, randomUUID } from '../cloud/tokens.ts';

/** Session tokens (section 14.1): random, opaque, stored as hashes, one per device, listed and revocable. */

export interface IssuedSession {
  readonly sessionID: string;
  /** Shown once; only its hash is kept. */
  readonly token: string;
  /** ms since 1970 */
  readonly expiresAt: number;
}

export interface SessionDeps {
  readonly random: (bytes: number) => Uint8Array;
  /** ms since 1970 */
  readonly now: number;
}

/** Web sessions are renewed on the way (section 3.1); this is how long the replaced one still counts, ms. */
const rotationGrace = 5 * 60_000;
export const webSessionLifetime = 14 * 24 * 60 * 60_000;

/** Starts a session of a person; `kind` web is for plain protocol clients, whose token rotates. */
export async function issueSession(
  sql: Sql,
  deps: SessionDeps,
  about: {
    readonly userName: string;
    readonly kind: 'device' | 'web';
    readonly lifetimeMs: number;
    readonly userAgent?: string | undefined;
    readonly address?: string | undefined;
  },
): Promise<IssuedSession> {
  const token = randomText(deps.random, 32);
  const sessionID = randomUUID(deps.random);
  const expiresAt = deps.now + about.lifetimeMs;
  await sql.run(
    `INSERT INTO sessions (id, user_id, token, kind, expires_at, ip_address, user_agent, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      sessionID,
      about.userName,
      hashSecret(token),
      about.kind,
      expiresAt,
      about.address ?? null,
      about.userAgent?.slice(0, 300) ?? null,
      deps.now,
      deps.now,
    ],
  );
  return { sessionID, token, expiresAt };
}

export interface SignedIn {
  readonly caller: Caller;
  readonly epoch: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Who a token belongs to, read from the database now; undefined when it is unknown, revoked or over. */
export async function findSession(database: Database, token: string, now: number): Promise<SignedIn | undefined> {
  const row = await database.read((sql) =>
    sql.get<{
      session_id: string;
      kind: 'device' | 'web';
      session_created_at: number;
      expires_at: number;
      id: string;
      name: string;
      email: string;
      email_verified: number;
      quota_bytes: number | null;
      quota_zones: number | null;
      epoch: string;
    }>(
      `SELECT s.id AS session_id, s.kind, s.created_at AS session_created_at, s.expires_at,
              u.id, u.name, u.email, u.email_verified, u.quota_bytes, u.quota_zones, m.value AS epoch
         FROM sessions s JOIN users u ON u.id = s.user_id JOIN meta m ON m.key = 'epoch'
        WHERE s.token = ? AND s.expires_at > ? AND u.disabled_at IS NULL`,
      [hashSecret(token), now],
    ),
  );
  if (row === undefined) return undefined;
  return {
    epoch: row.epoch,
    createdAt: row.session_created_at,
    expiresAt: row.expires_at,
    caller: {
      userName: row.id,
      name: row.name,
      email: row.email,
      emailVerified: row.email_verified === 1,
      quotaBytes: row.quota_bytes,
      quotaZones: row.quota_zones,
      sessionID: row.session_id,
      sessionKind: row.kind,
    },
  };
}

/**
 * Gives a web session that is more than half over a successor; the old token goes on for a grace, because web clients
 * send several requests with the same token at once. Undefined while the token is young.
 */
export async function renewWebSession(
  database: Database,
  deps: SessionDeps,
  signedIn: SignedIn,
): Promise<string | undefined> {
  const { caller, createdAt, expiresAt } = signedIn;
  if (caller.sessionKind !== 'web' || deps.now < createdAt + (expiresAt - createdAt) / 2) return undefined;
  if (expiresAt <= deps.now + rotationGrace) return undefined;
  return database.write(async (sql) => {
    const graced = await sql.run('UPDATE sessions SET expires_at = ? WHERE id = ? AND expires_at > ?', [
      deps.now + rotationGrace,
      caller.sessionID,
      deps.now,
    ]);
    // Ended while its request was answered, by whoever signed it out: it has no successor.
    if (graced === 0) return undefined;
    const next = await issueSession(sql, deps, {
      userName: caller.userName,
      kind: 'web',
      lifetimeMs: webSessionLifetime,
    });
    return next.token;
  });
}

interface EndingSessions {
  readonly only?: string;
  readonly except?: string;
}

/** Ends sessions of one person and wakes the streams that hang on them. @returns how many ended */
export async function revokeSessions(
  database: Database,
  userName: string,
  which: EndingSessions = {},
): Promise<number> {
  return database.write((sql) => endSessions(sql, userName, which));
}

/** `revokeSessions` for a transaction that has more to do. */
export async function endSessions(sql: Transaction, userName: string, which: EndingSessions = {}): Promise<number> {
  const rows = await sql.all<{ id: string }>('SELECT id FROM sessions WHERE user_id = ?', [userName]);
  const ending = rows
    .map((row) => row.id)
    .filter((id) => (which.only === undefined || id === which.only) && id !== which.except);
  if (ending.length === 0) return 0;
  const ended = await sql.run('DELETE FROM sessions WHERE id IN (?*)', [ending]);
  await sql.wake(ending.map((id) => `session\t${id}`));
  return ended;
}
