import type { ExifTool, ReadRawTaskOptions, WriteTags } from 'exiftool-vendored';
import { z } from 'zod';
import type { PlaceNames } from './placeNames.ts';
import { noFacts, parseCaptureTime, parseOffset, type CaptureTime, type Facts } from './facts.ts';
import { formats, type Format } from './formats.ts';
import { safeInteger } from './safeInteger.ts';

/** exiftool processes per media worker. There are two workers; more exiftools only cost memory. */
const processes = 1;

/** The tags read, and nothing else: named tags are three times as fast as all of them. */
const tags = [
  'ImageWidth',
  'ImageHeight',
  'ExifImageWidth',
  'ExifImageHeight',
  'RawImageFullWidth',
  'RawImageFullHeight',
  'Orientation',
  'DateTimeOriginal',
  'SubSecTimeOriginal',
  'OffsetTimeOriginal',
  'CreationDate',
  'CreateDate',
  'DateCreated',
  'TimeCreated',
  'GPSLatitude',
  'GPSLongitude',
  'GPSAltitude',
  'GPSCoordinates',
  'Make',
  'Model',
  'LensModel',
  'LensID',
  'ISO',
  'FNumber',
  'ExposureTime',
  'FocalLength',
  'Duration',
  'ContentIdentifier',
  'MediaGroupUUID',
  'BurstUUID',
  'Title',
  'ObjectName',
  'Description',
  'Caption-Abstract',
  'ImageDescription',
  'Rating',
  'Subject',
  'Keywords',
  'MotionPhoto',
  'MicroVideo',
  'MicroVideoOffset',
  'DirectoryItemSemantic',
  'DirectoryItemLength',
  'ContainerDirectory',
  'GeolocationCity',
  'GeolocationRegion',
  'GeolocationCountry',
  'GeolocationTimeZone',
  'GeolocationDistance',
] as const;

const placeTags = tags.filter((tag) => tag.startsWith('Geolocation'));

/** How far the nearest town may be for a photo to be called after it, in km: at sea there is always one somewhere. */
const townReachKm = 100;

/** What Shoebox asks of exiftool; each rejects with what exiftool says of the file. */
export interface ExifToolCalls {
  /** The tags as exiftool names them, unparsed. */
  readRaw(path: string, options: ReadRawTaskOptions): Promise<unknown>;
  extractBinaryTagToBuffer(
    tag: string,
    path: string,
    options: { readonly ignoreMinorErrors: boolean },
  ): Promise<Buffer>;
  write(path: string, tags: WriteTags, options: { readonly writeArgs: string[] }): Promise<unknown>;
  /** A file that is always there: its own program. */
  ownPath(): Promise<string>;
  /** Ends its process, if one was started. */
  end(): Promise<void>;
}

/**
 * exiftool, loaded and started at the first call: a worker that only hashes and draws never pays for it.
 * @param options.taskMs how long one call may take, in ms
 */
export function createExifTool({ taskMs = 15_000 }: { readonly taskMs?: number } = {}): ExifToolCalls {
  let tool: Promise<ExifTool> | undefined;
  const started = (): Promise<ExifTool> => {
    tool ??= import('exiftool-vendored').then(
      // Generous times: on a busy machine starting Perl alone takes seconds, and the pool's watchdog stands behind.
      (library) =>
        new library.ExifTool({
          maxProcs: processes,
          geolocation: true,
          spawnTimeoutMillis: 60_000,
          taskTimeoutMillis: taskMs,
          maxTasksPerProcess: 5_000,
        }),
    );
    return tool;
  };
  return {
    readRaw: async (path, options) => (await started()).readRaw(path, options),
    extractBinaryTagToBuffer: async (tag, path, options) =>
      (await started()).extractBinaryTagToBuffer(tag, path, options),
    ownPath: async () => (await import('exiftool-vendored')).exiftoolPath(),
    write: async (path, written, options) => (await started()).write(path, written, options),
    end: async () => {
      if (tool !== undefined) await (await tool).end();
    },
  };
}

export interface FactsReader {
  /**
   * Everything a file says, by exiftool. `format` null is a sidecar (XMP). Times: about 5 ms a photo on two processes.
   * @throws AppError or Error when exiftool cannot read the file at all.
   */
  read(path: string, format: Format | null, make?: string | null): Promise<Facts>;
  /**
   * What a position is called and which time zone it lies in, from the towns exiftool brings along; no file and no
   * network is asked. Degrees, south and west negative. All null where it knows nothing.
   * @throws Error when exiftool cannot be started.
   */
  placeNames(latitude: number, longitude: number): Promise<PlaceNames>;
}

