import { isAppError } from '../../../shared/errors.ts';
import { shareAnswerSchema } from '../../../shared/cloud/wireShares.ts';
import type { SharedZone } from './shareQueries.ts';
import type { ShareServer } from './shareServer.ts';
import type { ShareTaskTable, StopState } from './shareTaskTable.ts';
import type { SharingDependencies } from './sharingContext.ts';

/**
 * Stops that another computer of mine began and did not end: it was lost, or its library was. Everybody has lost access
 * then and nothing comes home, in the worst case from a zone that no list shows any more. Any computer of mine may end
 * it; several at once do no harm, since the server deletes only what has been read.
 */
export interface OrphanedStops {
  /** Writes down a stop for each zone that looks given up. */
  adopt(): void;
  /**
   * Whether an adopted stop is to go on. `settled`: nothing is to be done, or no more; the task can go. `due`: this
   * computer and the server both say that the share is over and that nobody came to end it.
   */
  verdict(zone: SharedZone, state: StopState): Promise<'settled' | 'later' | 'due'>;
  /** Something may have to be taken over when time has passed. */
  readonly waiting: boolean;
}

/** How long the computer that stops a share is left to it; ms. */
const margin = 86_400_000;

const shareOver = `zone.store = 'private' AND zone.kind = 'share' AND zone.state <> 'ended'
  AND NOT EXISTS (SELECT 1 FROM share_task AS task WHERE task.zone_id = zone.id AND task.kind IN ('stop', 'move'))`;

export function createOrphanedStops(
  deps: Pick<SharingDependencies, 'store' | 'now' | 'requestSync'>,
  parts: { readonly table: ShareTaskTable; readonly server: ShareServer },
): OrphanedStops {
  const { connection } = deps.store;
  const { table, server } = parts;
  const isOver = (endsAt: number): boolean => endsAt + margin <= deps.now();

  /** What the server has: the end of the grace period, null while the share goes on; or what is there no more. */
  const ask = async (zone: SharedZone): Promise<number | null | 'share gone' | 'zone gone'> => {
    try {
      return shareAnswerSchema.parse(await server.read(zone)).endsAt ?? null;
    } catch (error) {
      if (isAppError(error) && error.code === 'unknownItem') return 'share gone';
      if (isAppError(error) && error.code === 'zoneNotFound') return 'zone gone';
      throw error;
    }
  };

  return {
    adopt: () => {
      const zones = connection
        .statement<[number], { id: string; ends_at: number | null }>(
          `SELECT zone.id, share.ends_at FROM zone JOIN sync_zone AS sync ON sync.zone_id = zone.id
           LEFT JOIN share ON share.zone_id = zone.id
           WHERE ${shareOver} AND sync.token IS NOT NULL AND sync.on_server = 1 AND sync.ended_round IS NULL
             AND (share.zone_id IS NULL OR share.ends_at <= ?)`,
        )
        .all(deps.now() - margin);
      for (const zone of zones) {
        // A zone without a share record may just be one that is being made, or read: the task remembers since when.
        const endsAt = zone.ends_at ?? deps.now() + margin;
        table.add('stop', zone.id, { keep: 'everything', endsAt, brought: [], adopted: true });
      }
    },
    verdict: async (zone, state) => {
      const share = connection
        .statement<[string], { ends_at: number | null }>('SELECT ends_at FROM share WHERE zone_id = ?')
        .get(zone.id);
      if (share !== undefined && (share.ends_at === null || !isOver(share.ends_at))) return 'settled';
      if (state.endsAt > deps.now()) return 'later';
      // What is known here may be old: perhaps the share has only not been read yet.
      const there = await ask(zone);
      if (there === 'share gone' || (typeof there === 'number' && isOver(there))) return 'due';
      deps.requestSync();
      return 'settled';
    },
    get waiting() {
      return (
        connection
          .statement<[]>(
            `SELECT 1 FROM share JOIN zone ON zone.id = share.zone_id
             WHERE ${shareOver} AND share.ends_at IS NOT NULL LIMIT 1`,
          )
          .get() !== undefined
      );
    },
  };
}
