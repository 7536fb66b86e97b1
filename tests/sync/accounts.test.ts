import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Keychain } from '../../electron/core/host.ts';
import { createAccounts, type Accounts } from '../../electron/core/sync/accounts.ts';
import { AppError } from '../../shared/errors.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

/* A keychain of the system that is locked, or was taken away, must not leave an account that can do nothing. */

const refusal = new AppError('notAuthenticated', 'The system’s keychain did not give back the sign-in.');
const shelf = 'https://photos.example';
const person = { email: 'ana@example.org', password: 'a long enough password' };

let fixture: TestStore;
let secrets: Map<string, string>;
let refuses: ReadonlySet<'get' | 'set' | 'delete'>;
/** Sessions Ana has been given. */
let sessions: number;
let told: string[];
let reported: unknown[];
let accounts: Accounts;

const ben = { ...person, email: 'ben@example.org' };

const unused = () => Promise.reject(new Error('Not asked in these tests'));

beforeEach(async () => {
  fixture = openTestStore();
  secrets = new Map();
  refuses = new Set();
  sessions = 0;
  told = [];
  reported = [];
  accounts = openAccounts();
  await accounts.signIn(shelf, person);
  told = [];
});
afterEach(() => fixture.dispose());

/** The accounts of the library as a start of the app has them: the keychain and the library stay, the rest is new. */
function openAccounts(): Accounts {
  const keychain: Keychain = {
    kind: 'system',
    get: (key) => (refuses.has('get') ? Promise.reject(refusal) : Promise.resolve(secrets.get(key))),
    set: (key, value) => (refuses.has('set') ? Promise.reject(refusal) : Promise.resolve(void secrets.set(key, value))),
    delete: (key) => (refuses.has('delete') ? Promise.reject(refusal) : Promise.resolve(void secrets.delete(key))),
  };
  return createAccounts({
    store: fixture.store,
    keychain,
    server: {
      inspect: (server) => Promise.resolve({ server, container: 'shoebox', environment: 'production' }),
      signUp: unused,
      signIn: (_server, { email }) =>
        Promise.resolve(
          email === ben.email
            ? { token: 'secret of Ben', userName: '_ben', email, name: 'Ben' }
            : { token: (sessions += 1) === 1 ? 'secret' : 'second secret', userName: '_ana', email, name: 'Ana' },
        ),
      signOut: (_server, token) => Promise.resolve(void told.push(`server: ${token} ends`)),
      devices: unused,
      revoke: unused,
    },
    now: () => fixture.clock,
    deviceName: 'a test',
    start: (_account, token) => void told.push(`mirror: starts with ${token}`),
    stop: () => Promise.resolve(void told.push('mirror: stops')),
    onChange: () => undefined,
    reportError: (error) => void reported.push(error),
  });
}

/** A share of Ana's with one photo, as a take-over would take it apart. */
function shareOne(): void {
  fixture.zone('share.1', 0, 'private');
  fixture.photo('p', { zone: 'share.1' });
}
const zones = () => fixture.rows('SELECT id FROM zone ORDER BY id').map(({ id }) => id);
const zoneOfPhoto = () => fixture.rows(`SELECT zone_id FROM photo WHERE id = 'p'`);

test('a keychain that refuses when the app starts asks to sign in, and the next start tries it again', async () => {
  refuses = new Set(['get']);
  await openAccounts().begin();
  expect(accounts.current).toMatchObject({ email: person.email, state: 'needsSignIn' });
  expect([told, reported]).toEqual([[], [refusal]]);
  refuses = new Set();
  await openAccounts().begin();
  expect(accounts.current?.state).toBe('signedIn');
  expect(told).toEqual(['mirror: starts with secret']);
});

test('a mirror that is asked for by the app and by a command, or is there already, is started once', async () => {
  const started = openAccounts();
  await Promise.all([started.begin(), started.begin()]);
  await started.begin();
  expect(told).toEqual(['mirror: starts with secret']);
});

test('somebody who signs out while the keychain is still being asked has no mirror started by its answer', async () => {
  const starting = openAccounts();
  const asked = starting.begin();
  await starting.signOut();
  await asked;
  expect(starting.current?.state).toBe('signedOut');
  expect(told.filter((what) => what.startsWith('mirror')).at(-1)).toBe('mirror: stops');
});

test('signing out asks about edits nobody has collected and files that are still to be sent', async () => {
  const { store } = fixture;
  fixture.photo('p');
  store.transaction('app', ({ raw }) => raw.exec(`UPDATE photo SET title = 'offline' WHERE id = 'p'`));
  const unsent = () => expect(accounts.signOut()).rejects.toMatchObject({ code: 'conflict' });
  await unsent();
  store.transaction('sync', () => {
    const newest = Math.max(store.history.newestToken('private'), store.history.newestToken('shared'));
    for (const scope of ['private', 'shared'] as const) store.history.moveReader('export', scope, newest);
  });
  store.transaction('sync', ({ raw }) =>
    raw.exec(`INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_at, modified_at)
        VALUES ('r', 'library', 'p', 'original', 'a.jpg', 3, 'abc', 1, 1);
      INSERT INTO sync_asset (resource_id, zone_id, direction, rank, byte_size, sha256, state)
        VALUES ('r', 'library', 'upload', 3, 3, 'abc', 'queued')`),
  );
  await expect(accounts.signOut()).rejects.toMatchObject({ data: { waiting: 0, files: 1 } });
  store.transaction('sync', ({ raw }) => raw.exec(`UPDATE sync_asset SET state = 'done'`));
  await accounts.signOut();
  expect(accounts.current?.state).toBe('signedOut');
});

