import { AppError } from '../../../shared/errors.ts';
import { libraryZone } from '../../../shared/ids.ts';
import type { Connection } from '../store/connection.ts';
import { derivedId } from '../store/derivedId.ts';
import type { Store } from '../store/store.ts';
import { readAlbumRow, type AlbumRow } from '../store/queries/albumRows.ts';
import { mayAdd, mayDelete, mayEdit, readZones } from '../store/zoneRights.ts';
import { photosText } from './photoTargets.ts';
import { isPosition, positionsBetween } from './position.ts';
import type { Steps } from './steps.ts';

/** What lies in a manual album, and in which order. */
export interface AlbumItems {
  add(albumID: string, photoIDs: readonly string[]): Promise<{ added: number; already: number }>;
  remove(albumID: string, photoIDs: readonly string[]): Promise<{ removed: number }>;
  /** Puts photos, in the given order, before one of the album's or at the end. */
  move(albumID: string, photoIDs: readonly string[], before: string | null): Promise<void>;
}

export interface NewItem {
  readonly album: Pick<AlbumRow, 'id' | 'zone_id'>;
  readonly photoID: string;
  readonly position: string;
}

/** The id of a photo's place in an album: adding the same photo on two computers makes one place. */
export const albumItemID = (albumID: string, photoID: string): string => derivedId('AlbumItem', albumID, photoID);

