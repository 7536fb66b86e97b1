import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import exifr from 'exifr';
import { z } from 'zod';
import { errorMessage } from '../../../shared/errors.ts';
import { readDimensions } from './dimensions.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';
import { mayPass } from './fileErrors.ts';
import { noFacts, parseCaptureTime, parseOffset, type Facts } from './facts.ts';
import { formats, sniff, type Format } from './formats.ts';
import { safeInteger } from './safeInteger.ts';

/** How much of a file the header pass reads; camera files keep their facts well inside it. */
export const headerBytes = 262_144;

/** The first read; most headers end here, and a quarter of the bytes is a quarter of the copying. */
const firstBytes = 65_536;

/** What the header pass found: enough for a row and its placeholder, or why the file is none of ours. */
export type HeaderResult =
  | { readonly kind: 'media'; readonly path: string; readonly format: Format; readonly facts: Facts }
  | { readonly kind: 'unsupported'; readonly path: string; readonly reason: string }
  | {
      readonly kind: 'unreadable';
      readonly path: string;
      readonly reason: string;
      /** Nothing is said about the file: it is worth reading again as it is. */
      readonly passing: boolean;
    };

const number = z.number().finite();
/** EXIF may write any number as a fraction ("201/2"), and as one that is none. */
const integer = z.number().transform(safeInteger);
const text = z.union([z.string(), z.number()]).transform(String);

/** exifr's untranslated output, taken field by field: a wrong type in one never costs the others. */
const fields = {
  DateTimeOriginal: text,
  CreateDate: text,
  OffsetTimeOriginal: text,
  SubSecTimeOriginal: text,
  Orientation: integer,
  Make: text,
  Model: text,
  LensModel: text,
  ISO: integer,
  FNumber: number,
  ExposureTime: number,
  FocalLength: number,
  ExifImageWidth: integer,
  ExifImageHeight: integer,
  ImageWidth: integer,
  ImageHeight: integer,
  latitude: number,
  longitude: number,
} as const;

const options = {
  tiff: true,
  ifd0: { pick: ['Orientation', 'Make', 'Model', 'ImageWidth', 'ImageHeight'] },
  exif: {
    pick: [
      'DateTimeOriginal',
      'CreateDate',
      'OffsetTimeOriginal',
      'SubSecTimeOriginal',
      'LensModel',
      'ISO',
      'FNumber',
      'ExposureTime',
      'FocalLength',
      'ExifImageWidth',
      'ExifImageHeight',
    ],
  },
  gps: { pick: ['GPSLatitude', 'GPSLongitude', 'GPSLatitudeRef', 'GPSLongitudeRef'] },
  ifd1: false,
  interop: false,
  xmp: false,
  iptc: false,
  icc: false,
  jfif: false,
  ihdr: false,
  reviveValues: false,
  translateValues: false,
  sanitize: true,
};

/**
 * Reads one file's head (256 KB at most) and says what it is and what it shows at once. Never throws for what a file
 * holds: the reason is in the result. Runs in the scan worker; file calls are synchronous on purpose, a thread of its
 * own does nothing else.
 */
export async function readHeader(path: string): Promise<HeaderResult> {
  let head: Uint8Array;
  let more: (() => Uint8Array) | undefined;
  try {
    ({ head, more } = readHead(path));
  } catch (error) {
    return { kind: 'unreadable', path, reason: unreadableReason(error), passing: mayPass(error) };
  }
  if (head.length === 0) return { kind: 'unsupported', path, reason: 'The file is empty.' };
  const format = sniff(head, basename(path));
  if (format === undefined) {
    return { kind: 'unsupported', path, reason: 'This is not a photo or video in a format Shoebox knows.' };
  }
  const { family, label } = formats[format];
  if (family === 'unsupported') {
    return { kind: 'unsupported', path, reason: `${label} files are not supported yet.` };
  }
  if (family === 'video') return { kind: 'media', path, format, facts: noFacts };
  let size = readDimensions(head, format);
  if (size === undefined && more !== undefined) {
    head = more();
    size = readDimensions(head, format);
  }
  return { kind: 'media', path, format, facts: await fastFacts(head, size) };
}

function readHead(path: string): { head: Uint8Array; more: (() => Uint8Array) | undefined } {
  const read = (length: number): { bytes: Uint8Array; size: number } => {
    const handle = openSync(path, 'r');
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.allocUnsafe(Math.min(size, length));
      let filled = 0;
      while (filled < buffer.length) {
        const got = readSync(handle, buffer, filled, buffer.length - filled, filled);
        if (got === 0) break;
        filled += got;
      }
      return { bytes: buffer.subarray(0, filled), size };
    } finally {
      closeSync(handle);
    }
  };
  const { bytes, size } = read(firstBytes);
  return { head: bytes, more: size > firstBytes ? () => read(headerBytes).bytes : undefined };
}

async function fastFacts(
  head: Uint8Array,
  size: { readonly width: number; readonly height: number } | undefined,
): Promise<Facts> {
  let raw: Readonly<Record<string, unknown>> = {};
  try {
    const parsed: unknown = await exifr.parse(head, options);
    if (parsed !== null && typeof parsed === 'object') raw = parsed as Record<string, unknown>;
  } catch {
    // Broken or cut-off metadata: the placeholder needs none of it, and exiftool reads the whole file later.
  }
  const get = <K extends keyof typeof fields>(name: K): z.infer<(typeof fields)[K]> | null => {
    const parsed = fields[name].safeParse(raw[name]);
    return parsed.success ? (parsed.data as z.infer<(typeof fields)[K]>) : null;
  };
  const fraction = get('SubSecTimeOriginal');
  const date = get('DateTimeOriginal') ?? get('CreateDate');
  const taken =
    date === null
      ? undefined
      : parseCaptureTime(fraction !== null && /^\d+$/.test(fraction) ? `${date}.${fraction}` : date);
  const offset = get('OffsetTimeOriginal');
  const orientation = get('Orientation');
  const latitude = get('latitude');
  const longitude = get('longitude');
  return {
    ...noFacts,
    width: size?.width ?? get('ExifImageWidth') ?? get('ImageWidth'),
    height: size?.height ?? get('ExifImageHeight') ?? get('ImageHeight'),
    orientation: orientation !== null && orientation >= 1 && orientation <= 8 ? orientation : null,
    takenAt: taken?.takenAt ?? null,
    takenOffset: offset === null ? null : parseOffset(offset),
    ...(isPlace(latitude, longitude) ? { latitude, longitude } : {}),
    make: clean(get('Make')),
    model: clean(get('Model')),
    lens: clean(get('LensModel')),
    iso: get('ISO'),
    aperture: get('FNumber'),
    exposureTime: get('ExposureTime'),
    focalLength: get('FocalLength'),
  };
}

/** True for a position on Earth. Exactly 0,0 counts: some files say so, and exiftool's verdict replaces this one. */
function isPlace(latitude: number | null, longitude: number | null): boolean {
  return latitude !== null && longitude !== null && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}

function clean(value: string | null): string | null {
  // Cameras pad with NULs and blanks.
  const trimmed = value?.replaceAll('\0', '').trim() ?? '';
  return trimmed === '' ? null : trimmed.slice(0, 200);
}

function unreadableReason(error: unknown): string {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') return 'You have no permission to read this file.';
  if (code === 'ENOENT') return 'The file is no longer there.';
  if (code === 'EBUSY') return 'Another program is using this file.';
  return `The file cannot be read: ${errorMessage(error)}`;
}
