import { z } from 'zod';
import { libraryZone, type ZoneID } from '../../../shared/ids.ts';
import type { ShareProgress } from '../../../shared/model/share.ts';
import type { Copies } from './copies.ts';
import type { Moves } from './moves.ts';
import type { Permissions } from './permissions.ts';
import { planSharing, type MovePlan } from './sharePlans.ts';
import type { SharedZone, ShareQueries } from './shareQueries.ts';
import type { ShareServer, ZoneEnd } from './shareServer.ts';
import { requireServer, waitUntil, type SharingDependencies } from './sharingContext.ts';

const moveState = z.strictObject({ photoIDs: z.array(z.string()).readonly(), albumID: z.string().nullable() });
const stopState = z.strictObject({
  keep: z.enum(['everything', 'mine']),
  /** When the grace period is over, ms. */
  endsAt: z.number(),
});
export type MoveState = z.infer<typeof moveState>;
export type StopState = z.infer<typeof stopState>;

interface TaskRow {
  readonly id: string;
  readonly kind: 'move' | 'stop' | 'leave';
  readonly zone_id: string;
  readonly state: string;
}

export interface MoveOutcome {
  readonly moved: number;
  readonly copied: number;
  readonly already: number;
  readonly refused: MovePlan['refused'];
}

/**
 * Long steps of sharing. Each is written down before its first transaction and can be run again from anywhere: what is
 * done already is passed over. A crash, a closed lid or a lost network therefore ends in the same state, only later.
 */
export interface ShareTasks {
  startMove(zoneID: string, state: MoveState): Promise<MoveOutcome>;
  /** Ends a share of mine when its grace period is over; false when it has to wait (for time, or for the server). */
  startStop(zoneID: string, state: StopState): Promise<boolean>;
  /** Takes up what a restart or a lost connection left undone. Call it at the start and after each sync round. */
  resume(): Promise<void>;
  readonly running: readonly ShareProgress[];
  /** Something is written down that time or the server has to end: a grace period, a move cut short. */
  readonly waiting: boolean;
}

export interface ShareTaskParts {
  readonly moves: Moves;
  readonly copies: Copies;
  readonly permissions: Permissions;
  readonly queries: ShareQueries;
  readonly server: ShareServer;
}

/** Between two looks at whether all has come home; ms. */
const pause = 250;
/** How long one call waits for the server to have everything before it leaves the rest to the next round; ms. */
const longestWait = 5 * 60_000;

