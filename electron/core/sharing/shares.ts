import { permissionOf } from '../../../shared/cloud/wireShares.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import { libraryZone, type PhotoID, type ZoneID } from '../../../shared/ids.ts';
import type { OpenPreset, Share, ShareNotifications, SharePlan, SharePreset } from '../../../shared/model/share.ts';
import { rightsOfPreset } from '../../../shared/shareRights.ts';
import type { CloudItem } from '../sync/cloudDatabase.ts';
import type { Copies } from './copies.ts';
import type { Permissions } from './permissions.ts';
import { planSharing, type ShareWhat } from './sharePlans.ts';
import type { SharedZone, ShareQueries } from './shareQueries.ts';
import { fieldsOf, shareFields, type ShareRecords } from './shareRecords.ts';
import { participantsOf, type ShareChange, type ShareServer } from './shareServer.ts';
import type { ShareTasks } from './shareTasks.ts';
import { online, requireServer, waitUntil, type SharingDependencies } from './sharingContext.ts';

export interface NewShare {
  readonly title: string;
  readonly what: ShareWhat;
  readonly people: readonly { readonly email: string; readonly preset: SharePreset }[];
  readonly publicPreset: OpenPreset | null;
  readonly departureRule: 'STAY' | 'GO';
}

export interface MovedIntoShare {
  readonly shareID: ZoneID;
  readonly moved: number;
  readonly copied: number;
  readonly already: number;
  readonly refused: { photoID: PhotoID; reason: string }[];
}

export interface ShareUpdate {
  readonly title?: string | undefined;
  readonly publicPreset?: OpenPreset | null | undefined;
  readonly removePublicPeople: boolean;
  readonly departureRule?: 'STAY' | 'GO' | undefined;
  readonly coverPhotoID?: string | null | undefined;
  readonly denyAccessRequests?: boolean | undefined;
}

/** The life of a share, from making it to stopping or leaving it (docs/sharing.md). */
export interface Shares {
  plan(what: ShareWhat, shareID: string | null): SharePlan;
  create(share: NewShare): Promise<MovedIntoShare>;
  addTo(shareID: string, what: ShareWhat): Promise<MovedIntoShare>;
  update(shareID: string, change: ShareUpdate): Promise<Share>;
  stop(
    shareID: string,
    options: { readonly keep: 'everything' | 'mine'; readonly graceDays: number },
  ): Promise<{
    kept: number;
    left: number;
    /** The end of the grace period, ms; null without one. */
    endsAt: number | null;
    /** False while it is only being stopped: what comes home is still on its way, or there is a grace period. */
    ended: boolean;
  }>;
  leave(shareID: string, keepCopies: 'none' | 'mine' | 'everything'): Promise<{ copied: number }>;
  copyToLibrary(photoIDs: readonly string[]): Promise<{ copied: number; already: number }>;
  setNotifications(shareID: string, notifications: ShareNotifications): Share;
  markSeen(shareID: string): void;
}

export interface SharesParts {
  readonly permissions: Permissions;
  readonly queries: ShareQueries;
  readonly records: ShareRecords;
  readonly server: ShareServer;
  readonly tasks: ShareTasks;
  readonly copies: Copies;
}

const day = 86_400_000;
/** Between the requests to make a share while no answer comes; ms. */
const makingPauses = [500, 1_000, 2_000, 4_000];
/** How long leaving waits for the zone to be gone from this computer before it answers; ms. */
const leavingWait = 30_000;

/**
 * No word of the server's about what was asked: the line was lost, or what stands before the server (a proxy that answers
 * 502 or 504) has spoken for it.
 */
function mayHaveHappened({ code, data }: AppError): boolean {
  if (code === 'offline' || code === 'timedOut') return true;
  return code === 'serviceUnavailable' && (typeof data['status'] !== 'number' || data['status'] >= 500);
}

