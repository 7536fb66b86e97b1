import { afterEach, beforeEach, expect, test } from 'vitest';
import { inviteToSignUp } from '../../server/accounts/signUp.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';
import { startTestServer, type TestServer } from '../helpers/testServer.ts';

/* A server that takes new accounts by invitation: the code its operator gave out is typed into the form of the app. */

const person = { email: 'ana@example.org', password: 'a boat on the lake', name: 'Ana' };

let server: TestServer;
let library: TestLibrary;
beforeEach(async () => {
  server = await startTestServer({ signUp: 'invitation' });
  library = await openTestLibrary();
});
afterEach(async () => {
  await library.dispose();
  await server.stop();
});

test('whoever has a code makes an account from the app, and nobody makes another one by it', async () => {
  const { client } = library;
  const there = { server: server.origin, ...person };
  await expect(client.account.signUp(there)).rejects.toThrow('by invitation');
  await expect(client.account.signUp({ ...there, invitationCode: 'made up' })).rejects.toThrow('by invitation');
  expect(await client.account.get({})).toBeNull();

  const invitationCode = await inviteToSignUp(server.container.services, undefined);
  expect(await client.account.signUp({ ...there, invitationCode })).toMatchObject({ state: 'signedIn' });

  const second = await openTestLibrary();
  try {
    const ben = { ...there, email: 'ben@example.org', name: 'Ben' };
    await expect(second.client.account.signUp({ ...ben, invitationCode })).rejects.toThrow('by invitation');
  } finally {
    await second.dispose();
  }
});
