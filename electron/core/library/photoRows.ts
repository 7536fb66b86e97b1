import { libraryZone } from '../../../shared/ids.ts';
import type { PhotoKind } from '../../../shared/model/photo.ts';
import { tagNameKey } from '../../../shared/tagName.ts';
import type { Facts } from '../media/facts.ts';
import { formatOfMime, formats, kindOf, type Format } from '../media/formats.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import { ratioOf, sortAt } from '../store/derivedColumns.ts';
import { derivedId, photoTagID } from '../store/derivedId.ts';
import { setByHand } from '../store/queries/setByHand.ts';
import { findTag } from '../store/queries/tagRows.ts';
import { myRatingID } from './myRating.ts';

export type ResourceKind = 'original' | 'pairedVideo' | 'raw' | 'sidecar';

/** What ingest needs of a photo. */
export interface KnownPhoto {
  readonly id: string;
  readonly zone_id: string;
  readonly kind: PhotoKind;
  readonly media_type: 'image' | 'video';
  readonly file_name: string;
  readonly sha256: string | null;
  readonly taken_at: string | null;
  readonly make: string | null;
  readonly state: 'header' | 'ready' | 'failed';
  readonly facts_level: number;
  readonly created_at: number;
  readonly trashed_at: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly content_identifier: string | null;
}

export interface ResourceRow {
  readonly id: string;
  readonly kind: ResourceKind | 'thumbnail' | 'editedThumbnail';
  readonly file_name: string;
  readonly mime_type: string | null;
  readonly sha256: string | null;
}

export interface NewResource {
  readonly id: string;
  readonly photoID: string;
  readonly kind: ResourceKind;
  readonly fileName: string;
  readonly mimeType: string;
  readonly byteSize: number;
  readonly sha256: string;
}

const photoColumns = `id, zone_id, kind, media_type, file_name, sha256, taken_at, make, state, facts_level, created_at,
  trashed_at, width, height, content_identifier`;

const namesOfPlace = ['altitude', 'place', 'region', 'country', 'time_zone'] as const;

