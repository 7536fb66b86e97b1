import { expect, test } from 'vitest';
import { createBandwidth } from '../../electron/core/sync/bandwidth.ts';
import { createVirtualTime } from '../simulation/virtualTime.ts';

const day = 86_400_000;

/** A limit of the rate on virtual time, on a clock that can be wrong, and what it has let pass. */
function limited() {
  const time = createVirtualTime(1_750_000_000_000);
  let wrongBy = 0;
  const bandwidth = createBandwidth({ now: () => time.now + wrongBy, timers: time.timersOf('bandwidth') });
  const passed: string[] = [];
  // A promise that is due goes on in a few microtasks; a turn of the loop is more than enough.
  const turn = () => new Promise<void>((done) => setImmediate(done));
  return {
    time,
    passed,
    setClockBy: (ms: number) => {
      wrongBy += ms;
    },
    take: async (name: string, bytes: number) => {
      void bandwidth.take(bytes).then(() => passed.push(name));
      await turn();
    },
    pass: async (ms: number) => {
      time.advance(ms);
      await turn();
    },
    setLimit: async (bytesPerSecond: number | null) => {
      bandwidth.setLimit(bytesPerSecond);
      await turn();
    },
  };
}

test('bytes pass at the rate, one after another, after one second’s worth at once', async () => {
  const { take, pass, setLimit, passed } = limited();
  await setLimit(1_000);
  for (const name of ['first', 'second', 'third']) await take(name, 1_000);
  expect(passed).toEqual(['first']);
  await pass(999);
  expect(passed).toEqual(['first']);
  await pass(1);
  expect(passed).toEqual(['first', 'second']);
  await pass(1_000);
  expect(passed).toEqual(['first', 'second', 'third']);
});

test('a clock put back by a day makes the next bytes wait no longer than they need', async () => {
  const { take, pass, setLimit, setClockBy, passed } = limited();
  await setLimit(1_000);
  await take('before', 4_000);
  await pass(3_000);
  setClockBy(-day);
  await take('after', 4_000);
  await pass(3_999);
  expect(passed).toEqual(['before']);
  await pass(1);
  expect(passed).toEqual(['before', 'after']);
});

test('a clock put back while bytes wait makes the next wait for those and for themselves, no longer', async () => {
  const { take, pass, setLimit, setClockBy, passed } = limited();
  await setLimit(1_000);
  await take('first', 4_000);
  await pass(1_000);
  setClockBy(-day);
  await take('second', 2_000);
  await pass(2_000);
  expect(passed).toEqual(['first']);
  await pass(4_000);
  expect(passed).toEqual(['first', 'second']);
});

test('a clock put forward by a day lets one second’s worth pass at once, not a day’s', async () => {
  const { take, pass, setLimit, setClockBy, passed } = limited();
  await setLimit(1_000);
  await take('first', 1_000);
  setClockBy(day);
  await take('second', 1_000);
  await take('third', 1_000);
  expect(passed).toEqual(['first', 'second']);
  await pass(1_000);
  expect(passed).toEqual(['first', 'second', 'third']);
});

test('bytes that wait pass at once when the limit is removed', async () => {
  const { take, setLimit, passed, time } = limited();
  await setLimit(10);
  await take('first', 4_000_000);
  await take('second', 4_000_000);
  expect(passed).toEqual([]);
  await setLimit(null);
  expect(passed).toEqual(['first', 'second']);
  expect(time.nextDue).toBeUndefined();
});

test('bytes that wait need less time from when the limit is raised', async () => {
  const { take, pass, setLimit, passed } = limited();
  await setLimit(1_000);
  await take('film', 101_000);
  await pass(10_000);
  await setLimit(9_000);
  await pass(9_999);
  expect(passed).toEqual([]);
  await pass(1);
  expect(passed).toEqual(['film']);
});

test('bytes that wait need more time from when the limit is lowered', async () => {
  const { take, pass, setLimit, passed } = limited();
  await setLimit(1_000);
  await take('photo', 3_000);
  await pass(1_000);
  await setLimit(100);
  await pass(9_999);
  expect(passed).toEqual([]);
  await pass(1);
  expect(passed).toEqual(['photo']);
});

test('the same limit set again lets nothing pass that would have waited', async () => {
  const { take, pass, setLimit, passed } = limited();
  await setLimit(1_000);
  await take('first', 1_000);
  await setLimit(1_000);
  await take('second', 1_000);
  expect(passed).toEqual(['first']);
  await pass(1_000);
  expect(passed).toEqual(['first', 'second']);
});

test('nothing waits without a limit', async () => {
  const { take, passed, time } = limited();
  await take('film', 1e9);
  expect([passed, time.nextDue]).toEqual([['film'], undefined]);
});
