import { AppError } from '../../../shared/errors.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import type { Connection } from '../store/connection.ts';
import type { Permissions } from './permissions.ts';

/** Photos, or an album with its photos, to be shared. */
export interface ShareWhat {
  readonly photoIDs: readonly string[];
  readonly albumID: string | null;
}

/** What sharing them means for each photo. */
export interface MovePlan {
  readonly title: string;
  /** From the library into a share of mine: the photo itself goes, with all that belongs to it. */
  readonly move: readonly string[];
  /** In a share already, or going into somebody else's: the photo stays where it is and a copy goes. */
  readonly copy: readonly string[];
  readonly already: readonly string[];
  readonly refused: readonly { readonly photoID: PhotoID; readonly reason: string }[];
  /** The first of what moves or is copied that is not hidden: people see it before they join. */
  readonly cover: string | null;
  /** The album that moves along; null when only photos do. */
  readonly albumID: string | null;
  readonly bytes: number;
}

interface PhotoRow {
  readonly id: string;
  readonly zone_id: string;
  readonly kind: 'library' | 'share';
  readonly title: string | null;
  readonly file_name: string;
  readonly trashed_at: number | null;
  readonly hidden: number;
  readonly byte_size: number | null;
}

/**
 * Decides per photo whether it moves, is copied, or stays. Reads only.
 *
 * An album does not show what is hidden in it, so sharing the album does not show it to others either; who names a hidden
 * photo itself means it.
 * @param target the share; null for a new one of mine
 * @throws AppError notFound, invalidInput for an album that cannot be shared, permissionFailure where I may not add
 */
export function planSharing(
  connection: Connection,
  permissions: Permissions,
  what: ShareWhat,
  target: string | null,
): MovePlan {
  const targetIsMine = target === null || permissions.zone(target).mine;
  if (target !== null) permissions.require(permissions.may(target, 'add', null));
  const album = what.albumID === null ? undefined : albumToShare(connection, what.albumID, target);
  const named = new Set(what.photoIDs);
  const ids = [...new Set([...what.photoIDs, ...(album?.photoIDs ?? [])])];
  const photo = connection.statement<[string], PhotoRow>(
    `SELECT photo.id, photo.zone_id, zone.kind, photo.title, photo.file_name, photo.trashed_at, photo.hidden,
       photo.byte_size
     FROM photo JOIN zone ON zone.id = photo.zone_id WHERE photo.id = ?`,
  );
  const move: string[] = [];
  const copy: string[] = [];
  const already: string[] = [];
  const hidden = new Set<string>();
  const refused: { photoID: PhotoID; reason: string }[] = [];
  let bytes = 0;
  let first: PhotoRow | undefined;
  for (const id of ids) {
    const row = photo.get(id);
    if (row === undefined) {
      refused.push({ photoID: id as PhotoID, reason: 'It is not in the library any more.' });
      continue;
    }
    first ??= row;
    if (row.trashed_at !== null) {
      refused.push({ photoID: id as PhotoID, reason: `${row.file_name} is in the trash; restore it first.` });
    } else if (row.zone_id === target) {
      already.push(id);
    } else if (row.hidden === 1 && !named.has(id)) {
      refused.push({ photoID: id as PhotoID, reason: `${row.file_name} is hidden; show it first.` });
    } else {
      if (row.hidden === 1) hidden.add(id);
      bytes += row.byte_size ?? 0;
      if (row.kind === 'library' && targetIsMine) move.push(id);
      else copy.push(id);
    }
  }
  return {
    title: album?.title ?? (ids.length === 1 ? (first?.title ?? first?.file_name ?? 'Photo') : `${ids.length} photos`),
    move,
    copy,
    already,
    refused,
    cover: [...move, ...copy].find((id) => !hidden.has(id)) ?? null,
    albumID: targetIsMine ? (album?.id ?? null) : null,
    bytes,
  };
}

function albumToShare(
  connection: Connection,
  albumID: string,
  target: string | null,
): { readonly id: string; readonly title: string; readonly photoIDs: readonly string[] } {
  const album = connection
    .statement<[string], { id: string; title: string; kind: string; zone_id: string; zone_kind: string }>(
      `SELECT album.id, album.title, album.kind, album.zone_id, zone.kind AS zone_kind
       FROM album JOIN zone ON zone.id = album.zone_id WHERE album.id = ?`,
    )
    .get(albumID);
  if (album === undefined) throw new AppError('notFound', 'This album is not in the library any more.', { albumID });
  if (album.kind === 'smart') {
    throw new AppError('invalidInput', `“${album.title}” is a smart album. Convert it to an album to share it.`, {
      albumID,
    });
  }
  if (album.kind === 'folder') {
    throw new AppError('invalidInput', `“${album.title}” is a folder of albums. Share the albums in it.`, { albumID });
  }
  if (album.zone_kind === 'share' && album.zone_id !== target) {
    throw new AppError('invalidInput', `“${album.title}” is shared already. Manage that share instead.`, { albumID });
  }
  const photoIDs = connection
    .statement<[string], { photo_id: string }>(
      `SELECT photo_id FROM album_item WHERE album_id = ? AND photo_id IN (SELECT id FROM photo) ORDER BY position, id`,
    )
    .all(albumID)
    .map((item) => item.photo_id);
  return { id: album.id, title: album.title, photoIDs };
}
