import type { PlaceNames } from './placeNames.ts';

/**
 * What a file says about itself, in the units of the store: local ISO time without zone, minutes east of UTC, degrees,
 * seconds, millimetres, milliseconds. Null is "the file does not say".
 */
export interface Facts extends PlaceNames {
  readonly width: number | null;
  readonly height: number | null;
  /** EXIF orientation 1 to 8 as written. HEIC and AVIF are turned by a box of their own, whatever this says. */
  readonly orientation: number | null;
  readonly takenAt: string | null;
  readonly takenOffset: number | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly altitude: number | null;
  readonly make: string | null;
  readonly model: string | null;
  readonly lens: string | null;
  readonly iso: number | null;
  readonly aperture: number | null;
  readonly exposureTime: number | null;
  readonly focalLength: number | null;
  readonly durationMs: number | null;
  readonly contentIdentifier: string | null;
  readonly burstId: string | null;
  readonly title: string | null;
  readonly caption: string | null;
  readonly rating: number | null;
  readonly keywords: readonly string[];
  /** Bytes of the video at the end of a motion photo. */
  readonly motionLength: number | null;
}

export const noFacts: Facts = {
  width: null,
  height: null,
  orientation: null,
  takenAt: null,
  takenOffset: null,
  latitude: null,
  longitude: null,
  altitude: null,
  make: null,
  model: null,
  lens: null,
  iso: null,
  aperture: null,
  exposureTime: null,
  focalLength: null,
  durationMs: null,
  contentIdentifier: null,
  burstId: null,
  title: null,
  caption: null,
  rating: null,
  keywords: [],
  place: null,
  region: null,
  country: null,
  timeZone: null,
  motionLength: null,
};

/** A capture time as EXIF, XMP and QuickTime write it, taken apart. */
export interface CaptureTime {
  readonly takenAt: string;
  readonly takenOffset: number | null;
}

const datePattern =
  /^(\d{4})[:-](\d{2})[:-](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads "2019:06:09 12:57:32.15+02:00" and its relatives. Undefined for what is no moment: zeros, month 13, minute 75,
 * blanks. Fractions are kept to the millisecond, second 60 is the second before it.
 */
export function parseCaptureTime(text: string): CaptureTime | undefined {
  const match = datePattern.exec(text.trim());
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', written = '00', fraction = '', zone] = match;
  // A leap second, as some receivers write it: a window that formats it meets an invalid date and shows nothing at all.
  const second = written === '60' ? '59' : written;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (Number(year) === 0 || Number.isNaN(ms)) return undefined;
  const back = new Date(ms);
  // Date.UTC rolls 31 February into March: such a "date" was never one.
  if (back.getUTCMonth() + 1 !== Number(month) || back.getUTCDate() !== Number(day)) return undefined;
  const digits = fraction.slice(0, 3).padEnd(3, '0');
  const takenAt = `${year}-${month}-${day}T${hour}:${minute}:${second}${Number(digits) > 0 ? `.${digits}` : ''}`;
  return { takenAt, takenOffset: zone === undefined ? null : parseOffset(zone) };
}

/** "+05:45" to 345; "Z" to 0; null for what is no offset or beyond 15 hours. */
export function parseOffset(text: string): number | null {
  if (text === 'Z') return 0;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(text.trim());
  if (match === null) return null;
  const minutes = (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1);
  return Math.abs(minutes) <= 900 ? minutes : null;
}
