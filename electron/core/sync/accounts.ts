import { AppError, isAppError } from '../../../shared/errors.ts';
import type { Account, Device } from '../../../shared/model/sync.ts';
import type { Keychain } from '../host.ts';
import type { Store } from '../store/store.ts';
import type { AccountServer, NewSession, ServerPlace } from './accountServer.ts';
import type { MirrorAccount } from './mirror.ts';
import { createSyncMetadata } from './syncMetadata.ts';
import { forgetAccount } from './takeOver.ts';

/** The account of a library: one at most. The token lies in the keychain, everything else in `sync_account`. */
export interface Accounts {
  readonly current: Account | null;
  /**
   * Starts mirroring when this computer has a session. Call once, when the library is open. A keychain that refuses is
   * reported and asks to sign in again; the next start tries it anew.
   */
  begin(): Promise<void>;
  /** @throws AppError conflict when the library has, or had, an account: a new one would take over its photos unasked */
  signUp(server: string, person: { email: string; password: string; name: string }): Promise<Account>;
  /** @throws AppError conflict when the library belongs to another account and `otherAccount` does not say what to do */
  signIn(server: string, person: { email: string; password: string }, otherAccount?: 'merge'): Promise<Account>;
  /**
   * Ends the session; a keychain that refuses is reported and keeps nobody signed in.
   * @throws AppError conflict with `waiting` when changes would stay behind and `unsent` does not say that they may
   */
  signOut(unsent?: 'keep'): Promise<void>;
  devices(): Promise<readonly Device[]>;
  revoke(deviceID: string): Promise<void>;
  /** The server ended the session: asks to sign in again, keeps everything. */
  sessionEnded(): void;
}

export interface AccountsDependencies {
  readonly store: Store;
  readonly server: AccountServer;
  readonly keychain: Keychain;
  readonly now: () => number;
  /** What the device list shows for this computer. */
  readonly deviceName: string;
  /** Runs the mirror for an account. */
  readonly start: (account: MirrorAccount, token: string) => void;
  readonly stop: () => Promise<void>;
  readonly onChange: () => void;
  readonly reportError: (error: unknown) => void;
}

type AccountRow = {
  server: string;
  container: string;
  environment: string;
  user_name: string;
  email: string;
  display_name: string | null;
  state: Account['state'];
};

