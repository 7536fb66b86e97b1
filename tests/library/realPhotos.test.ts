import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaPool, type MediaPool } from '../../electron/core/media/mediaPool.ts';
import { picturePath, readPicture } from '../../electron/core/media/thumbnailCache.ts';
import { nodeWorkers } from '../../electron/core/workers/spawnWorkers.ts';
import { openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { readManifest, realPhotosFolder, type ManifestRow } from '../helpers/realPhotos.ts';

const folder = realPhotosFolder();

interface Item {
  path: string;
  outcome: string;
  reason: string | null;
  photo_id: string | null;
}

interface Photo {
  id: string;
  kind: string;
  media_type: string;
  state: string;
  sha256: string;
  width: number | null;
  height: number | null;
  orientation: number | null;
  taken_at: string | null;
  taken_offset: number | null;
  latitude: number | null;
  longitude: number | null;
  make: string | null;
  model: string | null;
  rating: number;
  content_identifier: string | null;
  duration_ms: number | null;
  thumbhash: string | null;
}

/**
 * Where Shoebox knowingly says something else than the manifest, and why. Everything not listed must be equal.
 * Sidecars lie beside four of the files and add what the file itself does not say; see docs/ingest.md.
 */
const knownDifferences: Readonly<Record<string, { readonly fields: readonly string[]; readonly why: string }>> = {
  'livephotos/not-a-pair/IMG_1234.mp4': {
    fields: ['date', 'offset'],
    why: 'its UTC date is shown as local time of the place where it was taken (Paris, +02:00)',
  },
  'metadata/sidecar/20240107_110258.jpg': {
    fields: ['latitude', 'longitude', 'keywords'],
    why: 'its XMP sidecar adds them',
  },
  'metadata/sidecar/20240128_105420.mp4': {
    fields: ['latitude', 'longitude', 'keywords', 'rating'],
    why: 'its XMP sidecar adds them',
  },
  'metadata/sidecar/headline.jpg': {
    fields: ['date', 'offset', 'make', 'model', 'keywords'],
    why: 'its XMP sidecar and that of its exact copy add them',
  },
  'metadata/sidecar/no_metadata.jpg': {
    fields: ['date', 'offset', 'make', 'model', 'keywords'],
    why: 'an exact copy of headline.jpg: one photo, both sidecars',
  },
};

describe.skipIf(folder === undefined)('the collection of real photos, referenced in place', () => {
  const root = folder ?? '';
  const manifest = folder === undefined ? [] : readManifest(folder);
  let library: IngestLibrary;
  let pool: MediaPool;
  let items: Map<string, Item>;
  let before: Map<string, string>;
  let slowest = 0;
  let largest = 0;

  const stats = () =>
    new Map(
      manifest.map(({ path }) => {
        const stat = lstatSync(join(root, path), { bigint: true });
        return [path, `${stat.size} ${stat.mtimeNs} ${stat.ino}`];
      }),
    );

  beforeAll(async () => {
    before = stats();
    pool = createMediaPool({ spawn: nodeWorkers().media });
    // The type of a generic method is lost on the way through async; it is the same method all the same.
    const timed = (async (name, params, options) => {
      const started = performance.now();
      try {
        return await pool.run(name, params, options);
      } finally {
        if (name === 'content') slowest = Math.max(slowest, performance.now() - started);
      }
    }) as MediaPool['run'];
    library = await openIngestLibrary({ pool: { ...pool, run: timed } });
    const watch = setInterval(() => {
      for (const pid of pool.pids()) largest = Math.max(largest, residentBytes(pid));
    }, 50);
    await library.ingest.finished(await library.ingest.import([root], { mode: 'reference' }));
    clearInterval(watch);
    items = new Map(
      rows<Item>(library, 'SELECT path, outcome, reason, photo_id FROM import_item').map((item) => [
        item.path.slice(root.length + 1),
        item,
      ]),
    );
  }, 900_000);

  afterAll(async () => {
    await library.dispose();
    await pool.dispose();
  });

  it('shows the facts the manifest gives for every file that must come in', () => {
    const differences: string[] = [];
    const expected = manifest.filter((row) => /^import_(ok|ok_damaged)$/.test(row.expect));
    for (const row of expected) {
      const allowed = knownDifferences[row.path]?.fields ?? [];
      for (const [field, got, want] of compare(row)) {
        if (!allowed.includes(field))
          differences.push(`${row.path}: ${field} is ${String(got)}, the manifest says ${String(want)}`);
      }
    }
    for (const line of differences) console.log(line);
    expect(expected.length).toBeGreaterThan(200);
    expect(differences).toEqual([]);
  });

  it('keeps the facts of files whose pixels are not all there', () => {
    const kept = manifest.filter((row) => row.expect === 'import_metadata_only');
    const wrong = kept.flatMap((row) =>
      compare(row)
        .filter(([field]) => ['date', 'make', 'model', 'present'].includes(field))
        .map(([field, got, want]) => `${row.path}: ${field} is ${String(got)}, the manifest says ${String(want)}`),
    );
    expect(wrong).toEqual([]);
  });

  it('makes no photo of a sidecar', () => {
    const sidecars = manifest.filter((row) => row.expect === 'sidecar').map((row) => items.get(row.path)?.outcome);
    expect(sidecars).toHaveLength(12);
    expect(new Set(sidecars)).toEqual(new Set(['sidecar']));
  });

  it('takes or refuses every hostile file with a reason, quickly and in bounded memory', () => {
    const hostile = manifest.filter((row) => row.expect === 'reject_or_import_no_crash');
    const silent = hostile.filter((row) => {
      const item = items.get(row.path);
      const settled = ['imported', 'duplicate', 'updated', 'sidecar'].includes(item?.outcome ?? '');
      return !settled && (item?.reason ?? '') === '';
    });
    expect(silent.map((row) => row.path)).toEqual([]);
    expect(pool.lost).toBe(0);
    // What other programs take from the processors is not the file's doing.
    const busy = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
    expect(slowest / busy).toBeLessThan(10_000);
    expect(largest).toBeLessThan(1_000_000_000);
    expect(library.errors).toEqual([]);
  });

  it('leaves every file as it was: bytes, times and inode', () => {
    expect(stats()).toEqual(before);
    const changed = manifest.filter(
      (row) =>
        createHash('sha256')
          .update(readFileSync(join(root, row.path)))
          .digest('hex') !== row['sha256'],
    );
    expect(changed.map((row) => row.path)).toEqual([]);
  });

  it('shows copies as one photo with two places, and different pictures with one MD5 as two', () => {
    const places = (name: string) =>
      rows<{ count: number }>(
        library,
        'SELECT count(*) AS count FROM file WHERE photo_id = ?',
        items.get(name)?.photo_id ?? '',
      )[0]?.count;
    expect(items.get('duplicates/copy/el_torcal_rocks.jpg')?.photo_id).toBe(
      items.get('duplicates/el_torcal_rocks.jpeg')?.photo_id,
    );
    expect(places('duplicates/el_torcal_rocks.jpeg')).toBe(2);
    expect(items.get('duplicates/md5-1.jpg')?.photo_id).not.toBe(items.get('duplicates/md5-2.jpg')?.photo_id);
  });

  it('pairs a Live Photo by its identifier and leaves equal names without one apart', () => {
    const live = items.get('livephotos/iphone-xr-heic/IMG_3589.HEIC')?.photo_id;
    expect(items.get('livephotos/iphone-xr-heic/IMG_3589.mov')?.photo_id).toBe(live);
    expect(photoOf('livephotos/iphone-xr-heic/IMG_3589.HEIC')?.kind).toBe('live');
    expect(photoOf('livephotos/not-a-pair/IMG_1234.jpg')?.kind).toBe('photo');
    expect(photoOf('livephotos/not-a-pair/IMG_1234.mp4')?.kind).toBe('video');
    expect(photoOf('livephotos/motion-android/PXL_20200710_061629144.MP.jpg')?.kind).toBe('motion');
  });

  it('turns every orientation upright: all sixteen look the same', async () => {
    for (const shape of ['landscape', 'portrait']) {
      const reference = await smallPixels(`orientation/${shape}_1.jpg`);
      for (let orientation = 2; orientation <= 8; orientation += 1) {
        const other = await smallPixels(`orientation/${shape}_${orientation}.jpg`);
        expect(distance(reference, other), `${shape} ${orientation}`).toBeLessThan(12);
      }
    }
    const upright = await smallPixels('orientation/f/f1t.jpg');
    for (let orientation = 2; orientation <= 8; orientation += 1) {
      expect(
        distance(upright, await smallPixels(`orientation/f/f${orientation}t.jpg`)),
        `f ${orientation}`,
      ).toBeLessThan(20);
    }
    const plain = await smallPixels('orientation/avif/rot0mir0.avif');
    for (const name of ['rot0mir1', 'rot1mir0', 'rot3mir0']) {
      expect(distance(plain, await smallPixels(`orientation/avif/${name}.avif`)), name).toBeLessThan(12);
    }
  });

  function photoOf(path: string): Photo | undefined {
    return rows<Photo>(library, 'SELECT * FROM photo WHERE id = ?', items.get(path)?.photo_id ?? '')[0];
  }

  /** Field, what is shown, what the manifest says; only where they differ. */
  function compare(row: ManifestRow): [string, unknown, unknown][] {
    const item = items.get(row.path);
    const photo = photoOf(row.path);
    if (item === undefined || photo === undefined) return [['present', item?.reason ?? 'not found', 'imported']];
    // The moving part of a Live Photo is a resource of the still, whose facts are compared with the still's line.
    if (photo.media_type === 'image' && /^(MOV|MP4)$/.test(row['format'] ?? '') && photo.kind === 'live') return [];
    const cell = (name: string) => row[name] ?? '';
    const number = (name: string) => (cell(name) === '' ? null : Number(cell(name)));
    const date = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(cell('date_time_original'));
    const wantDate = date === null || date[1] === '0000' ? null : `${date[1]}-${date[2]}-${date[3]}T${date[4]}`;
    const zone = /(?:Z|[+-]\d\d:\d\d)$/.exec(cell('offset_time_original') || cell('date_time_original'))?.[0];
    // "Z" has no digits behind it, and Number('') is 0: UTC.
    const wantOffset =
      zone === undefined
        ? null
        : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)));
    const words = (cell('keywords_xmp') || cell('keywords_iptc'))
      .split('; ')
      .map((word) => word.normalize('NFC').trim());
    const keywords = rows<{ name: string }>(
      library,
      'SELECT tag.name AS name FROM photo_tag JOIN tag ON tag.id = photo_tag.tag_id WHERE photo_id = ?',
      photo.id,
    ).map((tag) => tag.name.toLowerCase());
    const near = (one: number | null, other: number | null) =>
      one === null || other === null ? one === other : Math.abs(one - other) < 1e-5;
    const all: [string, unknown, unknown, boolean?][] = [
      ['sha256', photo.sha256, cell('sha256')],
      ['width', photo.width, number('width')],
      ['height', photo.height, number('height')],
      [
        'orientation',
        photo.orientation,
        number('orientation'),
        // A video's turn is in its track, which the manifest lists as rotation.
        photo.orientation === number('orientation') || photo.media_type === 'video',
      ],
      ['date', photo.taken_at?.slice(0, 19) ?? null, wantDate],
      ['offset', photo.taken_offset, wantOffset],
      ['latitude', photo.latitude, number('gps_lat'), near(photo.latitude, number('gps_lat'))],
      ['longitude', photo.longitude, number('gps_lon'), near(photo.longitude, number('gps_lon'))],
      ['make', photo.make, cell('make') || null],
      ['model', photo.model, cell('model') || null],
      // -1 means "rejected" in some programs, which Shoebox does not have: it shows no rating.
      ['rating', photo.rating, Math.max(0, Math.round(number('rating') ?? 0))],
      ['content identifier', photo.content_identifier, cell('content_identifier') || null],
      [
        'keywords',
        keywords.sort().join('|'),
        [...new Set(words.filter((word) => word !== '').map((word) => word.toLowerCase()))].sort().join('|'),
      ],
      [
        'duration',
        photo.duration_ms,
        number('duration_s'),
        photo.media_type === 'image' || Math.abs((photo.duration_ms ?? 0) / 1_000 - (number('duration_s') ?? 0)) < 0.06,
      ],
      ['thumbnail', photo.thumbhash, 'made', photo.media_type === 'video' || photo.thumbhash !== null],
    ];
    return all.flatMap(([field, got, want, equal = got === want]) => (equal ? [] : [[field, got, want]]));
  }

  async function smallPixels(path: string): Promise<Buffer> {
    const key = photoOf(path)?.sha256 ?? '';
    const picture = readPicture(picturePath(join(library.directory, 'cache'), key, 'thumb'));
    if (picture === undefined) throw new Error(`${path} has no thumbnail`);
    return sharp(picture.bytes)
      .flatten({ background: '#fff' })
      .resize(24, 24, { fit: 'fill' })
      .removeAlpha()
      .raw()
      .toBuffer();
  }
});

/** Mean difference per channel, 0 to 255. */
function distance(one: Buffer, other: Buffer): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0));
  return sum / one.length;
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4_096;
  } catch {
    return 0;
  }
}
