import { AppError } from '../../../shared/errors.ts';
import type { ShareProgress } from '../../../shared/model/share.ts';
import type { Connection } from '../store/connection.ts';
import type { Store } from '../store/store.ts';
import type { CloudDatabase } from '../sync/cloudDatabase.ts';

/** The person this library belongs to, as their server knows them. */
export interface SharingAccount {
  readonly userName: string;
  readonly email: string;
  readonly name: string | null;
  /** Origin of the server, without a slash at the end. */
  readonly server: string;
}

/** What sharing needs from the rest of the core; app.ts passes it in. */
export interface SharingDependencies {
  readonly store: Store;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
  /** Lets the event loop breathe between two transactions of a long step. */
  readonly pause: () => Promise<void>;
  /** Resolves after so many ms; how waiting for the sync engine passes time. */
  readonly delay: (ms: number) => Promise<void>;
  /** The signed-in server; undefined while signed out. */
  readonly cloud: () => CloudDatabase | undefined;
  /** Asks the sync engine for a round now: something was written, or is there to be read. */
  readonly requestSync: () => void;
  /** True when the address is a Shoebox server. Sends no token. @throws AppError offline */
  readonly inspectServer: (origin: string) => Promise<boolean>;
  /** Brings originals of these photos to this computer, before access to them ends. */
  readonly fetchOriginals: (photoIDs: readonly string[]) => Promise<void>;
  /** A small picture of a photo for people who are invited; undefined when there is none yet. */
  readonly cover: (photoID: string) => Promise<Uint8Array | undefined>;
  /** Puts photos of a share at the end of an album of it. */
  readonly addToAlbum: (albumID: string, photoIDs: readonly string[]) => Promise<unknown>;
  readonly onProgress: (progress: ShareProgress) => void;
  /** Shares, people, invitations or the feed changed: windows ask again. */
  readonly onChange: () => void;
  readonly notify: (notification: { readonly title: string; readonly body: string }) => void;
  readonly reportError: (error: unknown) => void;
}

/** The account of the library, also while signed out; undefined when it never had one. */
export function readAccount(store: Store): (SharingAccount & { readonly signedIn: boolean }) | undefined {
  const row = store.connection
    .statement<[], { server: string; user_name: string; email: string; display_name: string | null; state: string }>(
      'SELECT server, user_name, email, display_name, state FROM sync_account WHERE singleton = 1',
    )
    .get();
  return row === undefined
    ? undefined
    : {
        server: row.server,
        userName: row.user_name,
        email: row.email,
        name: row.display_name,
        signedIn: row.state === 'signedIn',
      };
}

/** Whether a zone, and with it what it holds, is still in this library. */
export function hasZone(connection: Connection, zoneID: string): boolean {
  return connection.statement<[string]>('SELECT 1 FROM zone WHERE id = ?').get(zoneID) !== undefined;
}

/** The server to share through. @throws AppError notAuthenticated with what to do. */
export function requireServer(deps: Pick<SharingDependencies, 'store' | 'cloud'>): {
  readonly cloud: CloudDatabase;
  readonly account: SharingAccount;
} {
  const cloud = deps.cloud();
  const account = readAccount(deps.store);
  if (cloud === undefined || account === undefined || !account.signedIn) {
    throw new AppError('notAuthenticated', 'Sign in to a server first: sharing goes through it.');
  }
  return { cloud, account };
}

/** Runs something that needs the server and says so in words when there is none. Nothing was changed then. */
export async function online<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'offline') {
      throw new AppError(
        'offline',
        `${what} needs the server, which does not answer now. Nothing was changed; your photos can be edited meanwhile.`,
        {},
        { cause: error },
      );
    }
    throw error;
  }
}

/**
 * Waits until something holds in the store, which other threads write as well.
 * @param limit ms after which it gives up and answers false
 */
export async function waitUntil(
  deps: Pick<SharingDependencies, 'now' | 'delay'>,
  holds: () => boolean | Promise<boolean>,
  limit: number,
): Promise<boolean> {
  const end = deps.now() + limit;
  for (let pause = 20; !(await holds()); pause = Math.min(500, pause * 1.5)) {
    if (deps.now() >= end) return false;
    await deps.delay(pause);
  }
  return true;
}
