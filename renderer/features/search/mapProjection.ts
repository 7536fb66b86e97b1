/** The part of the world a map shows: its middle in degrees, and how many px a degree of longitude is wide. */
export type MapFrame = { readonly longitude: number; readonly latitude: number; readonly scale: number };

export const smallestScale = 1.6;
export const largestScale = 4_000;
const furthest = 85;

/** Mercator's y of a latitude, in degrees like longitude, so that shapes keep their angles. */
export function mercator(latitude: number): number {
  const clamped = Math.min(furthest, Math.max(-furthest, latitude));
  return (Math.log(Math.tan(Math.PI / 4 + (clamped * Math.PI) / 360)) * 180) / Math.PI;
}

/** The latitude of such a y. */
export function latitudeOf(y: number): number {
  return (Math.atan(Math.exp((y * Math.PI) / 180)) * 360) / Math.PI - 90;
}

/** Where a point lies on a map of that size, px from its top left. */
export function project(
  frame: MapFrame,
  size: { readonly width: number; readonly height: number },
  point: { readonly latitude: number; readonly longitude: number },
): { readonly x: number; readonly y: number } {
  return {
    x: size.width / 2 + (point.longitude - frame.longitude) * frame.scale,
    y: size.height / 2 - (mercator(point.latitude) - mercator(frame.latitude)) * frame.scale,
  };
}

/** The point of the world at a place on the map. */
export function unproject(
  frame: MapFrame,
  size: { readonly width: number; readonly height: number },
  at: { readonly x: number; readonly y: number },
): { readonly latitude: number; readonly longitude: number } {
  return {
    longitude: frame.longitude + (at.x - size.width / 2) / frame.scale,
    latitude: latitudeOf(mercator(frame.latitude) - (at.y - size.height / 2) / frame.scale),
  };
}

/** Keeps a frame on the world. */
export function onWorld(frame: MapFrame): MapFrame {
  return {
    longitude: Math.min(180, Math.max(-180, frame.longitude)),
    latitude: Math.min(furthest - 5, Math.max(-furthest + 5, frame.latitude)),
    scale: Math.min(largestScale, Math.max(smallestScale, frame.scale)),
  };
}

/** Changes the scale and keeps the point at a place of the map where it is. */
export function zoomFrame(
  frame: MapFrame,
  size: { readonly width: number; readonly height: number },
  factor: number,
  at: { readonly x: number; readonly y: number },
): MapFrame {
  const scale = Math.min(largestScale, Math.max(smallestScale, frame.scale * factor));
  const point = unproject(frame, size, at);
  return onWorld({
    scale,
    longitude: point.longitude - (at.x - size.width / 2) / scale,
    latitude: latitudeOf(mercator(point.latitude) + (at.y - size.height / 2) / scale),
  });
}
