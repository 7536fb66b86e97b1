import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOfOneFile } from '../../electron/core/library/session.ts';
import type { Facts } from '../../electron/core/media/facts.ts';
import { toFacts } from '../../electron/core/media/exiftoolFacts.ts';
import { readHeader, type HeaderResult } from '../../electron/core/media/headerFacts.ts';
import type { MediaPool } from '../../electron/core/media/mediaPool.ts';
import { AppError } from '../../shared/errors.ts';
import { createLocalPool, openIngestLibrary, rows, type IngestLibrary } from '../helpers/ingestLibrary.ts';
import { age, createPhotoMaker, drawPhoto } from '../helpers/photos.ts';
import { temporaryFolder, type TemporaryFolder } from '../helpers/temporaryFolder.ts';

const maker = createPhotoMaker();
const pool = createLocalPool();
afterAll(async () => {
  await maker.dispose();
  await pool.dispose();
});

let folder: TemporaryFolder;
let root: string;
let library: IngestLibrary;
/** Stands between a file and what is made of it: what its header says, and all it says. */
let header: (said: HeaderResult) => HeaderResult;
let facts: (said: Facts, path: string) => Facts;
beforeEach(async () => {
  folder = temporaryFolder('odd-numbers');
  root = join(folder.path, 'photos');
  mkdirSync(root);
  header = (said) => said;
  facts = (said) => said;
  const acting: MediaPool = {
    ...pool,
    run: (async (name, params, options) => {
      const answer = await pool.run(name, params, options);
      // The type of a generic method is lost on the way through async; it is the same method all the same.
      return name === 'facts' && 'path' in params ? facts(answer as Facts, params.path) : answer;
    }) as MediaPool['run'],
    dispose: () => Promise.resolve(),
  };
  library = await openIngestLibrary({
    pool: acting,
    scanning: (jobs) => ({
      ...jobs,
      headers: async (params) => (await jobs.headers(params)).map((one) => header(one)),
    }),
  });
});
afterEach(async () => {
  await library.dispose();
  folder.dispose();
});

/** A JPEG whose ISO is written as 201/2, which some programs do. */
async function halfISO(path: string): Promise<void> {
  const entry = (tag: number, type: number, value: number): Buffer => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(1, 4);
    bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const directory = (one: Buffer) => Buffer.concat([Buffer.from([1, 0]), one, Buffer.alloc(4)]);
  const tiff = Buffer.concat([
    Buffer.from('II*\0\u0008\0\0\0', 'latin1'),
    directory(entry(0x8769, 4, 26)),
    directory(entry(0x8827, 5, 44)),
    Buffer.from(new Uint32Array([201, 2]).buffer),
  ]);
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const marker = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  const drawn = await drawPhoto();
  writeFileSync(path, Buffer.concat([drawn.subarray(0, 2), marker, exif, drawn.subarray(2)]));
  age(path);
}

/** An MP4 whose head gives its length in the long form, in seconds, as all ones: "not known", as the standard has it. */
async function endless(path: string): Promise<void> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target });
  const source = new EncodedVideoPacketSource('vp9');
  output.addVideoTrack(source);
  await output.start();
  const config = { codec: 'vp09.00.10.08', codedWidth: 320, codedHeight: 180 };
  await source.add(new EncodedPacket(new Uint8Array(64).fill(1), 'key', 0, 1), { decoderConfig: config });
  await output.finalize();
  const bytes = Buffer.from(target.buffer ?? new ArrayBuffer(0));
  const at = bytes.indexOf('mvhd') - 4;
  const [moov, size] = [bytes.indexOf('moov') - 4, bytes.readUInt32BE(at)];
  const length = Buffer.alloc(28 + 12, 0);
  length.writeUInt32BE(size + 12, 0);
  length.write('mvhd', 4, 'latin1');
  length.writeUInt8(1, 8);
  length.writeUInt32BE(1, 28);
  length.fill(0xff, 32, 40);
  bytes.writeUInt32BE(bytes.readUInt32BE(moov) + 12, moov);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, at), length, bytes.subarray(at + 28)]));
  age(path);
}

const taken = async (): Promise<unknown> => library.ingest.finished(await library.ingest.import([root]));
const watched = async (): Promise<void> => {
  await library.ingest.folders.add(root);
  await library.ingest.idle();
};
const look = async (): Promise<void> => {
  await library.ingest.folders.rescan();
  await library.ingest.idle();
};

describe('a file that says an odd number of itself is taken in, as are those beside it', () => {
  it('half an ISO', async () => {
    await maker.folder(root, 2);
    await halfISO(join(root, 'half.jpg'));
    expect(await readHeader(join(root, 'half.jpg'))).toMatchObject({ facts: { iso: 101 } });
    expect(await taken()).toMatchObject({ state: 'done', imported: 3, failed: 0 });
    expect(rows(library, 'SELECT iso, facts_level FROM photo WHERE iso IS NOT NULL')).toEqual([
      { iso: 101, facts_level: 3 },
    ]);
  });

  it('a length beyond all numbers', async () => {
    await maker.folder(root, 2);
    await endless(join(root, 'endless.mp4'));
    expect(await taken()).toMatchObject({ state: 'done', imported: 3, failed: 0 });
    expect(library.errors).toEqual([]);
    const [video] = rows<{ duration_ms: number | null; facts_level: number }>(
      library,
      `SELECT duration_ms, facts_level FROM photo WHERE kind = 'video'`,
    );
    expect(video?.facts_level).toBe(3);
    // The container's own count of its frames, or nothing.
    expect(video?.duration_ms ?? 1_000).toBe(1_000);
  });
});

