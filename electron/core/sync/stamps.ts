import { clampStamp, isHybridStamp, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';

/**
 * When each field of a record was set: field name -> stamp, `*` for every field not listed. A new record has one entry.
 * Travels in the record's `stamps` field; the server does not look into it.
 */
export type Stamps = Readonly<Record<string, HybridStamp>>;

/** The stamp of one field; undefined for a record written by a client that knows no stamps. */
export function stampOf(stamps: Stamps, field: string): HybridStamp | undefined {
  return Object.hasOwn(stamps, field) ? stamps[field] : stamps['*'];
}

/** Reads stamps as they came over the wire or out of a column; whatever is no stamp is left out. */
export function parseStamps(text: unknown): Stamps {
  if (typeof text !== 'string') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {};
  const stamps: Record<string, HybridStamp> = {};
  for (const [field, stamp] of Object.entries(parsed)) if (isHybridStamp(stamp)) stamps[field] = stamp;
  return stamps;
}

/** Pulls stamps that lie further ahead than the drift cap back to the time the server accepted them (ms). */
export function clampStamps(stamps: Stamps, acceptedMs: number | undefined): Stamps {
  if (acceptedMs === undefined) return stamps;
  const clamped: Record<string, HybridStamp> = {};
  for (const [field, stamp] of Object.entries(stamps)) clamped[field] = clampStamp(stamp, acceptedMs);
  return clamped;
}

/** `base` with the entries of `over`, without entries that say the same as `*`. A `*` in `over` replaces everything. */
export function overlayStamps(base: Stamps, over: Stamps): Stamps {
  const all: Record<string, HybridStamp> = over['*'] === undefined ? { ...base, ...over } : { ...over };
  const rest = all['*'];
  if (rest === undefined) return all;
  for (const [field, stamp] of Object.entries(all)) if (field !== '*' && stamp === rest) delete all[field];
  return all;
}

/** The newest stamp in a set. */
export function newestStamp(stamps: Stamps): HybridStamp | undefined {
  let newest: HybridStamp | undefined;
  for (const stamp of Object.values(stamps)) if (newest === undefined || stamp > newest) newest = stamp;
  return newest;
}
