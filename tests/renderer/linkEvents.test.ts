import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createAppEvents } from '../../electron/core/appEvents.ts';
import type { Bridge } from '../../renderer/bridge/bridge.ts';
import { followEvents, windowEventName, type WindowEvent } from '../../renderer/data/events.ts';

/* A share link can start the app: it is there before the window, and before what in the window opens links. */

const link = 'shoebox://share?link=https%3A%2F%2Fphotos.example%2Fshare%2FAbCdEf0123456789';
const target = new EventTarget();
let taken: WindowEvent[];
let isListening: boolean;
beforeEach(() => {
  taken = [];
  isListening = true;
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
  });
  return { close, runTimers: () => timers.splice(0).forEach((run) => run()) };
}

it('a link that came before any window is opened by the first one, once', async () => {
  const events = createAppEvents();
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
  const events = createAppEvents();
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
