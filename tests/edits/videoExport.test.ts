import { appendFileSync, copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ExifTool } from 'exiftool-vendored';
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportOptions, type ExportEvent } from '../../shared/model/edit.ts';
import { createPhotoMaker } from '../helpers/photos.ts';
import { writeVideo } from '../helpers/writeVideo.ts';
import { openEditLibrary, type EditLibrary } from './library.ts';
import { photos, photosHere } from './photos.ts';

const maker = createPhotoMaker();
const exiftool = new ExifTool({ maxProcs: 1 });
let library: EditLibrary;
let folder: string;
let from: string;
beforeEach(() => {
  library = openEditLibrary();
  folder = join(library.directory, 'out');
  from = join(library.directory, 'from');
  for (const one of [folder, from]) mkdirSync(one);
});
afterEach(() => library.dispose());
afterAll(async () => {
  await maker.dispose();
  await exiftool.end();
});

/** An MP4 whose container is whole, with what exiftool is told to write into it. */
async function mp4(name: string, writeArgs: readonly string[]): Promise<string> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat(), target });
  const source = new EncodedVideoPacketSource('vp9');
  output.addVideoTrack(source);
  await output.start();
  const decoderConfig = { codec: 'vp09.00.10.08', codedWidth: 320, codedHeight: 180 };
  for (let at = 0; at < 3; at += 1) {
    await source.add(new EncodedPacket(new Uint8Array(64).fill(at), 'key', at, 1), { decoderConfig });
  }
  await output.finalize();
  if (target.buffer === null) throw new Error('no video was written');
  const path = join(from, name);
  writeFileSync(path, new Uint8Array(target.buffer));
  await exiftool.write(path, {}, { writeArgs: [...writeArgs, '-overwrite_original'] });
  return path;
}

async function exported(ids: readonly string[], options: object): Promise<ExportEvent[]> {
  const events: ExportEvent[] = [];
  for await (const event of library.photoExport.run(ids, folder, exportOptions.parse(options))) events.push(event);
  return events;
}

const pathOf = (event: ExportEvent | undefined): string => (event?.type === 'exported' ? event.path : '');
const tagsOf = async (path: string, ...tags: string[]): Promise<string[]> =>
  Object.keys(await exiftool.readRaw(path, { readArgs: ['-ee', '-a', '-G1', ...tags] })).filter(
    (tag) => tag.includes(':') && !/^(System|File|ExifTool|Composite):/.test(tag),
  );
const places = ['-GPS*', '-Location*', '-City', '-Country', '-CountryCode'];

/** Where exiftool can write a place in an MP4: a phone's, an older phone's, iTunes' and Lightroom's. */
const placed = [
  '-Keys:GPSCoordinates=48.2, 16.37, 100',
  '-UserData:GPSCoordinates=48.2, 16.37, 100',
  '-ItemList:GPSCoordinates=48.2, 16.37, 100',
  '-Keys:LocationName=Home',
  '-XMP-exif:GPSLatitude=48.2',
  '-XMP-exif:GPSLongitude=16.37',
  '-XMP-photoshop:City=Wien',
  '-XMP-iptcCore:CountryCode=AUT',
];
const told = ['-Keys:Make=Apple', '-Keys:CreationDate=2020:06:15 10:20:30+02:00', '-XMP-dc:Title=Prater'];

