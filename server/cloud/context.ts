import type { Environment } from '../../shared/cloud/wireRecords.ts';
import type { Database } from '../database/database.ts';
import type { LetterBox } from '../accounts/letterBox.ts';
import type { AssetStorage } from '../assets/assetStorage.ts';
import type { ServerConfig } from '../config.ts';
import type { Tokens } from './tokens.ts';
import type { SchemaRegistry } from './schema.ts';

/** One container in one environment: nothing ever crosses from one realm to another. */
export interface Realm {
  readonly container: string;
  readonly environment: Environment;
  /** `container/environment`, the key of every table. */
  readonly key: string;
}

/** The signed-in person, as read from the database for this very request. */
export interface Caller {
  readonly userName: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly quotaBytes: number | null;
  readonly quotaZones: number | null;
  readonly sessionID: string;
  readonly sessionKind: 'device' | 'web';
}

/** Structured log; values are redacted by the caller, never here. */
export interface Log {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}

/** Sends one plain-text letter; the development port prints it instead. */
export interface MailPort {
  send(letter: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void>;
}

/** Password hashing: Argon2id in a server, something quick and repeatable in a simulator. */
export interface PasswordPort {
  hash(password: string): Promise<string>;
  /** Takes the same time for a null hash (nobody there) as for a wrong password. */
  verify(hash: string | null, password: string): Promise<boolean>;
}

/** Timers, absent where nothing may wait (a simulator): long polls then answer at once. */
export interface Timers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** What every handler may use. Nothing in server/cloud reaches for a clock, randomness or a timer by itself. */
export interface Services {
  readonly database: Database;
  readonly assets: AssetStorage;
  /** ms since 1970 */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly timers: Timers | undefined;
  readonly letters: LetterBox;
  readonly log: Log;
  readonly config: ServerConfig;
  readonly tokens: Tokens;
  readonly schema: SchemaRegistry;
  readonly passwords: PasswordPort;
  /** Origin of every address handed out, no slash at the end. */
  readonly origin: string;
}

/** One authenticated request in one realm. */
export interface CallContext {
  readonly services: Services;
  /** The server's database, or the open transaction of an idempotent request. */
  readonly database: Database;
  /** Where effects go that must wait for the open transaction this call has joined; absent when it commits by itself. */
  readonly effects?: Effects;
  readonly realm: Realm;
  readonly caller: Caller;
  readonly epoch: string;
  /** ms since 1970, read once per request so that all its stamps agree. */
  readonly now: number;
}

/** Something to do once the transaction is safely in (letters); never more than a courtesy. */
export type AfterCommit = () => void;

/** What follows from the end of a transaction outside the database; filled while it runs, see effects.ts. */
export interface Effects {
  readonly afterCommit: AfterCommit[];
  /** Puts right what is kept in memory of a transaction that was undone; harmless when done twice. */
  readonly afterFailure: (() => void)[];
}
