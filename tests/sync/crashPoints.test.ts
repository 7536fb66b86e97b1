import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCrashPoints, obstacle, type CrashPoints, type CutCall, type CutMode } from './campaigns/crashPoints.ts';
import { stopEverywhere } from './campaigns/crashStops.ts';

/* A few of the points of `npm run crash:points` and `npm run crash:stops`, which cut a longer script at all of them. */

describe.runIf(obstacle() === undefined)('a process cut at a system call (needs strace)', () => {
  let points: CrashPoints;
  beforeAll(async () => {
    points = await createCrashPoints(1, 40);
  });
  afterAll(() => points.dispose());

  /** Where in an undisturbed run, from 0 to 1. */
  const cut = (mode: CutMode, call: CutCall, where: number) =>
    points.run({ mode, call, at: Math.max(1, Math.round(points.counts[call] * where)) });

  test.each([
    ['pwrite64', 0.3],
    ['pwrite64', 0.9],
    ['link', 0.5],
    ['rename', 0.5],
  ] as const)('killed before a %s at %d of the way, it goes on and loses nothing', async (call, where) => {
    const { ended, broken } = await cut('SIGKILL', call, where);
    expect(broken).toEqual([]);
    expect(ended).toBe('killed');
  });

  test.each([
    ['EIO', 'pwrite64', 0.6],
    ['ENOSPC', 'write', 0.7],
    ['ENOSPC', 'fsync', 0.4],
  ] as const)('told %s by a %s at %d of the way, it says so, goes on and loses nothing', async (mode, call, where) => {
    const { ended, broken } = await cut(mode, call, where);
    expect(broken).toEqual([]);
    expect(ended).not.toBe('killed');
  });
});

test.runIf(obstacle() === undefined)(
  'taken up from what lies on the disks after a writing call, a library ends as if nothing had cut it (needs strace)',
  { timeout: 180_000 },
  async ({ signal }) => {
    const { stops, states, broken } = await stopEverywhere(1, 9, { every: 50, signal });
    expect(broken).toEqual([]);
    expect([...stops.keys()]).toEqual(expect.arrayContaining(['pwrite64', 'write', 'rename', 'fsync']));
    expect(states).toBeGreaterThan(10);
  },
);
