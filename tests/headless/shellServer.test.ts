import { request } from 'node:http';
import { connect } from 'node:net';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { webSocketLink } from '../../electron/core/rpc/wireLink.ts';
import { startShellServer } from '../../electron/headless/shellServer.ts';
import { pictureBytes, startTestShell } from '../helpers/shell.ts';
import type { pingContract, TestShell } from '../helpers/shell.ts';

let test: TestShell;
let cookie: string;

beforeAll(async () => {
  test = await startTestShell();
  cookie = await test.signIn();
});
afterAll(() => test.dispose());

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** A request with exactly these headers: fetch would not let a test forge Host or Origin. */
function send(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  body = '',
): Promise<Answer> {
  return new Promise((done, fail) => {
    const outgoing = request({ host: '127.0.0.1', port: test.shell.port, path, method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        done({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

/** Tries to open the contract's socket; resolves with `open` or the refusal's status. */
function upgrade(headers: Readonly<Record<string, string>>, path = '/rpc?contract=1'): Promise<string> {
  return new Promise((done) => {
    const socket = new WebSocket(`ws://127.0.0.1:${test.shell.port}${path}`, { headers });
    socket.on('open', () => {
      socket.close();
      done('open');
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      done(String(response.statusCode));
    });
    socket.on('error', () => done('error'));
  });
}

const ownOrigin = (): string => test.base;

describe('getting in', () => {
  it('a start address gives a session cookie that scripts and other sites never see, and leaves the address bar', async () => {
    const answer = await fetch(test.shell.startURL(), { redirect: 'manual' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
    expect(answer.headers.get('set-cookie')).toMatch(/^shoebox-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/u);
  });

  it('a start address works once', async () => {
    const address = test.shell.startURL();
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(303);
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(401);
  });

  it('a start address nobody opened for ten minutes is worthless', async () => {
    const address = test.shell.startURL();
    test.clock.now += 10 * 60_000 + 1;
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(401);
  });

  it('a look at the address by a link preview does not use it up', async () => {
    const address = test.shell.startURL();
    await fetch(address, { method: 'HEAD' });
    await fetch(address, { headers: { 'sec-purpose': 'prefetch' } });
    expect((await fetch(address, { redirect: 'manual' })).status).toBe(303);
  });

  it.each(['', 'x', 'A'.repeat(43), '../../etc/passwd'])('a made-up start secret %j is refused', async (secret) => {
    expect((await send(`/start?token=${encodeURIComponent(secret)}`)).status).toBe(401);
  });

  it('without a session the page says what to do, and nothing else answers', async () => {
    const page = await send('/');
    expect(page.status).toBe(401);
    expect(page.body).toContain('shoebox headless');
    expect((await send('/media/photo-1/thumb')).status).toBe(401);
    expect(await upgrade({ origin: ownOrigin() })).toBe('401');
  });

  it('a program with the endpoint token may ask for a new start address; a page may not', async () => {
    const bearer = { authorization: `Bearer ${test.shell.token}` };
    const answer = await send('/start-url', { ...bearer, origin: ownOrigin() }, 'POST');
    expect(answer.status).toBe(200);
    expect((await fetch(answer.body, { redirect: 'manual' })).status).toBe(303);
    expect((await send('/start-url', bearer, 'POST')).status).toBe(403);
    expect((await send('/start-url', { origin: ownOrigin(), authorization: 'Bearer wrong' }, 'POST')).status).toBe(401);
  });

  it('a second shell on a taken port says so', async () => {
    const rpc = { serve: () => undefined, link: () => ({ call: () => Promise.resolve() }), dispose: () => undefined };
    const media = { open: () => Promise.reject(new Error('unused')) };
    const incoming = {
      receive: () => Promise.reject(new Error('unused')),
      take: () => Promise.reject(new Error('unused')),
      takeLeftovers: () => Promise.reject(new Error('unused')),
      dispose: () => Promise.reject(new Error('unused')),
    };
    const deps = { rpc, media, incoming, rendererDir: '/', contractVersion: 1, now: Date.now, log: () => undefined };
    await expect(startShellServer(deps, test.shell.port)).rejects.toMatchObject({
      code: 'alreadyExists',
      data: { port: test.shell.port },
    });
  });
});

describe('a hostile page in a browser on the same machine', () => {
  const attacks: readonly (readonly [what: string, headers: Record<string, string>])[] = [
    ['from another origin', { origin: 'https://evil.example' }],
    ['from another port', { origin: 'http://127.0.0.1:1' }],
    ['from a sandboxed frame', { origin: 'null' }],
    ['by a rebound name', { host: 'evil.example:PORT' }],
    ['by a rebound name with its own origin', { host: 'evil.example:PORT', origin: 'http://evil.example:PORT' }],
    ['by another address of this machine', { host: '127.0.0.2:PORT' }],
    ['by a name that only starts like ours', { host: '127.0.0.1.evil.example:PORT' }],
    ['without saying its port', { host: '127.0.0.1' }],
    ['as an image on its page', { 'sec-fetch-site': 'cross-site' }],
    ['from another port of this machine, as an image', { 'sec-fetch-site': 'same-site' }],
  ];

  it.each(attacks)('is refused everywhere %s, even with the cookie', async (_what, template) => {
    const headers = Object.fromEntries(
      Object.entries({ cookie, ...template }).map(([name, value]) => [
        name,
        value.replace('PORT', String(test.shell.port)),
      ]),
    );
    for (const path of ['/', '/assets/app-1.js', '/media/photo-1/thumb', '/start?token=x']) {
      expect([403, 421]).toContain((await send(path, headers)).status);
    }
    const upgradeHeaders = 'origin' in headers ? headers : { origin: ownOrigin(), ...headers };
    expect(['403', '421']).toContain(await upgrade(upgradeHeaders));
  });

  it('cannot write: a form post without an Origin is refused', async () => {
    expect((await send('/', { cookie }, 'POST', 'x=1')).status).toBe(403);
    expect((await send('/start-url', { cookie }, 'POST')).status).toBe(403);
  });

  it('cannot upgrade without an Origin', async () => {
    expect(await upgrade({ cookie })).toBe('403');
  });

  it('never meets a CORS header, and always meets the page’s own rules', async () => {
    for (const path of ['/', '/assets/app-1.js', '/media/photo-1/thumb', '/nothing']) {
      const { headers } = await send(path, { cookie });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
  });
});

describe('the contract’s socket', () => {
  it('answers a page with the session', async () => {
    const socket = new WebSocket(`${test.base.replace('http', 'ws')}/rpc?contract=1`, {
      headers: { cookie, origin: ownOrigin() },
    });
    const client = createORPCClient<ContractRouterClient<typeof pingContract>>(webSocketLink(socket));
    expect(await client.app.ping({ n: 1 })).toEqual({ n: 2 });
    socket.close();
  });

  it('answers a program with the token', async () => {
    expect(await upgrade({ authorization: `Bearer ${test.shell.token}`, origin: ownOrigin() })).toBe('open');
  });

  it('tells a page of another contract version to reload', async () => {
    expect(await upgrade({ cookie, origin: ownOrigin() }, '/rpc?contract=2')).toBe('426');
    expect(await upgrade({ cookie, origin: ownOrigin() }, '/rpc')).toBe('426');
  });

  it('is nowhere else', async () => {
    expect(await upgrade({ cookie, origin: ownOrigin() }, '/media/photo-1/thumb?contract=1')).toBe('404');
  });
});

describe('files of the interface', () => {
  it('the page and its script arrive with their types', async () => {
    const page = await send('/', { cookie });
    expect([page.status, page.headers['content-type'], page.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    const script = await send('/assets/app-1.js', { cookie });
    expect([script.status, script.headers['content-type'], script.body]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'document.title = "ran";',
    ]);
    expect(script.headers['cache-control']).toContain('immutable');
  });

  it.each([
    '/../outside.json',
    '/..%2foutside.json',
    '/%2e%2e/outside.json',
    '/assets/../../outside.json',
    '/.secret.json',
    '//etc/passwd',
    '/assets',
    '/assets/',
    '/a\\..\\outside.json',
    '/index.html%00.js',
    '/nothing.js',
  ])('%s finds nothing', async (path) => {
    const answer = await send(path, { cookie });
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toContain('outside');
  });

  it('a target that names another host is not followed', async () => {
    const answer = await rawRequest(
      `GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${test.shell.port}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/u);
  });

  it('other methods are refused', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await send('/', { cookie, origin: ownOrigin() }, method)).status).toBe(405);
    }
  });
});

function rawRequest(text: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(test.shell.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => done(answer));
    socket.on('error', fail);
  });
}

describe('pictures', () => {
  const whole = new TextDecoder().decode(pictureBytes);

  it.each(['photo-1', 'photo-2'])('%s arrives whole, with its version', async (id) => {
    const answer = await send(`/media/${id}/thumb`, { cookie });
    expect([answer.status, answer.body, answer.headers['etag'], answer.headers['accept-ranges']]).toEqual([
      200,
      whole,
      '"v1"',
      'bytes',
    ]);
    expect(answer.headers['cache-control']).toBe('private, no-cache');
  });

  it('an address that names the version may be kept for good', async () => {
    expect((await send('/media/photo-1/thumb?v=v1', { cookie })).headers['cache-control']).toContain('immutable');
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/20'],
    ['bytes=5-', 206, whole.slice(5), 'bytes 5-19/20'],
    ['bytes=-4', 206, 'ghij', 'bytes 16-19/20'],
    ['bytes=-400', 206, whole, 'bytes 0-19/20'],
    ['bytes=18-400', 206, 'ij', 'bytes 18-19/20'],
    ['bytes=20-', 416, '', 'bytes */20'],
    ['bytes=-0', 416, '', 'bytes */20'],
    ['bytes=5-2', 200, whole, undefined],
    ['bytes=0-1,4-5', 200, whole, undefined],
    ['lines=1-2', 200, whole, undefined],
  ])('a range %s of a picture in memory or in a file answers %i', async (range, status, body, contentRange) => {
    for (const id of ['photo-1', 'photo-2']) {
      const answer = await send(`/media/${id}/original`, { cookie, range });
      expect([answer.status, answer.body, answer.headers['content-range']]).toEqual([status, body, contentRange]);
    }
  });

  it('a range of a version that is gone brings the whole new one', async () => {
    const answer = await send('/media/photo-2/original', { cookie, range: 'bytes=0-3', 'if-range': '"v0"' });
    expect([answer.status, answer.body]).toEqual([200, whole]);
  });

  it('a browser that has it already is told so', async () => {
    const answer = await send('/media/photo-1/thumb', { cookie, 'if-none-match': '"v1"' });
    expect([answer.status, answer.body]).toEqual([304, '']);
  });

  it('HEAD tells the size and sends nothing', async () => {
    const answer = await send('/media/photo-2/original', { cookie }, 'HEAD');
    expect([answer.status, answer.headers['content-length'], answer.body]).toEqual([200, '20', '']);
  });

  it('a type that could run in a browser leaves as a download without a type', async () => {
    const { headers } = await send('/media/photo-3/original', { cookie });
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="Ana_s _page_.html"; filename*=UTF-8''Ana%E2%80%99s%20%22page%22.html`,
    );
  });

  it('an empty one is empty, not an error', async () => {
    expect(await send('/media/photo-4/thumb', { cookie })).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    '/media/none/thumb',
    '/media/photo-1/passwd',
    '/media/photo-1/../thumb',
    '/media/%2e%2e/thumb',
    '/media/photo-1',
    '/media/a/b/thumb',
    '/media//thumb',
  ])('%s is nothing', async (path) => {
    expect((await send(path, { cookie })).status).toBe(404);
  });

  it('a failure inside says nothing of what failed', async () => {
    const answer = await send('/media/crash/thumb', { cookie });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('ana');
  });
});

describe('files that a page hands over as bytes', () => {
  it('arrive under their place in the dropped folder, and are then imported', async () => {
    const own = { cookie, origin: ownOrigin() };
    const path = '/upload/drop-0001/Crete%202019/b%C3%BCro%20%231.jpg';
    expect(await send(path, own, 'PUT', 'bytes of a photo')).toMatchObject({ status: 200 });
    expect(test.received.get('drop-0001/Crete 2019/büro #1.jpg')).toBe('bytes of a photo');
    expect(JSON.parse((await send('/upload/drop-0001', own, 'POST')).body)).toEqual({
      sessionID: 'session of drop-0001',
    });
  });

  it.each([
    ['without a session', { origin: 'own' }, 401],
    ['from another page', { cookie: 'own', origin: 'https://evil.example' }, 403],
    ['without an origin', { cookie: 'own' }, 403],
  ])('%s they are refused', async (_situation, headers: Readonly<Record<string, string>>, status) => {
    const sent = {
      ...(headers['cookie'] === undefined ? {} : { cookie }),
      ...(headers['origin'] === undefined
        ? {}
        : { origin: headers['origin'] === 'own' ? ownOrigin() : headers['origin'] }),
    };
    expect((await send('/upload/drop-0002/a.jpg', sent, 'PUT', 'x')).status).toBe(status);
    expect(test.received.has('drop-0002/a.jpg')).toBe(false);
  });
});