export function createShareTasks(deps: SharingDependencies, parts: ShareTaskParts): ShareTasks {
  const { store, now, newId, onProgress } = deps;
  const { connection } = store;
  const { moves, copies, permissions, queries, server } = parts;
  const running = new Map<string, ShareProgress>();
  const atWork = new Set<string>();

  const remember = (kind: TaskRow['kind'], zoneID: string, state: unknown): string => {
    const id = newId();
    store.transaction('app', () => {
      connection
        .statement<[string, string, string, string, number]>(
          'INSERT INTO share_task (id, kind, zone_id, state, created_at) VALUES (?, ?, ?, ?, ?)',
        )
        .run(id, kind, zoneID, JSON.stringify(state), now());
    });
    return id;
  };
  const forget = (id: string): void => {
    running.delete(id);
    store.transaction('app', () => connection.statement<[string]>('DELETE FROM share_task WHERE id = ?').run(id));
  };
  const report = (id: string, progress: ShareProgress): void => {
    running.set(id, progress);
    onProgress(progress);
  };

  const move = async (id: string, zoneID: string, state: MoveState): Promise<MoveOutcome> => {
    const plan = planSharing(connection, permissions, state, zoneID);
    const total = plan.move.length + plan.copy.length;
    let done = 0;
    const step = (count: number) => {
      done += count;
      report(id, { operation: 'add', shareID: queries.get(zoneID).id, phase: 'photos', done, total });
    };
    step(0);
    const moved = await moves.photos(plan.move, zoneID, step);
    const copied = await copies.photos(plan.copy, zoneID, step);
    if (plan.albumID !== null) moves.album(plan.albumID, zoneID, copied.copies);
    forget(id);
    deps.requestSync();
    onProgress({ operation: 'add', shareID: queries.get(zoneID).id, phase: 'done', done, total });
    return {
      moved,
      copied: copied.made,
      already: plan.already.length + copied.already,
      refused: plan.refused,
    };
  };

  /** Everything that left this zone has arrived where it went, bytes included. */
  const exported = (zoneID: string, token: number): boolean =>
    store.history.readerToken('export', 'private') >= token &&
    connection.statement<[string]>('SELECT 1 FROM sync_pending WHERE zone_id = ? LIMIT 1').get(zoneID) === undefined &&
    connection
      .statement<[string]>(
        `SELECT 1 FROM sync_asset WHERE zone_id IN ('${libraryZone}', ?) AND direction = 'upload'
         AND state IN ('queued', 'uploaded') LIMIT 1`,
      )
      .get(zoneID) === undefined;

  /**
   * Everything the server has of a zone of mine has been read here. Moving home reaches only rows that are here, and the
   * zone is deleted afterwards: what another computer or a participant added last must not go with it.
   * @returns undefined when that could not be had in time
   */
  const readToTheEnd = async (zone: SharedZone): Promise<ZoneEnd | undefined> => {
    let asked: string | null | undefined;
    let end: ZoneEnd | undefined;
    const read = async (): Promise<boolean> => {
      const token =
        connection
          .statement<[string], { token: string | null }>('SELECT token FROM sync_zone WHERE zone_id = ?')
          .get(zone.id)?.token ?? null;
      if (token === asked) return false;
      asked = token;
      end = await server.endOf(zone, token);
      if (end === undefined) deps.requestSync();
      return end !== undefined;
    };
    await waitUntil(deps, read, longestWait);
    return end;
  };

  /** Something of what is to be kept is still in the zone. */
  const isLeft = (zoneID: string, keep: StopState['keep']): boolean => {
    const own = keep === 'mine' ? 'AND created_by IS NULL' : '';
    return (
      connection
        .statement<[string, string]>(
          `SELECT 1 FROM photo WHERE zone_id = ? ${own} UNION ALL SELECT 1 FROM album WHERE zone_id = ? ${own} LIMIT 1`,
        )
        .get(zoneID, zoneID) !== undefined
    );
  };

  const stop = async (id: string, zoneID: string, state: StopState): Promise<boolean> => {
    if (state.endsAt > now()) return false;
    requireServer(deps);
    const zone = queries.zone(zoneID);
    const shareID = zoneID as ZoneID;
    const total = photosIn(zoneID);
    let done = 0;
    const step = (count: number) => {
      done += count;
      report(id, { operation: 'stop', shareID, phase: 'photos', done, total });
    };
    // First nobody else may write any more; other computers of mine still may.
    report(id, { operation: 'stop', shareID, phase: 'server', done, total });
    await server.deleteShare(zone);
    for (let isGone = false; !isGone;) {
      if ((await readToTheEnd(zone)) === undefined) return false;
      await moves.zone(zoneID, libraryZone, state.keep === 'mine', step);
      report(id, { operation: 'stop', shareID, phase: 'finishing', done, total });
      const token = store.history.newestToken('private');
      deps.requestSync();
      if (!(await waitUntil(deps, () => exported(zoneID, token), longestWait))) return false;
      // Once more, now that nothing is on its way: another computer of mine may have sent something meanwhile.
      const end = await readToTheEnd(zone);
      if (end === undefined) return false;
      const isHome = !isLeft(zoneID, state.keep) && exported(zoneID, store.history.newestToken('private'));
      // Or may send it in this very moment: the server deletes only what has been read.
      isGone = isHome && (await server.deleteZone(zone, end));
      if (!isGone) await deps.delay(pause);
    }
    deps.requestSync();
    await waitUntil(deps, () => !isThere(zoneID), longestWait);
    forget(id);
    onProgress({ operation: 'stop', shareID: null, phase: 'done', done, total });
    return true;
  };
  const photosIn = (zoneID: string): number =>
    connection
      .statement<[string], { n: number }>('SELECT count(*) AS n FROM photo WHERE zone_id = ? AND trashed_at IS NULL')
      .get(zoneID)?.n ?? 0;
  const isThere = (zoneID: string): boolean =>
    connection.statement<[string]>('SELECT 1 FROM zone WHERE id = ?').get(zoneID) !== undefined;

  const exclusively = async <T>(zoneID: string, work: () => Promise<T>, busy: T): Promise<T> => {
    if (atWork.has(zoneID)) return busy;
    atWork.add(zoneID);
    try {
      return await work();
    } finally {
      atWork.delete(zoneID);
    }
  };

  const resumeOne = async (task: TaskRow): Promise<void> => {
    if (!isThere(task.zone_id)) {
      forget(task.id);
      return;
    }
    const state: unknown = JSON.parse(task.state);
    switch (task.kind) {
      case 'move':
        await move(task.id, task.zone_id, moveState.parse(state));
        return;
      case 'stop':
        await stop(task.id, task.zone_id, stopState.parse(state));
        return;
      case 'leave':
        // Leaving is done by the server at once; the rows go with the next import.
        forget(task.id);
    }
  };

  return {
    startMove: (zoneID, state) => {
      const id = remember('move', zoneID, state);
      atWork.add(zoneID);
      return move(id, zoneID, state).finally(() => atWork.delete(zoneID));
    },
    startStop: (zoneID, state) => {
      const known = connection
        .statement<[string], { id: string }>(`SELECT id FROM share_task WHERE zone_id = ? AND kind = 'stop'`)
        .get(zoneID)?.id;
      if (known !== undefined) forget(known);
      const id = remember('stop', zoneID, state);
      return exclusively(zoneID, () => stop(id, zoneID, state), false);
    },
    resume: async () => {
      const tasks = connection
        .statement<[], TaskRow>('SELECT id, kind, zone_id, state FROM share_task ORDER BY created_at, id')
        .all();
      for (const task of tasks) {
        await exclusively(
          task.zone_id,
          async () => {
            try {
              await resumeOne(task);
            } catch (error) {
              // It stays written down and is taken up after the next round.
              deps.reportError(error);
            }
          },
          undefined,
        );
      }
    },
    get running() {
      return [...running.values()];
    },
    get waiting() {
      return connection.statement<[]>('SELECT 1 FROM share_task LIMIT 1').get() !== undefined;
    },
  };
}
