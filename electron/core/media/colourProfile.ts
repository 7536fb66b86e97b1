import { toLinear } from '../../../shared/edits/colourSpace.ts';
import type { WorkingSpace } from '../../../shared/edits/colourSpace.ts';

/** What an embedded profile means for editing. */
export interface SourceColour {
  /** The space the decoded codes are in, once `convert` has been heeded. */
  readonly space: WorkingSpace;
  /** True when the codes must go through the profile first; false when they already are in that space. */
  readonly convert: boolean;
}

type Colorants = readonly (readonly [number, number, number])[];

/** Colorants adapted to D50, as every profile of these spaces carries them (s15Fixed16, so about four digits). */
const known: Readonly<Record<WorkingSpace, Colorants>> = {
  srgb: [
    [0.4361, 0.2225, 0.0139],
    [0.3851, 0.7169, 0.0971],
    [0.1431, 0.0606, 0.7141],
  ],
  'display-p3': [
    [0.5151, 0.2412, -0.0011],
    [0.292, 0.6922, 0.0419],
    [0.1571, 0.0666, 0.7841],
  ],
};
const colorantTolerance = 0.002;
/** Tells the sRGB curve (0.2140 in the middle) from a plain power of 2.2 (0.2176). */
const curveTolerance = 0.002;

/**
 * Reads just enough of an ICC profile to know whether its picture can be edited in its own codes: an RGB matrix profile
 * with the colorants of sRGB or Display P3 and the sRGB curve. Everything else is converted to sRGB by the decoder, as
 * is a profile this cannot read. No profile means sRGB.
 */
export function sourceColourOf(profile: Uint8Array | undefined): SourceColour {
  if (profile === undefined) return { space: 'srgb', convert: false };
  const elsewhere: SourceColour = { space: 'srgb', convert: true };
  try {
    const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
    const text = (at: number): string => String.fromCharCode(...profile.subarray(at, at + 4));
    if (text(16) !== 'RGB ') return elsewhere;
    const tags = new Map<string, number>();
    for (let i = 0, count = Math.min(view.getUint32(128), 100); i < count; i++)
      tags.set(text(132 + i * 12), view.getUint32(136 + i * 12));
    const offset = (name: string): number => tags.get(name) ?? profile.length;
    // A table beside the matrix would say something else about the same colours.
    if (tags.has('A2B0')) return elsewhere;
    const space = (['srgb', 'display-p3'] as const).find((name) =>
      known[name].every((row, i) =>
        row.every((value, axis) => {
          const at = offset(['rXYZ', 'gXYZ', 'bXYZ'][i] ?? '') + 8 + axis * 4;
          return Math.abs(view.getInt32(at) / 65536 - value) < colorantTolerance;
        }),
      ),
    );
    const middle = curveAtHalf(view, offset('rTRC'));
    if (space === undefined || Math.abs(middle - toLinear(0.5)) > curveTolerance) return elsewhere;
    return { space, convert: false };
  } catch {
    // Cut short or not a profile at all: the decoder makes of it what it can.
    return elsewhere;
  }
}

/** The tone curve at 0.5 (ICC.1:2022, 10.6 curveType and 10.18 parametricCurveType); NaN for another type. */
function curveAtHalf(view: DataView, at: number): number {
  const type = view.getUint32(at);
  const fixed = (i: number): number => view.getInt32(at + 12 + i * 4) / 65536;
  if (type === 0x63757276) {
    const count = view.getUint32(at + 8);
    if (count === 0) return 0.5;
    if (count === 1) return 0.5 ** (view.getUint16(at + 12) / 256);
    const entry = (i: number): number => view.getUint16(at + 12 + i * 2) / 65535;
    const place = (count - 1) / 2;
    return (entry(Math.floor(place)) + entry(Math.ceil(place))) / 2;
  }
  if (type !== 0x70617261) return Number.NaN;
  const kind = view.getUint16(at + 8);
  if (kind === 0) return 0.5 ** fixed(0);
  // Kinds 1 to 4 share (a x + b)^g above their break, which lies far below a half; 4 adds an offset.
  return (fixed(1) * 0.5 + fixed(2)) ** fixed(0) + (kind === 2 ? fixed(3) : kind === 4 ? fixed(5) : 0);
}
