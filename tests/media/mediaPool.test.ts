import { afterEach, describe, expect, it } from 'vitest';
import { createMediaPool, type MediaPool, type MediaPoolDependencies } from '../../electron/core/media/mediaPool.ts';
import { childPort } from '../../electron/core/workers/channel.ts';

const request = (path: string) => ({
  path,
  format: 'jpeg' as const,
  byteSize: 1,
  thumbnail: true,
  cacheDirectory: '/nowhere',
  copyTo: null,
  nonce: path,
});

describe('a media pool whose worker misbehaves', () => {
  let pool: MediaPool;
  const open = (options: Partial<MediaPoolDependencies> = {}) => {
    pool = createMediaPool({ spawn: () => childPort(new URL('unrulyWorker.ts', import.meta.url)), ...options });
    return pool;
  };
  afterEach(() => pool.dispose());

  it('loses the one file that crashes it twice, and no other', async () => {
    open();
    const names = ['a', 'b', 'segfault', 'c', 'd', 'e'];
    const results = await Promise.allSettled(names.map((name) => pool.run('content', request(name))));
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(results[2]).toMatchObject({
      reason: { code: 'fileUnreadable', message: expect.stringMatching(/crashed the decoder twice/) },
    });
    expect(pool.lost).toBe(2);
  });

  it('ends a job that hangs and goes on with the rest', async () => {
    open({ watchdogMs: 700, workers: 1 });
    const hanging = pool.run('content', request('hang'));
    const after = pool.run('content', request('after'));
    await expect(hanging).rejects.toMatchObject({ code: 'timedOut' });
    await expect(after).resolves.toMatchObject({ sha256: 'after' });
  });

  it('ends a job that takes too much memory at once, without a second try', async () => {
    open({ memoryLimit: 400_000_000, workers: 1 });
    await expect(pool.run('content', request('hog'))).rejects.toMatchObject({ code: 'fileTooLarge' });
    expect(pool.lost).toBe(1);
    await expect(pool.run('content', request('after'))).resolves.toMatchObject({ sha256: 'after' });
  });

  it('does what a person waits for before what nobody waits for', async () => {
    open({ workers: 1 });
    const order: string[] = [];
    const run = (name: string, priority: 'now' | 'soon' | 'later') =>
      pool.run('content', request(name), { priority }).then(() => order.push(name));
    const sent = [run('first', 'soon'), run('sent ahead', 'soon'), run('later', 'later'), run('soon', 'soon')];
    await Promise.all([...sent, run('now', 'now')]);
    expect(order).toEqual(['first', 'sent ahead', 'now', 'soon', 'later']);
  });

  it('does not blame the file that was sent ahead for a crash before its turn', async () => {
    open({ workers: 1 });
    const crashing = pool.run('content', request('segfault'));
    const after = ['b', 'c'].map((name) => pool.run('content', request(name)));
    await expect(crashing).rejects.toMatchObject({ code: 'fileUnreadable' });
    await expect(Promise.all(after)).resolves.toMatchObject([{ sha256: 'b' }, { sha256: 'c' }]);
    expect(pool.lost).toBe(2);
  });

  it('tries a file again by itself, so that another that is read ahead cannot hold it up twice', async () => {
    open({ workers: 1, watchdogMs: 700 });
    const slow = pool.run('content', request('slow'));
    const stuck = [pool.run('content', request('stuck 1'))];
    // Both have been blamed once; the first is being read again.
    await expect.poll(() => pool.lost).toBe(2);
    stuck.push(pool.run('content', request('stuck 2')));
    await expect(slow).resolves.toMatchObject({ sha256: 'slow' });
    expect(await Promise.allSettled(stuck)).toMatchObject([
      { reason: { code: 'timedOut' } },
      { reason: { code: 'timedOut' } },
    ]);
  });

  it('sends nothing ahead that takes long', async () => {
    open({ workers: 1 });
    const order: string[] = [];
    const run = (name: string, byteSize: number, priority: 'now' | 'soon') =>
      pool.run('content', { ...request(name), byteSize }, { priority }).then(() => order.push(name));
    await Promise.all([run('first', 1, 'soon'), run('large', 50_000_000, 'soon'), run('now', 1, 'now')]);
    expect(order).toEqual(['first', 'now', 'large']);
  });

  it('starts no more workers ahead than there are jobs to come, and never more than it may have', async () => {
    open({ workers: 2 });
    pool.warm(1);
    const [first] = pool.pids();
    expect(pool.pids()).toEqual([first]);
    pool.warm(100);
    expect(pool.pids()).toHaveLength(2);
    await expect(pool.run('content', request('after'))).resolves.toMatchObject({ sha256: 'after' });
    expect(pool.pids()).toHaveLength(2);
  });

  it('forgets jobs that are cancelled before they begin', async () => {
    open({ workers: 1 });
    const controller = new AbortController();
    const first = pool.run('content', request('first'));
    const second = pool.run('content', request('second'), { signal: controller.signal });
    controller.abort();
    await first;
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('leaves no process behind when it is disposed with work in flight', async () => {
    open();
    const hanging = [pool.run('content', request('hang')), pool.run('content', request('hang 2'))];
    const settled = Promise.allSettled(hanging);
    await expect.poll(() => pool.pids().length).toBe(2);
    const pids = pool.pids();
    await pool.dispose();
    await settled;
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  });
});