describe('a video is exported', () => {
  test('without its place, and keeps what else it says, its pictures, and its original', async () => {
    const path = await mp4('v.mp4', [...placed, ...told]);
    const before = readFileSync(path);
    expect((await tagsOf(path, ...places)).length).toBeGreaterThan(6);
    const id = library.add(path, { mediaType: 'video' });
    const [event] = await exported([id], { metadata: 'noLocation' });
    expect(event).toMatchObject({ type: 'exported' });
    expect(basename(pathOf(event))).toBe('v.mp4');
    expect(await tagsOf(pathOf(event), ...places)).toEqual([]);
    expect(readFileSync(pathOf(event)).includes('Wien')).toBe(false);
    expect(await tagsOf(pathOf(event), '-Make', '-CreationDate', '-Title')).toEqual([
      'Keys:Make',
      'Keys:CreationDate',
      'XMP-dc:Title',
    ]);
    expect(await tagsOf(pathOf(event), '-ImageWidth', '-MediaDuration')).toEqual(
      await tagsOf(path, '-ImageWidth', '-MediaDuration'),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['v.mp4']);
    expect(readdirSync(from)).toEqual(['v.mp4']);
  });

  test('with no facts: neither place nor camera, text or date', async () => {
    const dates = ['-QuickTime:CreateDate=2020:06:15 08:20:30', '-QuickTime:TrackCreateDate=2020:06:15 08:20:30'];
    const id = library.add(await mp4('v.mp4', [...placed, ...told, ...dates]), { mediaType: 'video' });
    const [event] = await exported([id], { metadata: 'none' });
    expect(await tagsOf(pathOf(event), ...places, '-Make', '-CreationDate', '-Title', '-XMP:all')).toEqual([]);
    const written = JSON.stringify(await exiftool.readRaw(pathOf(event), { readArgs: ['-Time:all', '-G1', '-a'] }));
    expect(written).not.toContain('2020:06:15');
  });

  test('byte for byte with everything, and as it came', async () => {
    const path = await mp4('v.mp4', [...placed, ...told]);
    const id = library.add(path, { mediaType: 'video' });
    for (const options of [{ metadata: 'all' }, { original: true, metadata: 'none' }]) {
      const [event] = await exported([id], options);
      expect(readFileSync(pathOf(event)).equals(readFileSync(path))).toBe(true);
    }
    expect(readdirSync(folder).sort()).toEqual(['v (2).mp4', 'v.mp4']);
  });

  test.each(['noLocation', 'none'] as const)(
    'not at all with metadata %s where its kind of file cannot be written; the rest goes on',
    async (metadata) => {
      await writeVideo(join(from, 'w.webm'), 2);
      const [webm, other] = [join(from, 'w.webm'), await mp4('v.mp4', placed)].map((path) =>
        library.add(path, { mediaType: 'video' }),
      );
      const events = await exported([webm ?? '', other ?? ''], { metadata });
      expect(events).toMatchObject([
        { type: 'failed', photoID: webm, reason: expect.stringMatching(/place.*could not be removed from w\.webm/i) },
        { type: 'exported', photoID: other },
        { type: 'finished', exported: 1, failed: 1 },
      ]);
      expect(readdirSync(folder)).toEqual(['v.mp4']);
    },
  );

  test('not at all while its place stands where nobody can take it out', async () => {
    // A dash camera's box of positions, which exiftool reads and cannot write.
    const path = await mp4('v.mp4', []);
    const position = Buffer.alloc(40);
    position.writeUInt32BE(40);
    position.write('gps0', 4, 'latin1');
    position.writeDoubleLE(4_812.5, 8);
    position.writeDoubleLE(1_622.2, 16);
    appendFileSync(path, position);
    expect(await tagsOf(path, '-GPS*')).not.toEqual([]);
    const [event] = await exported([library.add(path, { mediaType: 'video' })], { metadata: 'noLocation' });
    expect(event).toMatchObject({ type: 'failed', reason: expect.stringMatching(/could not be removed from v\.mp4/) });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a video whose export is cancelled leaves nothing', async () => {
  const id = library.add(await mp4('v.mp4', placed), { mediaType: 'video' });
  const stopping = new AbortController();
  const run = library.photoExport.run([id], folder, exportOptions.parse({ metadata: 'none' }), stopping.signal);
  const events: ExportEvent[] = [];
  const done = (async () => {
    for await (const event of run) events.push(event);
  })();
  const copies = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  await expect.poll(copies, { interval: 1 }).toBeGreaterThan(0);
  stopping.abort();
  await done;
  expect(events).toEqual([{ type: 'finished', exported: 0, failed: 0 }]);
  expect(readdirSync(folder)).toEqual([]);
});

describe.runIf(photosHere)('a real video is exported without its place (with the real photos)', () => {
  test.each(['meta.mov', 'quicktime-hvc1.mov', 'with-gps.mov', 'isom-avc1.mp4', 'video_rotate.mp4', 'sample.3gp'])(
    '%s',
    async (name) => {
      const path = join(from, name);
      copyFileSync(photos(`formats/video/${name}`), path);
      const [event] = await exported([library.add(path, { mediaType: 'video' })], { metadata: 'noLocation' });
      expect(event).toMatchObject({ type: 'exported' });
      expect(await tagsOf(pathOf(event), ...places)).toEqual([]);
      // Its sound and pictures are still there.
      expect(statSync(pathOf(event)).size).toBeGreaterThan(statSync(path).size * 0.9);
      expect(await tagsOf(pathOf(event), '-AvgBitrate', '-MediaDuration')).toEqual(
        await tagsOf(path, '-AvgBitrate', '-MediaDuration'),
      );
    },
  );
});

test('a photo is exported without its place in any of the ways it can be written', async () => {
  const path = join(from, 'a.jpg');
  await maker.write(path, {
    seed: 1,
    tags: {
      GPSLatitude: 48.2,
      GPSLongitude: 16.3,
      'XMP-iptcCore:CountryCode': 'AUT',
      'XMP-iptcCore:Location': 'Home',
      'XMP-photoshop:City': 'Wien',
      'XMP-iptcExt:LocationCreatedCity': 'Wien',
      'IPTC:City': 'Wien',
      'IPTC:Country-PrimaryLocationCode': 'AUT',
      'IPTC:ContentLocationName': 'Stephansplatz 1, Wien',
      'IPTC:ContentLocationCode': 'AUT',
      'XMP-dc:Title': 'Steffl',
    },
  });
  const asked = [...places, '-ContentLocation*', '-Country-PrimaryLocation*'];
  expect((await tagsOf(path, ...asked)).length).toBeGreaterThan(8);
  const [event] = await exported([library.add(path)], { metadata: 'noLocation' });
  expect(await tagsOf(pathOf(event), ...asked)).toEqual([]);
  expect(readFileSync(pathOf(event)).includes('AUT')).toBe(false);
  expect(await tagsOf(pathOf(event), '-Title')).toEqual(['XMP-dc:Title']);
});
