import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Colours of one landscape: sky above, sky at the horizon, sea, and land. */
const moods = [
  ['#3d82c4', '#cfe6f2', '#2b6f9c', '#3f6b4a'],
  ['#31406e', '#f3955b', '#5a4468', '#2a2138'],
  ['#7b9cc4', '#f7d7c4', '#7f8fa6', '#4d566d'],
  ['#0b1430', '#31527c', '#142746', '#0c1628'],
  ['#5b93c2', '#f1e4c6', '#8d7a4f', '#6b3a24'],
  ['#58a5d6', '#eaf6e9', '#4f9aa8', '#3f7f49'],
] as const;

/** Numbers between 0 and 1 that are the same for the same seed. */
function numbers(seed: number): () => number {
  let state = (seed + 1) * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state / 4_294_967_296;
  };
}

/** A coast as SVG: sky, sun, sea with glints, and a headland. */
function coast(seed: number, width: number, height: number): string {
  const random = numbers(seed);
  const [top, low, sea, land] = moods[seed % moods.length] ?? moods[0];
  const horizon = height * (0.45 + random() * 0.2);
  const sunX = width * (0.2 + random() * 0.6);
  const sunY = horizon * (0.35 + random() * 0.5);
  const glints = Array.from({ length: 90 }, () => {
    const y = horizon + random() * (height - horizon);
    return `<rect x="${random() * width}" y="${y}" width="${10 + random() * 80}" height="${1 + (y - horizon) / 50}" fill="#fff" opacity="${0.05 + random() * 0.2}"/>`;
  }).join('');
  const from = random() * width * 0.5;
  const hill = Array.from({ length: 20 }, (_, step) => {
    const x = from + (step / 19) * width * 0.7;
    return `L${x} ${horizon - Math.sin((step / 19) * Math.PI) * height * (0.08 + random() * 0.06)}`;
  }).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${low}"/></linearGradient></defs>
    <rect width="${width}" height="${horizon}" fill="url(#s)"/><rect y="${horizon}" width="${width}" height="${height - horizon}" fill="${sea}"/>
    <circle cx="${sunX}" cy="${sunY}" r="${height * 0.05}" fill="#fff4d0"/><path d="M${from} ${horizon}${hill}L${from + width * 0.7} ${horizon}Z" fill="${land}"/>${glints}</svg>`;
}

/**
 * Draws photos as a camera would leave them, a day apart, so that a demonstration needs nobody's own.
 * @param first number of the first one; other numbers are other pictures
 * @returns absolute paths
 */
export async function drawPhotos(folder: string, name: string, first: number, count: number): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const path = join(folder, `${name}-${index + 1}.jpg`);
    const day = String(1 + ((first + index) % 28)).padStart(2, '0');
    const bytes = await sharp(Buffer.from(coast(first + index, 1_200, 800)))
      .withExif({ IFD0: { Make: 'Shoebox', Model: 'Demo' }, IFD2: { DateTimeOriginal: `2026:06:${day} 18:30:00` } })
      .jpeg({ quality: 85 })
      .toBuffer();
    writeFileSync(path, bytes);
    // A file written this moment may still be growing, as far as ingest can know.
    const settled = new Date(Date.now() - 60_000);
    utimesSync(path, settled, settled);
    paths.push(path);
  }
  return paths;
}
