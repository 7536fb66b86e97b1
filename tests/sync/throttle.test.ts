import { expect, test, vi } from 'vitest';
import { createThrottle } from '../../electron/core/sync/throttle.ts';
import { createVirtualTime } from '../simulation/virtualTime.ts';

/** Virtual time, on a clock that can be wrong. */
function handClock() {
  const time = createVirtualTime(1_000);
  let wrongBy = 0;
  return {
    now: () => time.now + wrongBy,
    set: (ms: number) => {
      wrongBy = ms - time.now;
    },
    pass: (ms: number) => time.advance(ms),
    timers: time.timersOf('throttle'),
    isWaiting: () => time.nextDue !== undefined,
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
  expect(clock.isWaiting()).toBe(false);
});
