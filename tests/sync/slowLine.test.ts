import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createPlainServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../../electron/core/store/store.ts';
import { createHttpCloudDatabase, type CloudRequest } from '../../electron/core/sync/httpCloudDatabase.ts';
import { createHttpRequests } from '../../electron/core/sync/httpRequests.ts';
import { createSyncHandlers } from '../../electron/core/workers/syncHandlers.ts';
import { listeningServer } from '../helpers/listeningServer.ts';

/** Stands for the two minutes of the app, ms. Long enough that a busy machine is not taken for a silent server. */
const silence = 1_000;
/** Longer than that, and than what was granted for it to be noticed, ms. */
const muchLonger = 2 * silence;
/** More than the buffers of both ends hold, so that the server's pace is the sender's. */
const photo = new Uint8Array(24 * 1024 * 1024).fill(7);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A server that answers as told, and requests to it that are given up after `silence`. */
async function answering(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => {
    // A connection that is given up is what these tests are about.
    request.on('error', () => undefined);
    void Promise.resolve(answer(request, response)).catch(() => undefined);
  });
  const { url, connections, close } = await listeningServer(server);
  closing.push(close);
  const requests = createHttpRequests();
  closing.push(() => requests.dispose());
  const fetch = (request: Omit<CloudRequest, 'silence'>) => requests.fetch({ ...request, silence });
  const cloud = createHttpCloudDatabase({
    fetch,
    server: url,
    container: 'photos',
    environment: 'test',
    token: () => 'token',
    newKey: () => 'key',
  });
  return { url, connections, fetch, cloud };
}

/** Reads a body as it comes over a line that needs this long for all of it. @returns its length, bytes */
async function readSlowly(request: IncomingMessage, ms: number): Promise<number> {
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    await pass((ms * part.length) / photo.length);
  }
  return length;
}

/** Writes a body of so many bytes as it comes over a line that needs this long for all of it. */
async function writeSlowly(response: ServerResponse, length: number, ms: number): Promise<void> {
  for (let part = 0; part < 20; part += 1) {
    response.write(Buffer.alloc(length / 20, 7));
    await pass(ms / 20);
  }
  response.end();
}

async function timed<T>(doing: Promise<T>): Promise<{ value: T; ms: number }> {
  const began = performance.now();
  const value = await doing;
  return { value, ms: performance.now() - began };
}

const failureOf = (doing: Promise<unknown>): Promise<unknown> =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a photo that a slow line takes far longer to send than the silence granted arrives', async () => {
  const { url, cloud } = await answering(async (request, response) => {
    const received = await readSlowly(request, muchLonger);
    response.end(JSON.stringify({ received }));
  });
  const { value, ms } = await timed(cloud.uploadChunk(`${url}/upload`, photo, 0, photo.length, 'sum'));
  expect(value).toEqual({ received: photo.length });
  expect(ms).toBeGreaterThan(silence);
});

test('a photo that a slow line takes far longer to bring than the silence granted arrives', async () => {
  const { url, cloud } = await answering((_request, response) => writeSlowly(response, 2_000_000, muchLonger));
  const { value, ms } = await timed(
    cloud.download(`${url}/photo`, 0).then((body) => buffer(body as AsyncIterable<Buffer>)),
  );
  expect(value).toHaveLength(2_000_000);
  expect(ms).toBeGreaterThan(silence);
});

test('records that come slowly are read to their end', async () => {
  const { cloud } = await answering(async (_request, response) => {
    for (const part of ['{"zones', '":', '[', '],"server', 'Epoch":', '"one"}']) {
      response.write(part);
      await pass(muchLonger / 6);
    }
    response.end();
  });
  const { value, ms } = await timed(cloud.listZones('private'));
  expect(value).toEqual({ zones: [], serverEpoch: 'one' });
  expect(ms).toBeGreaterThan(silence);
});

test('a server that takes a photo and never answers is given up as offline', async () => {
  const { url, cloud } = await answering((request) => void request.resume());
  expect(await failureOf(cloud.uploadChunk(`${url}/upload`, photo, 0, photo.length, 'sum'))).toMatchObject({
    code: 'offline',
    data: { reason: expect.stringContaining('Nothing was sent or received') },
  });
});

test('a server that never answers a question is given up as offline', async () => {
  const { cloud } = await answering(() => undefined);
  expect(await failureOf(cloud.listZones('private'))).toMatchObject({ code: 'offline' });
});

test('a server that stops taking in the middle of a photo is given up as offline', async () => {
  let taken = 0;
  const { url, cloud } = await answering((request) => {
    request.on('data', (part: Buffer) => {
      taken += part.length;
      if (taken > photo.length / 2) request.pause();
    });
  });
  expect(await failureOf(cloud.uploadChunk(`${url}/upload`, photo, 0, photo.length, 'sum'))).toMatchObject({
    code: 'offline',
  });
  expect(taken).toBeLessThan(photo.length);
});

