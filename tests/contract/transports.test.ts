import { setTimeout as delay } from 'node:timers/promises';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { eventIterator, oc } from '@orpc/contract';
import { implement } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRouterServer, maximumFrameBytes } from '../../electron/core/rpc/routerServer.ts';
import type { RouterServer } from '../../electron/core/rpc/routerServer.ts';
import { AppError } from '../../shared/errors.ts';
import { transports, wiredTransports } from '../helpers/transports.ts';
import type { Connected, ConnectedWire } from '../helpers/transports.ts';

const contract = {
  photos: {
    count: oc
      .input(z.strictObject({ from: z.int(), nested: z.strictObject({ name: z.string() }).optional() }))
      .output(z.object({ total: z.int() })),
    leaky: oc.output(z.object({ id: z.string() })),
    refuse: oc.input(z.strictObject({})).output(z.null()),
    crash: oc.input(z.strictObject({})).output(z.null()),
    wait: oc.input(z.strictObject({})).output(z.null()),
  },
  changes: {
    countTo: oc.input(z.strictObject({ last: z.int() })).output(eventIterator(z.object({ n: z.int() }))),
    failAfter: oc.input(z.strictObject({ last: z.int() })).output(eventIterator(z.object({ n: z.int() }))),
    quiet: oc.input(z.strictObject({})).output(eventIterator(z.object({ n: z.int() }))),
  },
};

type Client = ContractRouterClient<typeof contract>;

/** What the router saw, so that a test can tell a cancelled call from one that ran on. */
type Seen = {
  counted: number[];
  aborted: string[];
  finished: string[];
  failures: { logId: string; procedure: string; error: unknown }[];
};

function createExercise(seen: Seen): RouterServer {
  const on = implement(contract);
  const router = on.router({
    photos: {
      count: on.photos.count.handler(({ input }) => {
        seen.counted.push(input.from);
        return { total: input.from + 1 };
      }),
      leaky: on.photos.leaky.handler(() => Object.assign({ id: 'p1' }, { passwordHash: 'never crosses' })),
      refuse: on.photos.refuse.handler(() => {
        throw new AppError('permissionFailure', 'Ana can let you add photos.', { zone: 'share.1' });
      }),
      crash: on.photos.crash.handler(() => {
        throw new Error('ENOENT: /home/ana/secret/path');
      }),
      wait: on.photos.wait.handler(
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              seen.aborted.push('wait');
              reject(signal.reason);
            });
          }),
      ),
    },
    changes: {
      countTo: on.changes.countTo.handler(async function* countTo({ input }) {
        for (let n = 1; n <= input.last; n += 1) yield { n };
        seen.finished.push('countTo');
      }),
      failAfter: on.changes.failAfter.handler(async function* failAfter({ input }) {
        for (let n = 1; n <= input.last; n += 1) yield { n };
        throw new AppError('offline', 'The server cannot be reached.');
      }),
      quiet: on.changes.quiet.handler(async function* quiet({ signal }) {
        try {
          yield { n: 0 };
          await new Promise((done) => signal?.addEventListener('abort', done, { once: true }));
        } finally {
          seen.finished.push('quiet');
        }
      }),
    },
  });
  return createRouterServer(router, {
    newLogId: () => `log-${seen.failures.length + 1}`,
    logFailure: (failure) => seen.failures.push(failure),
  });
}

