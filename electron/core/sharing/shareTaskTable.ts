import { z } from 'zod';
import type { Store } from '../store/store.ts';

export const moveState = z.strictObject({ photoIDs: z.array(z.string()).readonly(), albumID: z.string().nullable() });
export const stopState = z.strictObject({
  keep: z.enum(['everything', 'mine']),
  /** When the grace period is over, ms. */
  endsAt: z.number(),
  /**
   * Photos that were to come home so far; written before they move, so it may name some that have not. Absent in what
   * earlier versions wrote down.
   */
  brought: z.array(z.string()).readonly().optional(),
  /** Taken over from a computer of mine that is not heard of (orphanedStops.ts): only a suspicion until it is due. */
  adopted: z.literal(true).optional(),
});
export type MoveState = z.infer<typeof moveState>;
export type StopState = z.infer<typeof stopState>;

export interface TaskRow {
  readonly id: string;
  readonly kind: 'move' | 'stop' | 'leave';
  readonly zone_id: string;
}

/** The long steps of sharing as they are written down, so that a restart finds what is left to do. */
export interface ShareTaskTable {
  /** The oldest first. */
  all(): readonly TaskRow[];
  has(id: string): boolean;
  /** Undefined when it has ended. */
  stateOf(id: string): unknown;
  /** The stop of a zone that is written down. */
  stopOf(zoneID: string): { readonly id: string; readonly state: StopState } | undefined;
  add(kind: 'move', zoneID: string, state: MoveState): string;
  add(kind: 'stop', zoneID: string, state: StopState): string;
  change(id: string, state: StopState): void;
  /** Changes nothing else: somebody may have decided anew what to keep while it runs. */
  noteBrought(id: string, photoIDs: readonly string[]): void;
  remove(id: string): void;
}

export function createShareTaskTable(store: Store, now: () => number, newId: () => string): ShareTaskTable {
  const { connection } = store;
  return {
    all: () =>
      connection.statement<[], TaskRow>('SELECT id, kind, zone_id FROM share_task ORDER BY created_at, id').all(),
    has: (id) => connection.statement<[string]>('SELECT 1 FROM share_task WHERE id = ?').get(id) !== undefined,
    stateOf: (id) => {
      const row = connection
        .statement<[string], { state: string }>('SELECT state FROM share_task WHERE id = ?')
        .get(id);
      return row === undefined ? undefined : (JSON.parse(row.state) as unknown);
    },
    stopOf: (zoneID) => {
      const row = connection
        .statement<[string], { id: string; state: string }>(
          `SELECT id, state FROM share_task WHERE zone_id = ? AND kind = 'stop' ORDER BY created_at, id LIMIT 1`,
        )
        .get(zoneID);
      return row === undefined ? undefined : { id: row.id, state: stopState.parse(JSON.parse(row.state)) };
    },
    add: (kind: TaskRow['kind'], zoneID: string, state: MoveState | StopState) => {
      const id = newId();
      store.transaction('app', () => {
        connection
          .statement<[string, string, string, string, number]>(
            'INSERT INTO share_task (id, kind, zone_id, state, created_at) VALUES (?, ?, ?, ?, ?)',
          )
          .run(id, kind, zoneID, JSON.stringify(state), now());
      });
      return id;
    },
    change: (id, state) => {
      store.transaction('app', () =>
        connection
          .statement<[string, string]>('UPDATE share_task SET state = ? WHERE id = ?')
          .run(JSON.stringify(state), id),
      );
    },
    noteBrought: (id, photoIDs) => {
      store.transaction('app', () =>
        connection
          .statement<[string, string]>(
            `UPDATE share_task SET state = json_set(state, '$.brought', json(?)) WHERE id = ?`,
          )
          .run(JSON.stringify(photoIDs), id),
      );
    },
    remove: (id) => {
      store.transaction('app', () => connection.statement<[string]>('DELETE FROM share_task WHERE id = ?').run(id));
    },
  };
}
