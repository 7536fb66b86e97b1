import { AppError, isAppError, type AppErrorCode } from '../../../shared/errors.ts';
import type { ShareProgress } from '../../../shared/model/share.ts';
import type { Copies } from './copies.ts';
import type { Moves } from './moves.ts';
import { createOrphanedStops } from './orphanedStops.ts';
import type { Permissions } from './permissions.ts';
import { planSharing, type MovePlan } from './sharePlans.ts';
import type { ShareQueries } from './shareQueries.ts';
import type { ShareRecords } from './shareRecords.ts';
import type { ShareServer } from './shareServer.ts';
import { createShareStop, type StopTask } from './shareStop.ts';
import {
  createShareTaskTable,
  moveState,
  stopState,
  type MoveState,
  type StopState,
  type TaskRow,
} from './shareTaskTable.ts';
import { hasZone, type SharingDependencies } from './sharingContext.ts';

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
  /**
   * Moves photos into a share, after what is moving there already.
   * @throws AppError notFound, invalidInput, permissionFailure when that can never be; then nothing is written down
   */
  startMove(zoneID: string, state: MoveState): Promise<MoveOutcome>;
  /**
   * Ends a share of mine when its grace period is over. Unless the server refuses, it is written down and goes on by
   * itself, also when this throws.
   * @param endsAt when the grace period is over, ms; in the future everybody is told at once
   * @returns true when the share is gone; false when that has to wait (for time, or for the server)
   */
  startStop(
    zoneID: string,
    options: { readonly keep: 'everything' | 'mine'; readonly endsAt: number },
  ): Promise<boolean>;
  /**
   * Takes up what a restart, a lost connection or a lost computer left undone. Call it at the start and after each sync
   * round; it waits for nothing but its own work.
   */
  resume(): Promise<void>;
  readonly running: readonly ShareProgress[];
  /** Something that time or the server has to end: a grace period, a move cut short. */
  readonly waiting: boolean;
}

export interface ShareTaskParts {
  readonly moves: Moves;
  readonly copies: Copies;
  readonly permissions: Permissions;
  readonly queries: ShareQueries;
  readonly records: ShareRecords;
  readonly server: ShareServer;
}

/** How long somebody who stops a share waits for all to be home before the rest goes on by itself; ms. */
const longestWait = 5 * 60_000;

/** Answers to a move that will not change by asking again: the album is gone, or the right to add. */
const lasting: readonly AppErrorCode[] = ['notFound', 'invalidInput', 'permissionFailure'];

/** Answers that say the server has not taken a change; after any other it may have. */
const refusals: readonly AppErrorCode[] = [
  'invalidInput',
  'permissionFailure',
  'zoneNotFound',
  'quotaExceeded',
  'limitExceeded',
  'serverRejected',
  'serverRecordChanged',
];

