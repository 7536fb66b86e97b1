/**
 * Columns that are computed from synced ones and live on this computer only (`local` in entities.ts). Whoever writes a
 * synced column they depend on (ingest, import, organising, undo) writes them too.
 */

const maxTime = 8.64e15;

/**
 * Where a photo stands in the timeline, in ms since 1970 of its *local* time, so that days are the days people lived.
 * @param takenAt local ISO time without zone, or null when the file does not say
 * @param addedAt ms since 1970: stands in for an unknown capture time
 */
export function sortAt(takenAt: string | null, addedAt: number): number {
  if (takenAt === null) return addedAt;
  const time = Date.parse(`${takenAt}Z`);
  return Number.isNaN(time) || Math.abs(time) > maxTime ? addedAt : time;
}

/** The local day of a place in the timeline, in days since 1970; negative before. */
export const dayOf = (sortAt: number): number => Math.floor(sortAt / 86_400_000);

/**
 * Display width over height, times 1,000, kept between 1:10 and 10:1 so that no tile becomes a hair.
 * @param orientation EXIF 1 to 8; 5 to 8 lie on their side. Square when the size is not known yet.
 */
export function ratioOf(width: number | null, height: number | null, orientation: number | null): number {
  if (width === null || height === null || width <= 0 || height <= 0) return 1_000;
  const turned = orientation !== null && orientation >= 5;
  const ratio = turned ? height / width : width / height;
  return Math.round(Math.min(10, Math.max(0.1, ratio)) * 1_000);
}
