import { describe, expect, it } from 'vitest';
import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoTile } from '../../shared/model/photo.ts';
import { createTiles } from '../../renderer/data/tiles.ts';

function photo(id: string, change: Partial<PhotoTile> = {}): PhotoTile {
  return {
    id: id as PhotoID,
    version: '1',
    fileName: `${id}.jpg`,
    title: null,
    kind: 'photo',
    mediaType: 'image',
    state: 'ready',
    thumbhash: null,
    takenAt: null,
    durationMs: null,
    favourite: false,
    hidden: false,
    rating: 0,
    edited: false,
    shared: 'none',
    addedBy: null,
    missing: false,
    ...change,
  };
}

function world() {
  const stored = new Map<string, PhotoTile>();
  const calls: number[] = [];
  const timers: (() => void)[] = [];
  let held: Promise<void> | undefined;
  const tiles = createTiles({
    read: async (ids) => {
      calls.push(ids.length);
      const read = ids.map((id) => stored.get(id)).filter((tile): tile is PhotoTile => tile !== undefined);
      await held;
      return read;
    },
    setTimer: (run) => timers.push(run),
    clearTimer: () => undefined,
  });
  const turn = async (): Promise<void> => {
    for (const run of timers.splice(0)) run();
    for (let step = 0; step < 10; step += 1) await Promise.resolve();
  };
  /** Readings from now on answer when the returned function is called, with what was stored when they began. */
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return () => {
      held = undefined;
      resolve();
    };
  };
  return { stored, calls, tiles, turn, hold, list: Symbol('list') };
}

const ids = (count: number): PhotoID[] => Array.from({ length: count }, (_, index) => `p${index}` as PhotoID);

describe('tiles', () => {
  it('what lists want in one frame is fetched in few calls, each photo once', async () => {
    const { stored, calls, tiles, turn, list } = world();
    for (const id of ids(600)) stored.set(id, photo(id));
    tiles.want(list, ids(600));
    tiles.want(Symbol('other'), ids(100));
    await turn();
    expect(calls).toEqual([250, 250, 100]);
    expect(tiles.get('p599' as PhotoID)?.fileName).toBe('p599.jpg');
    tiles.want(list, ids(600));
    await turn();
    expect(calls).toHaveLength(3);
  });

  it('after a change only tiles that changed are painted again', async () => {
    const { stored, tiles, turn, list } = world();
    for (const id of ids(3)) stored.set(id, photo(id));
    tiles.want(list, ids(3));
    await turn();
    const painted: string[] = [];
    for (const id of ids(3)) tiles.subscribe(id, () => painted.push(id));
    stored.set('p1', photo('p1', { favourite: true }));
    tiles.refresh();
    await turn();
    expect(painted).toEqual(['p1']);
    expect(tiles.get('p1' as PhotoID)?.favourite).toBe(true);
  });

  /** A tile on the screen, and readings that answer when the test lets them. */
  async function slowWorld() {
    const { stored, tiles, turn, list, hold } = world();
    stored.set('p0', photo('p0'));
    tiles.want(list, ids(1));
    await turn();
    const painted: boolean[] = [];
    tiles.subscribe('p0' as PhotoID, () => painted.push(tiles.get('p0' as PhotoID)?.favourite === true));
    const made = Promise.withResolvers<undefined>();
    return { stored, tiles, turn, list, hold, painted, made };
  }

  it('a reading from before a change was made does not take it back, whenever it answers', async () => {
    const { stored, tiles, turn, hold, painted, made } = await slowWorld();
    // What an earlier change called for: read before the core has this one, and slow.
    const letGo = hold();
    tiles.refresh();
    await turn();
    tiles.show(ids(1), { favourite: true }, made.promise);
    stored.set('p0', photo('p0', { favourite: true }));
    made.resolve(undefined);
    await turn();
    letGo();
    await turn();
    await turn();
    expect(painted).toEqual([true]);
    expect(tiles.get('p0' as PhotoID)?.favourite).toBe(true);
  });

  it('what is read after a change was made is the truth, whoever changed it since', async () => {
    const { stored, tiles, turn, painted, made } = await slowWorld();
    tiles.show(ids(1), { favourite: true }, made.promise);
    await turn();
    tiles.refresh();
    await turn();
    expect(tiles.get('p0' as PhotoID)?.favourite).toBe(true);
    stored.set('p0', photo('p0', { rating: 2 }));
    made.resolve(undefined);
    await turn();
    await turn();
    expect(painted).toEqual([true, false]);
    expect(tiles.get('p0' as PhotoID)?.rating).toBe(2);
  });

  it('a change that the core refused is taken back at once, though nothing can be read', async () => {
    const { tiles, turn, hold, painted, made } = await slowWorld();
    tiles.show(ids(1), { favourite: true }, made.promise);
    hold();
    made.reject(new Error('refused'));
    await turn();
    expect(painted).toEqual([true, false]);
  });

  it('of two changes of one photo the later one is shown, and the other when the later one was refused', async () => {
    const { stored, tiles, turn, list } = world();
    stored.set('p0', photo('p0'));
    tiles.want(list, ids(1));
    await turn();
    const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    tiles.show(ids(1), { rating: 3 }, first.promise);
    tiles.show(ids(1), { rating: 5 }, second.promise);
    stored.set('p0', photo('p0', { rating: 3 }));
    first.resolve(undefined);
    await turn();
    await turn();
    expect(tiles.get('p0' as PhotoID)?.rating).toBe(5);
    second.reject(new Error('refused'));
    await turn();
    await turn();
    expect(tiles.get('p0' as PhotoID)?.rating).toBe(3);
  });
});
