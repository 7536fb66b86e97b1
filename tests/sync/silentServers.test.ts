import { createServer, type ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { heldRequest } from '../../electron/core/sync/heldRequest.ts';
import { createHttpCloudDatabase, overFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { listeningServer, type ListeningServer } from '../helpers/listeningServer.ts';

/*
 * Servers that take a request and say nothing more, while this process throws away what nobody holds: a request that was
 * thrown away could not be ended.
 */

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

let server: ListeningServer;
let answer: (response: ServerResponse) => void;
let collecting: NodeJS.Timeout;
beforeEach(async () => {
  server = await listeningServer(createServer((_request, response) => answer(response)));
  collecting = setInterval(collect, 20);
});
afterEach(async () => {
  clearInterval(collecting);
  await server.close();
});

const cloud = () =>
  createHttpCloudDatabase({
    fetch: overFetch((request) => fetch(request)),
    server: server.url,
    container: 'iCloud.org.example.shoebox',
    environment: 'development',
    token: () => 'token',
    newKey: () => 'key',
    abortAfter: (ms) => AbortSignal.timeout(ms),
  });

describe('a server that falls silent', () => {
  test('is not waited for beyond the time a call may take', async () => {
    answer = () => undefined;
    await expect(cloud().extension('links/list', {}, 400)).rejects.toMatchObject({ code: 'offline' });
  });

  test('in the middle of its answer is not waited for either', async () => {
    answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"links":');
    await expect(cloud().extension('links/list', {}, 400)).rejects.toMatchObject({
      code: 'offline',
      message: 'The answer of the server broke off.',
    });
  });

  test('is left by whoever has had enough, long after asking', async () => {
    answer = (response) => response.writeHead(200).write('first');
    const controller = new AbortController();
    const response = await fetch(heldRequest(server.url, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 400);
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
