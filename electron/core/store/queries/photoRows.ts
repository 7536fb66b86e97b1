import type { AlbumID, EditID, PhotoID, ResourceID, TagID, ZoneID } from '../../../../shared/ids.ts';
import type { PhotoDetail, PhotoKind, PhotoTile, Resource } from '../../../../shared/model/photo.ts';
import type { Connection } from '../connection.ts';
import { mayDelete, mayEdit, readZones, sharedState, type ZoneRights } from '../zoneRights.ts';
import { pathsOf } from './heldBytes.ts';

interface TileRow {
  id: string;
  file_name: string;
  title: string | null;
  kind: string;
  media_type: string;
  state: string;
  thumbhash: string | null;
  taken_at: string | null;
  duration_ms: number | null;
  favourite: number;
  hidden: number;
  rating: number;
  current_edit_id: string | null;
  sha256: string | null;
  zone_id: string;
  created_by: string | null;
  missing: number;
  drawable: number;
  frames: number;
  added_by: string | null;
}

interface DetailRow extends TileRow {
  caption: string | null;
  taken_offset: number | null;
  created_at: number;
  width: number | null;
  height: number | null;
  orientation: number | null;
  byte_size: number | null;
  latitude: number | null;
  longitude: number | null;
  altitude: number | null;
  place: string | null;
  region: string | null;
  country: string | null;
  make: string | null;
  model: string | null;
  lens: string | null;
  iso: number | null;
  aperture: number | null;
  exposure_time: number | null;
  focal_length: number | null;
  copied_from: string | null;
  trashed_at: number | null;
}

/** Out of reach: it has originals and every one of them is gone from where it lay. */
const missing = `(EXISTS (SELECT 1 FROM resource AS r WHERE r.photo_id = p.id AND r.kind IN ('original', 'raw'))
  AND NOT EXISTS (SELECT 1 FROM resource AS r WHERE r.photo_id = p.id AND r.kind IN ('original', 'raw')
    AND r.local_state <> 'missing'))`;
/**
 * Bytes its picture can be made of are here. A photo of another computer is listed before they have come: the tile asks
 * for the picture again when they have.
 */
const drawable = `EXISTS (SELECT 1 FROM resource AS r WHERE r.photo_id = p.id AND r.local_state = 'here'
  AND (r.kind IN ('original', 'raw') OR r.kind = iif(p.current_edit_id IS NULL, 'thumbnail', 'editedThumbnail')))`;
/** Pictures of chosen frames that are here: a video's tile asks for its picture again when one has come. */
const frames = `CASE WHEN p.media_type = 'video' AND p.current_edit_id IS NOT NULL THEN (SELECT count(*) FROM resource AS r
  WHERE r.photo_id = p.id AND r.kind = 'editedThumbnail' AND r.local_state = 'here') ELSE 0 END`;
const addedBy = `CASE WHEN p.created_by IS NULL THEN NULL ELSE coalesce(
  (SELECT coalesce(display_name, email) FROM participant WHERE zone_id = p.zone_id AND user_name = p.created_by LIMIT 1),
  (SELECT coalesce(owner_display, owner_email) FROM share WHERE zone_id = p.zone_id AND owner_name = p.created_by),
  p.created_by) END`;
const tileColumns = `p.id, p.file_name, p.title, p.kind, p.media_type, p.state, p.thumbhash, p.taken_at, p.duration_ms,
  p.favourite, p.hidden, p.rating, p.current_edit_id, p.sha256, p.zone_id, p.created_by,
  ${missing} AS missing, ${drawable} AS drawable, ${frames} AS frames, ${addedBy} AS added_by`;

/** Tiles in the order asked for; ids that no longer exist are left out. */
export function readTiles(connection: Connection, ids: readonly string[]): PhotoTile[] {
  const zones = readZones(connection);
  return connection
    .statement<[string], TileRow>(
      `SELECT ${tileColumns} FROM json_each(?) AS wanted CROSS JOIN photo AS p ON p.id = wanted.value ORDER BY wanted.key`,
    )
    .all(JSON.stringify(ids))
    .map((row) => toTile(row, zones));
}

