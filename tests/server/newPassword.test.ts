import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { issueCode, parseAuthorize } from '../../server/accounts/authorizationCode.ts';
import { issueSession } from '../../server/accounts/sessions.ts';
import type { ContainerServer } from '../../server/containerServer.ts';
import type { Database, Transaction } from '../../server/database/database.ts';
import { openPostgresDatabase } from '../../server/database/postgres/postgresDatabase.ts';
import { openSqliteDatabase } from '../../server/database/sqlite/sqliteDatabase.ts';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { createTestContainer, makePerson, someBytes, testContainer } from '../helpers/testServer.ts';
import type { Letter, TestPerson } from '../helpers/testServer.ts';
import { sendInto } from '../helpers/wireClient.ts';
import type { Answer } from '../helpers/wireClient.ts';

/** A new password, and whoever had got in by the old one, or was about to. */

let postgres: TestPostgres;
let container: ContainerServer | undefined;
let letters: Letter[];
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterEach(async () => {
  await container?.dispose();
  container = undefined;
});
afterAll(() => postgres?.stop());

const dialects = ['SQLite', 'PostgreSQL'] as const;
type Dialect = (typeof dialects)[number];

async function start(
  dialect: Dialect,
  wrap: (database: Database) => Database = (database) => database,
): Promise<{ one: ContainerServer; ana: TestPerson; ben: TestPerson }> {
  letters = [];
  const database =
    dialect === 'SQLite'
      ? openSqliteDatabase({ path: ':memory:' })
      : await openPostgresDatabase({ url: await postgres.newDatabase(), poolSize: 4 });
  const one = await createTestContainer({
    database: wrap(database),
    mail: { send: async (letter) => void letters.push(letter) },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  container = one;
  return { one, ana: await makePerson(one, 'Ana'), ben: await makePerson(one, 'Ben') };
}

const auth = (one: ContainerServer, action: string, body: unknown, token?: string): Promise<Answer> =>
  sendInto(one)({
    method: 'POST',
    path: `/api/auth/${action}`,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
const callerStatus = async (one: ContainerServer, token: string): Promise<number> => {
  const path = `/database/1/${testContainer}/development/public/users/caller`;
  return (await sendInto(one)({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } })).status;
};

/** The secret of a letter that sets a new password. */
async function askForReset(one: ContainerServer, person: TestPerson): Promise<string> {
  await auth(one, 'request-password-reset', { email: person.email });
  await one.services.letters.idle();
  return /token=(\S+)/.exec(letters.at(-1)?.text ?? '')?.[1] ?? '';
}

/** A machine whose code this person has approved, and which has not come for its session yet. */
async function approvedDevice(one: ContainerServer, person: TestPerson): Promise<() => Promise<Answer>> {
  const { body } = await auth(one, 'device/code', {});
  expect((await auth(one, 'device/approve', { userCode: body.user_code }, person.token)).status).toBe(200);
  return () => auth(one, 'device/token', { device_code: body.device_code });
}

/** A program whose sign-in in the browser is done, and which has not traded its code yet. */
async function issuedCode(one: ContainerServer, person: TestPerson): Promise<() => Promise<Answer>> {
  const verifier = someBytes(48).toString('base64url');
  const redirect_uri = 'http://127.0.0.1:4567/callback';
  const client_id = 'shoebox-desktop';
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri,
    state: 'state-0001',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const next = new URL(await issueCode(one.services, parseAuthorize(query), person.userName));
  return () =>
    auth(one, 'token', {
      grant_type: 'authorization_code',
      code: next.searchParams.get('code'),
      code_verifier: verifier,
      redirect_uri,
      client_id,
    });
}

test.each(dialects)(
  'a reset password ends what was begun with the old one: codes, approved machines, other letters (%s)',
  async (dialect) => {
    const { one, ana, ben } = await start(dialect);
    const device = await approvedDevice(one, ana);
    const code = await issuedCode(one, ana);
    const others = [await approvedDevice(one, ben), await issuedCode(one, ben)];
    const older = await askForReset(one, ana);
    const token = await askForReset(one, ana);
    const bens = await askForReset(one, ben);
    expect((await auth(one, 'reset-password', { token, newPassword: 'a new boat on the lake' })).status).toBe(200);

    expect((await device()).body).toEqual({ error: 'expired_token' });
    expect((await code()).status).toBe(401);
    expect((await auth(one, 'reset-password', { token: older, newPassword: 'an old boat' })).status).toBe(404);
    expect(await callerStatus(one, ana.token)).toBe(401);
    for (const other of others) {
      const { status, body } = await other();
      expect([status, await callerStatus(one, body.access_token as string)]).toEqual([200, 200]);
    }
    expect((await auth(one, 'reset-password', { token: bens, newPassword: 'a boat of his own' })).status).toBe(200);
  },
);

test.each(dialects)(
  'a changed password that signs the others out keeps the session it was changed in, and nothing begun before (%s)',
  async (dialect) => {
    const { one, ana } = await start(dialect);
    const other = await makePerson(one, 'Ana');
    const waiting = [await approvedDevice(one, ana), await issuedCode(one, ana)];
    const token = await askForReset(one, ana);
    const change = { currentPassword: ana.password, newPassword: 'a new boat on the lake', revokeOtherSessions: true };
    expect((await auth(one, 'change-password', change, ana.token)).status).toBe(200);

    expect([await callerStatus(one, ana.token), await callerStatus(one, other.token)]).toEqual([200, 401]);
    expect((await Promise.all(waiting.map((one) => one()))).map(({ status }) => status)).toEqual([400, 401]);
    expect((await auth(one, 'reset-password', { token, newPassword: 'an old boat' })).status).toBe(404);
  },
);

test.each(dialects)(
  'a password changed without signing others out leaves them, and what they have begun (%s)',
  async (dialect) => {
    const { one, ana } = await start(dialect);
    const other = await makePerson(one, 'Ana');
    const device = await approvedDevice(one, ana);
    const change = { currentPassword: ana.password, newPassword: 'a new boat on the lake' };
    expect((await auth(one, 'change-password', change, ana.token)).status).toBe(200);
    expect([await callerStatus(one, other.token), (await device()).status]).toEqual([200, 200]);
  },
);

test.each(dialects)(
  'a reset that is interrupted has neither set the password nor used up its letter (%s)',
  async (dialect) => {
    let fails = false;
    const failing = (sql: Transaction): Transaction => ({
      ...sql,
      run: async (text, parameters) => {
        if (fails && text.startsWith('DELETE FROM sessions')) throw new Error('the connection was lost');
        return sql.run(text, parameters);
      },
    });
    const { one, ana } = await start(dialect, (database) => ({
      ...database,
      write: (work, options) => database.write((sql) => work(failing(sql)), options),
    }));
    const reset = { token: await askForReset(one, ana), newPassword: 'a new boat on the lake' };
    const signIn = async (password: string): Promise<number> =>
      (await auth(one, 'sign-in/email', { email: ana.email, password })).status;
    fails = true;
    expect((await auth(one, 'reset-password', reset)).status).toBe(500);
    fails = false;
    expect([await signIn(ana.password), await signIn(reset.newPassword)]).toEqual([200, 401]);
    expect((await auth(one, 'reset-password', reset)).status).toBe(200);
    expect([await signIn(ana.password), await signIn(reset.newPassword)]).toEqual([401, 200]);
  },
);

test.each(dialects)(
  'a password reset while a code is being traded leaves nobody in, whichever comes first (%s)',
  async (dialect) => {
    let afterWrite: (() => Promise<unknown>) | undefined;
    const { one, ana } = await start(dialect, (database) => ({
      ...database,
      write: async (work, options) => {
        const result = await database.write(work, options);
        const next = afterWrite;
        afterWrite = undefined;
        await next?.();
        return result;
      },
    }));
    const trade = await issuedCode(one, ana);
    const token = await askForReset(one, ana);
    afterWrite = () => auth(one, 'reset-password', { token, newPassword: 'a new boat on the lake' });
    const { status, body } = await trade();
    expect([status, await callerStatus(one, body.access_token as string)]).toEqual([200, 401]);
  },
);

test('a session that is beginning while the password is reset is ended with the others (PostgreSQL)', async () => {
  const { one, ana } = await start('PostgreSQL');
  const { database, random, clock } = one.services;
  const token = await askForReset(one, ana);
  const [begun, goOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const beginning = database.write(async (sql) => {
    const about = { userName: ana.userName, kind: 'device', lifetimeMs: 60_000 } as const;
    const session = await issueSession(sql, { random, now: clock() }, about);
    begun.resolve(undefined);
    await goOn.promise;
    return session;
  });
  await begun.promise;
  const reset = auth(one, 'reset-password', { token, newPassword: 'a new boat on the lake' });
  const waiting = (): Promise<unknown> =>
    database.read((sql) => sql.get('SELECT count(*) AS locks FROM pg_locks WHERE NOT granted'));
  try {
    await expect.poll(waiting, { timeout: 10_000 }).toEqual({ locks: 1 });
  } finally {
    goOn.resolve(undefined);
  }
  expect((await reset).status).toBe(200);
  expect(await callerStatus(one, (await beginning).token)).toBe(401);
});
