import type { Store } from '../store/store.ts';
import { readAlbumRow, rulesOf } from '../store/queries/albumRows.ts';
import type { Timeline } from '../store/queries/timeline.ts';
import type { Lists } from './lists.ts';
import type { SearchIndex } from './search/searchIndex.ts';
import { nextTurn } from './steps.ts';

/** Keeps the counts of smart albums live, one album per turn, so that listing albums stays one quick query. */
export interface SmartCounts {
  /** Resolves when every count is of what was committed before the call. */
  idle(): Promise<void>;
  dispose(): void;
}

/** Counts anew after each change of the store; a changed count is announced like any local change. */
export function createSmartCounts(deps: {
  readonly store: Store;
  readonly lists: Lists;
  readonly timeline: Timeline;
  readonly index: SearchIndex;
  readonly reportError: (error: unknown) => void;
  readonly pause?: () => Promise<void>;
}): SmartCounts {
  const { store, lists, timeline, index, reportError, pause = nextTurn } = deps;
  const { connection } = store;
  let running: Promise<void> | undefined;
  let again = false;
  const closing = new AbortController();

  const countAll = async (): Promise<void> => {
    await index.idle();
    const ids = connection.statement<[], { id: string }>(`SELECT id FROM album WHERE kind = 'smart'`).all();
    let changed = false;
    for (const { id } of ids) {
      await pause();
      if (closing.signal.aborted) return;
      const row = readAlbumRow(connection, id);
      const rules = row === undefined ? null : rulesOf(row);
      if (row === undefined || rules === null) continue;
      const count = timeline.count(lists.rulesList(rules));
      if (count === row.photo_count) continue;
      // A local column: no history, no transaction of its own.
      connection.statement<[number, string]>('UPDATE album SET photo_count = ? WHERE id = ?').run(count, id);
      changed = true;
    }
    if (changed) store.noticeCommit();
  };
  const start = (): Promise<void> => {
    again = true;
    running ??= (async () => {
      while (again && !closing.signal.aborted) {
        again = false;
        await pause();
        await countAll();
      }
    })()
      .catch(reportError)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const subscription = store.didChange.subscribe(({ local }) => {
    if (!local) void start();
  });
  void start();
  return {
    idle: async () => {
      await start();
    },
    dispose: () => {
      closing.abort();
      subscription.dispose();
    },
  };
}
