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
  const tiles = createTiles({
    read: (ids) => {
      calls.push(ids.length);
      return Promise.resolve(ids.map((id) => stored.get(id)).filter((tile): tile is PhotoTile => tile !== undefined));
    },
    setTimer: (run) => timers.push(run),
    clearTimer: () => undefined,
  });
  const turn = async (): Promise<void> => {
    for (const run of timers.splice(0)) run();
    for (let step = 0; step < 10; step += 1) await Promise.resolve();
  };
  return { stored, calls, tiles, turn, list: Symbol('list') };
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

  it('a change is shown while the core makes it, and what was read before it was made does not take it back', async () => {
    const { stored, tiles, turn, list } = world();
    stored.set('p0', photo('p0'));
    tiles.want(list, ids(1));
    await turn();
    const painted: boolean[] = [];
    tiles.subscribe('p0' as PhotoID, () => painted.push(tiles.get('p0' as PhotoID)?.favourite === true));
    tiles.refresh();
    const made = Promise.withResolvers<undefined>();
    tiles.show(ids(1), { favourite: true }, made.promise);
    // What an earlier change called for: read before the core has this one.
    stored.set('p0', photo('p0', { rating: 2 }));
    await turn();
    expect(tiles.get('p0' as PhotoID)).toMatchObject({ favourite: true, rating: 2 });
    stored.set('p0', photo('p0', { rating: 2, favourite: true }));
    made.resolve(undefined);
    await turn();
    await turn();
    stored.set('p0', photo('p0', { rating: 2 }));
    tiles.refresh();
    await turn();
    expect(painted).toEqual([true, true, false]);
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