/** Reads full facts; see the order of preference in `toFacts`. */
export function createFactsReader({
  exiftool,
}: {
  readonly exiftool: Pick<ExifToolCalls, 'readRaw' | 'ownPath'>;
}): FactsReader {
  return {
    placeNames: async (latitude, longitude) => {
      // exiftool wants a file to be asked about; the position comes from the option, whatever the file says.
      const raw: unknown = await exiftool.readRaw(await exiftool.ownPath(), {
        readArgs: [
          '-fast2',
          '-api',
          `geolocation=${latitude.toFixed(6)},${longitude.toFixed(6)}`,
          '-G1',
          '-n',
          ...placeTags.map((tag) => `-${tag}`),
        ],
        ignoreMinorErrors: true,
      });
      return toPlaceNames(z.record(z.string(), z.unknown()).parse(raw));
    },
    read: async (path, format, make = null) => {
      const raw: unknown = await exiftool.readRaw(path, {
        readArgs: [
          ...speed(format, make),
          '-api',
          'geolocation',
          '-G1',
          '-a',
          '-n',
          '-struct',
          ...tags.map((t) => `-${t}`),
        ],
        ignoreMinorErrors: true,
      });
      return toFacts(z.record(z.string(), z.unknown()).parse(raw), format);
    },
  };
}

/**
 * How much exiftool may skip: `-fast2` leaves out maker notes, where Apple keeps the ids of Live Photos and bursts;
 * `-fast` stops at the media data, behind which many videos keep their facts.
 */
function speed(format: Format | null, make: string | null): readonly string[] {
  if (format === null || formats[format].family === 'video') return [];
  const needsMakerNotes = make === null || /apple/i.test(make) || formats[format].family === 'raw';
  return needsMakerNotes ? ['-fast'] : ['-fast2'];
}

type RawTags = Readonly<Record<string, unknown>>;

/** exiftool's tags by group (`-G1 -a -n`) as Facts. Pure. */
export function toFacts(raw: RawTags, format: Format | null): Facts {
  const tag = (...names: string[]): unknown => names.map((name) => raw[name]).find((value) => value !== undefined);
  /** The first value of a tag in any group, in file order. */
  const any = (name: string): unknown =>
    Object.entries(raw).find(([key]) => key === name || key.endsWith(`:${name}`))?.[1];
  const isVideo = format !== null && formats[format].family === 'video';
  const place = position(raw, any);
  const timeZone = text(any('GeolocationTimeZone'));
  const taken = captureTime(raw, tag, any, timeZone, place !== undefined);
  const orientation = integer(tag('IFD0:Orientation') ?? (isVideo ? undefined : any('Orientation')));
  return {
    ...noFacts,
    ...size(raw, tag, any, format),
    orientation: orientation !== null && orientation >= 1 && orientation <= 8 ? orientation : null,
    takenAt: taken?.takenAt ?? null,
    takenOffset: taken?.takenOffset ?? null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
    altitude: place?.altitude ?? null,
    make: text(tag('IFD0:Make', 'Keys:Make') ?? any('Make')),
    model: text(tag('IFD0:Model', 'Keys:Model') ?? any('Model')),
    lens: text(tag('ExifIFD:LensModel', 'Composite:LensID') ?? any('LensModel')),
    iso: integer(any('ISO')),
    aperture: positive(any('FNumber')),
    exposureTime: positive(any('ExposureTime')),
    focalLength: positive(any('FocalLength')),
    durationMs: isVideo ? milliseconds(any('Duration')) : null,
    contentIdentifier: text(any('ContentIdentifier') ?? (isVideo ? undefined : any('MediaGroupUUID'))),
    burstId: text(any('BurstUUID')),
    title: text(tag('XMP-dc:Title', 'IPTC:ObjectName') ?? any('Title')),
    caption: text(tag('XMP-dc:Description', 'IPTC:Caption-Abstract', 'IFD0:ImageDescription') ?? any('Description')),
    rating: rating(tag('XMP-xmp:Rating') ?? any('Rating')),
    keywords: keywords(tag('XMP-dc:Subject'), tag('IPTC:Keywords'), any('Keywords')),
    ...toPlaceNames(raw),
    motionLength: motionLength(any),
  };
}

