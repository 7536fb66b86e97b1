import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoView, TimelinePage } from '../../shared/model/photo.ts';

/** The skeleton of a view as far as it is known. Arrays may be longer than `count`; what lies behind it is not data. */
export type TimelineSnapshot = {
  readonly view: PhotoView;
  readonly count: number;
  readonly ids: readonly PhotoID[];
  /** Display width over height times 1,000. */
  readonly ratios: Int32Array;
  /** Local days since 1970; all 0 where the list is not by date. */
  readonly days: Int32Array;
  readonly complete: boolean;
  readonly status: 'loading' | 'ready' | 'error';
  readonly error: unknown;
  /** Grows by one with every change of the above. */
  readonly revision: number;
};

export type Timeline = {
  readonly snapshot: () => TimelineSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  /** Position of a photo, or -1. */
  readonly indexOf: (id: PhotoID) => number;
  /** Reads the view anew soon; what is shown stays until the new list is whole. */
  readonly reload: () => void;
  readonly dispose: () => void;
};

export type TimelineDeps = {
  readonly readPage: (
    view: PhotoView,
    after: string | undefined,
    limit: number,
    signal: AbortSignal,
  ) => Promise<TimelinePage>;
  readonly now: () => number;
  readonly setTimer: (run: () => void, milliseconds: number) => number;
  readonly clearTimer: (timer: number) => void;
};

/** Enough for several screens at any density, small enough to paint at once. */
const firstPage = 600;
const furtherPages = 5_000;

type Columns = { ids: PhotoID[]; ratios: Int32Array; days: Int32Array; count: number };

const emptyColumns = (): Columns => ({ ids: [], ratios: new Int32Array(1_024), days: new Int32Array(1_024), count: 0 });

function grown(array: Int32Array, needed: number): Int32Array {
  if (needed <= array.length) return array;
  const larger = new Int32Array(Math.max(needed, array.length * 2));
  larger.set(array);
  return larger;
}

function append(columns: Columns, page: TimelinePage): void {
  const total = columns.count + page.ids.length;
  columns.ratios = grown(columns.ratios, total);
  columns.days = grown(columns.days, total);
  columns.ratios.set(page.ratios, columns.count);
  columns.days.set(page.days, columns.count);
  for (const id of page.ids) columns.ids.push(id);
  columns.count = total;
}

function same(left: Columns, right: Columns): boolean {
  if (left.count !== right.count) return false;
  for (let index = 0; index < left.count; index += 1) {
    if (
      left.ids[index] !== right.ids[index] ||
      left.ratios[index] !== right.ratios[index] ||
      left.days[index] !== right.days[index]
    )
      return false;
  }
  return true;
}

/**
 * Streams the skeleton of a view: the first page is published at once, the others as they come. A reload builds the new
 * list aside and swaps it in whole, so that a list under the eyes of a person never shrinks and grows again; reloads are
 * spaced by three times what the last one took, so that a long import cannot keep the core busy with reading.
 */
export function createTimeline(view: PhotoView, deps: TimelineDeps): Timeline {
  const listeners = new Set<() => void>();
  let columns = emptyColumns();
  let positions: Map<PhotoID, number> | null = null;
  let snapshot: TimelineSnapshot = { view, ...columns, complete: false, status: 'loading', error: null, revision: 0 };
  let running: AbortController | null = null;
  let again = false;
  let timer = 0;
  let disposed = false;
  let notBefore = 0;

  function publish(next: Columns, rest: Pick<TimelineSnapshot, 'complete' | 'status' | 'error'>): void {
    columns = next;
    positions = null;
    snapshot = {
      view,
      count: next.count,
      ids: next.ids,
      ratios: next.ratios,
      days: next.days,
      ...rest,
      revision: snapshot.revision + 1,
    };
    for (const listener of listeners) listener();
  }

  async function load(): Promise<void> {
    const abort = new AbortController();
    running = abort;
    const started = deps.now();
    const progressive = columns.count === 0;
    const next = emptyColumns();
    try {
      let after: string | undefined;
      for (let first = true; ; first = false) {
        const page = await deps.readPage(view, after, first ? firstPage : furtherPages, abort.signal);
        if (abort.signal.aborted) return;
        append(next, page);
        after = page.next ?? undefined;
        if (after === undefined) break;
        if (progressive) publish(next, { complete: false, status: 'loading', error: null });
      }
      if (progressive || snapshot.status !== 'ready' || !same(columns, next))
        publish(next, { complete: true, status: 'ready', error: null });
    } catch (error) {
      if (!abort.signal.aborted) publish(columns, { complete: snapshot.complete, status: 'error', error });
    } finally {
      running = null;
      notBefore = deps.now() + Math.max(200, (deps.now() - started) * 3);
      if (again && !disposed) schedule();
      again = false;
    }
  }

  function schedule(): void {
    deps.clearTimer(timer);
    timer = deps.setTimer(() => void load(), Math.max(60, notBefore - deps.now()));
  }

  void load();

  return {
    snapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    indexOf: (id) => {
      if (positions === null) {
        positions = new Map();
        for (let index = 0; index < columns.count; index += 1) {
          const at = columns.ids[index];
          if (at !== undefined) positions.set(at, index);
        }
      }
      return positions.get(id) ?? -1;
    },
    reload: () => {
      if (disposed) return;
      if (running === null) schedule();
      else again = true;
    },
    dispose: () => {
      disposed = true;
      deps.clearTimer(timer);
      running?.abort();
      listeners.clear();
    },
  };
}
