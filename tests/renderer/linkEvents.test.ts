import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createAppEvents } from '../../electron/core/appEvents.ts';
import type { Bridge } from '../../renderer/bridge/bridge.ts';
import type { AppEvent } from '../../shared/model/app.ts';
import { followEvents, windowEventName, type WindowEvent } from '../../renderer/data/events.ts';

/* A share link can start the app: it is there before the window, and before what in the window opens links. */

const link = 'shoebox://share?link=https%3A%2F%2Fphotos.example%2Fshare%2FAbCdEf0123456789';
const target = new EventTarget();
let taken: WindowEvent[];
let isListening: boolean;
/** Links that windows gave up, and said so. */
let left: number;
let clock: number;
beforeEach(() => {
  taken = [];
  isListening = true;
  left = 0;
  clock = 0;
  vi.stubGlobal('window', target);
  target.addEventListener(windowEventName, take);
});
afterEach(() => {
  target.removeEventListener(windowEventName, take);
  vi.unstubAllGlobals();
});

function take(event: Event): void {
  if (!isListening || !(event instanceof CustomEvent)) return;
  event.preventDefault();
  taken.push(event.detail as WindowEvent);
}

/** A window on the core's events; its timers run when the test says so. */
function openWindow(events: ReturnType<typeof createAppEvents>) {
  const timers: (() => void)[] = [];
  const client = {
    app: { events: (_: object, { signal }: { signal: AbortSignal }) => Promise.resolve(events.stream(signal)) },
  };
  const connection = { state: () => 'open', subscribe: () => () => undefined };
  const close = followEvents({
    bridge: { client, connection } as unknown as Bridge,
    queryClient: new QueryClient(),
    reloadPhotos: () => undefined,
    readSettings: () => Promise.resolve(),
    setTimer: (run) => timers.push(run),
    clearTimer: () => undefined,
    linkLeft: () => void (left += 1),
  });
  return { close, runTimers: () => timers.splice(0).forEach((run) => run()) };
}

it('a link that came before any window is opened by the first one, once', async () => {
  const events = createAppEvents(() => clock);
  events.publish({ type: 'openLink', link });
  const first = openWindow(events);
  await expect.poll(() => taken).toEqual([{ type: 'openLink', link }]);
  const second = openWindow(events);
  // It asks for its events in a later turn.
  await new Promise(setImmediate);
  events.publish({ type: 'command', command: 'edit.undo' });
  await expect.poll(() => taken.filter(({ type }) => type === 'command')).toHaveLength(2);
  expect(taken.filter(({ type }) => type === 'openLink')).toHaveLength(1);
  first.close();
  second.close();
  events.dispose();
});

it('a link is offered again until the part of the window that opens links is there', async () => {
  const events = createAppEvents(() => clock);
  isListening = false;
  const opened = openWindow(events);
  events.publish({ type: 'openLink', link });
  let offers = 0;
  const count = () => (offers += 1);
  target.addEventListener(windowEventName, count);
  await expect.poll(() => offers).toBe(1);
  opened.runTimers();
  expect([offers, taken]).toEqual([2, []]);
  isListening = true;
  opened.runTimers();
  opened.runTimers();
  target.removeEventListener(windowEventName, count);
  expect([offers, taken]).toEqual([3, [{ type: 'openLink', link }]]);
  opened.close();
  events.dispose();
});

it('a link that nothing in the window took for ten seconds is said to be left, once', async () => {
  const events = createAppEvents(() => clock);
  isListening = false;
  const opened = openWindow(events);
  let offers = 0;
  const count = () => (offers += 1);
  target.addEventListener(windowEventName, count);
  events.publish({ type: 'openLink', link });
  await expect.poll(() => offers).toBe(1);
  for (let turn = 0; turn < 150; turn += 1) opened.runTimers();
  target.removeEventListener(windowEventName, count);
  expect([offers, left]).toEqual([101, 1]);
  opened.close();
  events.dispose();
});

it('a link that a window could not open before it was closed says nothing there', async () => {
  const events = createAppEvents(() => clock);
  isListening = false;
  const opened = openWindow(events);
  let offers = 0;
  const count = () => (offers += 1);
  target.addEventListener(windowEventName, count);
  events.publish({ type: 'openLink', link });
  await expect.poll(() => offers).toBe(1);
  opened.close();
  for (let turn = 0; turn < 150; turn += 1) opened.runTimers();
  target.removeEventListener(windowEventName, count);
  expect(left).toBe(0);
  events.dispose();
});

/* A stream is pulled by the connection, not by the page: that an event went out does not say that a page was there. */

/** A stream of events as a connection reads it: every event is sent on at once. */
function connect(events: ReturnType<typeof createAppEvents>) {
  const sent: AppEvent[] = [];
  const abort = new AbortController();
  const done = (async () => {
    for await (const event of events.stream(abort.signal)) sent.push(event);
  })();
  return {
    sent,
    end: async () => {
      abort.abort();
      await done;
    },
  };
}
/** Lets a connection read what there is. */
const settle = () => new Promise(setImmediate);

it('a link whose page went away before it opened it is given to the next page', async () => {
  const events = createAppEvents(() => clock);
  events.publish({ type: 'openLink', link });
  const first = connect(events);
  await settle();
  expect(first.sent).toHaveLength(1);
  clock += 3_000;
  await first.end();
  const second = connect(events);
  await settle();
  expect(second.sent).toEqual([{ type: 'openLink', link }]);
  await second.end();
  events.dispose();
});

it('a link that came while a page was being left is given to the next page, also when that one is there already', async () => {
  const events = createAppEvents(() => clock);
  const leaving = connect(events);
  await settle();
  events.publish({ type: 'openLink', link });
  await settle();
  const next = connect(events);
  await settle();
  expect(next.sent).toEqual([]);
  await leaving.end();
  await settle();
  expect(next.sent).toEqual([{ type: 'openLink', link }]);
  await next.end();
  events.dispose();
});

it('a link that was never sent on is given to the next page, however long that takes', async () => {
  const events = createAppEvents(() => clock);
  events.publish({ type: 'openLink', link });
  const stuck = events.stream();
  await stuck.next();
  clock += 60_000;
  await stuck.return();
  const next = connect(events);
  await settle();
  expect(next.sent).toEqual([{ type: 'openLink', link }]);
  await next.end();
  events.dispose();
});

it('a link whose page lived on is not opened again by the next one', async () => {
  const events = createAppEvents(() => clock);
  events.publish({ type: 'openLink', link });
  const first = connect(events);
  await settle();
  clock += 10_000;
  await first.end();
  const second = connect(events);
  await settle();
  expect(second.sent).toEqual([]);
  await second.end();
  events.dispose();
});

it('a link that two pages got is not given to a third when one of them goes', async () => {
  const events = createAppEvents(() => clock);
  const [one, two] = [connect(events), connect(events)];
  await settle();
  events.publish({ type: 'openLink', link });
  await settle();
  await one.end();
  const third = connect(events);
  await settle();
  expect([one.sent.length, two.sent.length, third.sent.length]).toEqual([1, 1, 0]);
  await Promise.all([two.end(), third.end()]);
  events.dispose();
});

it('a link that every page dies of is given up', async () => {
  const events = createAppEvents(() => clock);
  events.publish({ type: 'openLink', link });
  const got: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const page = connect(events);
    await settle();
    got.push(page.sent.length);
    await page.end();
  }
  expect(got).toEqual([1, 1, 1, 0, 0]);
  events.dispose();
});
