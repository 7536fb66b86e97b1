import { z } from 'zod';
import { AppError, isAppError, type AppErrorCode } from '../../../shared/errors.ts';
import type { Permissions } from './permissions.ts';
import { createRounds } from './rounds.ts';
import type { ShareQueries } from './shareQueries.ts';
import type { ShareWhat } from './sharePlans.ts';
import type { SharingDependencies } from './sharingContext.ts';

const arrival = z.strictObject({ sessionID: z.string(), shareID: z.string(), albumID: z.string().nullable() });
type Arrival = z.infer<typeof arrival>;

/**
 * Imports that were begun while a share was open: their photos go there once they have been read. What is expected is
 * written down, so a restart or a lost connection only delays it; the photos are in the library meanwhile.
 */
export interface Arrivals {
  /** @throws AppError notFound for a share this library does not have, permissionFailure where I may not add */
  expect(sessionID: string, shareID: string, albumID: string | null): Promise<void>;
  /**
   * Sends on what has been read: at the start, and whenever an import ends. Never throws; what the server cannot take now
   * is tried again.
   */
  settle(): Promise<void>;
}

/** What is expected, in `meta`. */
const key = 'arrivals';

/**
 * Answers that will not change by asking again: the share or the album is gone or is ending, or the right to add to it
 * is gone. Whatever else goes wrong (no connection, a server under load, a full disk) may pass.
 */
const final: readonly AppErrorCode[] = ['notFound', 'permissionFailure', 'conflict', 'invalidInput'];
const libraryOnly = 'Imported into your library only';

export function createArrivals(
  deps: Pick<SharingDependencies, 'store' | 'addToAlbum' | 'notify' | 'reportError'>,
  parts: {
    readonly permissions: Permissions;
    readonly queries: ShareQueries;
    readonly addTo: (shareID: string, what: ShareWhat) => Promise<unknown>;
  },
): Arrivals {
  const { store } = deps;
  const { connection } = store;
  const { permissions, queries, addTo } = parts;

  /** Of a list that is damaged nothing can be kept: it is reported once and begun anew, so that later imports go on. */
  const read = (): readonly Arrival[] => {
    const text = store.meta(key) ?? '[]';
    try {
      return z.array(arrival).parse(JSON.parse(text));
    } catch (cause) {
      store.transaction('maintenance', () => store.setMeta(key, '[]'));
      const message = 'Which share some imported photos were meant for can no longer be read: add them to it by hand';
      deps.reportError(new AppError('internal', message, {}, { cause }));
      deps.notify({ title: libraryOnly, body: message });
      return [];
    }
  };
  const write = (change: (all: readonly Arrival[]) => readonly Arrival[]): void =>
    store.transaction('maintenance', () => store.setMeta(key, JSON.stringify(change(read()))));
  const forget = (one: Arrival): void =>
    write((all) => all.filter((other) => JSON.stringify(other) !== JSON.stringify(one)));

  const isRead = (sessionID: string): boolean =>
    connection
      .statement<[string]>(`SELECT 1 FROM import_session WHERE id = ? AND state NOT IN ('done', 'cancelled')`)
      .get(sessionID) === undefined;
  const photosOf = (sessionID: string): readonly string[] =>
    connection
      .statement<[string], { id: string }>(
        `SELECT DISTINCT photo.id AS id FROM import_item AS item JOIN photo ON photo.id = item.photo_id
         WHERE item.session_id = ? AND photo.trashed_at IS NULL ORDER BY photo.sort_at, photo.id`,
      )
      .all(sessionID)
      .map(({ id }) => id);
  /** The photos as they lie in the share: themselves in one of mine, copies in somebody else's. */
  const inShare = (shareID: string, photoIDs: readonly string[]): readonly string[] =>
    connection
      .statement<[string, string], { id: string }>(
        `SELECT photo.id AS id FROM json_each(?) AS wanted JOIN photo ON wanted.value IN (photo.id, photo.copied_from)
         WHERE photo.zone_id = ? ORDER BY wanted.key`,
      )
      .all(JSON.stringify(photoIDs), shareID)
      .map(({ id }) => id);

  const sendOn = async (one: Arrival): Promise<void> => {
    const photoIDs = photosOf(one.sessionID);
    if (photoIDs.length > 0) {
      await addTo(one.shareID, { photoIDs, albumID: null });
      const there = inShare(one.shareID, photoIDs);
      if (one.albumID !== null && there.length > 0) await deps.addToAlbum(one.albumID, there);
    }
    forget(one);
  };

  const settleOne = async (one: Arrival): Promise<void> => {
    try {
      if (isRead(one.sessionID)) await sendOn(one);
    } catch (error) {
      if (!isAppError(error)) {
        deps.reportError(error);
      } else if (final.includes(error.code)) {
        // The photos are in the library, and the person hears why only there.
        forget(one);
        deps.notify({ title: libraryOnly, body: error.message });
      }
    }
  };

  const settleAll = async (): Promise<void> => {
    try {
      for (const one of read()) await settleOne(one);
    } catch (error) {
      deps.reportError(error);
    }
  };

  const settle = createRounds(settleAll);

  return {
    expect: async (sessionID, shareID, albumID) => {
      permissions.require(permissions.may(queries.zone(shareID).id, 'add', null));
      write((all) => [...all, { sessionID, shareID, albumID }]);
      // It may have been read already: then nobody else would look.
      void settle();
    },
    settle,
  };
}