/** Writes one item; one that is already there stays as it is. */
export function insertItem(connection: Connection, { album, photoID, position }: NewItem, at: number): void {
  connection
    .statement<[string, string, string, string, string, number, number]>(
      `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    )
    .run(albumItemID(album.id, photoID), album.zone_id, album.id, photoID, position, at, at);
}

/**
 * The photos that can go into an album, once each, in order: an album of my library may point at any photo, a shared
 * one only at photos of its share, since no relation crosses zones.
 * @throws AppError invalidInput when photos were asked for and the share has none of them.
 */
export function addableTo(
  connection: Connection,
  album: Pick<AlbumRow, 'id' | 'zone_id' | 'title'>,
  photoIDs: readonly string[],
): string[] {
  const rows = connection
    .statement<[string], { id: string; zone_id: string }>(
      `SELECT p.id, p.zone_id FROM json_each(?) AS wanted CROSS JOIN photo AS p ON p.id = wanted.value
       WHERE p.trashed_at IS NULL ORDER BY wanted.key`,
    )
    .all(JSON.stringify([...new Set(photoIDs)]));
  const fitting = rows.filter((photo) => album.zone_id === libraryZone || photo.zone_id === album.zone_id);
  if (rows.length > 0 && fitting.length === 0) {
    throw new AppError('invalidInput', `Add these photos to the share first: “${album.title}” is a shared album.`, {
      id: album.id,
    });
  }
  return fitting.map((photo) => photo.id);
}

export function createAlbumItems(deps: {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
}): AlbumItems {
  const { store, steps, now } = deps;
  const { connection } = store;
  const manual = (id: string): AlbumRow => {
    const album = readAlbumRow(connection, id);
    if (album === undefined) throw new AppError('notFound', 'This album is gone.', { id });
    if (album.kind === 'manual') return album;
    throw new AppError(
      'invalidInput',
      album.kind === 'smart'
        ? `“${album.title}” is filled by its rules; make it a manual album to choose its photos.`
        : `“${album.title}” is a folder; photos go into its albums.`,
      { id },
    );
  };
  return {
    add: (albumID, photoIDs) =>
      steps.run(() => {
        const album = manual(albumID);
        if (!mayAdd(readZones(connection).get(album.zone_id))) {
          throw new AppError('permissionFailure', `You may not add to “${album.title}”.`, { neededRight: 'ADD' });
        }
        const wanted = addableTo(connection, album, photoIDs);
        const there = new Set(itemsOf(connection, albumID).map((item) => item.photo_id));
        const fresh = wanted.filter((id) => !there.has(id));
        const last = lastPosition(connection, albumID);
        const positions = positionsBetween(last, null, fresh.length);
        return {
          label: `Added ${photosText(fresh.length)} to “${album.title}”`,
          rows: fresh.map((photoID, index) => ({ album, photoID, position: positions[index] ?? '' })),
          write: (item) => insertItem(connection, item, now()),
          result: { added: fresh.length, already: wanted.length - fresh.length },
        };
      }),

    remove: (albumID, photoIDs) =>
      steps.run(() => {
        const album = manual(albumID);
        const zone = readZones(connection).get(album.zone_id);
        const wanted = new Set(photoIDs);
        const rows = itemsOf(connection, albumID).filter((item) => wanted.has(item.photo_id));
        if (!rows.every((item) => mayDelete(zone, item.created_by))) {
          throw new AppError('permissionFailure', `You may only take out of “${album.title}” what you put in.`, {
            neededRight: 'DELETE',
          });
        }
        return {
          label: `Removed ${photosText(rows.length)} from “${album.title}”`,
          rows,
          write: (item) => void connection.statement<[string]>('DELETE FROM album_item WHERE id = ?').run(item.id),
          result: { removed: rows.length },
        };
      }),

    move: (albumID, photoIDs, before) =>
      steps.run(() => {
        const album = manual(albumID);
        const zone = readZones(connection).get(album.zone_id);
        const wanted = new Map([...new Set(photoIDs)].map((id, index) => [id, index] as const));
        const all = itemsOf(connection, albumID);
        const moving = all
          .filter((item) => wanted.has(item.photo_id))
          .sort((one, other) => (wanted.get(one.photo_id) ?? 0) - (wanted.get(other.photo_id) ?? 0));
        const staying = all.filter((item) => !wanted.has(item.photo_id) && isPosition(item.position));
        if (!moving.every((item) => mayEdit(zone, item.created_by))) {
          throw new AppError('permissionFailure', `You may only move in “${album.title}” what you put in.`, {
            neededRight: 'EDIT',
          });
        }
        const anchor = before === null ? undefined : staying.find((item) => item.photo_id === before);
        if (before !== null && anchor === undefined && !wanted.has(before)) {
          throw new AppError('notFound', 'The photo to move before is not in this album.', { id: before });
        }
        // Dropped onto one of the moving photos: they close up where that one stood.
        const stood =
          before === null || anchor !== undefined ? undefined : all.find((item) => item.photo_id === before);
        const after = stood === undefined ? anchor : staying.find((item) => item.position > stood.position);
        const lower = staying.filter((item) => after === undefined || item.position < after.position).at(-1);
        const positions = positionsBetween(lower?.position ?? null, after?.position ?? null, moving.length);
        return {
          label: `Reordered ${photosText(moving.length)} in “${album.title}”`,
          rows: moving.map((item, index) => ({ id: item.id, position: positions[index] ?? item.position })),
          write: ({ id, position }) => {
            connection
              .statement<[string, number, string]>(
                'UPDATE album_item SET position = ?, modified_at = ?, modified_by = NULL WHERE id = ?',
              )
              .run(position, now(), id);
          },
          result: undefined,
        };
      }),
  };
}

interface ItemRow {
  readonly id: string;
  readonly photo_id: string;
  readonly position: string;
  readonly created_by: string | null;
}

function itemsOf(connection: Connection, albumID: string): ItemRow[] {
  return connection
    .statement<[string], ItemRow>(
      'SELECT id, photo_id, position, created_by FROM album_item WHERE album_id = ? ORDER BY position, id',
    )
    .all(albumID);
}

function lastPosition(connection: Connection, albumID: string): string | null {
  const last = connection
    .statement<[string], { position: string }>(
      'SELECT position FROM album_item WHERE album_id = ? ORDER BY position DESC, id DESC LIMIT 1',
    )
    .get(albumID)?.position;
  return last !== undefined && isPosition(last) ? last : null;
}
