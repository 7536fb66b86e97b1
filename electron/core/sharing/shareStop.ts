import { libraryZone, type ZoneID } from '../../../shared/ids.ts';
import type { ShareProgress } from '../../../shared/model/share.ts';
import type { Moves } from './moves.ts';
import type { SharedZone, ShareQueries } from './shareQueries.ts';
import type { ShareServer, ZoneEnd } from './shareServer.ts';
import type { ShareTaskTable, StopState } from './shareTaskTable.ts';
import { hasZone, requireServer, waitUntil, type SharingDependencies } from './sharingContext.ts';

/** The end of a share of mine that is written down. */
export interface StopTask {
  readonly id: string;
  readonly zoneID: string;
  readonly state: StopState;
}

/**
 * Ends a share whose grace period is over: nobody else may write, everything that is kept comes home, and when all of
 * that has arrived the zone goes. Can be run again from anywhere.
 * @param patience how long it waits for the server to have everything before it leaves the rest to the next run, ms;
 *   0 looks once
 * @returns true when the share is gone from the server and from here
 */
export type ShareStop = (task: StopTask, patience: number) => Promise<boolean>;

/** Between two looks at whether all has come home; ms. */
const pause = 250;

export function createShareStop(
  deps: Pick<SharingDependencies, 'store' | 'cloud' | 'now' | 'delay' | 'requestSync'>,
  parts: {
    readonly moves: Moves;
    readonly queries: ShareQueries;
    readonly server: ShareServer;
    readonly table: ShareTaskTable;
    readonly report: (taskID: string, progress: ShareProgress) => void;
  },
): ShareStop {
  const { store } = deps;
  const { connection } = store;
  const { moves, queries, server, table, report } = parts;

  const photosIn = (zoneID: string): number =>
    connection
      .statement<[string], { n: number }>('SELECT count(*) AS n FROM photo WHERE zone_id = ? AND trashed_at IS NULL')
      .get(zoneID)?.n ?? 0;

  /**
   * Bytes that are on their way from this zone, or from where its photos went. Other uploads of the library (its first
   * one may take days) are none of its business.
   */
  const isUploading = (zoneID: string, brought: StopState['brought']): boolean => {
    const ofThese =
      brought === undefined
        ? `zone_id = '${libraryZone}' AND ? IS NOT NULL`
        : 'resource_id IN (SELECT id FROM resource WHERE photo_id IN (SELECT value FROM json_each(?)))';
    return (
      connection
        .statement<[string, string]>(
          `SELECT 1 FROM sync_asset WHERE direction = 'upload' AND state IN ('queued', 'uploaded')
           AND (zone_id = ? OR ${ofThese}) LIMIT 1`,
        )
        .get(zoneID, JSON.stringify(brought ?? [])) !== undefined
    );
  };

  /** Everything that left this zone has arrived where it went, bytes included. */
  const exported = (zoneID: string, token: number, brought: StopState['brought']): boolean =>
    store.history.readerToken('export', 'private') >= token &&
    connection.statement<[string]>('SELECT 1 FROM sync_pending WHERE zone_id = ? LIMIT 1').get(zoneID) === undefined &&
    !isUploading(zoneID, brought);

  /**
   * Everything the server has of a zone of mine has been read here. Moving home reaches only rows that are here, and the
   * zone is deleted afterwards: what another computer or a participant added last must not go with it.
   * @returns undefined when that could not be had in time
   */
  const readToTheEnd = async (zone: SharedZone, patience: number): Promise<ZoneEnd | undefined> => {
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
    await waitUntil(deps, read, patience);
    return end;
  };

  /** What is to be kept of the zone and is still in it. */
  const keptPhotos = (zoneID: string, keep: StopState['keep']): readonly string[] =>
    connection
      .statement<[string], { id: string }>(
        `SELECT id FROM photo WHERE zone_id = ? ${keep === 'mine' ? 'AND created_by IS NULL' : ''} ORDER BY id`,
      )
      .all(zoneID)
      .map(({ id }) => id);
  const isLeft = (zoneID: string, keep: StopState['keep']): boolean =>
    keptPhotos(zoneID, keep).length > 0 ||
    connection
      .statement<[string]>(
        `SELECT 1 FROM album WHERE zone_id = ? ${keep === 'mine' ? 'AND created_by IS NULL' : ''} LIMIT 1`,
      )
      .get(zoneID) !== undefined;

  /** Notes what is about to come home, in front of its first transaction. */
  const noteBrought = (id: string, zoneID: string, state: StopState): StopState => {
    // An earlier version began this stop: what it brought home nobody knows, so every upload counts.
    if (state.brought === undefined) return state;
    const brought = [...new Set([...state.brought, ...keptPhotos(zoneID, state.keep)])];
    if (brought.length === state.brought.length) return state;
    table.noteBrought(id, brought);
    return { ...state, brought };
  };

  return async ({ id, zoneID, state: begun }, patience) => {
    requireServer(deps);
    const zone = queries.zone(zoneID);
    let state = begun;
    // The engine comes to rest after every file: while bytes are on their way, the server need not be asked each time.
    if (patience === 0 && (state.brought ?? []).length > 0 && isUploading(zoneID, state.brought)) return false;
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
      if ((await readToTheEnd(zone, patience)) === undefined) return false;
      state = noteBrought(id, zoneID, state);
      await moves.zone(zoneID, libraryZone, state.keep === 'mine', step);
      report(id, { operation: 'stop', shareID, phase: 'finishing', done, total });
      const { brought } = state;
      const token = store.history.newestToken('private');
      deps.requestSync();
      if (!(await waitUntil(deps, () => exported(zoneID, token, brought), patience))) return false;
      // Once more, now that nothing is on its way: another computer of mine may have sent something meanwhile.
      const end = await readToTheEnd(zone, patience);
      if (end === undefined) return false;
      const isHome = !isLeft(zoneID, state.keep) && exported(zoneID, store.history.newestToken('private'), brought);
      // Or may send it in this very moment: the server deletes only what has been read.
      isGone = isHome && (await server.deleteZone(zone, end));
      if (!isGone) {
        deps.requestSync();
        if (patience === 0) return false;
        await deps.delay(pause);
      }
    }
    deps.requestSync();
    // Until its rows have gone from here as well it stays written down, and is shown as being stopped.
    return waitUntil(deps, () => !hasZone(connection, zoneID), patience);
  };
}