test('a download that stops in the middle fails as offline after what came', async () => {
  const { url, cloud } = await answering((_request, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('12345');
  });
  let came = '';
  const reading = (async () => {
    for await (const part of await cloud.download(`${url}/photo`, 0)) came += new TextDecoder().decode(part);
  })();
  expect(await failureOf(reading)).toMatchObject({ code: 'offline', message: 'The download broke off.' });
  expect(came).toBe('12345');
});

test('records that stop in the middle fail as offline', async () => {
  const { cloud } = await answering((_request, response) => {
    response.write('{"zones":');
  });
  expect(await failureOf(cloud.listZones('private'))).toMatchObject({
    code: 'offline',
    message: 'The answer of the server broke off.',
  });
});

test('a server that refuses a photo and takes no more of it does not keep the connection', async () => {
  let taken = 0;
  let ended = false;
  const server = createPlainServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (part) => {
      taken += part.length;
    });
    socket.on('end', () => {
      ended = true;
    });
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\n{}');
      // What it takes after that shows how much was sent at all.
      setTimeout(() => socket.resume(), muchLonger);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const requests = createHttpRequests();
  closing.push(() => requests.dispose());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const refused = await requests.fetch({ url, method: 'PUT', headers: {}, body: photo, silence });
  expect([refused.status, await refused.json()]).toEqual([413, {}]);
  await expect.poll(() => ended).toBe(true);
  expect(taken).toBeLessThan(photo.length);
});

test('bytes that came wait for a slow reader: the silence is not the server’s', async () => {
  const size = 4 * 1024 * 1024;
  const { url, cloud } = await answering((_request, response) => response.end(Buffer.alloc(size, 7)));
  let length = 0;
  let waited = false;
  for await (const part of await cloud.download(`${url}/photo`, 0)) {
    length += part.length;
    // As when a limit of the rate, or a slow disk, holds up what came.
    if (!waited) await pass(muchLonger);
    waited = true;
  }
  expect(length).toBe(size);
});

test('the last bytes of an answer wait for a slow reader too', async () => {
  const { url, cloud } = await answering((_request, response) => response.end('short'));
  const parts: string[] = [];
  for await (const part of await cloud.download(`${url}/photo`, 0)) {
    parts.push(new TextDecoder().decode(part));
    await pass(muchLonger);
  }
  expect(parts.join('')).toBe('short');
});

test('a connection is kept for the next request for longer than the silence of the last', async () => {
  const { url, fetch, connections } = await answering((_request, response) => response.end('{}'));
  await (await fetch({ url, method: 'GET', headers: {} })).json();
  await pass(muchLonger);
  await (await fetch({ url, method: 'GET', headers: {} })).json();
  expect(connections).toHaveLength(1);
});

test('the caller’s signal ends a photo that is being sent, without waiting for silence', async () => {
  const stop = new AbortController();
  const { url, fetch, connections } = await answering((request) => {
    request.on('data', () => stop.abort());
  });
  const sending = fetch({ url, method: 'PUT', headers: {}, body: photo, signal: stop.signal });
  await expect(sending).rejects.toThrow(/abort/i);
  await expect.poll(() => connections.map((socket) => socket.destroyed)).toEqual([true]);
});

test('a long text is sent in pieces and arrives as it was', async () => {
  const { url, fetch } = await answering(async (request, response) => response.end(await buffer(request)));
  // One byte, then characters of two: the edge of a piece goes through the middle of one.
  const text = JSON.stringify(`a${'ä'.repeat(100_000)}`);
  const sent = await fetch({ url, method: 'POST', headers: {}, body: text });
  expect(JSON.stringify(await sent.json())).toBe(text);
});

test('the worker limits the silence of its requests, not how long they take', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slow-line-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true }));
  const store = openStore({ directory, now: Date.now, newId: () => crypto.randomUUID() });
  closing.push(() => store.dispose());
  const asked: CloudRequest[] = [];
  const { handlers, dispose } = createSyncHandlers({
    requests: (request) => {
      asked.push(request);
      return Promise.reject(new Error('nobody there'));
    },
    fetch: () => Promise.reject(new Error('nobody there')),
    now: Date.now,
    random: () => 0.5,
    newId: () => crypto.randomUUID(),
    timers: {
      set: (fn, ms) => setTimeout(fn, ms).unref(),
      clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
    },
    reportError: (error) => {
      throw error;
    },
  });
  closing.push(dispose);
  handlers.start({
    directory,
    account: { server: 'http://nobody', container: 'photos', environment: 'test', userName: '_me' },
    token: 'token',
    node: 'node',
    policy: { originals: 'everywhere', cacheLimitBytes: Number.POSITIVE_INFINITY, bytesPerSecond: null },
    paused: false,
  });
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  expect(asked[0]).toMatchObject({ silence: 30_000 });
  expect(asked[0]?.signal).toBeUndefined();
});
