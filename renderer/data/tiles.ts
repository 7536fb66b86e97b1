import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoTile } from '../../shared/model/photo.ts';

export type Tiles = {
  readonly get: (id: PhotoID) => PhotoTile | undefined;
  readonly subscribe: (id: PhotoID, listener: () => void) => () => void;
  /** Says which photos a list shows now; what is missing or out of date is fetched, at most 500 at a time. */
  readonly want: (list: symbol, ids: readonly PhotoID[]) => void;
  /** A list is gone. */
  readonly forget: (list: symbol) => void;
  /**
   * Shows a change while the core makes it. What was read before `made` resolved does not take it back; what is read
   * after that is the truth. When `made` rejects, the change is taken back at once.
   */
  readonly show: (ids: readonly PhotoID[], change: Partial<PhotoTile>, made: Promise<unknown>) => void;
  /** Something changed in the store: fetches again what is on screen, and the rest when it is next wanted. */
  readonly refresh: () => void;
  readonly dispose: () => void;
};

export type TilesDeps = {
  readonly read: (ids: PhotoID[]) => Promise<readonly PhotoTile[]>;
  readonly setTimer: (run: () => void, milliseconds: number) => number;
  readonly clearTimer: (timer: number) => void;
};

type Entry = {
  /** As read. */
  readonly read: PhotoTile;
  /** As shown: with the changes that are being made. */
  readonly tile: PhotoTile;
  readonly generation: number;
};

/** A change that is being made; `until` is the first generation whose reading began after it was. */
type Change = { readonly values: Partial<PhotoTile>; until: number };

const perCall = 250;
const kept = 20_000;

/**
 * Tiles by photo, kept for the photos seen lately. Lists say what they show; the cache fetches in few calls and tells
 * each tile's own listener, so that one changed photo paints one tile.
 */
export function createTiles(deps: TilesDeps): Tiles {
  const entries = new Map<PhotoID, Entry>();
  const listeners = new Map<PhotoID, Set<() => void>>();
  const wanted = new Map<symbol, readonly PhotoID[]>();
  const underWay = new Set<PhotoID>();
  const changes = new Map<PhotoID, readonly Change[]>();
  let generation = 0;
  let disposed = false;
  let timer = 0;
  let scheduled = false;

  function tell(id: PhotoID): void {
    for (const listener of listeners.get(id) ?? []) listener();
  }

  /** Drops the changes that a reading as of a generation has in it, and keeps those that are still being made. */
  function settle(id: PhotoID, asOf: number): void {
    const left = changes.get(id)?.filter(({ until }) => until > asOf) ?? [];
    keepChanges(id, left);
  }

  function keepChanges(id: PhotoID, left: readonly Change[]): void {
    if (left.length > 0) changes.set(id, left);
    else changes.delete(id);
  }

  function takeBack(id: PhotoID, change: Change): void {
    const before = changes.get(id);
    if (before?.includes(change) !== true) return;
    keepChanges(
      id,
      before.filter((one) => one !== change),
    );
    const entry = entries.get(id);
    if (entry !== undefined) put(id, entry.read, entry.generation);
  }

  function put(id: PhotoID, read: PhotoTile, asOf: number): void {
    const before = entries.get(id);
    const next: PhotoTile = Object.assign({}, read, ...(changes.get(id) ?? []).map(({ values }) => values));
    const unchanged = before !== undefined && sameTile(before.tile, next);
    entries.delete(id);
    entries.set(id, { read, tile: unchanged ? before.tile : next, generation: asOf });
    if (!unchanged) tell(id);
  }

  function evict(): void {
    if (entries.size <= kept) return;
    const visible = new Set([...wanted.values()].flat());
    for (const id of entries.keys()) {
      if (entries.size <= kept * 0.9) return;
      if (!visible.has(id)) entries.delete(id);
    }
  }

  async function fetch(ids: PhotoID[], asOf: number): Promise<void> {
    try {
      for (const tile of await deps.read(ids)) {
        if ((entries.get(tile.id)?.generation ?? asOf) > asOf) continue;
        settle(tile.id, asOf);
        put(tile.id, tile, asOf);
      }
      evict();
    } catch {
      // The list itself reports that the core cannot be reached; a tile keeps its placeholder until the next try.
    } finally {
      for (const id of ids) underWay.delete(id);
      if (generation !== asOf) schedule();
    }
  }

  function run(): void {
    scheduled = false;
    const missing: PhotoID[] = [];
    for (const ids of wanted.values()) {
      for (const id of ids) {
        if (entries.get(id)?.generation !== generation && !underWay.has(id)) {
          underWay.add(id);
          missing.push(id);
        }
      }
    }
    for (let start = 0; start < missing.length; start += perCall)
      void fetch(missing.slice(start, start + perCall), generation);
  }

  function schedule(): void {
    if (scheduled || disposed) return;
    scheduled = true;
    timer = deps.setTimer(run, 16);
  }

  function refresh(): void {
    generation += 1;
    schedule();
  }

  return {
    get: (id) => entries.get(id)?.tile,
    subscribe: (id, listener) => {
      const set = listeners.get(id) ?? new Set();
      listeners.set(id, set);
      set.add(listener);
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(id) === set) listeners.delete(id);
      };
    },
    want: (list, ids) => {
      wanted.set(list, ids);
      schedule();
    },
    forget: (list) => {
      wanted.delete(list);
    },
    show: (ids, values, made) => {
      const change: Change = { values, until: Number.POSITIVE_INFINITY };
      for (const id of ids) {
        const entry = entries.get(id);
        if (entry === undefined) continue;
        changes.set(id, [...(changes.get(id) ?? []), change]);
        put(id, entry.read, entry.generation);
      }
      const done = (): void => {
        refresh();
        change.until = generation;
      };
      const refused = (): void => {
        for (const id of ids) takeBack(id, change);
        refresh();
      };
      made.then(done, refused);
    },
    refresh,
    dispose: () => {
      disposed = true;
      deps.clearTimer(timer);
      listeners.clear();
      wanted.clear();
    },
  };
}

function sameTile(left: PhotoTile, right: PhotoTile): boolean {
  const keys = Object.keys(right) as (keyof PhotoTile)[];
  return keys.every((key) => left[key] === right[key]);
}
