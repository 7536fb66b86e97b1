import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Keychain } from '../../electron/core/host.ts';
import { createAccounts, type Accounts } from '../../electron/core/sync/accounts.ts';
import { AppError } from '../../shared/errors.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

/* A keychain of the system that is locked, or was taken away, must not leave an account that can do nothing. */

const refusal = new AppError('notAuthenticated', 'The system’s keychain did not give back the sign-in.');
const person = { email: 'ana@example.org', password: 'a long enough password' };

let fixture: TestStore;
let secrets: Map<string, string>;
let refuses: ReadonlySet<'get' | 'set' | 'delete'>;
let told: string[];
let reported: unknown[];
let accounts: Accounts;

const unused = () => Promise.reject(new Error('Not asked in these tests'));

beforeEach(async () => {
  fixture = openTestStore();
  secrets = new Map();
  refuses = new Set();
  told = [];
  reported = [];
  const keychain: Keychain = {
    kind: 'system',
    get: (key) => (refuses.has('get') ? Promise.reject(refusal) : Promise.resolve(secrets.get(key))),
    set: (key, value) => (refuses.has('set') ? Promise.reject(refusal) : Promise.resolve(void secrets.set(key, value))),
    delete: (key) => (refuses.has('delete') ? Promise.reject(refusal) : Promise.resolve(void secrets.delete(key))),
  };
  accounts = createAccounts({
    store: fixture.store,
    keychain,
    server: {
      inspect: (server) => Promise.resolve({ server, container: 'shoebox', environment: 'production' }),
      signUp: unused,
      signIn: () => Promise.resolve({ token: 'secret', userName: '_ana', email: person.email, name: 'Ana' }),
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
  await accounts.signIn('https://photos.example', person);
  told = [];
});
afterEach(() => fixture.dispose());

test('a keychain that refuses when the app starts asks to sign in, and the next start tries it again', async () => {
  refuses = new Set(['get']);
  await accounts.begin();
  expect(accounts.current).toMatchObject({ email: person.email, state: 'needsSignIn' });
  expect([told, reported]).toEqual([[], [refusal]]);
  refuses = new Set();
  await accounts.begin();
  expect(accounts.current?.state).toBe('signedIn');
  expect(told).toEqual(['mirror: starts with secret']);
});

test('signing in with a keychain that takes nothing fails with the reason and leaves no session on the server', async () => {
  await accounts.signOut();
  told = [];
  refuses = new Set(['set']);
  await expect(accounts.signIn('https://photos.example', person)).rejects.toBe(refusal);
  expect(told.at(-1)).toBe('server: secret ends');
  expect(accounts.current?.state).toBe('signedOut');
});

test('signing out with a keychain that refuses to read still stops, forgets the token and signs out', async () => {
  refuses = new Set(['get']);
  await accounts.signOut();
  expect(accounts.current?.state).toBe('signedOut');
  expect([told, reported]).toEqual([['mirror: stops'], [refusal]]);
  expect(secrets.size).toBe(0);
});

test('signing out with a keychain that refuses everything signs out, and nothing begins by itself again', async () => {
  refuses = new Set(['get', 'delete']);
  await accounts.signOut();
  expect(accounts.current?.state).toBe('signedOut');
  expect(reported).toEqual([refusal, refusal]);
  refuses = new Set();
  await accounts.begin();
  expect([accounts.current?.state, told]).toEqual(['signedOut', ['mirror: stops']]);
});

test('signing out ends the session on the server with the token that was kept', async () => {
  await accounts.signOut();
  expect(told).toEqual(['mirror: stops', 'server: secret ends']);
  expect([accounts.current?.state, secrets.size, reported]).toEqual(['signedOut', 0, []]);
});