it.each([
  [{ 'QuickTime:Duration': 1.8e16 }, 'mp4', { durationMs: null }],
  [{ 'QuickTime:Duration': 2.5 }, 'mp4', { durationMs: 2_500 }],
  [{ 'ExifIFD:ISO': 100.5 }, 'jpeg', { iso: 101 }],
  [{ 'ExifIFD:ISO': '1e300' }, 'jpeg', { iso: null }],
  [{ 'File:ImageWidth': 1e17, 'File:ImageHeight': 3 }, 'jpeg', { width: null, height: null }],
  [{ 'XMP-GCamera:MicroVideoOffset': '1e30' }, 'jpeg', { motionLength: null }],
  [{ 'XMP-GContainer:DirectoryItemLength': ['1e999'] }, 'jpeg', { motionLength: null }],
  [
    { 'XMP-GContainer:ContainerDirectory': [{ Item: { Semantic: 'MotionPhoto', Length: '1e20' } }] },
    'jpeg',
    { motionLength: null },
  ],
] as const)('of %j a library is told whole numbers it can hold, or none', (raw, format, told) => {
  expect(toFacts(raw, format)).toMatchObject(told);
});

describe('a file whose header no row can hold', () => {
  it('is refused by itself, with a word of why', async () => {
    await maker.folder(root, 3);
    header = (said) =>
      said.kind === 'media' && said.path.endsWith('2.jpg') ? { ...said, facts: { ...said.facts, iso: 1e300 } } : said;
    await watched();
    expect(library.ingest.sessions()).toMatchObject([{ state: 'done', imported: 2, failed: 1 }]);
    expect(rows(library, `SELECT path, reason FROM import_item WHERE outcome = 'failed'`)).toEqual([
      {
        path: join(root, 'IMG_0002.jpg'),
        reason: expect.stringMatching(/^What this file says of itself could not be written down: /) as string,
      },
    ]);
    expect(library.errors).toHaveLength(1);
    header = (said) => said;
    await maker.write(join(root, 'IMG_0002.jpg'), { seed: 9, modifiedMs: Date.now() - 3_600_000 });
    await look();
    expect(rows(library, `SELECT id FROM photo WHERE state = 'ready'`)).toHaveLength(3);
  });

  it('and one that cannot be asked after, for its folder has become a loop, stop no other', async () => {
    await maker.folder(root, 2);
    const inner = join(root, 'inner');
    await maker.folder(inner, 1, { seed: 7 });
    header = (said) => {
      if (!said.path.startsWith(inner)) return said;
      renameSync(inner, join(folder.path, 'away'));
      symlinkSync(inner, inner);
      return { kind: 'unreadable', path: said.path, reason: 'The file cannot be read.', passing: false };
    };
    await watched();
    expect(library.ingest.sessions()).toMatchObject([{ state: 'done', imported: 2, failed: 1 }]);
    expect(library.errors).toEqual([]);
  });
});

describe('a photo whose facts no row can hold', () => {
  const levels = () => rows(library, 'SELECT file_name AS name, facts_level AS level FROM photo ORDER BY file_name');
  const odd = (level: number) => [
    { name: 'IMG_0001.jpg', level: 3 },
    { name: 'IMG_0002.jpg', level },
    { name: 'IMG_0003.jpg', level: 3 },
  ];
  const asked: string[] = [];
  beforeEach(async () => {
    await maker.folder(root, 3);
    asked.length = 0;
    facts = (said, path) => {
      asked.push(path);
      return path.endsWith('2.jpg') ? { ...said, motionLength: 1e300 } : said;
    };
  });

  it('is taken in with what its header said, and told of', async () => {
    expect(await taken()).toMatchObject({ state: 'done', imported: 3, failed: 0 });
    expect(levels()).toEqual(odd(1));
    expect(
      rows(library, `SELECT path FROM import_item WHERE reason LIKE 'Its facts could not be written down: %'`),
    ).toEqual([{ path: join(root, 'IMG_0002.jpg') }]);
    expect(library.errors).toHaveLength(1);
    expect(rows(library, `SELECT path FROM file WHERE state = 'present'`)).toHaveLength(3);
  });

  it('keeps no other from being read late, and is asked after once for each start', async () => {
    await watched();
    // What a cancelled import leaves: all of them are owed.
    library.store.transaction('ingest', ({ raw }) => void raw.exec('UPDATE photo SET facts_level = 1'));
    library = await library.reopen();
    asked.length = 0;
    await library.ingest.start();
    await library.ingest.idle();
    expect(levels()).toEqual(odd(1));
    expect(asked).toHaveLength(3);
    await look();
    expect(asked).toHaveLength(3);
    expect(library.errors).toHaveLength(1);

    facts = (said) => said;
    library = await library.reopen();
    await library.ingest.start();
    await library.ingest.idle();
    expect(levels()).toEqual(odd(3));
  });
});

it.each([
  ['a value no column takes', Object.assign(new Error('cannot store'), { code: 'SQLITE_CONSTRAINT_DATATYPE' }), true],
  ['a fault of ours', new TypeError('not a function'), true],
  ['rights in a share that were taken away', new AppError('permissionFailure', 'No.'), true],
  ['a full disk', new AppError('diskFull', 'The disk is full.'), false],
  ['a library that another writer holds', new AppError('timedOut', 'Busy.'), false],
  ['the end of the app', new AppError('cancelled', 'Cancelled.'), false],
  ['a schema that is not ours', Object.assign(new Error('no such column'), { code: 'SQLITE_ERROR' }), false],
])('%s: whether it is of one file alone', (_what, error, expected) => {
  expect(isOfOneFile(error)).toBe(expected);
});
