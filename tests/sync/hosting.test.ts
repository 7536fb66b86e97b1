import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLibrarySync, type LibrarySync, type RunningHost } from '../../electron/core/sync/librarySync.ts';
import { AppError } from '../../shared/errors.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

/* "Share from this computer": its server takes a moment to start, and people press twice. */

const addresses = ['http://192.168.1.2:8787'];
const taken = new AppError('alreadyExists', 'Another program on this computer uses port 8787.');

let fixture: TestStore;
let sync: LibrarySync;
/** Every start asked of the server, to be answered by the test, and how many servers run. */
let starts: PromiseWithResolvers<void>[];
let running: number;

beforeEach(() => {
  fixture = openTestStore();
  starts = [];
  running = 0;
  const startServer = async (): Promise<RunningHost> => {
    const start = Promise.withResolvers<void>();
    starts.push(start);
    await start.promise;
    running += 1;
    return {
      addresses,
      stop: () => {
        running -= 1;
        return Promise.resolve();
      },
    };
  };
  const unused = () => {
    throw new Error('Nobody signs in here');
  };
  sync = createLibrarySync({
    store: fixture.store,
    keychain: {
      kind: 'none',
      get: () => Promise.resolve(undefined),
      set: () => Promise.resolve(),
      delete: () => Promise.resolve(),
    },
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    spawn: unused,
    policy: { originals: 'everywhere', cacheLimitBytes: 1, bytesPerSecond: null },
    now: () => fixture.clock,
    newId: () => '018bcfe5-6800-7000-8000-000000000001',
    startServer,
    onStatus: () => undefined,
    onRest: () => undefined,
    reportError: unused,
  });
});
afterEach(async () => {
  await sync.dispose();
  fixture.dispose();
});

/** Lets what is asked for get as far as it can by itself. */
const settle = () => new Promise((done) => setImmediate(done));

test('a second press while the server starts starts no second one', async () => {
  const both = Promise.all([sync.startHosting(), sync.startHosting()]);
  await settle();
  expect(starts).toHaveLength(1);
  starts[0]?.resolve();
  expect(await both).toEqual([
    { running: true, addresses },
    { running: true, addresses },
  ]);
  await sync.startHosting();
  expect([starts.length, running, fixture.store.meta('hosting')]).toEqual([1, 1, 'on']);
});

test('a start that fails is told to everybody who asked, and the next one tries again', async () => {
  const both = Promise.allSettled([sync.startHosting(), sync.startHosting()]);
  await settle();
  starts.forEach((start) => start.reject(taken));
  expect(await both).toEqual([
    { status: 'rejected', reason: taken },
    { status: 'rejected', reason: taken },
  ]);
  expect([sync.hosted.running, fixture.store.meta('hosting')]).toEqual([false, undefined]);
  const again = sync.startHosting();
  await settle();
  expect(starts).toHaveLength(2);
  starts[1]?.resolve();
  expect(await again).toEqual({ running: true, addresses });
});

test('a server resumed as the app opens is not started once more by a press', async () => {
  fixture.store.transaction('maintenance', () => fixture.store.setMeta('hosting', 'on'));
  const both = Promise.all([sync.resumeHosting(), sync.startHosting()]);
  await settle();
  expect(starts).toHaveLength(1);
  starts[0]?.resolve();
  await both;
  expect(running).toBe(1);
});

test('stopping while the server still starts leaves none running', async () => {
  const started = sync.startHosting();
  await settle();
  const stopped = sync.stopHosting();
  await settle();
  starts[0]?.resolve();
  await started;
  expect(await stopped).toEqual({ running: false, addresses: [] });
  expect([running, fixture.store.meta('hosting')]).toEqual([0, 'off']);
});

test('a library closed while the server still starts leaves none running', async () => {
  const started = sync.startHosting();
  await settle();
  const closed = sync.dispose();
  await settle();
  starts[0]?.resolve();
  await Promise.all([started, closed]);
  expect(running).toBe(0);
});
