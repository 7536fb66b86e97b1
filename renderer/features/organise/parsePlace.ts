/** Reads `35.34, 25.13` or `35.34 N 25.13 E`; null when it is no place on Earth. */
export function parsePlace(text: string): { readonly latitude: number; readonly longitude: number } | null {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*°?\s*([NS]?)[\s,;]+(-?\d+(?:\.\d+)?)\s*°?\s*([EW]?)\s*$/iu.exec(text);
  if (match === null) return null;
  const latitude = Number(match[1]) * (match[2]?.toUpperCase() === 'S' ? -1 : 1);
  const longitude = Number(match[3]) * (match[4]?.toUpperCase() === 'W' ? -1 : 1);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}
