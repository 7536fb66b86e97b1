import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { finishOIDC, startOIDC } from '../../server/accounts/oidc.ts';
import { inviteToSignUp } from '../../server/accounts/signUp.ts';
import { createMemoryStorage } from '../../server/assets/memoryStorage.ts';
import type { MailPort } from '../../server/cloud/context.ts';
import type { ServerConfigInput } from '../../server/config.ts';
import { createContainerServer } from '../../server/containerServer.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database, Transaction } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { makePerson, quickPasswords, someBytes } from '../helpers/testServer.ts';
import type { Letter } from '../helpers/testServer.ts';
import { createWireClient, sendInto } from '../helpers/wireClient.ts';
import type { Answer, Wire } from '../helpers/wireClient.ts';

/** Accounts and the letters about them: what stands or falls together, and who waits for whom. */

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

type Dialect = 'SQLite' | 'PostgreSQL';
const dialects: Dialect[] = ['SQLite', 'PostgreSQL'];
let container: ContainerServer | undefined;
let letters: Letter[];
let lines: Wire[];
afterEach(async () => {
  await container?.dispose();
  container = undefined;
});

async function start(
  config: ServerConfigInput,
  options: {
    readonly dialect?: Dialect;
    readonly send?: MailPort['send'];
    readonly wrap?: (database: Database) => Database;
  } = {},
): Promise<ContainerServer> {
  letters = [];
  lines = [];
  const database =
    options.dialect === 'PostgreSQL'
      ? await openPostgresDatabase({ url: await postgres.newDatabase(), poolSize: 4 })
      : openSqliteDatabase({ path: ':memory:' });
  const log = (facts: unknown, message: string): void => void lines.push([facts, message]);
  container = await createContainerServer({
    database: options.wrap?.(database) ?? database,
    assets: createMemoryStorage(),
    clock: Date.now,
    random: someBytes,
    passwords: quickPasswords,
    mail: { send: options.send ?? (async (letter) => void letters.push(letter)) },
    log: { info: () => undefined, warn: log, error: log },
    timers: {
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
    },
    config: { publicURL: 'https://photos.example', ...config },
  });
  return container;
}

const auth = (one: ContainerServer, action: string, body: unknown): Promise<Answer> =>
  sendInto(one)({ method: 'POST', path: `/api/auth/${action}`, headers: {}, body: JSON.stringify(body) });
const mia = { email: 'mia@example.org', password: 'a boat on the lake', name: 'Mia Lake' };

test.each(dialects)('a mistake in the form does not use up the invitation to sign up (%s)', async (dialect) => {
  const one = await start({ signUp: 'invitation' }, { dialect });
  await auth(one, 'sign-up/email', mia);
  const invitationCode = await inviteToSignUp(one.services, undefined);
  const attempt = async (change: object): Promise<number> =>
    (await auth(one, 'sign-up/email', { ...mia, invitationCode, ...change })).status;
  expect(await attempt({ email: 'mia@nowhere' })).toBe(400);
  expect(await attempt({ name: '   ' })).toBe(400);
  expect(await attempt({ password: 'short' })).toBe(400);
  await makePerson(one, 'Ben');
  expect(await attempt({ email: 'ben@example.org' })).toBe(409);
  expect(await attempt({})).toBe(200);
  expect(await attempt({ email: 'two@example.org' })).toBe(403);
});

