import { AppError, isAppError } from '../../../shared/errors.ts';
import type { Account, Device } from '../../../shared/model/sync.ts';
import type { Keychain } from '../host.ts';
import type { Store } from '../store/store.ts';
import type { AccountServer, NewPerson, NewSession, ServerPlace } from './accountServer.ts';
import type { MirrorAccount } from './mirror.ts';
import { forgetAccount, originalsOnlyThere } from './takeOver.ts';
import { unsentOf } from './unsent.ts';

/** The account of a library: one at most. The token lies in the keychain, everything else in `sync_account`. */
export interface Accounts {
  readonly current: Account | null;
  /**
   * Starts mirroring when this computer has a session and nothing is mirrored yet. A keychain that refuses is reported and
   * asks to sign in again; the next start tries it anew.
   */
  begin(): Promise<void>;
  /** @throws AppError conflict when the library has, or had, an account: a new one would take over its photos unasked */
  signUp(server: string, person: NewPerson): Promise<Account>;
  /**
   * All or nothing: when it fails, library, keychain and mirror are as they were.
   * @throws AppError conflict when the library belongs to another account and `otherAccount` does not say what to do;
   *   `onlyThere` counts the photos whose originals that account alone can still bring here
   */
  signIn(server: string, person: { email: string; password: string }, otherAccount?: 'merge'): Promise<Account>;
  /**
   * Ends the session; a keychain that refuses is reported and keeps nobody signed in. A session that stays open on the
   * server, because nobody here could name it, is reported in words that say where to end it.
   * @throws AppError conflict with `waiting` (changes) and `files` when those would stay behind and `unsent` does not say
   *   that they may
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

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export function createAccounts(deps: AccountsDependencies): Accounts {
  const { store, server, keychain } = deps;
  const { connection } = store;
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
  /**
   * Whose mirror was started here, and with what. A keychain may lock while the app runs; the token the mirror works with
   * is then the only one left to end the session with.
   */
  let started: { readonly row: AccountRow; readonly token: string } | undefined;
  /** The start under way, which whoever asks for one meanwhile waits for. */
  let beginning: Promise<void> | undefined;
  const start = (row: AccountRow, withToken: string) => {
    started = { row, token: withToken };
    deps.start(mirrorAccount(row), withToken);
  };
  const stop = async () => {
    // What is about to start would else do so once this is done.
    await beginning;
    await deps.stop();
    started = undefined;
  };
  const beginOnce = async (): Promise<void> => {
    const row = read();
    if (row === undefined || row.state === 'signedOut' || started !== undefined) return;
    const found = await heldToken(row);
    // A keychain takes its time; somebody may have signed in, or out, while it was asked.
    const now = read();
    if (started !== undefined || now === undefined || now.state === 'signedOut' || keyOf(now) !== keyOf(row)) return;
    if (found === undefined) {
      if (now.state !== 'needsSignIn') setState('needsSignIn');
      return;
    }
    if (now.state !== 'signedIn') setState('signedIn');
    start(now, found);
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

  /**
   * Makes a new session this library's. What the person's computer may refuse comes first, the keychain, before anything
   * is stopped or forgotten; then the old account goes and the new one comes in one transaction, so that no mirror ever
   * runs over a library half taken over.
   */
  const adopt = async (place: ServerPlace, session: NewSession, otherAccount?: 'merge'): Promise<Account> => {
    const row: AccountRow = {
      server: place.server,
      container: place.container,
      environment: place.environment,
      user_name: session.userName,
      email: session.email,
      display_name: session.name,
      state: 'signedIn',
    };
    const before = started;
    let isKept = false;
    try {
      const takesOver = checkOwner(place, session, otherAccount);
      await keychain.set(keyOf(row), session.token);
      isKept = true;
      await stop();
      store.transaction('maintenance', () => {
        if (takesOver) forgetAccount(store);
        write(row);
      });
    } catch (error) {
      if (isKept) await restore(keyOf(row), before).catch(deps.reportError);
      // A session that nobody holds would stay among the person's devices until it ends by itself.
      await server.signOut(row.server, session.token).catch(deps.reportError);
      throw error;
    }
    start(row, session.token);
    deps.onChange();
    return toAccount(row);
  };
  const write = (row: AccountRow) =>
    connection
      .statement<[string, string, string, string, string, string | null, string, number]>(
        `INSERT OR REPLACE INTO sync_account (singleton, server, container, environment, user_name, email,
           display_name, state, signed_in_at) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        row.server,
        row.container,
        row.environment,
        row.user_name,
        row.email,
        row.display_name,
        row.state,
        deps.now(),
      );
  /** After a session that was kept and then not adopted: its key as it was, and the mirror it stopped. */
  const restore = async (key: string, before: typeof started) => {
    if (before !== undefined) start(before.row, before.token);
    if (before !== undefined && keyOf(before.row) === key) await keychain.set(key, before.token);
    else await keychain.delete(key);
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
  const belongsTo = (row: AccountRow, whatToDo: string): AppError => {
    const onlyThere = originalsOnlyThere(store);
    const lost =
      onlyThere === 0
        ? ''
        : ` ${counted(onlyThere, 'original')} of its photos ${onlyThere === 1 ? 'is' : 'are'} not on this computer and ` +
          `can be had with that account alone.`;
    return new AppError(
      'conflict',
      `This library belongs to ${row.email} on ${new URL(row.server).host}. ${whatToDo}${lost}`,
      { email: row.email, server: row.server, waiting: unsentOf(store).changes, onlyThere },
    );
  };
  const stillOpen = (row: AccountRow): AppError =>
    new AppError(
      'notAuthenticated',
      `The session of this computer could not be ended on ${new URL(row.server).host}. On another computer of ` +
        `${row.email}, sign “${deps.deviceName}” out under Devices.`,
      { server: row.server },
    );
  return {
    get current() {
      const row = read();
      return row === undefined ? null : toAccount(row);
    },
    begin: async () => {
      beginning ??= beginOnce().finally(() => {
        beginning = undefined;
      });
      await beginning;
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
      return adopt(place, await server.signUp(place.server, { ...person, deviceName: deps.deviceName }));
    },
    signIn: async (address, person, otherAccount) => {
      const place = await server.inspect(address);
      const session = await server.signIn(place.server, { ...person, deviceName: deps.deviceName });
      return adopt(place, session, otherAccount);
    },
    signOut: async (unsent) => {
      const row = read();
      if (row === undefined) return;
      const left = row.state === 'signedOut' ? { changes: 0, files: 0 } : unsentOf(store);
      if (left.changes + left.files > 0 && unsent !== 'keep') {
        throw new AppError(
          'conflict',
          `${counted(left.changes, 'change')} and ${counted(left.files, 'file')} have not reached the server yet. They can ` +
            `be kept on this computer until you sign in again.`,
          { waiting: left.changes, files: left.files },
        );
      }
      await beginning;
      const held = started?.token;
      await stop();
      const found = held ?? (await heldToken(row));
      if (found !== undefined) {
        try {
          await server.signOut(row.server, found);
        } catch (error) {
          // Offline, or ended already: this computer forgets the token either way.
          if (!isAppError(error)) throw error;
        }
      } else if (row.state !== 'signedOut') {
        deps.reportError(stillOpen(row));
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
