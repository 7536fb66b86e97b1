import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { findArgon2, nativeArgon2, portableArgon2 } from '../../server/accounts/argon2.ts';
import { createArgon2Passwords } from '../../server/accounts/passwords.ts';
import { inviteToSignUp } from '../../server/accounts/signUp.ts';
import type { ServerConfigInput } from '../../server/config.ts';
import { someBytes, startTestServer, testContainer } from '../helpers/testServer.ts';
import type { TestServer } from '../helpers/testServer.ts';
import { sendOver } from '../helpers/wireClient.ts';
import type { Answer } from '../helpers/wireClient.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
const start = async (config: ServerConfigInput = {}): Promise<TestServer> => {
  server = await startTestServer(config);
  return server;
};
const auth = async (one: TestServer, action: string, body: unknown, token?: string): Promise<Answer> => {
  const answer = await sendOver(one.origin)({
    method: 'POST',
    path: `/api/auth/${action}`,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  await one.container.services.letters.idle();
  return answer;
};
const read = (one: TestServer, path: string, token: string): Promise<Answer> =>
  sendOver(one.origin)({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } });
const callerPath = `/database/1/${testContainer}/development/public/users/caller`;
const mia = { email: 'mia@example.org', password: 'a boat on the lake', name: 'Mia Lake' };

test('someone signs up, signs in on a second device, lists devices and ends one', async () => {
  const one = await start();
  const first = await auth(one, 'sign-up/email', mia);
  expect(first.body.user).toMatchObject({ email: 'mia@example.org', emailVerified: false });
  const second = await auth(one, 'sign-in/email', {
    email: 'MIA@example.org',
    password: mia.password,
    deviceName: 'Laptop',
  });
  expect((await read(one, callerPath, second.body.token as string)).body.nameComponents).toEqual({
    givenName: 'Mia',
    familyName: 'Lake',
  });
  const sessions = (await read(one, '/api/auth/list-sessions', second.body.token as string)).body;
  expect(sessions.map((session: { current: boolean }) => session.current).sort()).toEqual([false, true]);
  const other = sessions.find((session: { current: boolean }) => !session.current);
  await auth(one, 'revoke-session', { id: other.id }, second.body.token as string);
  expect((await read(one, callerPath, first.body.token as string)).status).toBe(401);
  expect((await read(one, callerPath, second.body.token as string)).status).toBe(200);
  const stored = await one.container.services.database.read((sql) => sql.all('SELECT token FROM sessions'));
  expect(JSON.stringify(stored)).not.toContain(second.body.token);
});

test('a wrong password and an unknown address get the same answer, and too many tries have to wait', async () => {
  const one = await start({ rateLimits: { signIn: 3 } });
  await auth(one, 'sign-up/email', mia);
  const wrong = await auth(one, 'sign-in/email', { email: mia.email, password: 'something else' });
  const unknown = await auth(one, 'sign-in/email', { email: 'nobody@example.org', password: 'something else' });
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect({ ...wrong.body, uuid: '' }).toEqual({ ...unknown.body, uuid: '' });
  for (let round = 0; round < 2; round += 1)
    await auth(one, 'sign-in/email', { email: mia.email, password: 'something else' });
  const waiting = await auth(one, 'sign-in/email', { email: mia.email, password: mia.password });
  expect([waiting.status, waiting.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
});

test.each([
  ['short', 'seven77'],
  ['stolen', 'Password123'],
  ['endless', 'x'.repeat(300)],
])('a %s password is refused with what to do', async (_, password) => {
  const one = await start();
  const refused = await auth(one, 'sign-up/email', { ...mia, password });
  expect([refused.status, refused.body.serverErrorCode]).toEqual([400, 'BAD_REQUEST']);
});

test('an address is verified by the button behind the letter’s link, not by opening it', async () => {
  const one = await start({ requireVerifiedEmail: true });
  expect((await auth(one, 'sign-up/email', mia)).body).toEqual({ token: null, verificationSent: true });
  expect((await auth(one, 'sign-up/email', mia)).body).toEqual({ token: null, verificationSent: true });
  expect((await auth(one, 'sign-in/email', { email: mia.email, password: mia.password })).body.emailUnverified).toBe(
    true,
  );
  const link = /http\S+/.exec(one.letters[0]?.text ?? '')?.[0] ?? '';
  expect(await (await fetch(link)).text()).toContain('<button>Confirm</button>');
  expect((await auth(one, 'sign-in/email', { email: mia.email, password: mia.password })).status).toBe(403);
  const token = new URL(link).searchParams.get('token') ?? '';
  const pressed = await fetch(`${one.origin}/verify`, { method: 'POST', body: new URLSearchParams({ token }) });
  expect(await pressed.text()).toContain('Your e-mail address is confirmed');
  expect((await auth(one, 'sign-in/email', { email: mia.email, password: mia.password })).status).toBe(200);
  expect((await auth(one, 'verify-email', { token })).status).toBe(404);
  expect(one.letters[1]?.subject).toBe('You have a Shoebox account already');
});

test('a forgotten password is reset once by letter, and every device has to sign in again', async () => {
  const one = await start();
  const { token } = (await auth(one, 'sign-up/email', mia)).body;
  const known = await auth(one, 'request-password-reset', { email: mia.email });
  expect((await auth(one, 'request-password-reset', { email: 'nobody@example.org' })).body).toEqual(known.body);
  const reset = /token=(\S+)/.exec(one.letters.at(-1)?.text ?? '')?.[1] ?? '';
  expect((await auth(one, 'reset-password', { token: reset, newPassword: 'a new boat on the lake' })).status).toBe(200);
  expect((await auth(one, 'reset-password', { token: reset, newPassword: 'another boat' })).status).toBe(404);
  expect((await read(one, callerPath, token as string)).status).toBe(401);
  expect((await auth(one, 'sign-in/email', { email: mia.email, password: 'a new boat on the lake' })).status).toBe(200);
});

test('sign-up is closed, or takes one person per invitation', async () => {
  const closed = await start({ signUp: 'closed' });
  expect((await auth(closed, 'sign-up/email', mia)).status).toBe(403);
  await closed.stop();
  const one = await start({ signUp: 'invitation' });
  expect((await auth(one, 'sign-up/email', mia)).status).toBe(403);
  const invitationCode = await inviteToSignUp(one.container.services, 'mia@example.org');
  expect((await auth(one, 'sign-up/email', { ...mia, email: 'eve@example.org', invitationCode })).status).toBe(403);
  expect((await auth(one, 'sign-up/email', { ...mia, invitationCode })).status).toBe(200);
  expect((await auth(one, 'sign-up/email', { ...mia, email: 'two@example.org', invitationCode })).status).toBe(403);
});

test('a machine without a browser is connected by code, once, after a person approved it', async () => {
  const one = await start();
  await auth(one, 'sign-up/email', mia);
  const code = (await auth(one, 'device/code', { client_id: 'shoebox-cli' })).body;
  expect((await auth(one, 'device/token', { device_code: code.device_code })).body).toEqual({
    error: 'authorization_pending',
  });
  expect((await auth(one, 'device/token', { device_code: code.device_code })).body).toEqual({ error: 'slow_down' });
  const form = new URLSearchParams({
    user_code: code.user_code as string,
    email: mia.email,
    password: mia.password,
    decision: 'approve',
  });
  expect(await (await fetch(code.verification_uri as string, { method: 'POST', body: form })).text()).toContain(
    'Go back to the other machine',
  );
  const granted = (await auth(one, 'device/token', { device_code: code.device_code })).body;
  expect((await read(one, callerPath, granted.access_token as string)).status).toBe(200);
  expect((await auth(one, 'device/token', { device_code: code.device_code })).body).toEqual({ error: 'expired_token' });
});

test('a desktop program signs in through the browser with PKCE, and a stolen code is worth nothing', async () => {
  const one = await start();
  await auth(one, 'sign-up/email', mia);
  const verifier = someBytes(48).toString('base64url');
  const redirect = 'http://127.0.0.1:4567/callback';
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'shoebox-desktop',
    redirect_uri: redirect,
    state: 'state-0001',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  expect((await fetch(`${one.origin}/authorize?${query.toString()}`)).status).toBe(200);
  const evil = new URLSearchParams({ ...Object.fromEntries(query), redirect_uri: 'https://evil.example/x' });
  expect((await fetch(`${one.origin}/authorize?${evil.toString()}`)).status).toBe(400);
  const signIn = async (): Promise<string> => {
    const page = await (
      await fetch(`${one.origin}/authorize`, {
        method: 'POST',
        body: new URLSearchParams({ query: query.toString(), email: mia.email, password: mia.password }),
      })
    ).text();
    const next = /data-next="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#38;', '&') ?? '';
    expect(new URL(next).searchParams.get('state')).toBe('state-0001');
    return new URL(next).searchParams.get('code') ?? '';
  };
  const exchange = (code: string, code_verifier: string): Promise<Answer> =>
    auth(one, 'token', {
      grant_type: 'authorization_code',
      code,
      code_verifier,
      redirect_uri: redirect,
      client_id: 'shoebox-desktop',
    });
  const stolen = await signIn();
  expect((await exchange(stolen, someBytes(48).toString('base64url'))).status).toBe(401);
  expect((await exchange(stolen, verifier)).status).toBe(401);
  const granted = await exchange(await signIn(), verifier);
  expect((await read(one, callerPath, granted.body.access_token as string)).status).toBe(200);
});

test('a form sent from another site is refused', async () => {
  const one = await start();
  const refused = await fetch(`${one.origin}/verify`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
    body: new URLSearchParams({ token: 'x' }),
  });
  expect(refused.status).toBe(403);
});

test('the sign-in page hands the session to the registered origin only, and a web session rotates with a grace', async () => {
  const one = await start({
    clients: [{ id: 'A', origins: ['https://web.example'], callbackURL: 'https://web.example/back' }],
  });
  await auth(one, 'sign-up/email', mia);
  const asked = await sendOver(one.origin)({ method: 'GET', path: `${callerPath}?ckAPIToken=A`, headers: {} });
  const request = new URL(asked.body.redirectURL as string).searchParams.get('request') ?? '';
  const done = await (
    await fetch(`${one.origin}/login`, {
      method: 'POST',
      body: new URLSearchParams({ request, email: mia.email, password: mia.password }),
    })
  ).text();
  expect(done).toContain('data-origins="[&#34;https://web.example&#34;]"');
  const token = /data-token="([^"]+)"/.exec(done)?.[1] ?? '';
  const call = (ckWebAuthToken: string): Promise<Answer> =>
    sendOver(one.origin)({
      method: 'GET',
      path: `${callerPath}?ckWebAuthToken=${ckWebAuthToken}&ckAPIToken=A`,
      headers: { origin: 'https://web.example' },
    });
  const young = await call(token);
  expect(young.headers['x-apple-cloudkit-web-auth-token']).toBe(token);
  expect(young.headers['access-control-allow-origin']).toBe('https://web.example');
  await one.container.services.database.write((sql) =>
    sql.run(
      `UPDATE sessions SET created_at = created_at - 800000000, expires_at = expires_at - 800000000 WHERE kind = 'web'`,
    ),
  );
  const renewed = await Promise.all([call(token), call(token), call(token)]);
  for (const answer of renewed) {
    expect(answer.status).toBe(200);
    expect((await call(answer.headers['x-apple-cloudkit-web-auth-token'] ?? '')).status).toBe(200);
  }
  expect(renewed[0]?.headers['x-apple-cloudkit-web-auth-token']).not.toBe(token);
  expect(
    (
      await sendOver(one.origin)({
        method: 'GET',
        path: `${callerPath}?ckWebAuthToken=${token}&ckAPIToken=B`,
        headers: {},
      })
    ).status,
  ).toBe(401);
});

