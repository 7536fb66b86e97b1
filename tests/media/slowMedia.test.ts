import { afterEach, describe, expect, it } from 'vitest';
import { mayPass } from '../../electron/core/media/fileErrors.ts';
import type { MediaJobs } from '../../electron/core/media/mediaJobs.ts';
import { createMediaPool, type MediaPool } from '../../electron/core/media/mediaPool.ts';
import { localPort } from '../../electron/core/workers/channel.ts';

/** Six times this is waited for by the clock: the third look at the worker is the last. In ms. */
const watchdogMs = 100;

const request = {
  path: '/card/video.mp4',
  format: 'mp4' as const,
  byteSize: 0,
  thumbnail: false,
  cacheDirectory: '/nowhere',
  copyTo: null,
  nonce: 'n',
};
const result = { sha256: 'whole' };

describe('a worker whose processor time the system does not tell', () => {
  let pool: MediaPool;
  afterEach(() => pool.dispose());

  /** Reads one file until `progress`, which the pool asks for, has it done. */
  function reading(progress: (finish: () => void) => ReturnType<MediaJobs['progress']> | Promise<never>) {
    pool = createMediaPool({
      watchdogMs,
      spawn: () => {
        const done = Promise.withResolvers<typeof result>();
        return localPort({
          content: () => done.promise,
          progress: () => progress(() => done.resolve(result)),
          end: () => undefined,
        });
      },
    });
    return pool.run('content', request);
  }

  it('is given time by the clock on the wall, which other work of the machine uses as well', async () => {
    let asked = 0;
    const read = reading((finish) => {
      asked += 1;
      if (asked === 2) finish();
      return { steps: 0, isReading: true };
    });
    await expect(read).resolves.toEqual(result);
    expect(pool.lost).toBe(0);
  });

  it('may take as long as it likes over a file on a slow card, while it gets on', async () => {
    let steps = 0;
    const read = reading((finish) => {
      steps += 1;
      if (steps === 8) finish();
      return { steps, isReading: true };
    });
    await expect(read).resolves.toEqual(result);
    expect(pool.lost).toBe(0);
  });

  const ending = (read: Promise<unknown>) => read.then(undefined, (error: unknown) => error);

  it('that waits for a disk in vain is ended, and the file may be read another time', async () => {
    const error = await ending(reading(() => ({ steps: 7, isReading: true })));
    expect(error).toMatchObject({ code: 'timedOut', message: expect.stringContaining('did not answer') });
    expect(mayPass(error)).toBe(true);
  });

  it.each([
    ['draws for ever', () => ({ steps: 7, isReading: false })],
    ['does not even say what it does', () => new Promise<never>(() => undefined)],
  ])('that %s is ended, and the file is left out for good', async (_, progress) => {
    const error = await ending(reading(progress));
    expect(error).toMatchObject({ code: 'timedOut', message: expect.stringContaining('left out') });
    expect(mayPass(error)).toBe(false);
  });
});
