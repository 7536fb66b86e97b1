import { describe, expect, it } from 'vitest';
import type { PhotoID } from '../../shared/ids.ts';
import type { TimelinePage } from '../../shared/model/photo.ts';
import { createTimeline } from '../../renderer/data/timeline.ts';

/** A list of photos that is read in pages, a clock and timers that move by hand. */
function world(start: readonly string[]) {
  let names = start;
  let now = 0;
  let fails: Error | null = null;
  const timers: { readonly at: number; readonly run: () => void; readonly id: number }[] = [];
  const asked: number[] = [];
  let nextTimer = 1;
  const view = { source: { kind: 'library' as const }, scope: 'both' as const, query: '' };
  const timeline = createTimeline(view, {
    readPage: (_view, after, limit): Promise<TimelinePage> => {
      asked.push(limit);
      if (fails !== null) return Promise.reject(fails);
      const from = after === undefined ? 0 : Number(after);
      const ids = names.slice(from, from + limit) as PhotoID[];
      const end = from + ids.length;
      return Promise.resolve({
        ids,
        ratios: ids.map(() => 1_500),
        days: ids.map(() => 20_000),
        next: end < names.length ? String(end) : null,
      });
    },
    now: () => now,
    setTimer: (run, milliseconds) => {
      const id = nextTimer;
      nextTimer += 1;
      timers.push({ at: now + milliseconds, run, id });
      return id;
    },
    clearTimer: (id) => {
      const index = timers.findIndex((timer) => timer.id === id);
      if (index >= 0) timers.splice(index, 1);
    },
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
  };
  return {
    timeline,
    asked,
    settle,
    change: (next: readonly string[]) => (names = next),
    fail: (error: Error | null) => (fails = error),
    pass: async (milliseconds: number): Promise<void> => {
      now += milliseconds;
      for (const timer of timers.splice(0).toSorted((left, right) => left.at - right.at)) {
        if (timer.at <= now) timer.run();
        else timers.push(timer);
      }
      await settle();
    },
  };
}

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `photo-${index}`);

describe('the skeleton of a view', () => {
  it('is shown after its first page and grows to the end', async () => {
    const { timeline, settle, asked } = world(many(12_345));
    const counts: number[] = [];
    timeline.subscribe(() => counts.push(timeline.snapshot().count));
    expect(timeline.snapshot().status).toBe('loading');
    await settle();
    expect(counts).toEqual([600, 5_600, 10_600, 12_345]);
    expect(asked).toEqual([600, 5_000, 5_000, 5_000]);
    expect(timeline.snapshot()).toMatchObject({ complete: true, status: 'ready', count: 12_345 });
    expect(timeline.indexOf('photo-9999' as PhotoID)).toBe(9_999);
    expect(timeline.indexOf('gone' as PhotoID)).toBe(-1);
  });

  it('a change is swapped in whole: the list under the eyes never shrinks in between', async () => {
    const { timeline, settle, change, pass } = world(many(2_000));
    await settle();
    const counts: number[] = [];
    timeline.subscribe(() => counts.push(timeline.snapshot().count));
    change(['new', ...many(2_000)]);
    timeline.reload();
    await pass(1_000);
    expect(counts).toEqual([2_001]);
    expect(timeline.snapshot().ids[0]).toBe('new');
  });

  it('a reload that finds nothing new wakes nobody', async () => {
    const { timeline, settle, pass } = world(many(50));
    await settle();
    let woken = 0;
    timeline.subscribe(() => (woken += 1));
    timeline.reload();
    await pass(1_000);
    expect(woken).toBe(0);
  });

  it('many changes at once are read once', async () => {
    const { timeline, settle, pass, asked } = world(many(50));
    await settle();
    for (let change = 0; change < 20; change += 1) timeline.reload();
    await pass(1_000);
    expect(asked).toHaveLength(2);
  });

  it('what is shown stays when reading fails, and the next try succeeds', async () => {
    const { timeline, settle, fail, pass } = world(many(50));
    await settle();
    fail(new Error('not now'));
    timeline.reload();
    await pass(1_000);
    expect(timeline.snapshot()).toMatchObject({ status: 'error', count: 50 });
    fail(null);
    timeline.reload();
    await pass(1_000);
    expect(timeline.snapshot()).toMatchObject({ status: 'ready', count: 50 });
  });

  it('an empty view is ready and empty, not loading for ever', async () => {
    const { timeline, settle } = world([]);
    await settle();
    expect(timeline.snapshot()).toMatchObject({ status: 'ready', complete: true, count: 0 });
  });
});
