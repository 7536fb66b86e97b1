import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ServerConfigInput } from '../../server/config.ts';
import { countedAddress } from '../../server/http/countedAddress.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { startTestServer, testContainer } from '../helpers/testServer.ts';
import type { TestServer } from '../helpers/testServer.ts';
import { sendOver } from '../helpers/wireClient.ts';

/** Limits on tries that a network address has, whatever it calls itself and whomever it names. */

let postgres: TestPostgres;
let server: TestServer | undefined;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(() => postgres?.stop());

const dialects = ['SQLite', 'PostgreSQL'] as const;
async function start(config: ServerConfigInput, dialect: (typeof dialects)[number] = 'SQLite'): Promise<TestServer> {
  const stored = dialect === 'SQLite' ? {} : { databaseURL: await postgres.newDatabase() };
  server = await startTestServer({ ...stored, ...config });
  return server;
}

/** What the server answers to a call by somebody who writes this into X-Forwarded-For. */
async function call(action: string, body: unknown, forwarded?: string): Promise<number> {
  const { status } = await sendOver(server?.origin ?? '')({
    method: 'POST',
    path: `/api/auth/${action}`,
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    body: JSON.stringify(body),
  });
  return status;
}
const tryToSignIn = (email: string, forwarded?: string): Promise<number> =>
  call('sign-in/email', { email, password: 'something else' }, forwarded);

async function countedKeys(): Promise<readonly string[] | undefined> {
  const rows = await server?.container.services.database.read((sql) =>
    sql.all<{ key: string }>('SELECT key FROM rate_limits ORDER BY key'),
  );
  return rows?.map(({ key }) => key);
}

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['198.51.100.7:50123', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['::FFFF:c633:6407', '198.51.100.7'],
  ['64:ff9b::c633:6407', '198.51.100.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['[2001:db8:1:2::7]:50123', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['unknown', undefined],
  ['', undefined],
  ['198.51.100.7, 198.51.100.8', undefined],
])('the address %s counts as %s', (text, counted) => {
  expect(countedAddress(text)).toBe(counted);
});

test('behind a proxy that appends, nobody gets a new address by writing one', async () => {
  await start({ trustProxy: true, rateLimits: { signIn: 2 } });
  const answers: number[] = [];
  for (let round = 1; round <= 3; round += 1)
    answers.push(await tryToSignIn('nobody@example.org', `203.0.113.${round}, 198.51.100.7`));
  expect(answers).toEqual([401, 401, 429]);
  expect(await tryToSignIn('nobody@example.org', '198.51.100.7, 198.51.100.8')).toBe(401);
  expect(await tryToSignIn('nobody@example.org', '198.51.100.7, not an address')).toBe(401);
});

test('a program that goes on with an old password locks out nobody else in its network', async () => {
  await start({ rateLimits: { signIn: 1 } });
  const answers: number[] = [];
  for (let round = 0; round < 30; round += 1) answers.push(await tryToSignIn('old@example.org'));
  expect(new Set(answers.slice(1))).toEqual(new Set([429]));
  expect(await tryToSignIn('neighbour@example.org')).toBe(401);
});

test('behind two proxies of the operator’s own, the entry before the last is the client’s', async () => {
  await start({ trustProxy: true, proxyHops: 2, rateLimits: { signIn: 1 } });
  expect(await tryToSignIn('nobody@example.org', '203.0.113.1, 198.51.100.7, 10.0.0.1')).toBe(401);
  expect(await tryToSignIn('nobody@example.org', '203.0.113.2, 198.51.100.8, 10.0.0.1')).toBe(401);
  expect(await tryToSignIn('nobody@example.org', '203.0.113.3, 198.51.100.7, 10.0.0.2')).toBe(429);
});

test('without a proxy, what a client says of its address counts for nothing', async () => {
  await start({ rateLimits: { signIn: 1 } });
  expect(await tryToSignIn('nobody@example.org', '198.51.100.7')).toBe(401);
  expect(await tryToSignIn('nobody@example.org', '198.51.100.8')).toBe(429);
});

test('all addresses of one IPv6 network have the tries of one', async () => {
  await start({ trustProxy: true, rateLimits: { signIn: 2 } });
  const answers: number[] = [];
  for (let round = 1; round <= 3; round += 1)
    answers.push(await tryToSignIn('nobody@example.org', `2001:db8:1:2::${round}`));
  expect(answers).toEqual([401, 401, 429]);
  expect(await tryToSignIn('nobody@example.org', '2001:db8:1:3::1')).toBe(401);
});

test.each(dialects)(
  'an address over its limit leaves nothing behind for the further accounts it names (%s)',
  async (dialect) => {
    await start({ rateLimits: { signIn: 1, mail: 1 } }, dialect);
    for (let round = 0; round < 20; round += 1) expect(await tryToSignIn(`p${round}@example.org`)).toBe(401);
    const before = await countedKeys();
    for (let round = 20; round < 25; round += 1) expect(await tryToSignIn(`p${round}@example.org`)).toBe(429);
    expect(await countedKeys()).toEqual(before);
  },
);

test.each(dialects)(
  'letters anybody can ask for are limited for each who asks, whatever addresses they name (%s)',
  async (dialect) => {
    await start({ rateLimits: { mail: 1 } }, dialect);
    const ask = (action: string, round: number): Promise<number> => call(action, { email: `p${round}@example.org` });
    for (let round = 0; round < 20; round += 2) {
      expect(await ask('request-password-reset', round)).toBe(200);
      expect(await ask('send-verification-email', round + 1)).toBe(200);
    }
    const before = await countedKeys();
    expect(await ask('request-password-reset', 20)).toBe(429);
    expect(await ask('send-verification-email', 21)).toBe(429);
    expect(await countedKeys()).toEqual(before);
  },
);

test.each(dialects)('an e-mail address nobody can have is a wrong one, however long (%s)', async (dialect) => {
  const { origin } = await start({ clients: [{ id: 'A', origins: [] }] }, dialect);
  const path = `/database/1/${testContainer}/development/public/users/caller?ckAPIToken=A`;
  const asked = await sendOver(origin)({ method: 'GET', path, headers: {} });
  const request = new URL(asked.body.redirectURL as string).searchParams.get('request') ?? '';
  // Random, so that the database cannot make it short enough for an index.
  const email = `${Array.from({ length: 6000 }, () => Math.random().toString(36).charAt(2)).join('')}@example.org`;
  const body = new URLSearchParams({ request, email, password: 'something else' });
  const response = await fetch(`${origin}/login`, { method: 'POST', body });
  expect([response.status, await response.text()]).toEqual([
    401,
    expect.stringContaining('The e-mail address or the password is wrong.'),
  ]);
});
