import type { PhotoDetail } from '../../shared/model/photo.ts';

/** One line of `list photos --json`. Facts a photo does not have are null. */
export type PhotoRecord = Readonly<Record<string, unknown>>;

/**
 * Everything a script may want of a photo, by stable names.
 * @param detail as the contract gives it; its capture date is local time, its offset minutes east of UTC
 */
export function photoRecord(detail: PhotoDetail): PhotoRecord {
  const tags = detail.tags.map((tag) => tag.name);
  return {
    id: detail.id,
    fileName: detail.fileName,
    paths: detail.paths,
    sha256: detail.sha256,
    mediaType: detail.mediaType,
    kind: detail.kind,
    width: detail.width,
    height: detail.height,
    orientation: detail.orientation,
    takenAt: detail.takenAt,
    offset: detail.takenOffset === null ? null : offsetText(detail.takenOffset),
    latitude: detail.latitude,
    longitude: detail.longitude,
    altitude: detail.altitude,
    place: detail.place,
    country: detail.country,
    make: detail.make,
    model: detail.model,
    lens: detail.lens,
    rating: detail.rating === 0 ? null : detail.rating,
    keywords: tags,
    title: detail.title,
    caption: detail.caption,
    durationSeconds: detail.durationMs === null ? null : detail.durationMs / 1000,
    favourite: detail.favourite,
    hidden: detail.hidden,
    edited: detail.edited,
    missing: detail.missing,
    state: detail.state,
    bytes: detail.byteSize,
    albums: detail.albums.map((album) => album.title),
    tags,
    store: detail.shared === 'withMe' ? 'shared' : 'private',
    zone: detail.zoneID,
    addedBy: detail.addedBy,
    addedAt: new Date(detail.addedAt).toISOString(),
  };
}

/** Minutes east of UTC as `+02:00`. */
export function offsetText(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  return `${sign}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
}
