import { afterEach, expect, it } from 'vitest';
import { childPort, type Handlers, type WorkerPort } from '../../electron/core/workers/channel.ts';
import { createLastingCaller, type LastingCaller } from '../../electron/core/workers/lastingCaller.ts';

/* Real child processes that die as the name of the file they are given says. */

interface Unruly extends Handlers {
  readonly content: (params: { path: string }) => { sha256: string };
}

let ports: WorkerPort[] = [];
let caller: LastingCaller<Unruly> | undefined;
afterEach(() => {
  caller?.dispose();
  for (const port of ports) port.kill();
  ports = [];
});

function open(): LastingCaller<Unruly> {
  caller = createLastingCaller<Unruly>(() => {
    const port = childPort(new URL('unrulyWorker.ts', import.meta.url));
    ports.push(port);
    return port;
  });
  return caller;
}

it('a worker that was killed while idle is there again for the next call', async () => {
  const opened = open();
  expect(await opened.call('content', { path: 'a' })).toEqual({ sha256: 'a' });
  process.kill(ports[0]?.pid ?? 0, 'SIGKILL');
  expect(await opened.call('content', { path: 'b' })).toEqual({ sha256: 'b' });
  expect(ports).toHaveLength(2);
});

it('a call whose worker was killed under it is made once more', async () => {
  const opened = open();
  await opened.call('content', { path: 'a' });
  const slow = opened.call('content', { path: 'slow' });
  process.kill(ports[0]?.pid ?? 0, 'SIGKILL');
  expect(await slow).toEqual({ sha256: 'slow' });
});

it('a call that kills its worker fails with the second one, and others go on', async () => {
  const opened = open();
  await expect(opened.call('content', { path: 'segfault' })).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('ended unexpectedly') as string,
  });
  expect(ports).toHaveLength(2);
  expect(await opened.call('content', { path: 'b' })).toEqual({ sha256: 'b' });
});

it('nothing is started after the end', async () => {
  const opened = open();
  opened.dispose();
  await expect(opened.call('content', { path: 'a' })).rejects.toMatchObject({ code: 'cancelled' });
  expect(ports).toHaveLength(1);
});
