import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createHttpRequests } from '../../electron/core/sync/httpRequests.ts';
import { listeningServer } from '../helpers/listeningServer.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A server that answers as told, and the connections it has had. */
async function answering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServerOptions = {},
) {
  const server = createServer(options, answer);
  const { url, connections, close } = await listeningServer(server);
  closing.push(close);
  const requests = createHttpRequests();
  closing.push(() => requests.dispose());
  return { url, connections, ...requests };
}

const bytesOf = async (body: AsyncIterable<Uint8Array> | null): Promise<Buffer> =>
  body === null ? Buffer.alloc(0) : buffer(body);

test('text and bytes are sent as they are, with their length and headers, and JSON is read', async () => {
  const { url, fetch } = await answering((request, response) => {
    void bytesOf(request).then((body) => {
      const { authorization, 'content-length': length } = request.headers;
      response.setHeader('date', 'Sat, 21 Nov 2026 00:00:00 GMT');
      response.end(JSON.stringify({ method: request.method, authorization, length, body: body.toString('hex') }));
    });
  });
  const text = await fetch({ url, method: 'POST', headers: { authorization: 'Bearer one' }, body: 'ä' });
  expect([text.ok, text.status, text.headers.get('Date')]).toEqual([true, 200, 'Sat, 21 Nov 2026 00:00:00 GMT']);
  expect(await text.json()).toEqual({ method: 'POST', authorization: 'Bearer one', length: '2', body: 'c3a4' });
  const bytes = await fetch({ url, method: 'PUT', headers: {}, body: new Uint8Array([0, 255]) });
  expect(await bytes.json()).toMatchObject({ method: 'PUT', length: '2', body: '00ff' });
});

test('a refusal and a redirection are answers like others: nothing is sent elsewhere', async () => {
  let asked = 0;
  const { url, fetch } = await answering((request, response) => {
    asked += 1;
    if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end('{}');
    else response.writeHead(404).end('{"reason":"gone"}');
  });
  const refused = await fetch({ url, method: 'GET', headers: {} });
  expect([refused.ok, refused.status, await refused.json()]).toEqual([false, 404, { reason: 'gone' }]);
  const moved = await fetch({ url: `${url}/moved`, method: 'GET', headers: { authorization: 'Bearer one' } });
  expect([moved.ok, moved.status, asked]).toEqual([false, 302, 2]);
});

test('records come packed, and are unpacked', async () => {
  const { url, fetch } = await answering((request, response) => {
    const packed = request.headers['accept-encoding'] === 'gzip';
    response.setHeader('content-encoding', packed ? 'gzip' : 'identity');
    response.end(packed ? gzipSync('{"packed":true}') : '{"packed":false}');
  });
  expect(await (await fetch({ url, method: 'POST', headers: {}, body: '{}' })).json()).toEqual({ packed: true });
  expect(await (await fetch({ url, method: 'GET', headers: {} })).json()).toEqual({ packed: false });
});

test('a packed answer that breaks off fails instead of ending', async () => {
  const { url, fetch } = await answering((_request, response) => {
    const packed = gzipSync(Buffer.alloc(100_000, 'abcdefgh'));
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length });
    response.write(packed.subarray(0, 40), () => response.destroy());
  });
  const answer = await fetch({ url, method: 'POST', headers: {}, body: '{}' });
  await expect(bytesOf(answer.body)).rejects.toThrow(/aborted|unexpected end|premature close/i);
});

test('bytes that break off fail after what came', async () => {
  const { url, fetch } = await answering((_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('12345', () => response.destroy());
  });
  const { body } = await fetch({ url, method: 'GET', headers: {} });
  let came = '';
  await expect(
    (async () => {
      for await (const part of body ?? []) came += new TextDecoder().decode(part);
    })(),
  ).rejects.toThrow(/aborted/);
  expect(came).toBe('12345');
});

test('a connection serves one request after another', async () => {
  const { url, fetch, connections } = await answering((_request, response) => response.end('{}'));
  for (let times = 0; times < 3; times += 1) await (await fetch({ url, method: 'GET', headers: {} })).json();
  expect(connections).toHaveLength(1);
});

test('a kept connection that the server has just closed is no failure: the request goes over another', async () => {
  let dropped = 0;
  const seen: string[] = [];
  const { url, fetch, connections } = await answering((request, response) => {
    seen.push(request.url ?? '');
    // As when the server's time for idle connections is over at the moment the request is sent.
    if (request.url === '/second' && dropped === 0) {
      dropped += 1;
      request.socket.resetAndDestroy();
      return;
    }
    response.end('{}');
  });
  await (await fetch({ url: `${url}/first`, method: 'GET', headers: {} })).json();
  expect(await (await fetch({ url: `${url}/second`, method: 'POST', headers: {}, body: '{}' })).json()).toEqual({});
  expect([connections.length, seen]).toEqual([2, ['/first', '/second', '/second']]);
});