test('taking a library over tells how many originals the other account alone can still bring here', async () => {
  fixture.photo('p');
  fixture.store.transaction('sync', ({ raw }) =>
    raw.exec(`INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, local_state, created_at, modified_at)
        VALUES ('r', 'library', 'p', 'original', 'a.jpg', 3, 'abc', 'remote', 1, 1),
          ('t', 'library', 'p', 'thumbnail', 'a.webp', 3, 'def', 'remote', 1, 1)`),
  );
  const taken = accounts.signIn(shelf, ben);
  await expect(taken).rejects.toMatchObject({ code: 'conflict', data: { onlyThere: 1 } });
  await expect(taken).rejects.toThrow('1 original of its photos is not on this computer');
});

test('signing in with a keychain that takes nothing fails with the reason and leaves no session on the server', async () => {
  await accounts.signOut();
  told = [];
  refuses = new Set(['set']);
  await expect(accounts.signIn(shelf, person)).rejects.toBe(refusal);
  expect(told.at(-1)).toBe('server: second secret ends');
  expect(accounts.current?.state).toBe('signedOut');
});

test('signing out with a keychain that locked meanwhile ends the session with the token the mirror worked with', async () => {
  refuses = new Set(['get']);
  await accounts.signOut();
  expect(accounts.current?.state).toBe('signedOut');
  expect([told, reported]).toEqual([['mirror: stops', 'server: secret ends'], []]);
  expect(secrets.size).toBe(0);
});

test('signing out with a keychain that refuses everything signs out, and nothing begins by itself again', async () => {
  refuses = new Set(['get', 'delete']);
  await accounts.signOut();
  expect(accounts.current?.state).toBe('signedOut');
  expect(reported).toEqual([refusal]);
  refuses = new Set();
  told = [];
  await openAccounts().begin();
  expect([accounts.current?.state, told]).toEqual(['signedOut', []]);
});

test('a session that nobody here can name any more is said to be open, with the place where it can be ended', async () => {
  refuses = new Set(['get']);
  accounts = openAccounts();
  await accounts.begin();
  expect([accounts.current?.state, reported]).toEqual(['needsSignIn', [refusal]]);
  reported = [];
  await accounts.signOut();
  expect([accounts.current?.state, told, secrets.size]).toEqual(['signedOut', ['mirror: stops'], 0]);
  expect(reported).toEqual([refusal, expect.objectContaining({ code: 'notAuthenticated' })]);
  expect(String(reported[1])).toMatch(/photos\.example.*ana@example\.org.*“a test”.*Devices/u);
});

test('signing out ends the session on the server with the token that was kept', async () => {
  await accounts.signOut();
  expect(told).toEqual(['mirror: stops', 'server: secret ends']);
  expect([accounts.current?.state, secrets.size, reported]).toEqual(['signedOut', 0, []]);
});

test('a keychain that refuses the session of somebody who takes over leaves the library with whom it is', async () => {
  shareOne();
  refuses = new Set(['set']);
  await expect(accounts.signIn(shelf, ben, 'merge')).rejects.toBe(refusal);
  expect(accounts.current).toMatchObject({ email: person.email, state: 'signedIn' });
  expect([zones(), zoneOfPhoto()]).toEqual([['library', 'share.1'], [{ zone_id: 'share.1' }]]);
  // Ana's mirror was not even stopped.
  expect([told, [...secrets.values()]]).toEqual([['server: secret of Ben ends'], ['secret']]);
});

test('signing in again to the same account with a keychain that refuses leaves the mirror running', async () => {
  refuses = new Set(['set']);
  await expect(accounts.signIn(shelf, person)).rejects.toBe(refusal);
  expect([accounts.current?.state, told]).toEqual(['signedIn', ['server: second secret ends']]);
});

test('a take-over brings photos home, and the new account, at once', async () => {
  shareOne();
  await accounts.signIn(shelf, ben, 'merge');
  expect(accounts.current).toMatchObject({ email: ben.email, state: 'signedIn' });
  expect([zones(), zoneOfPhoto()]).toEqual([['library'], [{ zone_id: 'library' }]]);
  expect(told).toEqual(['mirror: stops', 'mirror: starts with secret of Ben']);
});

test('a take-over that the library refuses keeps no session of the new person and goes on with the old one', async () => {
  fixture.zone('of.cleo', 0, 'shared');
  await expect(accounts.signIn(shelf, ben, 'merge')).rejects.toMatchObject({ code: 'conflict' });
  expect(accounts.current).toMatchObject({ email: person.email, state: 'signedIn' });
  expect(told).toEqual(['mirror: stops', 'mirror: starts with secret', 'server: secret of Ben ends']);
  expect([[...secrets.values()], reported]).toEqual([['secret'], []]);
});

test('signing in again to the same account that the library cannot note keeps the session there was', async () => {
  fixture.store.connection.raw.exec(
    `CREATE TEMP TRIGGER full BEFORE INSERT ON sync_account BEGIN SELECT RAISE(ABORT, 'full'); END`,
  );
  await expect(accounts.signIn(shelf, person)).rejects.toThrow('full');
  expect([accounts.current?.state, [...secrets.values()]]).toEqual(['signedIn', ['secret']]);
  expect(told).toEqual(['mirror: stops', 'mirror: starts with secret', 'server: second secret ends']);
});

test('somebody else who did not say to take over gets the conflict, and nothing is stopped or kept', async () => {
  await expect(accounts.signIn(shelf, ben)).rejects.toMatchObject({ code: 'conflict' });
  expect([told, [...secrets.values()]]).toEqual([['server: secret of Ben ends'], ['secret']]);
});