export function createShareTasks(deps: SharingDependencies, parts: ShareTaskParts): ShareTasks {
  const { store, now, newId, onProgress } = deps;
  const { connection } = store;
  const { moves, copies, permissions, queries, records, server } = parts;
  const table = createShareTaskTable(store, now, newId);
  const orphans = createOrphanedStops(deps, { table, server });
  const running = new Map<string, ShareProgress>();
  /** The last work of each zone: what comes next waits for it. */
  const atWork = new Map<string, Promise<void>>();
  /** Stops whose grace period is just being told to the server. */
  const telling = new Set<string>();

  const forget = (id: string): void => {
    running.delete(id);
    table.remove(id);
  };
  const report = (id: string, progress: ShareProgress): void => {
    running.set(id, progress);
    onProgress(progress);
  };
  const bringHome = createShareStop(deps, { moves, queries, server, table, report });
  const isOneOf = (error: unknown, codes: readonly AppErrorCode[]): error is AppError =>
    isAppError(error) && codes.includes(error.code);

  const inTurn = <T>(zoneID: string, work: () => Promise<T>): Promise<T> => {
    const result = (atWork.get(zoneID) ?? Promise.resolve()).then(work);
    const tail = result
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (atWork.get(zoneID) === tail) atWork.delete(zoneID);
      });
    atWork.set(zoneID, tail);
    return result;
  };
  const exclusively = async <T>(zoneID: string, work: () => Promise<T>, busy: T): Promise<T> =>
    atWork.has(zoneID) ? busy : inTurn(zoneID, work);

  /** The share in quotation marks, for sentences. */
  const nameOf = (zoneID: string): string => {
    const title = connection
      .statement<[string], { title: string }>('SELECT title FROM share WHERE zone_id = ?')
      .get(zoneID)?.title;
    return title === undefined ? 'the share' : `“${title}”`;
  };

  /** Photos an album shows that do not lie in the zone. */
  const shownElsewhere = (albumID: string, zoneID: string): string[] =>
    connection
      .statement<[string, string], { id: string }>(
        `SELECT photo.id FROM album_item AS item JOIN photo ON photo.id = item.photo_id
         WHERE item.album_id = ? AND photo.zone_id <> ? AND trashed_at IS NULL AND hidden = 0 ORDER BY item.position, item.id`,
      )
      .all(albumID, zoneID)
      .map(({ id }) => id);

  /**
   * Moves an album after its photos. What somebody put into it while they went goes as well: without that it would lose its
   * place.
   */
  const moveAlbum = async (albumID: string, zoneID: string, copied: ReadonlyMap<string, string>) => {
    const replaced = new Map(copied);
    const count = { moved: 0, copied: 0 };
    // Each is tried once: one that cannot go along loses its place, and holds up nothing.
    const tried = new Set<string>();
    const latecomers = () =>
      shownElsewhere(albumID, zoneID).filter((photoID) => !replaced.has(photoID) && !tried.has(photoID));
    for (let photoIDs = latecomers(); photoIDs.length > 0; photoIDs = latecomers()) {
      for (const photoID of photoIDs) tried.add(photoID);
      const plan = planSharing(connection, permissions, { photoIDs, albumID: null }, zoneID);
      count.moved += await moves.photos(plan.move, zoneID);
      const late = await copies.photos(plan.copy, zoneID);
      for (const [photoID, copyID] of late.copies) replaced.set(photoID, copyID);
      count.copied += late.made;
    }
    moves.album(albumID, zoneID, replaced);
    return count;
  };

  const runMove = async (id: string, zoneID: string, state: MoveState): Promise<MoveOutcome> => {
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
    const late = plan.albumID === null ? { moved: 0, copied: 0 } : await moveAlbum(plan.albumID, zoneID, copied.copies);
    forget(id);
    deps.requestSync();
    onProgress({ operation: 'add', shareID: queries.get(zoneID).id, phase: 'done', done, total });
    return {
      moved: moved + late.moved,
      copied: copied.made + late.copied,
      already: plan.already.length + copied.already,
      refused: plan.refused,
    };
  };
  const move = async (id: string, zoneID: string, state: MoveState): Promise<MoveOutcome> => {
    try {
      return await runMove(id, zoneID, state);
    } catch (error) {
      if (isOneOf(error, lasting)) forget(id);
      throw error;
    }
  };

  /** Tells the server, and by it everybody, how long the share can still be read. @returns the stop as it is now */
  const announce = async (task: StopTask): Promise<StopTask> => {
    const { id, zoneID, state } = task;
    const zone = queries.zone(zoneID);
    telling.add(id);
    try {
      const record = await server.change(zone, () => ({ endsAt: state.endsAt }));
      store.transaction('app', () => records.apply(zone, record));
      deps.onChange();
      return task;
    } catch (error) {
      if (!isOneOf(error, ['unknownItem'])) throw error;
      // Another computer of mine has ended it for everybody: nobody is left to give time to.
      const atOnce = { ...state, endsAt: now() };
      table.change(id, atOnce);
      return { ...task, state: atOnce };
    } finally {
      telling.delete(id);
    }
  };
  /** Cut short between writing the stop down and the server's answer: then nobody else may know of it. */
  const isUnannounced = ({ id, zoneID }: StopTask): boolean =>
    !telling.has(id) &&
    connection.statement<[string]>('SELECT 1 FROM share WHERE zone_id = ? AND ends_at IS NULL').get(zoneID) !==
      undefined;

  const stop = async (task: StopTask, patience: number): Promise<boolean> => {
    if (task.state.endsAt > now()) return false;
    if (!(await bringHome(task, patience))) return false;
    const before = running.get(task.id);
    forget(task.id);
    const { done, total } = before ?? { done: 0, total: 0 };
    onProgress({ operation: 'stop', shareID: null, phase: 'done', done, total });
    return true;
  };

  const resumeStop = async (task: StopTask): Promise<void> => {
    if (task.state.adopted === true) {
      const verdict = await orphans.verdict(queries.zone(task.zoneID), task.state);
      // The person may have stopped it here while the server was asked: that is no suspicion.
      if (table.stopOf(task.zoneID)?.state.adopted !== true) return;
      if (verdict === 'settled') forget(task.id);
      if (verdict === 'due') await stop(task, 0);
      return;
    }
    let told = task;
    try {
      if (task.state.endsAt > now() && isUnannounced(task)) told = await announce(task);
    } catch (error) {
      if (isOneOf(error, refusals)) forget(task.id);
      throw error;
    }
    await stop(told, 0);
  };

  const resumeOne = async ({ id, kind, zone_id: zoneID }: TaskRow): Promise<void> => {
    // Read again: another call may have ended or changed it while this one worked at others.
    const state = table.stateOf(id);
    if (state === undefined) return;
    if (!hasZone(connection, zoneID)) {
      forget(id);
      return;
    }
    switch (kind) {
      case 'move':
        await move(id, zoneID, moveState.parse(state));
        return;
      case 'stop':
        await resumeStop({ id, zoneID, state: stopState.parse(state) });
        return;
      case 'leave':
        // Leaving is done by the server at once; the rows go with the next import.
        forget(id);
    }
  };

  const resumeSafely = async (task: TaskRow): Promise<void> => {
    const name = nameOf(task.zone_id);
    try {
      await resumeOne(task);
    } catch (error) {
      const isOver = !table.has(task.id);
      if (isOver && task.kind === 'move' && isOneOf(error, lasting)) {
        deps.notify({ title: `Not everything was added to ${name}`, body: error.message });
        deps.onChange();
      } else if (isOver && task.kind === 'stop' && isOneOf(error, refusals)) {
        deps.notify({ title: `Sharing of ${name} could not be stopped`, body: error.message });
        deps.onChange();
      } else {
        // It stays written down and is taken up after the next round.
        deps.reportError(error);
      }
    }
  };

  /** A share that is gone took its tasks along. */
  const clearProgress = (): void => {
    for (const [id, { operation, done, total }] of running) {
      if (table.has(id)) continue;
      running.delete(id);
      onProgress({ operation, shareID: null, phase: 'done', done, total });
    }
  };

  return {
    startMove: async (zoneID, state) => {
      planSharing(connection, permissions, state, zoneID);
      const id = table.add('move', zoneID, state);
      return inTurn(zoneID, () => move(id, zoneID, state));
    },
    startStop: async (zoneID, { keep, endsAt }) => {
      const known = table.stopOf(zoneID);
      // What came home by an earlier stop still counts.
      const state: StopState = { keep, endsAt, brought: known === undefined ? [] : known.state.brought };
      const task: StopTask = { id: known?.id ?? table.add('stop', zoneID, state), zoneID, state };
      if (known !== undefined) table.change(known.id, state);
      const name = nameOf(zoneID);
      let told = task;
      try {
        if (endsAt > now()) told = await announce(task);
      } catch (error) {
        if (!isOneOf(error, refusals)) throw goesOn(error, name);
        if (known === undefined) forget(task.id);
        else table.change(known.id, known.state);
        throw error;
      }
      try {
        return await exclusively(zoneID, () => stop(told, longestWait), false);
      } catch (error) {
        throw goesOn(error, name);
      }
    },
    resume: async () => {
      orphans.adopt();
      for (const task of table.all()) await exclusively(task.zone_id, () => resumeSafely(task), undefined);
      clearProgress();
    },
    get running() {
      return [...running.values()];
    },
    get waiting() {
      return table.all().length > 0 || orphans.waiting;
    },
  };
}

/** The same error; it says as well that what was asked for is written down. */
function goesOn(error: unknown, name: string): unknown {
  if (!isAppError(error)) return error;
  return new AppError(
    error.code,
    `${error.message} Sharing of ${name} is being stopped all the same: that goes on by itself when the server answers.`,
    error.data,
    { cause: error },
  );
}
