import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirrorControl, type MirrorControl } from '../../electron/core/sync/mirrorControl.ts';
import type { WorkerPort } from '../../electron/core/workers/channel.ts';
import type { SyncStatus } from '../../shared/model/sync.ts';
import { createVirtualTime, type VirtualTime } from '../simulation/virtualTime.ts';
import { openTestStore, type TestStore } from '../helpers/testStore.ts';

/* The worker may die at any time; whoever looks at the app sees it, and what they had asked for still holds. */

interface FakeWorker {
  /** What it was asked for, in order: the names of calls, and `start` with what it was started with. */
  readonly asked: string[];
  readonly start: () => { readonly paused: boolean } | undefined;
  readonly killed: () => boolean;
  die(): void;
}

let fixture: TestStore;
let time: VirtualTime;
let workers: FakeWorker[];
let statuses: SyncStatus[];
let reported: unknown[];
let control: MirrorControl;

const account = { server: 'https://photos.example', container: 'c', environment: 'production', userName: '_ana' };

beforeEach(() => {
  fixture = openTestStore();
  time = createVirtualTime(1_750_000_000_000);
  workers = [];
  statuses = [];
  reported = [];
  control = createMirrorControl({
    store: fixture.store,
    spawn,
    node: 'n',
    policy: { originals: 'everywhere', cacheLimitBytes: Number.POSITIVE_INFINITY, bytesPerSecond: null },
    timers: time.timersOf('control'),
    random: () => 1,
    reportError: (error) => void reported.push(error),
  });
  control.onStatus((status) => statuses.push(status));
});
afterEach(async () => {
  await control.dispose();
  fixture.dispose();
});

/** A worker that answers everything but what waits for news. */
function spawn(): WorkerPort {
  const asked: string[] = [];
  let killed = false;
  let start: { readonly paused: boolean } | undefined;
  let answer: (message: unknown) => void = () => undefined;
  let exit: (reason: string) => void = () => undefined;
  workers.push({
    asked,
    start: () => start,
    killed: () => killed,
    die: () => exit('signal SIGSEGV'),
  });
  return {
    pid: 1,
    send: (message) => {
      const { id, name, params } = message as { id: number; name: string; params: { paused: boolean } };
      asked.push(name);
      if (name === 'start') start = params;
      if (name !== 'news') queueMicrotask(() => answer({ kind: 'result', id, value: undefined }));
    },
    onMessage: (listener) => {
      answer = listener;
    },
    onExit: (listener) => {
      exit = listener;
    },
    kill: () => {
      killed = true;
    },
  };
}

const alive = () => workers.filter(({ killed }) => !killed());
/** Lets the worker that is alive die, and what follows from it happen. */
async function dies(): Promise<void> {
  const count = reported.length;
  workers.at(-1)?.die();
  await expect.poll(() => reported.length).toBe(count + 1);
}

test('a mirror that is started twice has one worker', () => {
  control.start(account, 'token');
  control.start(account, 'token');
  expect(workers).toHaveLength(2);
  expect(alive()).toHaveLength(1);
});

test('a mirror that is started once the app has been closed has none', async () => {
  await control.dispose();
  control.start(account, 'token');
  expect(workers).toEqual([]);
});

test('a worker that dies again and again is started ever more seldom, and the status says what it died of', async () => {
  control.start(account, 'token');
  for (const pause of [1_000, 2_000, 4_000]) {
    await dies();
    expect(control.status).toMatchObject({
      state: 'syncing',
      phase: 'waiting',
      attention: [{ reason: 'serverBusy', message: expect.stringContaining('SIGSEGV') as string }],
    });
    const started = workers.length;
    time.advance(pause - 1);
    expect(workers).toHaveLength(started);
    time.advance(1);
    expect(workers).toHaveLength(started + 1);
  }
  // One that has lived for a while begins with a short pause again.
  time.advance(60_000);
  await dies();
  time.advance(1_000);
  expect(alive()).toHaveLength(1);
  expect(workers).toHaveLength(5);
});

test('a pause outlives the worker that was paused, and one asked for while there is none holds for the next', async () => {
  control.start(account, 'token');
  await control.pause();
  await dies();
  expect(control.status.state).toBe('paused');
  time.advance(1_000);
  expect(workers.at(-1)?.start()?.paused).toBe(true);
  await control.resume();
  await dies();
  await control.pause();
  expect(statuses.at(-1)?.state).toBe('paused');
  time.advance(2_000);
  expect(workers.at(-1)?.start()?.paused).toBe(true);
});

test('who resumes, or asks for a sync, while there is no worker does not wait for the next try', async () => {
  control.start(account, 'token');
  await control.pause();
  await dies();
  await control.resume();
  expect(workers).toHaveLength(2);
  expect(workers.at(-1)?.start()?.paused).toBe(false);
  await dies();
  await control.fetch('r').catch(() => undefined);
  expect(workers).toHaveLength(3);
  time.advance(3_600_000);
  expect(workers).toHaveLength(3);
});

test('signing out while a dead worker waits for its next start leaves none to come, and the status says so', async () => {
  control.start(account, 'token');
  await dies();
  await control.stop();
  expect(control.status.state).toBe('off');
  time.advance(3_600_000);
  expect(workers).toHaveLength(1);
});