/** exiftool's geolocation tags as names. The time zone of the nearest town holds at sea as well, its name does not. */
export function toPlaceNames(raw: RawTags): PlaceNames {
  const any = (name: string): unknown =>
    Object.entries(raw).find(([key]) => key === name || key.endsWith(`:${name}`))?.[1];
  const named = (finite(any('GeolocationDistance')) ?? 0) <= townReachKm;
  return {
    place: named ? text(any('GeolocationCity')) : null,
    region: named ? text(any('GeolocationRegion')) : null,
    country: named ? text(any('GeolocationCountry')) : null,
    timeZone: text(any('GeolocationTimeZone')),
  };
}

function size(
  raw: RawTags,
  tag: (...names: string[]) => unknown,
  any: (name: string) => unknown,
  format: Format | null,
): Pick<Facts, 'width' | 'height'> {
  const family = format === null ? 'image' : formats[format].family;
  const side = (name: 'Width' | 'Height') =>
    integer(
      family === 'raw'
        ? // A RAW lists its thumbnail first; its sensor's size is in one of these.
          largest(raw, `Image${name}`, `RawImageFull${name}`, `ExifImage${name}`)
        : format === 'heic' || format === 'avif'
          ? largest(raw, `Image${name}`)
          : (tag(`File:Image${name}`, `PNG:Image${name}`, `RIFF:Image${name}`, `GIF:Image${name}`) ??
            any(`Image${name}`) ??
            any(`ExifImage${name}`)),
    );
  const width = side('Width');
  const height = side('Height');
  return width !== null && height !== null && width > 0 && height > 0
    ? { width, height }
    : { width: null, height: null };
}

function largest(raw: RawTags, ...names: string[]): number | undefined {
  const values = Object.entries(raw)
    .filter(([key]) => names.some((name) => key.endsWith(`:${name}`)))
    .map(([, value]) => Number(value))
    .filter((value) => Number.isFinite(value));
  return values.length === 0 ? undefined : Math.max(...values);
}

/**
 * The capture time: DateTimeOriginal wherever it stands (EXIF before XMP before IPTC's date and time), QuickTime's
 * CreationDate, then CreateDate. A QuickTime CreateDate is UTC by the standard: it becomes local time where the place
 * gives a time zone, and is shown as written elsewhere, for many cameras write local time into it.
 */
function captureTime(
  raw: RawTags,
  tag: (...names: string[]) => unknown,
  any: (name: string) => unknown,
  timeZone: string | null,
  placed: boolean,
): CaptureTime | undefined {
  const fraction = text(tag('ExifIFD:SubSecTimeOriginal'));
  const exif = text(tag('ExifIFD:DateTimeOriginal', 'IFD0:DateTimeOriginal'));
  const exact = exif !== null && fraction !== null && /^\d+$/.test(fraction) ? `${exif}.${fraction}` : exif;
  // A day without a time counts only in EXIF: elsewhere it is when something was published as often as when it was taken.
  const timed = [text(tag('Keys:CreationDate')), text(any('DateTimeOriginal')), iptcTime(tag)].filter(hasTime);
  const candidates = [exact, ...timed];
  for (const candidate of candidates) {
    const found = candidate === null ? undefined : parseCaptureTime(candidate);
    if (found === undefined) continue;
    const offset = text(tag('ExifIFD:OffsetTimeOriginal'));
    return { ...found, takenOffset: found.takenOffset ?? (offset === null ? null : parseOffset(offset)) };
  }
  const utc = text(tag('QuickTime:CreateDate'));
  const fromUtc = utc === null ? undefined : parseCaptureTime(utc);
  if (fromUtc !== undefined) return placed && timeZone !== null ? inZone(fromUtc, timeZone) : fromUtc;
  for (const [key, value] of Object.entries(raw)) {
    if (!/:(CreateDate|CreationDate|DateCreated)$/.test(key) || key.startsWith('Track')) continue;
    const written = text(value);
    const found = written !== null && hasTime(written) ? parseCaptureTime(written) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True for more than "2004:02:26". */
function hasTime(written: string | null): boolean {
  return written !== null && written.length > 10;
}

function iptcTime(tag: (...names: string[]) => unknown): string | null {
  const date = text(tag('IPTC:DateCreated'));
  const time = text(tag('IPTC:TimeCreated'));
  return date === null || time === null ? null : `${date} ${time}`;
}

/** A UTC time as local time of a zone. Undefined zones (a name this system does not know) leave it as it was. */
function inZone(utc: CaptureTime, timeZone: string): CaptureTime {
  const at = Date.parse(`${utc.takenAt}Z`);
  try {
    const local = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at);
    const takenAt = local.replace(' ', 'T');
    return { takenAt, takenOffset: Math.round((Date.parse(`${takenAt}Z`) - at) / 60_000) };
  } catch {
    return utc;
  }
}

function position(
  raw: RawTags,
  any: (name: string) => unknown,
): { latitude: number; longitude: number; altitude: number | null } | undefined {
  const composite = [raw['Composite:GPSLatitude'], raw['Composite:GPSLongitude']].map(finite);
  const plain = [any('GPSLatitude'), any('GPSLongitude')].map(finite);
  const coordinates = (text(any('GPSCoordinates')) ?? '').split(' ').map(finite);
  for (const [latitude, longitude] of [composite, plain, coordinates]) {
    if (latitude == null || longitude == null) continue;
    if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) continue;
    const altitude = finite(raw['Composite:GPSAltitude'] ?? any('GPSAltitude'));
    return { latitude, longitude, altitude };
  }
  return undefined;
}

