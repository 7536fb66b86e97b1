import { stepOf } from './stack.ts';
import type { EditStack } from './stack.ts';
import type { CropStep } from './steps.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in fractions of a frame, origin top left. */
export interface FractionRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Maps (x, y) to (xx x + xy y + x0, yx x + yy y + y0). */
export interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** Where each pixel of the result comes from: one affine map, in pixels with centres at .5. */
export interface CompiledGeometry {
  /** The upright source the map was compiled for, pixels. */
  readonly source: Size;
  /** The result at full size, pixels. */
  readonly output: Size;
  /** Result pixel coordinates to source pixel coordinates. */
  readonly toSource: Affine;
  /** True when every result pixel is exactly one source pixel: no resampling. */
  readonly exact: boolean;
  /** True when the result is the source. */
  readonly identity: boolean;
  /** The crop as applied, in fractions of the turned frame; smaller than asked where straightening demands it. */
  readonly crop: FractionRect;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * The largest rectangle with the frame's own shape that fits, centred, inside the frame turned by the angle: the
 * automatic crop of straightening. Fractions of the frame.
 *
 * A rectangle scaled by s about the centre fits when its corners, turned back, stay inside:
 * s (w cos a + h sin a) <= w and s (w sin a + h cos a) <= h.
 */
export function autoCrop(frame: Size, degrees: number): FractionRect {
  const c = Math.abs(Math.cos(radians(degrees)));
  const s = Math.abs(Math.sin(radians(degrees)));
  const { width: w, height: h } = frame;
  const scale = Math.min(1, w / (w * c + h * s), h / (w * s + h * c));
  return { x: (1 - scale) / 2, y: (1 - scale) / 2, width: scale, height: scale };
}

/**
 * The crop that may be shown: the one asked for if it lies wholly on the turned photo, otherwise the same shape,
 * moved towards the centre and made smaller only as far as needed, so that no empty corner ever appears.
 */
export function constrainCrop(frame: Size, degrees: number, crop: FractionRect): FractionRect {
  const c = Math.cos(radians(degrees));
  const s = Math.sin(radians(degrees));
  const { width: w, height: h } = frame;
  // Half extents of the crop, seen in the photo's own axes.
  const [hw, hh] = [(crop.width * w) / 2, (crop.height * h) / 2];
  const [ex, ey] = [hw * Math.abs(c) + hh * Math.abs(s), hw * Math.abs(s) + hh * Math.abs(c)];
  const shrink = Math.min(1, w / 2 / ex, h / 2 / ey);
  // The centre in the photo's axes, held where the shrunk crop still fits.
  const [dx, dy] = [(crop.x + crop.width / 2 - 0.5) * w, (crop.y + crop.height / 2 - 0.5) * h];
  const limit = (value: number, room: number): number =>
    Math.max(-Math.max(0, room), Math.min(Math.max(0, room), value));
  const px = limit(dx * c + dy * s, w / 2 - ex * shrink);
  const py = limit(-dx * s + dy * c, h / 2 - ey * shrink);
  const [cx, cy] = [px * c - py * s, px * s + py * c];
  const [width, height] = [crop.width * shrink, crop.height * shrink];
  return { x: cx / w + 0.5 - width / 2, y: cy / h + 0.5 - height / 2, width, height };
}

/** The frame after flips and quarter turns. */
export function turnedFrame(stack: EditStack, source: Size): Size {
  const turns = stepOf(stack, 'rotate')?.quarterTurns ?? 0;
  return turns % 2 === 0 ? source : { width: source.height, height: source.width };
}

/** a after b: the point goes through b first. */
function compose(a: Affine, b: Affine): Affine {
  return {
    xx: a.xx * b.xx + a.xy * b.yx,
    xy: a.xx * b.xy + a.xy * b.yy,
    x0: a.xx * b.x0 + a.xy * b.y0 + a.x0,
    yx: a.yx * b.xx + a.yy * b.yx,
    yy: a.yx * b.xy + a.yy * b.yy,
    y0: a.yx * b.x0 + a.yy * b.y0 + a.y0,
  };
}

const turnBack = (turns: number, { width: w, height: h }: Size): Affine => {
  // From the turned frame to the upright source, for a clockwise turn.
  if (turns === 1) return { xx: 0, xy: 1, x0: 0, yx: -1, yy: 0, y0: h };
  if (turns === 2) return { xx: -1, xy: 0, x0: w, yx: 0, yy: -1, y0: h };
  if (turns === 3) return { xx: 0, xy: -1, x0: w, yx: 1, yy: 0, y0: 0 };
  return { xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0 };
};

/**
 * Compiles rotate, flip, straighten and crop into one affine map, so that pixels are resampled once at most.
 * Order: quarter turns of the upright source, flips, straighten about the centre, crop in fractions of the turned
 * frame. Without straightening the crop is rounded to whole pixels and the map is exact.
 * @param source size of the upright photo (camera orientation already baked), pixels, at least 1 by 1.
 */
export function compileGeometry(stack: EditStack, source: Size): CompiledGeometry {
  const turns = stepOf(stack, 'rotate')?.quarterTurns ?? 0;
  const flip = stepOf(stack, 'flip');
  const degrees = stepOf(stack, 'straighten')?.value ?? 0;
  const frame = turnedFrame(stack, source);
  const asked: FractionRect | undefined = stepOf(stack, 'crop');
  const crop = asked ? constrainCrop(frame, degrees, asked) : autoCrop(frame, degrees);

  const round = (value: number, most: number): number => Math.max(0, Math.min(most, Math.round(value)));
  const left = round(crop.x * frame.width, frame.width - 1);
  const top = round(crop.y * frame.height, frame.height - 1);
  const straightened = degrees !== 0;
  // A straightened result is rounded down: rounding up would reach over the photo's edge.
  const fit = (value: number): number => (straightened ? Math.floor(value + 1e-6) : Math.round(value));
  const output: Size = {
    width: Math.max(1, Math.min(frame.width - (straightened ? 0 : left), fit(crop.width * frame.width))),
    height: Math.max(1, Math.min(frame.height - (straightened ? 0 : top), fit(crop.height * frame.height))),
  };
  // Result to frame: the crop's origin (its centre when straightened, as its size was rounded), then the turn back.
  const place: Affine = straightened
    ? straightenMap(frame, degrees, crop, output)
    : { xx: 1, xy: 0, x0: left, yx: 0, yy: 1, y0: top };
  const mirror: Affine = {
    xx: flip?.horizontal ? -1 : 1,
    xy: 0,
    x0: flip?.horizontal ? frame.width : 0,
    yx: 0,
    yy: flip?.vertical ? -1 : 1,
    y0: flip?.vertical ? frame.height : 0,
  };
  const toSource = compose(turnBack(turns, source), compose(mirror, place));
  const exact = !straightened;
  const identity =
    exact && toSource.xx === 1 && toSource.yy === 1 && output.width === source.width && output.height === source.height;
  return { source, output, toSource, exact, identity, crop };
}

function straightenMap(frame: Size, degrees: number, crop: FractionRect, output: Size): Affine {
  const c = Math.cos(radians(degrees));
  const s = Math.sin(radians(degrees));
  // Crop centre and result centre coincide; the photo is turned clockwise by the angle about the frame's centre, so
  // a result point goes back anticlockwise.
  const [ox, oy] = [
    (crop.x + crop.width / 2 - 0.5) * frame.width - output.width / 2,
    (crop.y + crop.height / 2 - 0.5) * frame.height - output.height / 2,
  ];
  return {
    xx: c,
    xy: s,
    x0: c * ox + s * oy + frame.width / 2,
    yx: -s,
    yy: c,
    y0: -s * ox + c * oy + frame.height / 2,
  };
}

/** The map for a result drawn at another size than full: scale on both sides, pixels. */
export function scaledMap(geometry: CompiledGeometry, source: Size, output: Size): Affine {
  const shrink: Affine = {
    xx: geometry.output.width / output.width,
    xy: 0,
    x0: 0,
    yx: 0,
    yy: geometry.output.height / output.height,
    y0: 0,
  };
  const grow: Affine = {
    xx: source.width / geometry.source.width,
    xy: 0,
    x0: 0,
    yx: 0,
    yy: source.height / geometry.source.height,
    y0: 0,
  };
  return compose(grow, compose(geometry.toSource, shrink));
}

/** The crop step's rectangle alone. */
export function rectOf(crop: CropStep | undefined): FractionRect {
  return crop ?? { x: 0, y: 0, width: 1, height: 1 };
}

/**
 * The geometry of the crop tool: the whole turned frame, straightened but not cropped. Corners may lie outside the
 * photo; whoever draws it shows those as empty.
 */
export function compileFrame(stack: EditStack, source: Size): CompiledGeometry {
  const degrees = stepOf(stack, 'straighten')?.value ?? 0;
  const whole: FractionRect = { x: 0, y: 0, width: 1, height: 1 };
  const turned = compileGeometry(
    { ...stack, steps: stack.steps.filter((s) => s.kind === 'rotate' || s.kind === 'flip') },
    source,
  );
  if (degrees === 0) return turned;
  const place = straightenMap(turned.output, degrees, whole, turned.output);
  return { ...turned, toSource: compose(turned.toSource, place), exact: false, identity: false, crop: whole };
}
