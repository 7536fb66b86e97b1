import { z } from 'zod';
import { badRequest, notFound } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import { parseBody } from '../cloud/parseBody.ts';
import type { ServerRequest, ServerResponse } from '../http/message.ts';
import { bodyBytes } from '../http/message.ts';
import { readJSON } from '../http/readJSON.ts';
import { describe } from './accountAnswer.ts';
import type { AccountAnswer } from './accountAnswer.ts';
import { checkCredentials } from './credentials.ts';
import { exchangeCode } from './authorizationCode.ts';
import { endSignIns } from './endSignIns.ts';
import { approveDevice, pollDeviceCode, startDeviceCode } from './deviceAuthorization.ts';
import { requestPasswordReset, resetPassword, verifyEmail, sendVerification } from './letters.ts';
import { checkPassword } from './passwords.ts';
import { setPasswordHash } from './people.ts';
import { issueSession, revokeSessions } from './sessions.ts';
import type { SignedIn } from './sessions.ts';
import type { SignIn } from './signIn.ts';
import { signUp } from './signUp.ts';

interface AccountCall {
  readonly services: Services;
  readonly body: unknown;
  readonly address: string;
  readonly userAgent: string | undefined;
  /** @throws CloudError when nobody is signed in */
  readonly who: () => Promise<SignedIn>;
}

type AccountRoute = (call: AccountCall) => Promise<AccountAnswer>;

const text = z.string().max(1000);
const credentials = z.strictObject({
  email: z.string().max(320),
  password: text,
  deviceName: z.string().max(200).optional(),
});
const maxBody = 64 * 1024;

/** `/api/auth/…`: accounts, sessions and sign-in for our own clients. Names follow better-auth's, so either can serve them. */
const routes: ReadonlyMap<string, { readonly method: 'GET' | 'POST'; readonly run: AccountRoute }> = new Map<
  string,
  { readonly method: 'GET' | 'POST'; readonly run: AccountRoute }
>([
  ['sign-up/email', { method: 'POST', run: (call) => signUp(call.services, call.body, call.address, call.userAgent) }],
  ['sign-in/email', { method: 'POST', run: signInByPassword }],
  ['sign-out', { method: 'POST', run: signOut }],
  ['get-session', { method: 'GET', run: currentSession }],
  ['list-sessions', { method: 'GET', run: listSessions }],
  ['revoke-session', { method: 'POST', run: revokeSession }],
  ['revoke-other-sessions', { method: 'POST', run: revokeOtherSessions }],
  ['change-password', { method: 'POST', run: changePassword }],
  ['update-user', { method: 'POST', run: updatePerson }],
  [
    'send-verification-email',
    { method: 'POST', run: (call) => sendVerification(call.services, call.body, call.address) },
  ],
  ['verify-email', { method: 'POST', run: (call) => verifyEmail(call.services, call.body) }],
  [
    'request-password-reset',
    { method: 'POST', run: (call) => requestPasswordReset(call.services, call.body, call.address) },
  ],
  ['reset-password', { method: 'POST', run: (call) => resetPassword(call.services, call.body) }],
  ['device/code', { method: 'POST', run: (call) => startDeviceCode(call.services, call.body, call.address) }],
  ['device/token', { method: 'POST', run: (call) => pollDeviceCode(call.services, call.body, call.userAgent) }],
  [
    'device/approve',
    {
      method: 'POST',
      run: async (call) => approveDevice(call.services, call.body, (await call.who()).caller.userName),
    },
  ],
  ['token', { method: 'POST', run: (call) => exchangeCode(call.services, call.body, call.userAgent) }],
]);

export function createAccountRoutes(
  services: Services,
  signIn: SignIn,
): (request: ServerRequest, url: URL) => Promise<ServerResponse> {
  return async (request, url) => {
    const route = routes.get(url.pathname.replace(/^\/api\/auth\//, ''));
    if (route === undefined || !url.pathname.startsWith('/api/auth/'))
      throw notFound('could not find handler for endpoint');
    if (request.method !== route.method) throw badRequest(`this endpoint is called with ${route.method}`);
    const answer = await route.run({
      services,
      body: route.method === 'GET' ? {} : await readForm(request),
      address: request.address ?? '',
      userAgent: request.headers['user-agent'],
      who: async () => (await signIn.authenticate(request, url, undefined)).signedIn,
    });
    return {
      status: answer.status ?? 200,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      body: JSON.stringify(answer.body),
    };
  };
}

/** JSON, or the form encoding OAuth clients send. */
async function readForm(request: ServerRequest): Promise<unknown> {
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true)
    return readJSON(request.body, maxBody);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bodyBytes(request.body)) {
    length += part.length;
    if (length > maxBody) throw badRequest('the form is too long');
    parts.push(part);
  }
  return Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString('utf8')));
}

