import type { Connection } from '../store/connection.ts';
import type { PlaceNames } from '../media/placeNames.ts';

/** How far a photo may be for its place to have the same name, in degrees of latitude: about 5 km. */
const reach = 0.045;

/**
 * The names of a position after the nearest photo of the library that has some, or null when none is near: what is left
 * where exiftool cannot run (no perl), for a person puts a photo on the map mostly where others of theirs already are.
 */
export function nearbyPlace(connection: Connection, latitude: number, longitude: number): PlaceNames | null {
  // A degree of longitude shrinks towards the poles; at the pole itself every longitude is near.
  const shrink = Math.max(0.01, Math.cos((latitude * Math.PI) / 180));
  return (
    connection
      .statement<[number, number, number, number, number, number, number, number, number], PlaceNames>(
        `SELECT p.place, p.region, p.country, p.time_zone AS timeZone FROM photo AS p INDEXED BY photo_position
         WHERE p.latitude IS NOT NULL AND p.trashed_at IS NULL AND p.hidden = 0
           AND p.latitude BETWEEN ? AND ? AND p.longitude BETWEEN ? AND ? AND p.country IS NOT NULL
         ORDER BY (p.latitude - ?) * (p.latitude - ?) + (p.longitude - ?) * (p.longitude - ?) * ? LIMIT 1`,
      )
      .get(
        latitude - reach,
        latitude + reach,
        longitude - reach / shrink,
        longitude + reach / shrink,
        latitude,
        latitude,
        longitude,
        longitude,
        shrink * shrink,
      ) ?? null
  );
}
