import type { PhotoTile } from '../../shared/model/photo.ts';
import type { Core } from './core.ts';

/**
 * A local capture time (ISO 8601 without zone) as a Date whose UTC fields are the local ones.
 * @returns null for what is no time: it may come from another person's computer, and nothing can write it out
 */
export function localTime(takenAt: string): Date | null {
  const time = new Date(`${takenAt.slice(0, 19)}Z`);
  return Number.isNaN(time.getTime()) ? null : time;
}

/** `1:05` or `1:02:03`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Bytes as a person reads them, in decimal units. */
export function bytesText(core: Core, bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return new Intl.NumberFormat([...core.locales], {
    style: 'unit',
    unit: units[unit] ?? 'byte',
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

/** A number with the person's separators. */
export function countText(core: Core, count: number): string {
  return core.formats.number.format(count);
}

/** What a screen reader says of a tile: its name or title, its date, and what the marks in its corners show. */
export function describePhoto(core: Core, tile: PhotoTile): string {
  const { t } = core;
  const parts = [tile.title ?? tile.fileName];
  const taken = tile.takenAt === null ? null : localTime(tile.takenAt);
  if (taken !== null) parts.push(core.formats.captured.format(taken));
  if (tile.mediaType === 'video') parts.push(t('photo.isVideo'));
  if (tile.kind === 'live' || tile.kind === 'motion') parts.push(t('photo.isLive'));
  if (tile.favourite) parts.push(t('photo.isFavourite'));
  if (tile.rating > 0) parts.push(t('photo.hasRating', { rating: tile.rating }));
  if (tile.edited) parts.push(t('photo.isEdited'));
  if (tile.shared !== 'none') parts.push(t('photo.isShared'));
  if (tile.missing) parts.push(t('photo.isMissing'));
  if (tile.state === 'failed') parts.push(t('photo.isFailed'));
  return parts.join(', ');
}
