/**
 * TIFF in CIELAB, as Photoshop writes it: libvips refuses the 8-bit kind. Its pixels are read as if they were RGB and
 * turned into sRGB here.
 */

const photometricTag = 0x0106;
const rgb = 2;
const cieLab = 8;

/** A copy of a TIFF whose first directory says RGB instead of CIELAB; undefined when it is no 8-bit CIELAB TIFF. */
export function asPlainRgb(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) return undefined;
  const little = bytes[0] === 0x49;
  const start = view.getUint32(4, little);
  if (start + 2 > bytes.length) return undefined;
  const count = view.getUint16(start, little);
  for (let index = 0; index < count; index += 1) {
    const entry = start + 2 + index * 12;
    if (entry + 12 > bytes.length) return undefined;
    if (view.getUint16(entry, little) !== photometricTag) continue;
    if (view.getUint16(entry + 8, little) !== cieLab) return undefined;
    const copy = Uint8Array.from(bytes);
    new DataView(copy.buffer).setUint16(entry + 8, rgb, little);
    return copy;
  }
  return undefined;
}

/** Turns L, a, b bytes (L 0 to 255 for 0 to 100; a and b signed) into sRGB bytes, in place. White point D50. */
export function labToSrgb(pixels: Uint8Array): void {
  for (let at = 0; at + 2 < pixels.length; at += 3) {
    const l = ((pixels[at] ?? 0) * 100) / 255;
    const fy = (l + 16) / 116;
    const x = 0.9642 * decode(fy + signed(pixels[at + 1]) / 500);
    const y = decode(fy);
    const z = 0.8251 * decode(fy - signed(pixels[at + 2]) / 200);
    // XYZ under D50 straight to linear sRGB: the D50-adapted inverse of IEC 61966-2-1's primaries.
    pixels[at] = encode(3.1339 * x - 1.6169 * y - 0.4906 * z);
    pixels[at + 1] = encode(-0.9788 * x + 1.9161 * y + 0.0335 * z);
    pixels[at + 2] = encode(0.0719 * x - 0.229 * y + 1.4052 * z);
  }
}

function signed(byte = 0): number {
  return byte > 127 ? byte - 256 : byte;
}

/** CIE 1976: the inverse of the lightness curve. */
function decode(value: number): number {
  return value > 6 / 29 ? value ** 3 : (value - 16 / 116) * 3 * (6 / 29) ** 2;
}

function encode(linear: number): number {
  const clipped = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055));
}
