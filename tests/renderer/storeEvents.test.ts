import { QueryClient } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { createAppEvents } from '../../electron/core/appEvents.ts';
import type { Bridge } from '../../renderer/bridge/bridge.ts';
import { createConnectionState } from '../../renderer/bridge/connectionState.ts';
import { followEvents, onceKey } from '../../renderer/data/events.ts';

/* The core says that something changed: the window reads again a moment later, however long the changes go on. */

/** A window on the core's events, with a clock of its own. */
function openWindow() {
  let now = 0;
  let next = 1;
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  const readAt: number[] = [];
  const read = { settings: 0 };
  const events = createAppEvents(() => now);
  const connection = createConnectionState();
  connection.set('open');
  const queryClient = new QueryClient();
  const client = {
    app: { events: (_: object, { signal }: { signal: AbortSignal }) => Promise.resolve(events.stream(signal)) },
  };
  const stop = followEvents({
    bridge: { client, connection } as unknown as Bridge,
    queryClient,
    reloadPhotos: () => readAt.push(now),
    readSettings: () => {
      read.settings += 1;
      return Promise.resolve();
    },
    setTimer: (run, milliseconds) => {
      timers.set(next, { at: now + milliseconds, run });
      next += 1;
      return next - 1;
    },
    clearTimer: (timer) => timers.delete(timer),
    linkLeft: () => undefined,
  });
  return {
    queryClient,
    readAt,
    read,
    connection,
    /** Lets the window see what was published, then time go by. */
    pass: async (milliseconds: number) => {
      await new Promise(setImmediate);
      const end = now + milliseconds;
      for (;;) {
        const [due] = [...timers].filter(([, { at }]) => at <= end).toSorted(([, one], [, other]) => one.at - other.at);
        if (due === undefined) break;
        timers.delete(due[0]);
        now = due[1].at;
        due[1].run();
      }
      now = end;
    },
    commit: () => events.publish({ type: 'storeChanged', store: 'private', token: 1, local: true }),
    close: () => {
      stop();
      events.dispose();
      return timers.size;
    },
  };
}

it('a few changes close together are read once, right after the last', async () => {
  const opened = openWindow();
  await opened.pass(0);
  for (let turn = 0; turn < 3; turn += 1) {
    opened.commit();
    await opened.pass(40);
  }
  await opened.pass(2_000);
  expect(opened.readAt).toEqual([130]);
  expect(opened.close()).toBe(0);
});

it('changes soon after a reading are given more time to come together, and after a calm second no more', async () => {
  const opened = openWindow();
  await opened.pass(0);
  opened.commit();
  await opened.pass(200);
  opened.commit();
  await opened.pass(100);
  opened.commit();
  await opened.pass(2_000);
  opened.commit();
  await opened.pass(2_000);
  expect(opened.readAt).toEqual([50, 450, 2_350]);
  expect(opened.close()).toBe(0);
});

it('changes that keep coming, as an import makes them, are read every second', async () => {
  const opened = openWindow();
  await opened.pass(0);
  for (let turn = 0; turn < 50; turn += 1) {
    opened.commit();
    await opened.pass(100);
  }
  expect(opened.readAt).toEqual([50, 1_100, 2_100, 3_100, 4_100]);
  await opened.pass(2_000);
  expect(opened.readAt).toHaveLength(6);
  opened.commit();
  await opened.pass(10);
  expect(opened.close()).toBe(0);
});

it('settings are read again with everything else once the connection is back', async () => {
  const opened = openWindow();
  await opened.pass(0);
  opened.connection.set('closed');
  opened.connection.set('open');
  expect(opened.read.settings).toBe(1);
  await opened.pass(200);
  expect(opened.readAt).toHaveLength(1);
  opened.close();
});

it('a reading that is slow goes on while changes keep coming, and is begun anew after the last', async () => {
  const opened = openWindow();
  const readAgain = vi.spyOn(opened.queryClient, 'invalidateQueries');
  await opened.pass(0);
  for (let turn = 0; turn < 15; turn += 1) {
    opened.commit();
    await opened.pass(100);
  }
  await opened.pass(2_000);
  expect(readAgain.mock.calls.map(([, options]) => options)).toEqual([
    { cancelRefetch: true },
    { cancelRefetch: false },
    { cancelRefetch: true },
  ]);
  opened.close();
});

it('a slow reading goes on at whatever pace changes keep coming', async () => {
  for (const pace of [60, 90, 134, 145]) {
    const opened = openWindow();
    const readAgain = vi.spyOn(opened.queryClient, 'invalidateQueries');
    await opened.pass(0);
    for (let turn = 0; turn < 50; turn += 1) {
      opened.commit();
      await opened.pass(pace);
    }
    const [, ...further] = readAgain.mock.calls.map(([, options]) => options);
    expect(further.length).toBeGreaterThan(1);
    expect(new Set(further.map((options) => options?.cancelRefetch))).toEqual(new Set([false]));
    opened.close();
  }
});

it('what is asked when its view opens is not asked again for each change', async () => {
  const opened = openWindow();
  const cache = opened.queryClient.getQueryCache();
  const once = cache.build(opened.queryClient, { queryKey: [['sharing', 'get'], 1], meta: { [onceKey]: true } });
  const always = cache.build(opened.queryClient, { queryKey: [['sharing', 'get'], 2] });
  await opened.pass(0);
  opened.commit();
  await opened.pass(2_000);
  expect([once, always].map(({ state }) => state.isInvalidated)).toEqual([false, true]);
  opened.close();
});
