import type { ImportProgress } from '../../../shared/model/library.ts';
import type { SessionRow, SessionRows } from './sessionRows.ts';

export interface Progress {
  of(row: SessionRow): ImportProgress;
  /** Tells listeners now. */
  tell(row: SessionRow): void;
  /** Something moved on: tells listeners, at most a few times a second. */
  hint(sessionID: string): void;
  subscribe(listener: (progress: ImportProgress) => void): { dispose(): void };
  dispose(): void;
}

/** How often listeners hear of a running session, in ms. */
const tellMs = 300;

/** Counts of a session, from its rows: right after a restart as well. */
export function createProgress({ sessions }: { readonly sessions: SessionRows }): Progress {
  const listeners = new Set<(progress: ImportProgress) => void>();
  const due = new Map<string, NodeJS.Timeout>();
  const of = (row: SessionRow): ImportProgress => {
    const counts = sessions.counts(row.id);
    const count = (...names: string[]) =>
      counts.filter((one) => names.includes(one.outcome)).reduce((sum, one) => sum + one.count, 0);
    return {
      sessionID: row.id,
      state: row.state,
      source: row.source,
      found: counts.reduce((sum, one) => sum + one.count, 0),
      read: counts.filter((one) => one.outcome !== 'pending').reduce((sum, one) => sum + one.count, 0),
      thumbnails: counts.reduce((sum, one) => sum + one.thumbnails, 0),
      imported: count('imported'),
      duplicates: count('duplicate'),
      updated: count('updated'),
      sidecars: count('sidecar'),
      skipped: count('skipped'),
      failed: count('failed'),
      message: row.message,
      startedAt: row.started_at,
      endedAt: row.ended_at,
    };
  };
  const tell = (row: SessionRow) => {
    clearTimeout(due.get(row.id));
    due.delete(row.id);
    const value = of(row);
    for (const listener of listeners) listener(value);
  };
  return {
    of,
    tell,
    hint: (id) => {
      if (due.has(id) || listeners.size === 0) return;
      due.set(
        id,
        setTimeout(() => {
          due.delete(id);
          const row = sessions.session(id);
          if (row !== undefined) tell(row);
        }, tellMs),
      );
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    dispose: () => {
      for (const timer of due.values()) clearTimeout(timer);
      due.clear();
      listeners.clear();
    },
  };
}
