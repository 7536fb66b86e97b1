import type { Selectable } from 'kysely';
import type { AlbumID, PhotoID, ZoneID } from '../../../../shared/ids.ts';
import { albumSort, smartRules, type Album, type SmartRules } from '../../../../shared/model/album.ts';
import type { Connection } from '../connection.ts';
import type { DB } from '../schema.ts';
import { mayAdd, mayEdit, readZones, sharedState, type ZoneRights } from '../zoneRights.ts';

/** An album as the store holds it. `rules` is JSON text. */
export type AlbumRow = Readonly<
  Pick<
    Selectable<DB['album']>,
    | 'id'
    | 'zone_id'
    | 'title'
    | 'parent_id'
    | 'position'
    | 'rules'
    | 'sort'
    | 'cover_photo_id'
    | 'created_by'
    | 'photo_count'
  >
> & { readonly kind: Album['kind'] };

const shown = 'p.trashed_at IS NULL AND p.hidden = 0';
const columns = `a.id, a.zone_id, a.kind, a.title, a.parent_id, a.position, a.rules, a.sort, a.cover_photo_id, a.created_by,
  a.photo_count`;
/** The chosen cover while it is shown, else the first photo of the album. */
const cover = `coalesce(
  (SELECT p.id FROM photo AS p WHERE p.id = a.cover_photo_id AND ${shown}),
  (SELECT i.photo_id FROM album_item AS i CROSS JOIN photo AS p ON p.id = i.photo_id
   WHERE i.album_id = a.id AND ${shown} ORDER BY i.position, i.id LIMIT 1)) AS cover`;

/** One album as stored, or undefined. */
export function readAlbumRow(connection: Connection, id: string): AlbumRow | undefined {
  return connection.statement<[string], AlbumRow>(`SELECT ${columns} FROM album AS a WHERE a.id = ?`).get(id);
}

/** All albums, flat, siblings in order. Two with the same position (made on two computers) stand in id order. */
export function readAlbums(connection: Connection): Album[] {
  const zones = readZones(connection);
  return connection
    .statement<[], AlbumRow & { cover: string | null }>(
      `SELECT ${columns}, ${cover} FROM album AS a ORDER BY a.parent_id, a.position, a.id`,
    )
    .all()
    .map((row) => toAlbum(row, zones));
}

/** One album, or undefined when it is gone. */
export function readAlbum(connection: Connection, id: string): Album | undefined {
  const row = connection
    .statement<[string], AlbumRow & { cover: string | null }>(
      `SELECT ${columns}, ${cover} FROM album AS a WHERE a.id = ?`,
    )
    .get(id);
  return row === undefined ? undefined : toAlbum(row, readZones(connection));
}

/** An album's rules; null when it has none, or has some that only a later version understands. */
export function rulesOf(row: Pick<AlbumRow, 'rules'>): SmartRules | null {
  if (row.rules === null) return null;
  try {
    const parsed = smartRules.safeParse(JSON.parse(row.rules));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** A folder's albums of photos, however deep; a folder that was moved into itself by two computers ends the walk. */
export function albumsBelow(connection: Connection, folderID: string): AlbumRow[] {
  return connection
    .statement<[string], AlbumRow>(
      `WITH RECURSIVE below(id) AS (SELECT ? UNION SELECT album.id FROM album JOIN below ON album.parent_id = below.id)
       SELECT ${columns} FROM below CROSS JOIN album AS a ON a.id = below.id`,
    )
    .all(folderID);
}

function toAlbum(row: AlbumRow & { cover: string | null }, zones: ReadonlyMap<string, ZoneRights>): Album {
  const zone = zones.get(row.zone_id);
  return {
    id: row.id as AlbumID,
    kind: row.kind,
    title: row.title,
    parentID: row.parent_id as AlbumID | null,
    position: row.position,
    sort: albumSort.catch('manual').parse(row.sort),
    rules: rulesOf(row),
    coverPhotoID: row.cover as PhotoID | null,
    count: row.photo_count,
    zoneID: row.zone_id as ZoneID,
    shared: sharedState(zone),
    mayEdit: mayEdit(zone, row.created_by),
    mayAdd: mayAdd(zone),
  };
}
