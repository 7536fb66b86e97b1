import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { age } from './photos.ts';

/** What a drawn scene says of itself in its EXIF block. */
export type SceneFacts = {
  /** `2024:06:12 18:30:00`, local time. */
  readonly takenAt: string;
  readonly camera?: { readonly make: string; readonly model: string };
  readonly place?: { readonly latitude: number; readonly longitude: number };
};

type Sky = { readonly top: string; readonly bottom: string; readonly hills: readonly string[]; readonly sun: string };

/** Moods of light: noon, evening, dawn, mist, night, autumn, snow, spring. */
const skies: readonly Sky[] = [
  { top: '#3d82c4', bottom: '#cfe6f2', hills: ['#7fa6bd', '#53826f', '#2f5a44'], sun: '#fff6d8' },
  { top: '#31406e', bottom: '#f3955b', hills: ['#7d4f6d', '#4d3355', '#2a2138'], sun: '#ffd9a0' },
  { top: '#7b9cc4', bottom: '#f7d7c4', hills: ['#b7a3b5', '#7f7d94', '#4d566d'], sun: '#fff3e2' },
  { top: '#9fb0ba', bottom: '#e3e8e8', hills: ['#b4c1c4', '#889b9c', '#5d7372'], sun: '#f9fbfb' },
  { top: '#0b1430', bottom: '#31527c', hills: ['#1f3553', '#16263f', '#0c1628'], sun: '#e8efff' },
  { top: '#5b93c2', bottom: '#f1e4c6', hills: ['#c9903f', '#a8602c', '#6b3a24'], sun: '#fff0c9' },
  { top: '#86a9cb', bottom: '#f3f6fa', hills: ['#dfe8f1', '#bccbdc', '#8fa3ba'], sun: '#ffffff' },
  { top: '#58a5d6', bottom: '#eaf6e9', hills: ['#a6cf9a', '#6fb06a', '#3f7f49'], sun: '#fffbe0' },
];