test.each(dialects)('of two people who use one invitation at once, one gets in (%s)', async (dialect) => {
  const one = await start({ signUp: 'invitation' }, { dialect });
  const invitationCode = await inviteToSignUp(one.services, undefined);
  const answers = await Promise.all(
    ['one', 'two', 'three'].map((name) =>
      auth(one, 'sign-up/email', { ...mia, email: `${name}@example.org`, invitationCode }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403]);
  expect(await one.services.database.read((sql) => sql.all('SELECT id FROM users'))).toHaveLength(1);
});

test.each(dialects)(
  'of several who sign up with one address at once, one gets in and the rest are told (%s)',
  async (dialect) => {
    const one = await start({}, { dialect });
    const answers = await Promise.all([1, 2, 3, 4].map(() => auth(one, 'sign-up/email', mia)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    expect(lines).toEqual([]);
  },
);

test('without an invitation nobody is told whether an address has an account', async () => {
  const one = await start({ signUp: 'invitation' });
  await makePerson(one, 'Mia');
  const known = await auth(one, 'sign-up/email', mia);
  const unknown = await auth(one, 'sign-up/email', { ...mia, email: 'nobody@example.org' });
  expect([known.status, { ...known.body, uuid: '' }]).toEqual([403, { ...unknown.body, uuid: '' }]);
});

/** A provider that knows one person. */
async function provider(person = mia): Promise<{ issuer: string; close: () => void }> {
  const server = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endpoints = {
      authorization_endpoint: `${issuer}/a`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/me`,
    };
    response.setHeader('content-type', 'application/json');
    if (request.url?.startsWith('/.well-known') === true) response.end(JSON.stringify({ issuer, ...endpoints }));
    else if (request.url === '/token') response.end(JSON.stringify({ access_token: 'at' }));
    else
      response.end(JSON.stringify({ sub: 'subject-1', email: person.email, email_verified: true, name: person.name }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function signInAt(one: ContainerServer): Promise<string> {
  const away = await startOIDC(one.services, new URL('https://photos.example/oidc/start?login=x'));
  const state = new URL(away.headers['location'] ?? '').searchParams.get('state') ?? '';
  const back = await finishOIDC(one.services, new URL(`https://photos.example/oidc/callback?code=c&state=${state}`));
  return back.userName;
}

test('a provider that names somebody with a password here is told to send them to it, and joins nothing', async () => {
  const { issuer, close } = await provider();
  try {
    const one = await start({ oidc: { issuer, clientID: 'shoebox', clientSecret: 's' } });
    expect((await auth(one, 'sign-up/email', mia)).status).toBe(200);
    await expect(signInAt(one)).rejects.toThrow('sign in with its password');
    const people = await one.services.database.read((sql) =>
      sql.all<{ provider_id: string }>('SELECT provider_id FROM credentials', []),
    );
    expect(people).toEqual([{ provider_id: 'credential' }]);
  } finally {
    close();
  }
});

test('a name that is too long or blank at the provider keeps nobody out', async () => {
  for (const [name, kept] of [
    ['M'.repeat(300), 'M'.repeat(200)],
    ['  ', mia.email],
  ]) {
    const { issuer, close } = await provider({ ...mia, name: name ?? '' });
    try {
      const one = await start({ oidc: { issuer, clientID: 'shoebox', clientSecret: 's' } });
      const id = await signInAt(one);
      const person = await one.services.database.read((sql) =>
        sql.get<{ name: string }>('SELECT name FROM users WHERE id = ?', [id]),
      );
      expect(person).toEqual({ name: kept });
    } finally {
      close();
    }
  }
});

test.each(dialects)(
  'somebody whose first single sign-on is interrupted gets in with the second (%s)',
  async (dialect) => {
    let fails = true;
    const failing = (sql: Transaction): Transaction => ({
      ...sql,
      run: async (text, parameters) => {
        if (fails && text.startsWith('INSERT INTO credentials')) throw new Error('the connection was lost');
        return sql.run(text, parameters);
      },
    });
    const { issuer, close } = await provider();
    try {
      const one = await start(
        { oidc: { issuer, clientID: 'shoebox', clientSecret: 's' } },
        {
          dialect,
          wrap: (database) => ({ ...database, write: (work) => database.write((sql) => work(failing(sql))) }),
        },
      );
      await expect(signInAt(one)).rejects.toThrow('the connection was lost');
      fails = false;
      expect(await signInAt(one)).toBe(await signInAt(one));
    } finally {
      close();
    }
  },
);

test('a mail server that hangs holds up neither sign-up nor reset, whether or not the address is known', async () => {
  const one = await start({ requireVerifiedEmail: true }, { send: () => new Promise(() => undefined) });
  const soon = async (answer: Promise<Answer>): Promise<unknown> => {
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('still waiting'), 2000).unref());
    return Promise.race([answer.then(({ status }) => status), late]);
  };
  expect(await soon(auth(one, 'sign-up/email', mia))).toBe(200);
  expect(await soon(auth(one, 'sign-up/email', mia))).toBe(200);
  expect(await soon(auth(one, 'send-verification-email', { email: mia.email }))).toBe(200);
  expect(await soon(auth(one, 'request-password-reset', { email: mia.email }))).toBe(200);
  expect(await soon(auth(one, 'request-password-reset', { email: 'nobody@example.org' }))).toBe(200);
}, 20_000);

test.each(dialects)(
  'one address gets no more letters in an hour than configured, whatever they are for (%s)',
  async (dialect) => {
    const one = await start({ requireVerifiedEmail: true, rateLimits: { mail: 2 } }, { dialect });
    for (let round = 0; round < 4; round += 1) {
      expect((await auth(one, 'sign-up/email', mia)).status).toBe(200);
      await one.services.letters.idle();
    }
    expect(letters.map(({ to }) => to)).toEqual([mia.email, mia.email]);
    expect((await auth(one, 'request-password-reset', { email: mia.email })).status).toBe(429);
    for (let round = 0; round < 2; round += 1)
      await auth(one, 'request-password-reset', { email: 'nobody@example.org' });
    expect((await auth(one, 'request-password-reset', { email: 'nobody@example.org' })).status).toBe(429);
  },
);

/** Shares a new zone with these addresses. @returns what the server answered for it */
async function shareWith(one: ContainerServer, zoneName: string, addresses: readonly string[]): Promise<Wire> {
  const ana = createWireClient(sendInto(one), (await makePerson(one, 'Ana')).token);
  await ana.call('private', 'zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName } } }],
  });
  const participants = addresses.map((emailAddress) => ({
    permission: 'READ_ONLY',
    userIdentity: { lookupInfo: { emailAddress } },
  }));
  const record = {
    recordType: 'cloudkit.share',
    recordName: 'cloudkit.zoneshare',
    fields: {},
    publicPermission: 'NONE',
    participants,
  };
  const answer = await ana.call('private', 'records/modify', {
    zoneID: { zoneName },
    operations: [{ operationType: 'create', record }],
  });
  await one.services.letters.idle();
  return answer.body.records[0];
}

test('invitations to one address are counted over all shares, and the shares are made all the same', async () => {
  const one = await start({ rateLimits: { mail: 2 } });
  for (const zoneName of ['a', 'b', 'c', 'd']) {
    expect((await shareWith(one, zoneName, ['ben@example.org'])).shortGUID).toEqual(expect.any(String));
  }
  expect(letters).toHaveLength(2);
});

test('one person cannot send invitations to any number of addresses', async () => {
  const one = await start({ rateLimits: { mail: 1 } });
  const addresses = Array.from({ length: 25 }, (_, index) => `p${index}@example.org`);
  expect((await shareWith(one, 'a', addresses)).participants).toHaveLength(26);
  expect(letters).toHaveLength(20);
});

test('a letter that cannot be sent is told in the log with its reason and without the address', async () => {
  const one = await start(
    {},
    { send: ({ to }) => Promise.reject(new Error(`550 no such mailbox <${to.toUpperCase()}>`)) },
  );
  await auth(one, 'sign-up/email', mia);
  await shareWith(one, 'a', ['ben@example.org']);
  await one.services.letters.idle();
  expect(lines).toEqual([
    [{ kind: 'verification', error: '550 no such mailbox <[address]>' }, 'a letter could not be sent'],
    [{ kind: 'invitation', error: '550 no such mailbox <[address]>' }, 'a letter could not be sent'],
  ]);
});

test('a server that stops sends the letters it has promised first', async () => {
  const sent: string[] = [];
  const one = await start(
    {},
    {
      send: async ({ subject }) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        sent.push(subject);
      },
    },
  );
  await auth(one, 'sign-up/email', mia);
  expect(sent).toEqual([]);
  await one.dispose();
  container = undefined;
  expect(sent).toEqual(['Confirm your e-mail address']);
});