export function createShares(deps: SharingDependencies, parts: SharesParts): Shares {
  const { store, now, newId } = deps;
  const { connection } = store;
  const { permissions, queries, records, server, tasks, copies } = parts;

  const mine = (shareID: string): Share => {
    const share = queries.get(shareID);
    if (!share.mine)
      throw new AppError('permissionFailure', `Only ${share.owner.name ?? 'the owner'} can do that.`, { shareID });
    return share;
  };
  const titleOf = (title: string) => ({ [shareFields.title]: { value: title, type: 'STRING' } });
  const countOf = (photos: number) => ({ [shareFields.photoCount]: { value: photos, type: 'INT64' } });
  const coverOf = async (photoID: string | null | undefined) => {
    const bytes = photoID === null || photoID === undefined ? undefined : await deps.cover(photoID);
    return bytes === undefined
      ? {}
      : { [shareFields.thumbnail]: { value: Buffer.from(bytes).toString('base64'), type: 'BYTES' } };
  };
  const publicOf = (preset: OpenPreset | null): ShareChange => {
    if (preset === null) return { publicPermission: 'NONE', publicRights: [] };
    const rights = rightsOfPreset(preset);
    return { publicPermission: permissionOf(rights), publicRights: rights };
  };
  const take = (shareID: string, record: unknown): void => {
    const zone = queries.zone(shareID);
    store.transaction('app', () => records.apply(zone, record));
    deps.onChange();
  };

  /** @throws AppError offline, or what else keeps the server from answering; a share that is gone there is an answer */
  const reach = async (zone: SharedZone): Promise<void> => {
    try {
      await server.read(zone);
    } catch (error) {
      if (!isAppError(error) || (error.code !== 'unknownItem' && error.code !== 'zoneNotFound')) throw error;
    }
  };

  /** Makes the share on the server. It is asked again when no answer comes: repeating it is harmless. */
  const make = async (zoneID: string, title: string, change: ShareChange): Promise<CloudItem> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await server.create(zoneID, change);
      } catch (error) {
        if (!isAppError(error) || !mayHaveHappened(error)) throw error;
        const pause = makingPauses[attempt];
        if (pause === undefined) {
          throw new AppError(
            error.code,
            `The server does not answer any more. Your photos are where they were. Should “${title}” appear as an empty share later, add the photos to it, or stop it.`,
            {},
            { cause: error },
          );
        }
        await deps.delay(pause);
      }
    }
  };

  /** What invited people read before they join; stale for a moment at worst, so failing to write it is no failure. */
  const announceContents = async (shareID: string): Promise<void> => {
    const share = queries.get(shareID);
    if (!share.mine) return;
    try {
      const fields = { ...countOf(share.photos), ...(await coverOf(share.coverPhotoID)) };
      const zone = queries.zone(shareID);
      const known = fieldsOf(await server.read(zone));
      if (known.photoCount === share.photos && known.thumbnail !== undefined) return;
      take(shareID, await server.change(zone, () => ({ fields })));
    } catch (error) {
      deps.reportError(error);
    }
  };

  return {
    plan: (what, shareID) => {
      const plan = planSharing(connection, permissions, what, shareID);
      return {
        title: plan.title,
        photos: plan.move.length,
        copies: plan.copy.length,
        already: plan.already.length,
        refused: [...plan.refused],
        bytes: plan.bytes,
      };
    },

    create: async (share) => {
      const plan = await online('Sharing', async () => {
        const { account, cloud } = requireServer(deps);
        const me = share.people.find(({ email }) => email.toLowerCase() === account.email.toLowerCase());
        if (me !== undefined) throw new AppError('invalidInput', `${me.email} is you.`, { email: me.email });
        const planned = planSharing(connection, permissions, share.what, null);
        if (planned.move.length + planned.copy.length === 0) {
          throw new AppError('invalidInput', planned.refused[0]?.reason ?? 'There is nothing in it to share.');
        }
        // Asked before anything is made: without a server nothing is changed.
        await cloud.listZones('private');
        return planned;
      });
      const zoneID = `share.${newId()}`;
      const total = plan.move.length + plan.copy.length;
      deps.onProgress({ operation: 'create', shareID: null, phase: 'server', done: 0, total });
      const record = await make(zoneID, share.title, {
        participants: share.people.map(({ email, preset }) => ({ email, rights: rightsOfPreset(preset) })),
        ...publicOf(share.publicPreset),
        departureRule: share.departureRule,
        fields: { ...titleOf(share.title), ...countOf(total), ...(await coverOf(plan.cover)) },
      });
      store.transaction('app', () => {
        connection
          .statement<[string, string, number]>(
            `INSERT INTO zone (id, store, name, owner, kind, created_at) VALUES (?, 'private', ?, '', 'share', ?)
             ON CONFLICT (id) DO NOTHING`,
          )
          .run(zoneID, zoneID, now());
        records.apply({ id: zoneID, store: 'private', name: zoneID }, record);
        connection.statement<[string]>('UPDATE share SET caught_up = 1 WHERE zone_id = ?').run(zoneID);
      });
      deps.onChange();
      const outcome = await tasks.startMove(zoneID, share.what);
      deps.onChange();
      return { shareID: zoneID as ZoneID, ...outcome, refused: [...outcome.refused] };
    },

    addTo: (shareID, what) =>
      online('Sharing', async () => {
        requireServer(deps);
        const share = queries.get(shareID);
        permissions.require(permissions.may(shareID, 'add', null));
        if (share.state === 'ending' || share.state === 'stopping') {
          const how = share.state === 'ending' ? 'is ending' : 'is being stopped';
          throw new AppError('conflict', `“${share.title}” ${how}; nothing can be added.`);
        }
        const outcome = await tasks.startMove(shareID, what);
        await announceContents(shareID);
        deps.onChange();
        return { shareID: shareID as ZoneID, ...outcome, refused: [...outcome.refused] };
      }),

    update: (shareID, change) =>
      online('Changing a share', async () => {
        requireServer(deps);
        permissions.require(permissions.mayManage(shareID));
        const cover = change.coverPhotoID;
        if (cover !== undefined && cover !== null) {
          const hidden = connection
            .statement<[string], { file_name: string }>('SELECT file_name FROM photo WHERE id = ? AND hidden = 1')
            .get(cover);
          // People see the cover before they join, and everybody who has the public link.
          if (hidden !== undefined)
            throw new AppError('invalidInput', `${hidden.file_name} is hidden; show it first.`, { photoID: cover });
        }
        const fields = {
          ...(change.title === undefined ? {} : titleOf(change.title)),
          ...(await coverOf(cover)),
        };
        const record = await server.change(queries.zone(shareID), (current) => ({
          fields,
          ...(change.publicPreset === undefined ? {} : publicOf(change.publicPreset)),
          ...(change.publicPreset === null && change.removePublicPeople
            ? {
                participants: participantsOf(current).filter(({ participantId }) =>
                  current.participants.some((one) => one.participantId === participantId && one.type !== 'PUBLIC_USER'),
                ),
              }
            : {}),
          ...(change.departureRule === undefined ? {} : { departureRule: change.departureRule }),
          ...(change.denyAccessRequests === undefined ? {} : { denyAccessRequests: change.denyAccessRequests }),
        }));
        take(shareID, record);
        if (cover !== undefined) {
          store.transaction('app', () =>
            connection
              .statement<[string | null, string]>('UPDATE share SET cover_photo_id = ? WHERE zone_id = ?')
              .run(cover, shareID),
          );
        }
        deps.onChange();
        return queries.get(shareID);
      }),

    stop: async (shareID, { keep, graceDays }) => {
      const { share, left, endsAt } = await online('Stopping a share', async () => {
        requireServer(deps);
        const share = mine(shareID);
        // Asked before anything is written down: without a server nothing is changed.
        await reach(queries.zone(shareID));
        const others = connection
          .statement<[string], { n: number }>(
            'SELECT count(*) AS n FROM photo WHERE zone_id = ? AND created_by IS NOT NULL AND trashed_at IS NULL',
          )
          .get(shareID)?.n;
        const left = keep === 'mine' ? (others ?? 0) : 0;
        const alone = share.people <= 1;
        return { share, left, endsAt: graceDays === 0 || alone ? now() : now() + graceDays * day };
      });
      try {
        const ended = await tasks.startStop(shareID, { keep, endsAt });
        return { kept: share.photos - left, left, endsAt: endsAt > now() ? endsAt : null, ended };
      } finally {
        deps.onChange();
      }
    },

    leave: (shareID, keepCopies) =>
      online('Leaving a share', async () => {
        requireServer(deps);
        const share = queries.get(shareID);
        if (share.mine)
          throw new AppError('invalidInput', 'This share is yours. Stop sharing it instead.', { shareID });
        const zone = queries.zone(shareID);
        let copied = 0;
        if (keepCopies !== 'none') {
          const ids = connection
            .statement<[string], { id: string }>(
              // Mine that somebody else threw away is still mine to keep.
              `SELECT id FROM photo WHERE zone_id = ?
               AND (trashed_at IS NULL OR created_by IS NULL AND trashed_by IS NOT NULL)
               ${keepCopies === 'mine' ? 'AND created_by IS NULL' : ''} ORDER BY sort_at, id`,
            )
            .all(shareID)
            .map(({ id }) => id);
          let done = 0;
          const report = () =>
            deps.onProgress({ operation: 'leave', shareID: share.id, phase: 'photos', done, total: ids.length });
          report();
          await deps.fetchOriginals(ids);
          copied = (
            await copies.photos(ids, libraryZone, (count) => {
              done += count;
              report();
            })
          ).made;
        }
        await server.deleteShare(zone);
        // Hidden at once; the rows, thumbnails and bytes go with the next import, which knows that I left.
        store.transaction('app', () =>
          connection.statement<[string]>(`UPDATE zone SET state = 'ended', rights = 0 WHERE id = ?`).run(shareID),
        );
        deps.onChange();
        deps.requestSync();
        await waitUntil(deps, () => queries.zoneByServerName(zone.owner, zone.name) === undefined, leavingWait);
        deps.onProgress({ operation: 'leave', shareID: null, phase: 'done', done: copied, total: copied });
        deps.onChange();
        return { copied };
      }),

    copyToLibrary: async (photoIDs) => {
      await deps.fetchOriginals(photoIDs);
      const { made, already } = await copies.photos(photoIDs, libraryZone);
      return { copied: made, already };
    },

    setNotifications: (shareID, notifications) => {
      store.transaction('app', () =>
        connection
          .statement<[string, string]>('UPDATE share SET notifications = ? WHERE zone_id = ?')
          .run(notifications, shareID),
      );
      deps.onChange();
      return queries.get(shareID);
    },

    markSeen: (shareID) => {
      store.transaction('app', () =>
        connection.statement<[number, string]>('UPDATE share SET seen_at = ? WHERE zone_id = ?').run(now(), shareID),
      );
      deps.onChange();
    },
  };
}