/** Numbers between 0 and 1 from a seed (mulberry32), so that equal seeds draw equal pictures. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A landscape as SVG: sky, sun, clouds, layered hills, and water, trees, houses or flowers in front. */
export function sceneSVG(seed: number, width: number, height: number): string {
  const random = seeded(seed * 7_919 + 13);
  const sky = skies[Math.floor(random() * skies.length)] ?? skies[0];
  if (sky === undefined) throw new Error('there is no sky');
  const horizon = height * (0.45 + random() * 0.2);
  const sunX = width * (0.15 + random() * 0.7);
  const sunY = horizon * (0.25 + random() * 0.6);
  const sunSize = height * (0.03 + random() * 0.05);
  const ridge = (base: number, rough: number, color: string): string => {
    const waves = [1, 2.3, 5.1, 9.7].map((frequency) => ({
      frequency,
      phase: random() * 7,
      size: (rough / frequency) * (0.6 + random()),
    }));
    let path = `M0 ${height}`;
    for (let x = 0; x <= width * 1.02; x += width / 90) {
      const y = waves.reduce(
        (sum, wave) => sum + Math.sin((x / width) * Math.PI * wave.frequency + wave.phase) * wave.size,
        base,
      );
      path += `L${x.toFixed(0)} ${y.toFixed(0)}`;
    }
    return `<path d="${path}L${(width * 1.02).toFixed(0)} ${height}Z" fill="${color}"/>`;
  };
  const clouds = Array.from({ length: Math.floor(random() * 6) }, () => {
    const [x, y, size] = [random() * width, random() * horizon * 0.6, width * (0.04 + random() * 0.09)];
    return `<ellipse cx="${x}" cy="${y}" rx="${size * 1.8}" ry="${size * 0.35}" fill="#fff" opacity="${0.15 + random() * 0.3}" filter="url(#soft)"/>`;
  }).join('');
  const hills = sky.hills
    .map((color, layer) => ridge(horizon + height * 0.09 * layer, height * (0.05 + random() * 0.06), color))
    .join('');
  const front = foreground(random, width, height, sky);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="${sky.top}"/><stop offset="1" stop-color="${sky.bottom}"/></linearGradient>
    <radialGradient id="glow"><stop stop-color="${sky.sun}" stop-opacity=".75"/><stop offset="1" stop-color="${sky.sun}" stop-opacity="0"/></radialGradient>
    <filter id="soft"><feGaussianBlur stdDeviation="${width / 90}"/></filter></defs>
    <rect width="${width}" height="${height}" fill="url(#sky)"/>
    <circle cx="${sunX}" cy="${sunY}" r="${sunSize * 6}" fill="url(#glow)"/><circle cx="${sunX}" cy="${sunY}" r="${sunSize}" fill="${sky.sun}"/>
    ${clouds}${hills}${front}</svg>`;
}

function foreground(random: () => number, width: number, height: number, sky: Sky): string {
  const kind = Math.floor(random() * 5);
  const [, , dark = '#222'] = sky.hills;
  if (kind === 0) {
    const top = height * (0.68 + random() * 0.12);
    const glints = Array.from({ length: 60 }, () => {
      const y = top + random() * (height - top);
      return `<rect x="${random() * width}" y="${y}" width="${width * 0.02 + random() * width * 0.08}" height="${1 + (y - top) / 60}" fill="#fff" opacity="${0.05 + random() * 0.22}"/>`;
    }).join('');
    return `<rect y="${top}" width="${width}" height="${height - top}" fill="${sky.top}"/><rect y="${top}" width="${width}" height="${(height - top) / 2}" fill="${sky.bottom}" opacity=".35"/>${glints}`;
  }
  if (kind === 1)
    return Array.from({ length: 26 }, () => {
      const [x, base, tall] = [random() * width, height * (0.86 + random() * 0.16), height * (0.12 + random() * 0.22)];
      return `<path d="M${x} ${base - tall}L${x + tall * 0.22} ${base}L${x - tall * 0.22} ${base}Z" fill="${dark}" opacity="${0.75 + random() * 0.25}"/>`;
    }).join('');
  if (kind === 2) {
    const walls = ['#e9dcc9', '#d7b89b', '#f1efe9', '#c98f6b', '#e4c9a8'];
    return Array.from({ length: 12 }, (_, index) => {
      const [x, wide, tall] = [(index / 12) * width - 10, width / 11, height * (0.12 + random() * 0.2)];
      const windows = Array.from(
        { length: 6 },
        (_, at) =>
          `<rect x="${x + wide * (0.2 + (at % 2) * 0.38)}" y="${height - tall * (0.85 - Math.floor(at / 2) * 0.27)}" width="${wide * 0.18}" height="${tall * 0.12}" fill="#3a4656" opacity=".7"/>`,
      ).join('');
      return `<rect x="${x}" y="${height - tall}" width="${wide}" height="${tall}" fill="${walls[index % walls.length]}"/><path d="M${x - 4} ${height - tall}L${x + wide / 2} ${height - tall * 1.28}L${x + wide + 4} ${height - tall}Z" fill="#a4523c"/>${windows}`;
    }).join('');
  }
  if (kind === 3) {
    const petals = ['#e8506a', '#f2b632', '#fff4f4', '#b56ad1'];
    return Array.from({ length: 220 }, () => {
      const depth = random();
      return `<circle cx="${random() * width}" cy="${height * (0.78 + depth * 0.22)}" r="${2 + depth * height * 0.012}" fill="${petals[Math.floor(random() * petals.length)]}" opacity="${0.6 + depth * 0.4}"/>`;
    }).join('');
  }
  return '';
}

const degrees = (value: number): string => {
  const size = Math.abs(value);
  const minutes = (size % 1) * 60;
  return `${Math.floor(size)}/1 ${Math.floor(minutes)}/1 ${Math.round((minutes % 1) * 6_000)}/100`;
};

/** Writes a scene as JPEG with facts in its EXIF block, settled long ago. @returns its path */
export async function writeScene(
  directory: string,
  fileName: string,
  seed: number,
  facts: SceneFacts,
  size: { readonly width: number; readonly height: number } = { width: 1_200, height: 800 },
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const { camera, place } = facts;
  const bytes = await sharp(Buffer.from(sceneSVG(seed, size.width, size.height)))
    .withExif({
      IFD0: camera === undefined ? {} : { Make: camera.make, Model: camera.model },
      IFD2: {
        DateTimeOriginal: facts.takenAt,
        ISOSpeedRatings: '100',
        FNumber: '28/10',
        ExposureTime: '1/250',
        FocalLength: '35/1',
      },
      ...(place === undefined
        ? {}
        : {
            IFD3: {
              GPSLatitudeRef: place.latitude < 0 ? 'S' : 'N',
              GPSLatitude: degrees(place.latitude),
              GPSLongitudeRef: place.longitude < 0 ? 'W' : 'E',
              GPSLongitude: degrees(place.longitude),
            },
          }),
    })
    .jpeg({ quality: 82 })
    .toBuffer();
  const path = join(directory, fileName);
  writeFileSync(path, bytes);
  age(path);
  return path;
}

const trips: readonly {
  readonly year: number;
  readonly month: number;
  readonly days: number;
  readonly photos: number;
  readonly latitude: number;
  readonly longitude: number;
}[] = [
  { year: 2025, month: 9, days: 5, photos: 26, latitude: 35.34, longitude: 25.13 },
  { year: 2025, month: 6, days: 3, photos: 18, latitude: 47.27, longitude: 11.39 },
  { year: 2025, month: 2, days: 2, photos: 9, latitude: 59.33, longitude: 18.06 },
  { year: 2024, month: 10, days: 4, photos: 20, latitude: 35.01, longitude: 135.77 },
  { year: 2024, month: 5, days: 6, photos: 15, latitude: 38.72, longitude: -9.14 },
  { year: 2023, month: 8, days: 3, photos: 17, latitude: 44.06, longitude: -121.31 },
  { year: 2023, month: 1, days: 1, photos: 5, latitude: -33.92, longitude: 18.42 },
];

const cameras = [
  { make: 'FUJIFILM', model: 'X-T5' },
  { make: 'Canon', model: 'EOS R6' },
  { make: 'Google', model: 'Pixel 8' },
] as const;

/** A folder as a person has it: trips over three years, a few hundred km apart, in landscape and portrait. */
export async function writeTrips(directory: string, most = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const [trip, { year, month, days, photos, latitude, longitude }] of trips.entries()) {
    for (let index = 0; index < photos && paths.length < most; index += 1) {
      const random = seeded(trip * 1_000 + index);
      const day = 10 + Math.floor((index / photos) * days);
      const two = (value: number): string => String(value).padStart(2, '0');
      const shape = random();
      paths.push(
        await writeScene(
          join(directory, `${year}-${two(month)}`),
          `IMG_${String(trip * 200 + index + 1).padStart(4, '0')}.jpg`,
          trip * 1_000 + index,
          {
            takenAt: `${year}:${two(month)}:${two(day)} ${two(8 + Math.floor(random() * 11))}:${two(index % 60)}:00`,
            camera: cameras[trip % cameras.length] ?? cameras[0],
            place: { latitude: latitude + (random() - 0.5) * 0.3, longitude: longitude + (random() - 0.5) * 0.3 },
          },
          shape < 0.22
            ? { width: 800, height: 1_200 }
            : shape < 0.34
              ? { width: 1_400, height: 788 }
              : { width: 1_200, height: 800 },
        ),
      );
    }
  }
  return paths;
}

/**
 * Many small photos in little time: a few dozen scenes are drawn once and written again and again with another time of
 * capture, so that no two files are equal. An hour apart, newest first by number.
 * @param from hours before the first time of capture, so that a second folder holds other photos
 */
export async function writeManyScenes(directory: string, count: number, from = 0): Promise<readonly string[]> {
  mkdirSync(directory, { recursive: true });
  const scenes = await Promise.all(
    Array.from({ length: 30 }, (_, seed) =>
      sharp(Buffer.from(sceneSVG(seed, seed % 4 === 0 ? 200 : 300, seed % 4 === 0 ? 300 : 200)))
        .png()
        .toBuffer(),
    ),
  );
  const paths: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const taken = new Date(Date.UTC(2025, 5, 30, 12) - (from + index) * 3_600_000).toISOString();
    const bytes = await sharp(scenes[index % scenes.length])
      .withExif({ IFD2: { DateTimeOriginal: `${taken.slice(0, 10).replaceAll('-', ':')} ${taken.slice(11, 19)}` } })
      .jpeg()
      .toBuffer();
    const path = join(directory, `IMG_${String(index + 1).padStart(4, '0')}.jpg`);
    writeFileSync(path, bytes);
    age(path);
    paths.push(path);
  }
  return paths;
}
