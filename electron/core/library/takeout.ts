import { z } from 'zod';
import { noFacts, type Facts } from '../media/facts.ts';

/** Google Takeout's JSON beside a photo; everything else in it is ignored. */
const takeout = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  photoTakenTime: z.object({ timestamp: z.coerce.number() }).optional(),
  geoData: z.object({ latitude: z.number(), longitude: z.number(), altitude: z.number().optional() }).optional(),
  favorited: z.boolean().optional(),
});

/** Seconds of the years 1 to 9999: the date of any other takes more than four digits, and nothing reads that. */
const firstSecond = Date.parse('0001-01-01T00:00:00Z') / 1_000;
const lastSecond = Date.parse('9999-12-31T23:59:59Z') / 1_000;

export interface TakeoutFacts {
  readonly facts: Facts;
  readonly favourite: boolean;
}

/**
 * Reads a Takeout JSON. Undefined when it is some other JSON. The time is UTC and given no zone: it only stands in
 * where the photo itself has no date. A position of exactly 0,0 is Google's way of saying none.
 */
export function parseTakeout(text: string): TakeoutFacts | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = takeout.safeParse(json);
  if (!parsed.success || (parsed.data.photoTakenTime === undefined && parsed.data.geoData === undefined))
    return undefined;
  const { description, photoTakenTime, geoData, favorited } = parsed.data;
  const placed = geoData !== undefined && (geoData.latitude !== 0 || geoData.longitude !== 0);
  const seconds = photoTakenTime?.timestamp;
  const taken =
    seconds === undefined || seconds < firstSecond || seconds > lastSecond
      ? null
      : new Date(seconds * 1_000).toISOString();
  return {
    favourite: favorited === true,
    facts: {
      ...noFacts,
      takenAt: taken === null ? null : taken.slice(0, 19),
      takenOffset: taken === null ? null : 0,
      latitude: placed ? geoData.latitude : null,
      longitude: placed ? geoData.longitude : null,
      altitude: placed ? (geoData.altitude ?? null) : null,
      caption: description === undefined || description.trim() === '' ? null : description,
    },
  };
}

/**
 * A photo's own facts with a sidecar's laid over them: rating, title and caption are what other programs write into
 * sidecars and win; keywords add up; date and place only fill what the photo does not say.
 */
export function withSidecar(own: Facts, sidecar: Facts): Facts {
  const dated = own.takenAt !== null;
  const placed = own.latitude !== null;
  return {
    ...own,
    title: sidecar.title ?? own.title,
    caption: sidecar.caption ?? own.caption,
    rating: sidecar.rating ?? own.rating,
    keywords: [...new Set([...own.keywords, ...sidecar.keywords])],
    takenAt: dated ? own.takenAt : sidecar.takenAt,
    takenOffset: dated ? own.takenOffset : sidecar.takenOffset,
    ...(placed
      ? {}
      : {
          latitude: sidecar.latitude,
          longitude: sidecar.longitude,
          altitude: sidecar.altitude,
          place: sidecar.place,
          region: sidecar.region,
          country: sidecar.country,
          timeZone: sidecar.timeZone,
        }),
    make: own.make ?? sidecar.make,
    model: own.model ?? sidecar.model,
  };
}
