import type { Store } from '../store/store.ts';
import { readAlbumRow, rulesOf } from '../store/queries/albumRows.ts';
import type { Timeline } from '../store/queries/timeline.ts';
import type { Lists } from './lists.ts';
import type { SearchIndex } from './search/searchIndex.ts';
import { createQuietRunner, type Schedule } from './quietRunner.ts';
import { nextTurn } from './steps.ts';

/** Keeps the counts of smart albums live, one album per turn, so that listing albums stays one quick query. */
export interface SmartCounts {
  /** Resolves when every count is of what was committed before the call. */
  idle(): Promise<void>;
  /** Resolves when the count under way has stopped. */
  dispose(): Promise<void>;
}

/** Counts anew after each change of the store; a changed count is announced like any local change. */
export function createSmartCounts(deps: {
  readonly store: Store;
  readonly lists: Lists;
  readonly timeline: Timeline;
  readonly index: SearchIndex;
  readonly reportError: (error: unknown) => void;
  readonly pause?: () => Promise<void>;
  readonly schedule?: Schedule;
}): SmartCounts {
  const { store, lists, timeline, index, reportError, pause = nextTurn, schedule } = deps;
  const { connection } = store;
  const closing = new AbortController();

  const countAll = async (): Promise<void> => {
    await index.idle();
    if (closing.signal.aborted) return;
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
  const runner = createQuietRunner({
    work: countAll,
    reportError,
    ...(schedule === undefined ? {} : { schedule }),
  });
  const subscription = store.didChange.subscribe(({ local }) => {
    if (!local) runner.soon();
  });
  runner.soon();
  return {
    idle: runner.now,
    dispose: async () => {
      closing.abort();
      subscription.dispose();
      await runner.dispose();
    },
  };
}
