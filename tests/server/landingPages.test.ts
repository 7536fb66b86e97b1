import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer, testContainer } from '../helpers/testServer.ts';
import type { TestPerson, TestServer } from '../helpers/testServer.ts';
import { sendOver } from '../helpers/wireClient.ts';

/** Who may send the forms of the server's own pages, and what the pages let out of the browser. */

let server: TestServer;
let ana: TestPerson;
beforeEach(async () => {
  server = await startTestServer({ clients: [{ id: 'A', origins: [] }] });
  ana = await server.person('Ana');
});
afterEach(() => server?.stop());

interface Page {
  readonly status: number;
  readonly policy: string | null;
  readonly hasForm: boolean;
}

async function open(path: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
  const response = await fetch(
    `${server.origin}${path}`,
    form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form), headers },
  );
  return {
    status: response.status,
    policy: response.headers.get('referrer-policy'),
    hasForm: (await response.text()).includes('<form'),
  };
}

/** What a plain protocol client's sign-in page is opened with. */
async function loginRequest(): Promise<string> {
  const path = `/database/1/${testContainer}/development/public/users/caller?ckAPIToken=A`;
  const { body } = await sendOver(server.origin)({ method: 'GET', path, headers: {} });
  return new URL(body.redirectURL as string).searchParams.get('request') ?? '';
}

const authorize = new URLSearchParams({
  response_type: 'code',
  client_id: 'shoebox-desktop',
  redirect_uri: 'http://127.0.0.1:4567/callback',
  state: 'state-0001',
  code_challenge: 'A'.repeat(43),
  code_challenge_method: 'S256',
}).toString();

test('pages with a form have the browser say whose form it is; all others say nothing to anybody', async () => {
  const request = await loginRequest();
  const wrong = { email: ana.email, password: 'something else' };
  const right = { email: ana.email, password: ana.password };
  const withForm = [
    await open(`/login?request=${request}`),
    await open('/login', { request, ...wrong }),
    await open(`/authorize?${authorize}`),
    await open('/authorize', { query: authorize, ...wrong }),
    await open('/device?user_code=BCDF-GHJK'),
    await open('/device', { user_code: 'BCDF-GHJK', ...wrong }),
    await open('/verify?token=a'),
    await open('/reset'),
    await open('/reset?token=a'),
    await open('/reset', { token: 'a', password: 'a boat on the lake' }),
  ];
  expect(withForm.map(({ hasForm, policy }) => ({ hasForm, policy }))).toEqual(
    withForm.map(() => ({ hasForm: true, policy: 'same-origin' })),
  );
  const without = [
    await open('/'),
    await open(`/share/${'A'.repeat(24)}`),
    await open('/login?request=over'),
    await open('/login', { request, ...right }),
    await open('/authorize', { query: authorize, ...right }),
    await open('/verify', { token: 'a' }),
    await open('/reset', { email: ana.email }),
  ];
  expect(without.map(({ hasForm, policy }) => ({ hasForm, policy }))).toEqual(
    without.map(() => ({ hasForm: false, policy: 'no-referrer' })),
  );
});

test.each([
  ['null', 'same-origin'],
  ['null', undefined],
  ['https://evil.example', undefined],
  [undefined, 'cross-site'],
])('a form with the origin %s, from a site that is %s, is refused', async (origin, site) => {
  const headers = {
    ...(origin === undefined ? {} : { origin }),
    ...(site === undefined ? {} : { 'sec-fetch-site': site }),
  };
  expect((await open('/reset', { email: ana.email }, headers)).status).toBe(403);
  await server.container.services.letters.idle();
  expect(server.letters).toEqual([]);
});

test('a form that says it comes from this server is taken', async () => {
  expect((await open('/reset', { email: ana.email }, { origin: server.origin })).status).toBe(200);
  await server.container.services.letters.idle();
  expect(server.letters).toHaveLength(1);
});
