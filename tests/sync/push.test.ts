import { expect, test } from 'vitest';
import { createPush } from '../../electron/core/sync/push.ts';

interface Timer {
  readonly run: () => void;
  readonly ms: number;
}

/** A stream of the server's that the test writes, and a clock whose alarms the test lets off. */
function listen(answer: (request: Request) => Promise<Response>) {
  const asked: Request[] = [];
  const timers = new Map<number, Timer>();
  const lives: boolean[] = [];
  const counts = { hints: 0, signedOut: 0 };
  let nextTimer = 0;
  const push = createPush({
    fetch: (request) => {
      asked.push(request);
      return answer(request);
    },
    url: 'http://localhost/events',
    token: () => 'a-token',
    timers: {
      set: (run, ms) => {
        nextTimer += 1;
        timers.set(nextTimer, { run, ms });
        return nextTimer;
      },
      clear: (handle) => {
        timers.delete(handle as number);
      },
    },
    random: () => 1,
    onHint: () => {
      counts.hints += 1;
    },
    onSignedOut: () => {
      counts.signedOut += 1;
    },
    onLive: (live) => lives.push(live),
  });
  const pauses = () => [...timers.values()].map(({ ms }) => ms).sort((one, other) => one - other);
  /** Lets the alarm go off that was set for this time. */
  const letOff = (ms: number) => {
    const due = [...timers].find(([, timer]) => timer.ms === ms);
    if (due === undefined) throw new Error(`No alarm of ${ms} ms is set: ${pauses().join(', ')}`);
    timers.delete(due[0]);
    due[1].run();
  };
  const comesToThis = async (what: () => unknown, expected: unknown) => {
    await expect.poll(what).toEqual(expected);
  };
  return { push, asked, lives, counts, pauses, letOff, comesToThis };
}

/** Nothing comes until the question is taken back. */
const silent = (request: Request) =>
  new Promise<Response>((_resolve, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason));
  });

/** A stream that stays open, and what to write into it with. */
function stream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  return { response: new Response(readable), write: (text: string) => writer.write(encoder.encode(text)), writer };
}

const silence = 50_000;
const poll = 60_000;

test.each([
  ['is asked for at once when nothing had answered it', () => Promise.reject(new TypeError('fetch failed')), 2],
  ['waits on when the server had refused it', () => Promise.resolve(new Response(null, { status: 503 })), 1],
])('a server that is heard of: the stream of pushes %s', async (_what, answer, tries) => {
  const { push, asked, pauses, comesToThis } = listen(answer);
  push.start();
  await comesToThis(pauses, [1_000, poll]);
  push.reachable();
  expect(asked).toHaveLength(tries);
  push.stop();
  push.reachable();
  expect(asked).toHaveLength(tries);
});

test('a question for the stream that nobody answers is given up like a stream that has gone silent, and asked again', async () => {
  const { push, asked, pauses, letOff, comesToThis, counts } = listen(silent);
  push.start();
  expect(pauses()).toEqual([silence]);
  letOff(silence);
  await comesToThis(pauses, [1_000, poll]);
  letOff(poll);
  expect(counts.hints).toBe(1);
  letOff(1_000);
  expect(asked).toHaveLength(2);
  push.stop();
  await comesToThis(pauses, []);
});

test('a stream that is stopped and begun again at once is one stream', async () => {
  const first = stream();
  const second = stream();
  const answers = [first, second];
  const { push, asked, pauses, lives, comesToThis } = listen(async (request) => {
    const one = answers.shift() ?? stream();
    request.signal.addEventListener('abort', () => void one.writer.abort(request.signal.reason).catch(() => undefined));
    return one.response;
  });
  push.start();
  await comesToThis(() => push.live, true);
  push.stop();
  push.start();
  await comesToThis(() => push.live, true);
  await comesToThis(pauses, [silence]);
  expect(asked).toHaveLength(2);
  expect(lives).toEqual([true, false, true]);
  push.stop();
});

test('a stream tells of changes, goes on after the last of them when it breaks, and says so', async () => {
  const first = stream();
  const answers = [first.response, stream().response];
  const { push, asked, lives, letOff, counts, pauses, comesToThis } = listen(() =>
    Promise.resolve(answers.shift() ?? new Response(null, { status: 503 })),
  );
  push.start();
  await comesToThis(() => counts.hints, 1);
  await first.write(': still here\n\nid: 17\nevent: resync\ndata: {}');
  await first.write('\n\n');
  await comesToThis(() => counts.hints, 2);
  await first.write('event: nonsense\ndata: {}\n\nevent: push\ndata: not json\n\nevent: signedOut\ndata: {}\n\n');
  await comesToThis(() => counts.signedOut, 1);
  expect(counts.hints).toBe(2);
  await first.writer.close();
  await comesToThis(pauses, [1_000, poll]);
  letOff(1_000);
  await comesToThis(() => lives, [true, false, true]);
  expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '17']);
  push.stop();
});

test.each([
  ['that is refused because the session has ended', () => new Response(null, { status: 401 })],
  ['that is closed before it has said anything', () => new Response('')],
])('a stream %s is asked for ever more seldom', async (_what, answer) => {
  const { push, asked, letOff, pauses, comesToThis } = listen(() => Promise.resolve(answer()));
  push.start();
  for (const pause of [1_000, 2_000, 4_000, 8_000]) {
    await comesToThis(pauses, [pause, poll]);
    letOff(pause);
  }
  expect(asked).toHaveLength(5);
  push.stop();
});

test('a stream without an end to its event is let go', async () => {
  const endless = stream();
  const { push, lives, pauses, comesToThis } = listen(() => Promise.resolve(endless.response));
  push.start();
  await comesToThis(() => push.live, true);
  const written = endless.write(`data: ${'x'.repeat(70_000)}`).catch(() => 'refused');
  await comesToThis(pauses, [1_000, poll]);
  expect(lives).toEqual([true, false]);
  await written;
  push.stop();
});