async function signInByPassword({ services, body, address, userAgent }: AccountCall): Promise<AccountAnswer> {
  const given = parseBody(credentials, body);
  const userName = await checkCredentials(services, given.email, given.password, address);
  const now = services.clock();
  const session = await services.database.write((sql) =>
    issueSession(
      sql,
      { random: services.random, now },
      {
        userName,
        kind: 'device',
        lifetimeMs: services.config.sessionDays * 86_400_000,
        userAgent: given.deviceName ?? userAgent,
        address,
      },
    ),
  );
  return { body: { token: session.token, expiresAt: session.expiresAt, user: await describe(services, userName) } };
}

async function signOut(call: AccountCall): Promise<AccountAnswer> {
  const { caller } = await call.who();
  await revokeSessions(call.services.database, caller.userName, { only: caller.sessionID });
  return { body: { success: true } };
}

async function currentSession(call: AccountCall): Promise<AccountAnswer> {
  const { caller, expiresAt } = await call.who();
  return {
    body: { session: { id: caller.sessionID, expiresAt }, user: await describe(call.services, caller.userName) },
  };
}

async function listSessions(call: AccountCall): Promise<AccountAnswer> {
  const { caller } = await call.who();
  const rows = await call.services.database.read((sql) =>
    sql.all<{ id: string; kind: string; user_agent: string | null; created_at: number; expires_at: number }>(
      'SELECT id, kind, user_agent, created_at, expires_at FROM sessions WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id',
      [caller.userName, call.services.clock()],
    ),
  );
  return {
    body: rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      device: row.user_agent,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      current: row.id === caller.sessionID,
    })),
  };
}

async function revokeSession(call: AccountCall): Promise<AccountAnswer> {
  const { id } = parseBody(z.strictObject({ id: z.string().max(100) }), call.body);
  const { caller } = await call.who();
  const ended = await revokeSessions(call.services.database, caller.userName, { only: id });
  if (ended === 0) throw notFound('you have no such session');
  return { body: { revoked: ended } };
}

async function revokeOtherSessions(call: AccountCall): Promise<AccountAnswer> {
  const { caller } = await call.who();
  return {
    body: { revoked: await revokeSessions(call.services.database, caller.userName, { except: caller.sessionID }) },
  };
}

async function changePassword(call: AccountCall): Promise<AccountAnswer> {
  const { services } = call;
  const schema = z.strictObject({
    currentPassword: text,
    newPassword: text,
    revokeOtherSessions: z.boolean().optional(),
  });
  const given = parseBody(schema, call.body);
  const { caller } = await call.who();
  checkPassword(given.newPassword);
  await checkCredentials(services, caller.email, given.currentPassword, call.address);
  const hash = await services.passwords.hash(given.newPassword);
  await services.database.write(async (sql) => {
    await setPasswordHash(sql, services.random, caller.userName, hash, services.clock());
    if (given.revokeOtherSessions === true) await endSignIns(sql, caller.userName, { except: caller.sessionID });
  });
  return { body: { success: true } };
}

async function updatePerson(call: AccountCall): Promise<AccountAnswer> {
  const given = parseBody(
    z.strictObject({ name: z.string().min(1).max(200).optional(), discoverable: z.boolean().optional() }),
    call.body,
  );
  const { caller } = await call.who();
  await call.services.database.write(async (sql) => {
    if (given.name !== undefined)
      await sql.run('UPDATE users SET name = ?, updated_at = ? WHERE id = ?', [
        given.name.trim(),
        call.services.clock(),
        caller.userName,
      ]);
    if (given.discoverable !== undefined) {
      await sql.run('UPDATE users SET discoverable = ? WHERE id = ?', [given.discoverable ? 1 : 0, caller.userName]);
    }
  });
  return { body: { user: await describe(call.services, caller.userName) } };
}
