import { expect, test, vi } from 'vitest';
import { createThrottle } from '../../electron/core/sync/throttle.ts';

/** A clock and its timers, moved by hand. */
function handClock() {
  let now = 1_000;
  const due = new Map<object, { at: number; fn: () => void }>();
  return {
    now: () => now,
    /** For a clock that is put back. */
    set: (ms: number) => {
      now = ms;
    },
    pass: (ms: number) => {
      now += ms;
      for (const [handle, { at, fn }] of due) {
        if (at > now) continue;
        due.delete(handle);
        fn();
      }
    },
    timers: {
      set: (fn: () => void, ms: number) => {
        const handle = {};
        due.set(handle, { at: now + ms, fn });
        return handle;
      },
      clear: (handle: unknown) => void due.delete(handle as object),
    },
    waiting: () => due.size,
  };
}

test('the first request is done at once, those that follow within the pause as one when it is over', () => {
  const clock = handClock();
  const work = vi.fn();
  const throttle = createThrottle({ ...clock, pause: 500, work });
  throttle.ask();
  expect(work).toHaveBeenCalledTimes(1);
  throttle.ask();
  clock.pass(200);
  throttle.ask();
  clock.pass(299);
  expect(work).toHaveBeenCalledTimes(1);
  clock.pass(1);
  expect(work).toHaveBeenCalledTimes(2);
  clock.pass(5_000);
  expect(work).toHaveBeenCalledTimes(2);
});

test('after a quiet pause a request is done at once again', () => {
  const clock = handClock();
  const work = vi.fn();
  const throttle = createThrottle({ ...clock, pause: 500, work });
  throttle.ask();
  clock.pass(500);
  throttle.ask();
  expect(work).toHaveBeenCalledTimes(2);
});

test('what waits is done now when asked for, and not again', () => {
  const clock = handClock();
  const work = vi.fn();
  const throttle = createThrottle({ ...clock, pause: 500, work });
  throttle.flush();
  expect(work).not.toHaveBeenCalled();
  throttle.ask();
  throttle.ask();
  throttle.flush();
  expect(work).toHaveBeenCalledTimes(2);
  clock.pass(5_000);
  expect(work).toHaveBeenCalledTimes(2);
});

test('a clock put back by an hour holds nothing up for longer than the pause', () => {
  const clock = handClock();
  const work = vi.fn();
  const throttle = createThrottle({ ...clock, pause: 500, work });
  clock.set(3_600_000);
  throttle.ask();
  clock.set(0);
  throttle.ask();
  clock.pass(500);
  expect(work).toHaveBeenCalledTimes(2);
});

test('what waits when it is closed is not done', () => {
  const clock = handClock();
  const work = vi.fn();
  const throttle = createThrottle({ ...clock, pause: 500, work });
  throttle.ask();
  throttle.ask();
  throttle.dispose();
  clock.pass(5_000);
  expect(work).toHaveBeenCalledTimes(1);
  expect(clock.waiting()).toBe(0);
});