test('someone signs in through an OpenID provider, and is the same person next time by subject, not by address', async () => {
  let email = 'mia@example.org';
  const provider = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    response.setHeader('content-type', 'application/json');
    if (request.url?.startsWith('/.well-known') === true)
      response.end(
        JSON.stringify({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/me`,
        }),
      );
    else if (request.url === '/token') response.end(JSON.stringify({ access_token: 'at' }));
    else response.end(JSON.stringify({ sub: 'subject-1', email, email_verified: true, name: 'Mia Lake' }));
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  try {
    const one = await start({
      clients: [{ id: 'A', origins: [] }],
      oidc: {
        issuer: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
        clientID: 'shoebox',
        clientSecret: 's',
      },
    });
    const request =
      new URL(
        (await sendOver(one.origin)({ method: 'GET', path: `${callerPath}?ckAPIToken=A`, headers: {} })).body
          .redirectURL as string,
      ).searchParams.get('request') ?? '';
    const signIn = async (): Promise<string> => {
      const away = await fetch(`${one.origin}/oidc/start?login=${request}`, { redirect: 'manual' });
      const state = new URL(away.headers.get('location') ?? '').searchParams.get('state') ?? '';
      const page = await (await fetch(`${one.origin}/oidc/callback?code=c&state=${state}`)).text();
      expect((await fetch(`${one.origin}/oidc/callback?code=c&state=${state}`)).status).toBe(400);
      const token = /data-token="([^"]+)"/.exec(page)?.[1] ?? '';
      return (await read(one, callerPath, token)).body.userRecordName as string;
    };
    const first = await signIn();
    email = 'changed@example.org';
    expect(await signIn()).toBe(first);
  } finally {
    provider.close();
  }
});

test.each([
  ['of node:crypto', nativeArgon2],
  ['in WebAssembly', portableArgon2],
])(
  'Argon2id hashes %s verify, differ every time, and refuse with the same work when there is nobody',
  async (_, derive) => {
    const passwords = createArgon2Passwords(someBytes, derive);
    const [a, b] = await Promise.all([passwords.hash('a boat on the lake'), passwords.hash('a boat on the lake')]);
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(a).not.toBe(b);
    expect(await passwords.verify(a, 'a boat on the lake')).toBe(true);
    expect(await passwords.verify(a, 'a boat on the lakf')).toBe(false);
    expect(await passwords.verify(null, 'a boat on the lake')).toBe(false);
    // As at a link without a password, or an empty field.
    expect([await passwords.verify(a, ''), await passwords.verify(null, '')]).toEqual([false, false]);
  },
);

test('where node:crypto has no Argon2id, as inside Electron, accounts made before go on with the portable one', async () => {
  expect(await findArgon2()).toBe(nativeArgon2);
  const derive = await findArgon2(() => Promise.reject(new Error('Argon2 algorithm not supported')));
  expect(derive).toBe(portableArgon2);
  const hash = await createArgon2Passwords(someBytes, nativeArgon2).hash('ein Boot auf dem See');
  expect(await createArgon2Passwords(someBytes, derive).verify(hash, 'ein Boot auf dem See')).toBe(true);
  const other = await createArgon2Passwords(someBytes, derive).hash('ein Boot auf dem See');
  expect(await createArgon2Passwords(someBytes, nativeArgon2).verify(other, 'ein Boot auf dem See')).toBe(true);
});