export function createAccounts(deps: AccountsDependencies): Accounts {
  const { store, server, keychain } = deps;
  const { connection } = store;
  const metadata = createSyncMetadata(connection);
  const read = () =>
    connection
      .statement<[], AccountRow>(
        'SELECT server, container, environment, user_name, email, display_name, state FROM sync_account',
      )
      .get();
  const keyOf = (row: Pick<AccountRow, 'server' | 'user_name'>) =>
    `session ${store.meta('libraryID') ?? ''} ${row.server} ${row.user_name}`;
  const toAccount = (row: AccountRow): Account => ({
    server: row.server,
    userName: row.user_name,
    email: row.email,
    displayName: row.display_name,
    state: row.state,
  });
  const mirrorAccount = (row: AccountRow): MirrorAccount => ({
    server: row.server,
    container: row.container,
    environment: row.environment,
    userName: row.user_name,
  });
  const setState = (state: Account['state']) => {
    store.transaction('maintenance', () =>
      connection.statement<[string]>('UPDATE sync_account SET state = ?').run(state),
    );
    deps.onChange();
  };
  /** The token as far as the keychain gives it back. What a refusing keychain holds is as good as none: sign in again. */
  const heldToken = async (row: AccountRow): Promise<string | undefined> => {
    try {
      return await keychain.get(keyOf(row));
    } catch (error) {
      deps.reportError(error);
      return undefined;
    }
  };
  const token = async (): Promise<{ row: AccountRow; token: string }> => {
    const row = read();
    const found = row === undefined ? undefined : await keychain.get(keyOf(row));
    if (row === undefined || found === undefined) throw new AppError('notAuthenticated', 'Sign in first.');
    return { row, token: found };
  };

  const adopt = async (place: ServerPlace, session: NewSession): Promise<Account> => {
    await deps.stop();
    const row: AccountRow = {
      server: place.server,
      container: place.container,
      environment: place.environment,
      user_name: session.userName,
      email: session.email,
      display_name: session.name,
      state: 'signedIn',
    };
    try {
      await keychain.set(keyOf(row), session.token);
    } catch (error) {
      // A session that nobody holds would stay among the person's devices until it ends by itself.
      await server.signOut(row.server, session.token).catch(deps.reportError);
      throw error;
    }
    store.transaction('maintenance', () =>
      connection
        .statement<[string, string, string, string, string, string | null, number]>(
          `INSERT OR REPLACE INTO sync_account (singleton, server, container, environment, user_name, email,
             display_name, state, signed_in_at) VALUES (1, ?, ?, ?, ?, ?, ?, 'signedIn', ?)`,
        )
        .run(place.server, place.container, place.environment, row.user_name, row.email, row.display_name, deps.now()),
    );
    deps.start(mirrorAccount(row), session.token);
    deps.onChange();
    return toAccount(row);
  };

  /** A library belongs to one account; another one takes it over only when the person said so. */
  const checkOwner = (place: ServerPlace, session: NewSession, otherAccount: 'merge' | undefined): boolean => {
    const row = read();
    if (row === undefined) return false;
    if (row.server === place.server && row.user_name === session.userName) return false;
    if (otherAccount !== 'merge') {
      throw belongsTo(row, 'Open another library for this account, or take this library over.');
    }
    return true;
  };
  const belongsTo = (row: AccountRow, whatToDo: string): AppError =>
    new AppError('conflict', `This library belongs to ${row.email} on ${new URL(row.server).host}. ${whatToDo}`, {
      email: row.email,
      server: row.server,
      waiting: waiting(),
    });
  const waiting = () => metadata.pendingCounts().reduce((sum, { count }) => sum + count, 0);

  return {
    get current() {
      const row = read();
      return row === undefined ? null : toAccount(row);
    },
    begin: async () => {
      const row = read();
      if (row === undefined || row.state === 'signedOut') return;
      const found = await heldToken(row);
      if (found === undefined) {
        if (row.state !== 'needsSignIn') setState('needsSignIn');
        return;
      }
      if (row.state !== 'signedIn') setState('signedIn');
      deps.start(mirrorAccount(row), found);
    },
    signUp: async (address, person) => {
      const owner = read();
      // Asked before anything is made on a server. Also after signing out: the photos are still that person's.
      if (owner !== undefined) {
        throw owner.state === 'signedOut'
          ? belongsTo(owner, 'Open another library for a new account.')
          : new AppError('conflict', 'This library has an account already. Sign out first.');
      }
      const place = await server.inspect(address);
      return adopt(place, await server.signUp(place.server, person));
    },
    signIn: async (address, person, otherAccount) => {
      const place = await server.inspect(address);
      const session = await server.signIn(place.server, { ...person, deviceName: deps.deviceName });
      try {
        if (checkOwner(place, session, otherAccount)) {
          await deps.stop();
          forgetAccount(store);
        }
      } catch (error) {
        // A session nobody wants is not left lying about.
        await server.signOut(place.server, session.token).catch(() => undefined);
        throw error;
      }
      return adopt(place, session);
    },
    signOut: async (unsent) => {
      const row = read();
      if (row === undefined) return;
      const count = waiting();
      if (count > 0 && unsent !== 'keep') {
        throw new AppError(
          'conflict',
          `${count} changes have not reached the server yet. They can be kept on this computer until you sign in again.`,
          { waiting: count },
        );
      }
      await deps.stop();
      const found = await heldToken(row);
      if (found !== undefined) {
        try {
          await server.signOut(row.server, found);
        } catch (error) {
          // Offline, or ended already: this computer forgets the token either way.
          if (!isAppError(error)) throw error;
        }
      }
      try {
        // Also when it was not given back: it may still lie there, and nobody wants it any more.
        await keychain.delete(keyOf(row));
      } catch (error) {
        // It is not used again: an account that is signed out is not begun.
        deps.reportError(error);
      }
      setState('signedOut');
    },
    devices: async () => {
      const session = await token();
      return server.devices(session.row.server, session.token);
    },
    revoke: async (deviceID) => {
      const session = await token();
      await server.revoke(session.row.server, session.token, deviceID);
    },
    sessionEnded: () => {
      if (read()?.state === 'signedIn') setState('needsSignIn');
    },
  };
}
