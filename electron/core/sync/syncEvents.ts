import type { Store } from '../store/store.ts';

export type SyncEventKind = 'setup' | 'import' | 'export';

/** One finished stretch of work. `changes` counts rows written (import) or operations accepted (export). */
export interface SyncEvent {
  readonly id: number;
  readonly kind: SyncEventKind;
  readonly store: 'private' | 'shared' | 'both';
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly succeeded: boolean;
  readonly changes: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** How many events are kept; older ones go when new ones come. */
const keptEvents = 500;

/** The event log of the sync page: table `sync_event`. */
export interface SyncEvents {
  /** Writes one finished event. Runs that changed nothing and failed at nothing are not worth a line. */
  record(event: Omit<SyncEvent, 'id'>): void;
  /** Newest first. */
  list(limit: number): readonly SyncEvent[];
  /** When the last event of a kind succeeded, ms. */
  lastSuccess(kind: SyncEventKind): number | null;
}

export function createSyncEvents(store: Store): SyncEvents {
  const { connection } = store;
  type Row = Omit<SyncEvent, 'succeeded'> & { succeeded: number };
  return {
    record: (event) => {
      store.bookkeeping(() => {
        connection
          .statement<[string, string, number, number | null, number, number, string | null, string | null]>(
            `INSERT INTO sync_event (kind, store, started_at, ended_at, succeeded, changes, error_code, error_message)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            event.kind,
            event.store,
            event.startedAt,
            event.endedAt,
            event.succeeded ? 1 : 0,
            event.changes,
            event.errorCode,
            event.errorMessage,
          );
        connection
          .statement<[number]>('DELETE FROM sync_event WHERE id <= (SELECT max(id) FROM sync_event) - ?')
          .run(keptEvents);
      });
    },
    list: (limit) =>
      connection
        .statement<[number], Row>(
          `SELECT id, kind, store, started_at AS startedAt, ended_at AS endedAt, succeeded, changes,
             error_code AS errorCode, error_message AS errorMessage FROM sync_event ORDER BY id DESC LIMIT ?`,
        )
        .all(limit)
        .map((row) => ({ ...row, succeeded: row.succeeded === 1 })),
    lastSuccess: (kind) =>
      connection
        .statement<[string], { at: number | null }>(
          'SELECT max(ended_at) AS at FROM sync_event WHERE kind = ? AND succeeded = 1',
        )
        .get(kind)?.at ?? null,
  };
}
