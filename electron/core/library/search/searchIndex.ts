import type { Connection } from '../../store/connection.ts';
import type { Change } from '../../store/history.ts';
import type { StoreName } from '../../store/observer.ts';
import type { Store } from '../../store/store.ts';
import { createQuietRunner, type Schedule } from '../quietRunner.ts';
import { nextTurn } from '../steps.ts';
import { writeDocuments } from './documents.ts';

/** Keeps the full-text index in step with the store, as the history reader `search`. */
export interface SearchIndex {
  /**
   * Brings the index up to date if little is missing, so that a search right after a step finds what it changed.
   * Much that is missing (an import) is left to the background; the answer is then of a moment ago, and listeners of the
   * store are told once the index has caught up. Otherwise nobody is: the index shows in answers only.
   */
  settle(): void;
  /** Resolves when the index holds everything committed before the call. */
  idle(): Promise<void>;
  /** Resolves when the batch under way has stopped; what is pending is done after the next start. */
  dispose(): Promise<void>;
}

export interface SearchIndexDependencies {
  readonly store: Store;
  readonly reportError: (error: unknown) => void;
  /** Lets other work run between two batches. */
  readonly pause?: () => Promise<void>;
  readonly schedule?: Schedule;
}

const documentsPerTransaction = 100;
/** Up to this many documents are brought up to date within a search; about 10 ms. */
const settledAtOnce = 100;
const stores: readonly StoreName[] = ['private', 'shared'];

/**
 * Two small steps, each one transaction. Reading history: the photos that changes touch go into `search_pending`
 * together with the reader's token. Writing documents: some pending photos are indexed and leave the list. A crash
 * between any two loses nothing and repeats nothing that matters.
 */
export function createSearchIndex({
  store,
  reportError,
  pause = nextTurn,
  schedule,
}: SearchIndexDependencies): SearchIndex {
  const { connection, history } = store;
  const closing = new AbortController();
  /** Somebody was given an answer of a moment ago. */
  let isOwed = false;

  const readHistory = (limit: number): boolean => {
    let read = false;
    for (const name of stores) {
      const token = history.readerToken('search', name);
      if (history.newestToken(name) <= token) continue;
      const changes = history.changesAfter(name, token, { limit });
      const last = changes.at(-1);
      if (last === undefined) continue;
      store.bookkeeping(
        () => {
          for (const change of changes) markPending(connection, change);
          history.moveReader('search', name, last.transaction);
        },
        { silent: true },
      );
      read = true;
    }
    return read;
  };
  const writeSome = (): boolean => {
    const ids = connection
      .statement<[number], { photo_id: string }>('SELECT photo_id FROM search_pending LIMIT ?')
      .all(documentsPerTransaction)
      .map((row) => row.photo_id);
    if (ids.length === 0) return false;
    store.bookkeeping(
      () => {
        writeDocuments(connection, ids);
        connection
          .statement<[string]>('DELETE FROM search_pending WHERE photo_id IN (SELECT value FROM json_each(?))')
          .run(JSON.stringify(ids));
      },
      { silent: true },
    );
    return true;
  };
  const runner = createQuietRunner({
    work: async () => {
      while (!closing.signal.aborted && (readHistory(2_000) || writeSome())) await pause();
      if (!isOwed || closing.signal.aborted) return;
      isOwed = false;
      store.noticeCommit();
    },
    reportError,
    ...(schedule === undefined ? {} : { schedule }),
  });
  const subscription = store.didChange.subscribe(({ local }) => {
    if (!local) runner.soon();
  });
  runner.soon();

  return {
    settle: () => {
      if (closing.signal.aborted || store.inTransaction) return;
      const waiting = connection.statement<[number], { n: number }>(
        'SELECT count(*) AS n FROM (SELECT 1 FROM search_pending LIMIT ?)',
      );
      // Each turn reads what one or two steps wrote; a long history is left to the background.
      for (let turn = 0; turn < 4; turn += 1) {
        if ((waiting.get(settledAtOnce + 1)?.n ?? 0) > settledAtOnce) break;
        const read = readHistory(1);
        const wrote = (waiting.get(settledAtOnce + 1)?.n ?? 0) <= settledAtOnce && writeSome();
        if (!read && !wrote) return;
      }
      isOwed = true;
      runner.soon();
    },
    idle: runner.now,
    dispose: async () => {
      closing.abort();
      subscription.dispose();
      await runner.dispose();
    },
  };
}

const pendingOf = 'INSERT OR IGNORE INTO search_pending (photo_id)';

/** Notes the photos whose document a change makes out of date. */
function markPending(connection: Connection, { entity, rowId, values }: Change): void {
  switch (entity) {
    case 'Photo':
      connection.statement<[string]>(`${pendingOf} VALUES (?)`).run(rowId);
      return;
    case 'Tag':
      connection.statement<[string]>(`${pendingOf} SELECT photo_id FROM photo_tag WHERE tag_id = ?`).run(rowId);
      return;
    case 'PhotoTag':
    case 'Rating':
    case 'Comment':
    case 'Personal': {
      const table = { PhotoTag: 'photo_tag', Rating: 'rating', Comment: 'comment', Personal: 'personal' }[entity];
      connection.statement<[string]>(`${pendingOf} SELECT photo_id FROM ${table} WHERE id = ?`).run(rowId);
      const before = values?.['photo_id'];
      if (typeof before === 'string') connection.statement<[string]>(`${pendingOf} VALUES (?)`).run(before);
      return;
    }
    case 'Resource':
    case 'Edit':
    case 'Album':
    case 'AlbumItem':
    case 'SavedSearch':
      // Not in the index: a new edit shows as the photo's current edit, an album is looked up when it is asked for.
      return;
  }
}