test('a photo sent over a kept connection that the server has closed goes over another one', async () => {
  let dropped = false;
  const photo = new Uint8Array(4 * 1024 * 1024).fill(7);
  const { url, fetch } = await answering((request, response) => {
    if (request.method === 'PUT' && !dropped) {
      dropped = true;
      request.socket.destroy();
      return;
    }
    void bytesOf(request).then((body) => response.end(String(body.length)));
  });
  await (await fetch({ url, method: 'GET', headers: {} })).json();
  expect(await (await fetch({ url, method: 'PUT', headers: {}, body: photo })).json()).toBe(photo.length);
  expect(dropped).toBe(true);
});

test('a server that answers before all of a photo has come gets no more of it, and its connection ends', async () => {
  const photo = Buffer.alloc(64 * 1024 * 1024, 'a photo');
  const { promise: asked, resolve } = Promise.withResolvers<{ socket: Socket; response: ServerResponse }>();
  const { url, fetch } = await answering(
    (request, response) => {
      request.resume();
      response.writeHead(409).write('{"received":');
      resolve({ socket: request.socket, response });
    },
    { keepAliveTimeout: 0 },
  );
  const answer = await fetch({ url, method: 'PUT', headers: {}, body: photo });
  const { socket, response } = await asked;
  let before = -1;
  const nothingComes = () => {
    const come = socket.bytesRead;
    const isSame = come === before;
    before = come;
    return isSame;
  };
  await expect.poll(nothingComes, { interval: 100 }).toBe(true);
  // What the system had taken by then still went.
  expect(socket.bytesRead).toBeLessThan(photo.length / 2);
  const closed = new Promise((done) => socket.on('close', done));
  response.end('7}');
  expect([answer.status, await answer.json()]).toEqual([409, { received: 7 }]);
  await closed;
});

test('a switch to another protocol is no answer', async () => {
  const { url, fetch } = await answering((request) => {
    request.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
  });
  await expect(fetch({ url, method: 'GET', headers: {} })).rejects.toThrow(/without an answer/);
});

test('who stops reading a packed answer closes its connection', async () => {
  const { url, fetch, connections } = await answering((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    // Begun, and never ended.
    response.write(gzipSync(Buffer.alloc(1_000_000, 'abcdefgh')));
  });
  const { body } = await fetch({ url, method: 'POST', headers: {}, body: '{}' });
  const [socket] = connections;
  const closed = socket === undefined ? Promise.reject(new Error('no connection')) : once(socket, 'close');
  for await (const part of body ?? []) {
    expect(part.length).toBeGreaterThan(0);
    break;
  }
  await closed;
});

test('a client that was closed asks nobody again', async () => {
  let asked = 0;
  const arrived: (() => void)[] = [];
  const second = new Promise<void>((done) => arrived.push(done));
  const { url, fetch, dispose } = await answering((request, response) => {
    asked += 1;
    if (request.url === '/second') arrived[0]?.();
    else response.end('{}');
  });
  await (await fetch({ url: `${url}/first`, method: 'GET', headers: {} })).json();
  const waiting = fetch({ url: `${url}/second`, method: 'GET', headers: {} });
  await second;
  dispose();
  await expect(waiting).rejects.toThrow(/hang up|ECONNRESET/);
  expect(asked).toBe(2);
});

test('a new connection that is reset is told, and not tried again', async () => {
  let asked = 0;
  const { url, fetch } = await answering((request) => {
    asked += 1;
    request.socket.resetAndDestroy();
  });
  await expect(fetch({ url, method: 'GET', headers: {} })).rejects.toThrow(/ECONNRESET/);
  expect(asked).toBe(1);
});

test('a server that never answers is given up when the signal says so, also in the middle of its bytes', async () => {
  const { url, fetch } = await answering((request, response) => {
    if (request.url === '/bytes') response.writeHead(200, { 'content-length': 10 }).write('1');
  });
  await expect(
    fetch({ url: `${url}/never`, method: 'GET', headers: {}, signal: AbortSignal.timeout(50) }),
  ).rejects.toThrow(/abort/i);
  const { body } = await fetch({ url: `${url}/bytes`, method: 'GET', headers: {}, signal: AbortSignal.timeout(50) });
  await expect(bytesOf(body)).rejects.toThrow(/abort/i);
});

test('nobody there fails with the reason', async () => {
  const { url, fetch } = await answering(() => undefined);
  const nobody = createServer();
  nobody.listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  await new Promise((done) => nobody.close(done));
  await expect(fetch({ url: url.replace(/\d+$/, String(port)), method: 'GET', headers: {} })).rejects.toThrow(
    /ECONNREFUSED/,
  );
});