/** Everything about one photo, or undefined when it is gone. */
export function readDetail(connection: Connection, id: string): PhotoDetail | undefined {
  const row = connection
    .statement<[string], DetailRow>(
      `SELECT ${tileColumns}, p.caption, p.taken_offset, p.created_at, p.width, p.height, p.orientation, p.byte_size,
         p.latitude, p.longitude, p.altitude, p.place, p.region, p.country, p.make, p.model, p.lens, p.iso, p.aperture,
         p.exposure_time, p.focal_length, p.copied_from, p.trashed_at
       FROM photo AS p WHERE p.id = ?`,
    )
    .get(id);
  if (row === undefined) return undefined;
  const zones = readZones(connection);
  const zone = zones.get(row.zone_id);
  const ratings = connection
    .statement<[string], { average: number | null; number: number }>(
      'SELECT avg(value) AS average, count(*) AS number FROM rating WHERE photo_id = ? AND value > 0',
    )
    .get(id);
  return {
    ...toTile(row, zones),
    zoneID: row.zone_id as ZoneID,
    caption: row.caption,
    takenOffset: row.taken_offset,
    addedAt: row.created_at,
    width: row.width,
    height: row.height,
    orientation: row.orientation,
    byteSize: row.byte_size,
    sha256: row.sha256,
    latitude: row.latitude,
    longitude: row.longitude,
    altitude: row.altitude,
    place: row.place,
    region: row.region,
    country: row.country,
    make: row.make,
    model: row.model,
    lens: row.lens,
    iso: row.iso,
    aperture: row.aperture,
    exposureTime: row.exposure_time,
    focalLength: row.focal_length,
    averageRating: ratings?.average ?? null,
    ratings: ratings?.number ?? 0,
    tags: tagsOf(connection, id),
    albums: albumsOf(connection, id),
    paths: pathsOf(connection, id),
    resources: resourcesOf(connection, id),
    currentEditID: row.current_edit_id as EditID | null,
    copiedFrom: row.copied_from,
    trashedAt: row.trashed_at,
    comments:
      connection.statement<[string], { n: number }>('SELECT count(*) AS n FROM comment WHERE photo_id = ?').get(id)
        ?.n ?? 0,
    mayEdit: mayEdit(zone, row.created_by),
    mayDelete: mayDelete(zone, row.created_by),
  };
}

function tagsOf(connection: Connection, photoID: string): PhotoDetail['tags'] {
  return connection
    .statement<[string], { id: TagID; name: string; color: string | null }>(
      `SELECT DISTINCT t.id, t.name, t.color FROM photo_tag AS pt JOIN tag AS t ON t.id = pt.tag_id
       WHERE pt.photo_id = ? AND t.merged_into IS NULL ORDER BY t.name_key`,
    )
    .all(photoID);
}

function albumsOf(connection: Connection, photoID: string): PhotoDetail['albums'] {
  return connection
    .statement<[string], { id: AlbumID; title: string }>(
      `SELECT DISTINCT a.id, a.title FROM album_item AS i JOIN album AS a ON a.id = i.album_id
       WHERE i.photo_id = ? ORDER BY a.title`,
    )
    .all(photoID);
}

function resourcesOf(connection: Connection, photoID: string): Resource[] {
  return connection
    .statement<
      [string],
      { id: string; kind: string; name: string; mime: string | null; size: number | null; state: string }
    >(
      `SELECT id, kind, file_name AS name, mime_type AS mime, byte_size AS size, local_state AS state
       FROM resource WHERE photo_id = ? ORDER BY created_at, id`,
    )
    .all(photoID)
    .map((row) => ({
      id: row.id as ResourceID,
      kind: row.kind as Resource['kind'],
      fileName: row.name,
      mimeType: row.mime,
      byteSize: row.size,
      localState: row.state as Resource['localState'],
    }));
}

function toTile(row: TileRow, zones: ReadonlyMap<string, ZoneRights>): PhotoTile {
  return {
    id: row.id as PhotoID,
    version: [
      row.state,
      row.sha256?.slice(0, 12) ?? '0',
      row.current_edit_id ?? '0',
      row.drawable,
      // The bytes of a video stay the same when another of its frames is chosen as its picture.
      ...(row.media_type === 'video' && row.thumbhash !== null ? [row.thumbhash] : []),
      ...(row.frames > 0 ? [row.frames] : []),
    ].join('.'),
    fileName: row.file_name,
    title: row.title,
    kind: row.kind as PhotoKind,
    mediaType: row.media_type as PhotoTile['mediaType'],
    state: row.state as PhotoTile['state'],
    thumbhash: row.thumbhash,
    takenAt: row.taken_at,
    durationMs: row.duration_ms,
    favourite: row.favourite === 1,
    hidden: row.hidden === 1,
    rating: row.rating,
    edited: row.current_edit_id !== null,
    shared: sharedState(zones.get(row.zone_id)),
    addedBy: row.added_by,
    missing: row.missing === 1,
  };
}
