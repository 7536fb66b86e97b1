import type { Format } from './formats.ts';

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/**
 * Stored pixels from the head of a file, for the formats whose header says it plainly; undefined when it lies beyond
 * the bytes given or the format needs a real parser (exifr and exiftool read those).
 */
export function readDimensions(head: Uint8Array, format: Format): Dimensions | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    const found = reader(format)?.(view);
    return found !== undefined && found.width > 0 && found.height > 0 ? found : undefined;
  } catch (error) {
    // A DataView read past the end: the header is cut short or lies about its lengths.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function reader(format: Format): ((view: DataView) => Dimensions | undefined) | undefined {
  if (format === 'jpeg') return jpeg;
  if (format === 'png') return (view) => ({ width: view.getUint32(16), height: view.getUint32(20) });
  if (format === 'gif') return (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) });
  if (format === 'webp') return webp;
  if (format === 'heic' || format === 'avif') return heif;
  return undefined;
}

/**
 * Whether a JPEG comes in passes over the whole picture, each of which has to be held, instead of strip by strip;
 * undefined when its frame header is not to be found.
 */
export function isProgressiveJpeg(bytes: Uint8Array): boolean | undefined {
  try {
    return jpegFrame(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))?.progressive;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function jpeg(view: DataView): Dimensions | undefined {
  const frame = jpegFrame(view);
  return frame === undefined ? undefined : { width: frame.width, height: frame.height };
}

/** Walks the marker segments up to the frame header (SOF0 to SOF15 without DHT, JPG and DAC). */
function jpegFrame(view: DataView): (Dimensions & { readonly progressive: boolean }) | undefined {
  let at = 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      // SOF2, SOF6, SOF10 and SOF14 (ITU-T T.81, table B.1).
      const progressive = (marker & 0x03) === 2;
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), progressive };
    }
    if (marker === 0xd9 || marker === 0xda) return undefined;
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
}

/** The three bitstream headers of WebP: extended, lossless, lossy. */
function webp(view: DataView): Dimensions | undefined {
  const kind = view.getUint32(12);
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  if (kind === 0x56503858) return { width: uint24(24) + 1, height: uint24(27) + 1 };
  if (kind === 0x5650384c) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind === 0x56503820) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  return undefined;
}

/** The largest `ispe` box (image spatial extents, ISO/IEC 23008-12): tiles and thumbnails have smaller ones. */
function heif(view: DataView): Dimensions | undefined {
  let best: Dimensions | undefined;
  const end = Math.min(view.byteLength - 16, 65_536);
  for (let at = 0; at < end; at += 1) {
    if (view.getUint8(at) !== 0x69 || view.getUint32(at) !== 0x69737065) continue;
    const found = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    if (best === undefined || found.width * found.height > best.width * best.height) best = found;
  }
  return best;
}