/** SQL of the synced rows ingest makes: photos, resources, tags, ratings. Only inside an `ingest` transaction. */
export function createPhotoRows(connection: Connection, newId: () => string) {
  const { statement } = connection;
  return {
    /** The row that appears at once, from a file's header. `modifiedMs` stands in for an unknown capture time. */
    insertHeader: (
      photoID: string,
      file: { readonly name: string; readonly format: Format; readonly byteSize: number; readonly modifiedMs: number },
      facts: Facts,
      now: number,
    ): void => {
      statement<SqlValue[]>(
        `INSERT INTO photo (id, zone_id, kind, media_type, file_name, taken_at, taken_offset, latitude, longitude,
           make, model, lens, iso, aperture, exposure_time, focal_length, width, height, orientation, byte_size,
           created_at, modified_at, sort_at, ratio, state, facts_level)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'header', 0)`,
      ).run(
        photoID,
        libraryZone,
        kindOf(file.format),
        formats[file.format].family === 'video' ? 'video' : 'image',
        file.name,
        facts.takenAt,
        facts.takenOffset,
        facts.latitude,
        facts.longitude,
        facts.make,
        facts.model,
        facts.lens,
        facts.iso,
        facts.aperture,
        facts.exposureTime,
        facts.focalLength,
        facts.width,
        facts.height,
        facts.orientation,
        file.byteSize,
        now,
        now,
        sortAt(facts.takenAt, file.modifiedMs),
        ratioOf(facts.width, facts.height, facts.orientation),
      );
    },
    photo: (id: string): KnownPhoto | undefined =>
      statement<[string], KnownPhoto>(`SELECT ${photoColumns} FROM photo WHERE id = ?`).get(id),
    /** My photo with these bytes as its original; my library before shared zones, the oldest first. */
    photoByHash: (sha256: string): KnownPhoto | undefined =>
      statement<[string, string], KnownPhoto>(
        `SELECT ${photoColumns} FROM photo WHERE sha256 = ? AND created_by IS NULL
         ORDER BY zone_id = ? DESC, created_at, id LIMIT 1`,
      ).get(sha256, libraryZone),
    /** The photo that holds these bytes as a paired video or a RAW. */
    attachedByHash: (sha256: string): { resource_id: string; photo_id: string } | undefined =>
      statement<[string], { resource_id: string; photo_id: string }>(
        `SELECT id AS resource_id, photo_id FROM resource
         WHERE sha256 = ? AND kind IN ('pairedVideo', 'raw') AND created_by IS NULL ORDER BY created_at, id LIMIT 1`,
      ).get(sha256),
    originalOf: (photoID: string): { id: string; sha256: string | null } | undefined =>
      statement<[string], { id: string; sha256: string | null }>(
        `SELECT id, sha256 FROM resource WHERE photo_id = ? AND kind = 'original' ORDER BY created_at, id LIMIT 1`,
      ).get(photoID),
    photosByContentIdentifier: (identifier: string): KnownPhoto[] =>
      statement<[string], KnownPhoto>(
        `SELECT ${photoColumns} FROM photo WHERE content_identifier = ? AND created_by IS NULL ORDER BY created_at, id`,
      ).all(identifier),
    /** My photos taken within some ms of a local time, hidden and trashed ones left out. */
    photosAround: (takenAt: string, ms: number): KnownPhoto[] => {
      const at = sortAt(takenAt, 0);
      return statement<[number, number], KnownPhoto>(
        `SELECT ${photoColumns} FROM photo INDEXED BY photo_timeline
         WHERE sort_at BETWEEN ? AND ? AND trashed_at IS NULL AND hidden = 0 AND created_by IS NULL
         ORDER BY created_at, id`,
      ).all(at - ms, at + ms);
    },
    hasEdits: (photoID: string): boolean =>
      statement<[string]>('SELECT 1 FROM edit WHERE photo_id = ? LIMIT 1').get(photoID) !== undefined,
    resourcesOf: (photoID: string): ResourceRow[] =>
      statement<[string], ResourceRow>(
        'SELECT id, kind, file_name, mime_type, sha256 FROM resource WHERE photo_id = ? ORDER BY created_at, id',
      ).all(photoID),
    resource: (id: string): (ResourceRow & { readonly photo_id: string }) | undefined =>
      statement<[string], ResourceRow & { readonly photo_id: string }>(
        'SELECT id, photo_id, kind, file_name, mime_type, sha256 FROM resource WHERE id = ?',
      ).get(id),
    insertResource: (resource: NewResource, zoneID: string, now: number): void => {
      statement<SqlValue[]>(
        `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, mime_type, byte_size, sha256, created_at, modified_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        resource.id,
        zoneID,
        resource.photoID,
        resource.kind,
        resource.fileName,
        resource.mimeType,
        resource.byteSize,
        resource.sha256,
        now,
        now,
      );
    },
    /**
     * A resource has new bytes. `format`: what they are, where it may be another than before; a photo whose original was
     * a picture and is a video now, or the other way round, then is of that kind.
     */
    updateResource: (
      id: string,
      { byteSize, sha256, format }: { readonly byteSize: number; readonly sha256: string; readonly format?: Format },
      now: number,
    ): void => {
      const before = statement<[string], { photo_id: string; kind: string; mime_type: string | null }>(
        'SELECT photo_id, kind, mime_type FROM resource WHERE id = ?',
      ).get(id);
      if (before === undefined) return;
      statement<SqlValue[]>(
        'UPDATE resource SET byte_size = ?, sha256 = ?, mime_type = coalesce(?, mime_type), modified_at = ? WHERE id = ?',
      ).run(byteSize, sha256, format === undefined ? null : formats[format].mimeType, now, id);
      if (format === undefined || before.kind !== 'original') return;
      const known = before.mime_type === null ? undefined : formatOfMime(before.mime_type);
      if (known !== undefined && formats[known].family === formats[format].family) return;
      const isVideo = formats[format].family === 'video';
      statement<SqlValue[]>(
        `UPDATE photo SET media_type = ?, modified_at = ?, kind = CASE WHEN ? THEN 'video'
           WHEN EXISTS (SELECT 1 FROM resource WHERE photo_id = photo.id AND kind = 'pairedVideo') THEN 'live'
           WHEN EXISTS (SELECT 1 FROM resource WHERE photo_id = photo.id AND kind = 'raw') THEN 'rawJpeg'
           ELSE ? END WHERE id = ?`,
      ).run(isVideo ? 'video' : 'image', now, isVideo ? 1 : 0, kindOf(format), before.photo_id);
    },
    /** The content pass is done: hash, placeholder, whether there are pixels to show. */
    setContent: (
      photoID: string,
      content: {
        readonly sha256: string;
        readonly byteSize: number;
        readonly thumbhash: string | null;
        readonly ratio: number | null;
        readonly state: 'ready' | 'failed';
        /** The bytes are new to this photo: its facts are to be read again. */
        readonly edited: boolean;
      },
      now: number,
    ): void => {
      statement<SqlValue[]>(
        `UPDATE photo SET sha256 = ?, byte_size = ?, thumbhash = ?, ratio = coalesce(?, ratio), state = ?,
           facts_level = CASE WHEN ? THEN 1 ELSE max(facts_level, 1) END, modified_at = ? WHERE id = ?`,
      ).run(
        content.sha256,
        content.byteSize,
        content.thumbhash,
        content.ratio === null ? null : Math.round(Math.min(10, Math.max(0.1, content.ratio)) * 1_000),
        content.state,
        content.edited ? 1 : 0,
        now,
        photoID,
      );
    },
    /** Facts are to be read again, with the sidecars laid over them. */
    refreshFacts: (photoID: string): void => {
      statement<[string]>('UPDATE photo SET facts_level = min(facts_level, 2) WHERE id = ?').run(photoID);
    },
    finishFacts: (photoID: string, level: number): void => {
      statement<[number, string]>('UPDATE photo SET facts_level = ? WHERE id = ?').run(level, photoID);
    },
    setKind: (photoID: string, kind: PhotoKind, now: number): void => {
      statement<SqlValue[]>('UPDATE photo SET kind = ?, modified_at = ? WHERE id = ? AND kind <> ?').run(
        kind,
        now,
        photoID,
        kind,
      );
    },
    /** Full facts take the place of the header's, except where a person has set them by hand. */
    setFacts: (photoID: string, facts: Facts, level: number, modifiedMs: number, now: number): void => {
      const held = new Set(setByHand(connection, photoID));
      // The names of a place go with the place: a position set by hand keeps those found for it.
      if (held.has('latitude')) for (const name of namesOfPlace) held.add(name);
      const keep = (column: string) => (held.has(column) ? `"${column}"` : '?');
      const values: Record<string, SqlValue> = {
        taken_at: facts.takenAt,
        taken_offset: facts.takenOffset,
        latitude: facts.latitude,
        longitude: facts.longitude,
        title: facts.title,
        caption: facts.caption,
        altitude: facts.altitude,
        place: facts.place,
        region: facts.region,
        country: facts.country,
        time_zone: facts.timeZone,
        make: facts.make,
        model: facts.model,
        lens: facts.lens,
        iso: facts.iso,
        aperture: facts.aperture,
        exposure_time: facts.exposureTime,
        focal_length: facts.focalLength,
        orientation: facts.orientation,
        duration_ms: facts.durationMs,
        content_identifier: facts.contentIdentifier,
        burst_id: facts.burstId,
        motion_bytes: facts.motionLength,
        facts_level: level,
        modified_at: now,
      };
      const names = Object.keys(values);
      const set = names.map((name) => `"${name}" = ${keep(name)}`).join(', ');
      const parameters = names.filter((name) => !held.has(name)).map((name) => values[name] ?? null);
      statement<SqlValue[]>(
        `UPDATE photo SET ${set}, width = coalesce(?, width), height = coalesce(?, height),
           kind = CASE WHEN ? IS NOT NULL AND kind = 'photo' THEN 'motion' ELSE kind END WHERE id = ?`,
      ).run(...parameters, facts.width, facts.height, facts.motionLength, photoID);
      const after = statement<[string], { taken_at: string | null; thumbhash: string | null }>(
        'SELECT taken_at, thumbhash FROM photo WHERE id = ?',
      ).get(photoID);
      if (after === undefined) return;
      statement<SqlValue[]>('UPDATE photo SET sort_at = ? WHERE id = ?').run(
        sortAt(after.taken_at, modifiedMs),
        photoID,
      );
      // Once pixels were seen their shape is the truth; before that (videos, skeletons) the facts say it.
      if (after.thumbhash === null) {
        const ratio = ratioOf(facts.width, facts.height, facts.orientation);
        statement<SqlValue[]>('UPDATE photo SET ratio = ? WHERE id = ?').run(ratio, photoID);
      }
    },
    /** Adds keywords as tags. */
    addKeywords: (photo: Pick<KnownPhoto, 'id' | 'zone_id'>, keywords: readonly string[], now: number): void => {
      for (const name of keywords) {
        if (tagNameKey(name) === '') continue;
        const tagID = findTag(connection, photo.zone_id, name)?.id ?? makeTag(photo.zone_id, name, now);
        statement<SqlValue[]>(
          `INSERT OR IGNORE INTO photo_tag (id, zone_id, photo_id, tag_id, created_at, modified_at)
           VALUES (?, ?, ?, ?, ?, ?)`,
        ).run(photoTagID(photo.id, tagID), photo.zone_id, photo.id, tagID, now, now);
      }
    },
    /** Adds the file's rating where I have none. */
    addRating: (photo: Pick<KnownPhoto, 'id' | 'zone_id'>, rating: number | null, now: number): void => {
      if (rating === null || rating < 1) return;
      statement<SqlValue[]>(
        `INSERT INTO rating (id, zone_id, photo_id, value, created_at, modified_at) SELECT ?, ?, ?, ?, ?, ?
         WHERE NOT EXISTS (SELECT 1 FROM rating WHERE photo_id = ? AND created_by IS NULL)`,
      ).run(myRatingID(connection, photo.id, photo.zone_id), photo.zone_id, photo.id, rating, now, now, photo.id);
    },
    addFavourite: (photoID: string, now: number): void => {
      statement<SqlValue[]>(
        `INSERT OR IGNORE INTO personal (id, zone_id, photo_id, favourite, created_at, modified_at)
         VALUES (?, ?, ?, 1, ?, ?)`,
      ).run(derivedId('Personal', photoID), libraryZone, photoID, now, now);
    },
    restore: (photoID: string, now: number): void => {
      statement<SqlValue[]>(
        'UPDATE photo SET trashed_at = NULL, trashed_by = NULL, modified_at = ? WHERE id = ? AND trashed_at IS NOT NULL',
      ).run(now, photoID);
    },
    /** Takes back a row that turned out to be no photo of its own. Its albums and tags are the caller's business. */
    deletePhoto: (photoID: string): void => {
      for (const table of ['photo_tag', 'rating', 'personal', 'resource']) {
        statement<[string]>(`DELETE FROM ${table} WHERE photo_id = ?`).run(photoID);
      }
      statement<[string]>('DELETE FROM photo WHERE id = ?').run(photoID);
    },
    /** A person stops watching and wants the photos gone from the library: rows only, files stay. */
    forget: (photoID: string): void => {
      for (const table of ['album_item', 'photo_tag', 'rating', 'personal', 'comment', 'edit', 'resource']) {
        statement<[string]>(`DELETE FROM ${table} WHERE photo_id = ?`).run(photoID);
      }
      statement<[string]>('DELETE FROM photo WHERE id = ?').run(photoID);
    },
  };

  function makeTag(zoneID: string, name: string, now: number): string {
    const id = newId();
    statement<SqlValue[]>(
      'INSERT INTO tag (id, zone_id, name, created_at, modified_at, name_key) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(id, zoneID, name.normalize('NFC'), now, now, tagNameKey(name));
    return id;
  }
}

export type PhotoRows = ReturnType<typeof createPhotoRows>;