/** Google and Samsung say how many bytes at the end are the video: in a directory of items, or as an offset. */
function motionLength(any: (name: string) => unknown): number | null {
  const offset = integer(any('MicroVideoOffset'));
  if (offset !== null && offset > 0) return offset;
  const directory = z
    .array(z.object({ Item: z.object({ Semantic: z.string(), Length: z.coerce.number().optional() }).partial() }))
    .safeParse(any('ContainerDirectory'));
  if (directory.success) {
    const video = directory.data.find(({ Item }) => Item.Semantic === 'MotionPhoto');
    if (video?.Item.Length !== undefined && video.Item.Length > 0) return safeInteger(video.Item.Length);
  }
  const lengths = list(any('DirectoryItemLength')).map(Number);
  const index = list(any('DirectoryItemSemantic')).indexOf('MotionPhoto');
  const length = lengths.at(index < 0 ? lengths.length : Math.min(index, lengths.length - 1));
  return length !== undefined && length > 0 ? safeInteger(length) : null;
}

/** XMP is the better copy where both exist (IPTC loses scripts); the order of the file is kept, repeats dropped. */
function keywords(xmp: unknown, iptc: unknown, other: unknown): readonly string[] {
  const chosen = xmp ?? iptc ?? other;
  const cleaned = list(chosen)
    .map((word) => word.normalize('NFC').trim().slice(0, 200))
    .filter((word) => word !== '');
  return [...new Set(cleaned)].slice(0, 200);
}

/** What is written plainly. Structures are left out: they say nothing as words, and making words of one could even throw. */
function list(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((one) => ['string', 'number', 'boolean'].includes(typeof one)).map(String);
}

function text(value: unknown): string | null {
  const one: unknown = Array.isArray(value) ? list(value).join(', ') : value;
  if (typeof one !== 'string' && typeof one !== 'number') return null;
  const trimmed = String(one).replaceAll('\0', '').normalize('NFC').trim();
  return trimmed === '' ? null : trimmed.slice(0, 10_000);
}

function finite(value: unknown): number | null {
  // Whatever else a file makes of a number (a structure, a list) is none; converting it could even throw.
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function integer(value: unknown): number | null {
  const number = finite(Array.isArray(value) ? value[0] : value);
  return number === null ? null : safeInteger(number);
}

function positive(value: unknown): number | null {
  const number = finite(Array.isArray(value) ? value[0] : value);
  return number !== null && number > 0 ? number : null;
}

function milliseconds(value: unknown): number | null {
  const seconds = positive(value);
  return seconds === null ? null : safeInteger(seconds * 1_000);
}

/** -1 is "rejected" in some programs; Shoebox has no such mark and shows no rating. */
function rating(value: unknown): number | null {
  const number = finite(value);
  return number === null ? null : Math.min(5, Math.max(0, Math.round(number)));
}