/** Waits until something the other end does shows, at most two seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !condition(); turn += 1) await delay(10);
  expect(condition()).toBe(true);
}

describe.each(transports)('over $name', ({ connect }) => {
  let seen: Seen;
  let server: RouterServer;
  let connected: Connected;
  let client: Client;

  beforeEach(async () => {
    seen = { counted: [], aborted: [], finished: [], failures: [] };
    server = createExercise(seen);
    connected = await connect(server);
    client = createORPCClient<Client>(connected.link);
  });
  afterEach(async () => {
    await connected.hangUp();
    server.dispose();
  });

  it('a call brings its answer', async () => {
    expect(await client.photos.count({ from: 41 })).toEqual({ total: 42 });
  });

  it('a thousand calls at once each bring their own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, from) => client.photos.count({ from })));
    expect(answers.every((answer, from) => answer.total === from + 1)).toBe(true);
  });

  it('an answer carries only what the contract names', async () => {
    expect(await client.photos.leaky()).toEqual({ id: 'p1' });
  });

  it('a refusal keeps its code, its sentence and its data', async () => {
    await expect(client.photos.refuse({})).rejects.toMatchObject({
      code: 'permissionFailure',
      message: 'Ana can let you add photos.',
      data: { zone: 'share.1' },
    });
    expect(seen.failures).toEqual([]);
  });

  it('an unforeseen error crosses as internal with the id under which it was logged, and without its text', async () => {
    const error: unknown = await client.photos.crash({}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'internal', data: { logId: 'log-1' } });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
    expect(seen.failures).toMatchObject([
      { logId: 'log-1', procedure: 'photos.crash', error: { message: 'ENOENT: /home/ana/secret/path' } },
    ]);
  });

  it.each([
    ['a wrong type', { from: 'one' }, 'from'],
    ['a missing field', {}, 'from'],
    ['an unknown key', { from: 1, extra: true }, ''],
    ['an unknown key further down', { from: 1, nested: { name: 'a', admin: true } }, 'nested'],
    ['nothing at all', undefined, ''],
  ])('%s is refused as invalidInput before the router sees it', async (_what, input, field) => {
    // The compiler refuses these too; a hostile page has no compiler.
    const call = client.photos.count as (input: unknown) => Promise<unknown>;
    await expect(call(input)).rejects.toMatchObject({
      code: 'invalidInput',
      // A sentence of ours: nothing of what the schema library says reaches a person.
      message: field === '' ? 'The request is not valid.' : `“${field}” is not valid.`,
      data: { field },
    });
  });

  it('a procedure that does not exist is notFound, also when its name is one every object has', async () => {
    for (const name of ['destroy', 'constructor', '__proto__', 'toString']) {
      await expect(connected.link.call(['photos', name], {}, { context: {} })).rejects.toMatchObject({
        code: 'notFound',
      });
    }
  });

  it('a stream arrives whole and in order', async () => {
    const numbers: number[] = [];
    for await (const { n } of await client.changes.countTo({ last: 200 })) numbers.push(n);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('a stream that fails delivers what came before, then its error', async () => {
    const numbers: number[] = [];
    const consume = async (): Promise<void> => {
      for await (const { n } of await client.changes.failAfter({ last: 3 })) numbers.push(n);
    };
    await expect(consume()).rejects.toMatchObject({ code: 'offline', message: 'The server cannot be reached.' });
    expect(numbers).toEqual([1, 2, 3]);
  });

  it('cancelling a call aborts it on the other side', async () => {
    const controller = new AbortController();
    const call = client.photos.wait({}, { signal: controller.signal });
    const outcome = call.then(
      () => 'answered',
      (error: unknown) => (error instanceof Error ? error.name : 'thrown'),
    );
    await delay(20);
    controller.abort();
    expect(await outcome).toBe('AbortError');
    await until(() => seen.aborted.includes('wait'));
    expect(seen.failures).toEqual([]);
  });

  it('leaving a stream early lets its producer tidy up, even one that waits for the next event', async () => {
    const controller = new AbortController();
    const stream = await client.changes.quiet({}, { signal: controller.signal });
    expect(await stream.next()).toMatchObject({ value: { n: 0 } });
    const pending = stream.next().catch(() => undefined);
    controller.abort();
    await pending;
    await until(() => seen.finished.includes('quiet'));
  });
});

describe.each(wiredTransports)('on the wire of $name', ({ connect }) => {
  let seen: Seen;
  let server: RouterServer;
  let connected: ConnectedWire;
  let client: Client;

  beforeEach(async () => {
    seen = { counted: [], aborted: [], finished: [], failures: [] };
    server = createExercise(seen);
    connected = await connect(server);
    client = createORPCClient<Client>(connected.link);
  });
  afterEach(async () => {
    await connected.hangUp();
    server.dispose();
  });

  it('hanging up aborts what still runs', async () => {
    const call = client.photos.wait({}).catch(() => 'gone');
    await delay(20);
    await connected.hangUp();
    await until(() => seen.aborted.includes('wait'));
    expect(await call).toBe('gone');
  });

  it('frames no codec wrote neither crash nor disturb other calls', async () => {
    const hostile: unknown[] = [
      '',
      'not json',
      '{}',
      '[]',
      'null',
      '{"i":{},"p":null}',
      '{"i":"x1","p":{"u":"//"}}',
      '{"i":"x2","t":9,"p":{}}',
      new Uint8Array([255, 0, 1]),
      42,
      { i: 'x3' },
    ];
    for (const frame of hostile) connected.sendRaw(frame);
    expect(await client.photos.count({ from: 1 })).toEqual({ total: 2 });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('a parameter that tries to become a prototype is refused', async () => {
    connected.sendRaw('{"i":"x1","p":{"u":"/photos/count","b":{"json":{"from":7,"__proto__":{"polluted":true}}}}}');
    connected.sendRaw(
      '{"i":"x2","p":{"u":"/photos/count","b":{"json":{"from":8},"meta":[[1,"__proto__","polluted"]]}}}',
    );
    await client.photos.count({ from: 1 });
    expect(seen.counted).toEqual([1]);
    expect('polluted' in {}).toBe(false);
  });

  it('a frame beyond the limit is dropped', async () => {
    connected.sendRaw(
      `{"i":"x1","p":{"u":"/photos/count","b":{"json":{"from":1,"x":"${'x'.repeat(maximumFrameBytes)}"}}}}`,
    );
    expect(await client.photos.count({ from: 1 })).toEqual({ total: 2 });
  });

  it('a peer that sends nothing but rubbish is hung up on', async () => {
    for (let n = 0; n < 40; n += 1) connected.sendRaw('rubbish');
    await delay(50);
    const outcome = await Promise.race([
      client.photos.count({ from: 1 }).catch(() => 'refused'),
      delay(300, 'silence'),
    ]);
    expect(['refused', 'silence']).toContain(outcome);
  });
});
