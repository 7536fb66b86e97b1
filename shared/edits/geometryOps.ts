import { constrainCrop, rectOf, turnedFrame } from './geometry.ts';
import type { FractionRect, Size } from './geometry.ts';
import { stepOf, withStep } from './stack.ts';
import type { EditStack } from './stack.ts';
import { smallestCrop } from './steps.ts';
import type { CropAspect, CropStep } from './steps.ts';

const portrait: Partial<Record<CropAspect, CropAspect>> = {
  '5:4': '4:5',
  '4:3': '3:4',
  '3:2': '2:3',
  '16:9': '9:16',
  '4:5': '5:4',
  '3:4': '4:3',
  '2:3': '3:2',
  '9:16': '16:9',
};

const withCrop = (stack: EditStack, rect: FractionRect, aspect: CropAspect): EditStack =>
  withStep(stack, { kind: 'crop', ...tidy(rect), aspect });

/** Keeps rounding dust from pushing a rectangle over the edge or a whole frame off being neutral. */
function tidy({ x, y, width, height }: FractionRect): FractionRect {
  const clean = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1e9) / 1e9;
  const [cx, cy] = [clean(x), clean(y)];
  return {
    x: cx,
    y: cy,
    width: Math.max(smallestCrop, Math.min(clean(width), 1 - cx)),
    height: Math.max(smallestCrop, Math.min(clean(height), 1 - cy)),
  };
}

/**
 * Turns what the person sees by quarter turns clockwise: the crop turns along. Four turns give the stack back.
 */
export function turnStack(stack: EditStack, clockwise: number): EditStack {
  const turns = ((clockwise % 4) + 4) % 4;
  if (turns === 0) return stack;
  const flip = stepOf(stack, 'flip');
  // Turning after a mirror is turning the other way before it.
  const mirrored = flip !== undefined && flip.horizontal !== flip.vertical;
  const before = stepOf(stack, 'rotate')?.quarterTurns ?? 0;
  let next = withStep(stack, { kind: 'rotate', quarterTurns: (before + (mirrored ? 4 - turns : turns)) % 4 });
  const crop = stepOf(stack, 'crop');
  if (!crop) return next;
  let rect: FractionRect = crop;
  for (let i = 0; i < turns; i++)
    rect = { x: 1 - rect.y - rect.height, y: rect.x, width: rect.height, height: rect.width };
  const aspect = turns % 2 === 1 ? (portrait[crop.aspect] ?? crop.aspect) : crop.aspect;
  next = withCrop(next, rect, aspect);
  return next;
}

/** Mirrors what the person sees; crop and straightening mirror along. Twice gives the stack back. */
export function flipStack(stack: EditStack, axis: 'horizontal' | 'vertical'): EditStack {
  const flip = stepOf(stack, 'flip') ?? { kind: 'flip', horizontal: false, vertical: false };
  let next = withStep(stack, { ...flip, [axis]: !flip[axis] });
  const straighten = stepOf(stack, 'straighten');
  if (straighten) next = withStep(next, { kind: 'straighten', value: -straighten.value });
  const crop = stepOf(stack, 'crop');
  if (crop)
    next = withCrop(
      next,
      axis === 'horizontal' ? { ...crop, x: 1 - crop.x - crop.width } : { ...crop, y: 1 - crop.y - crop.height },
      crop.aspect,
    );
  return next;
}

/** Width over height of a crop shape in pixels, or null when any is allowed. */
function aspectRatio(aspect: CropAspect, frame: Size): number | null {
  if (aspect === 'free') return null;
  if (aspect === 'original') return frame.width / frame.height;
  const [w, h] = aspect.split(':').map(Number);
  return (w ?? 1) / (h ?? 1);
}

/** The stack with the crop brought to a shape: the largest such rectangle inside the present crop, same centre. */
export function withAspect(stack: EditStack, aspect: CropAspect, source: Size): EditStack {
  const frame = turnedFrame(stack, source);
  const rect = rectOf(stepOf(stack, 'crop'));
  const ratio = aspectRatio(aspect, frame);
  if (ratio === null) return withCrop(stack, rect, aspect);
  // In fractions the frame is square, so the shape is divided by the frame's own.
  const shape = (ratio * frame.height) / frame.width;
  const width = Math.min(rect.width, rect.height * shape);
  const height = width / shape;
  const next = { x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width, height };
  return withCrop(stack, constrainCrop(frame, stepOf(stack, 'straighten')?.value ?? 0, next), aspect);
}

export type CropHandle = 'move' | 'n' | 'e' | 's' | 'w' | 'ne' | 'nw' | 'se' | 'sw';

/**
 * A crop after one of its handles (or the whole of it) moved by dx, dy in fractions of the frame. Keeps the aspect,
 * stays in the frame, never smaller than {@link smallestCrop}.
 */
export function dragCrop(crop: CropStep, handle: CropHandle, dx: number, dy: number, frame: Size): CropStep {
  if (handle === 'move') {
    const x = Math.max(0, Math.min(1 - crop.width, crop.x + dx));
    const y = Math.max(0, Math.min(1 - crop.height, crop.y + dy));
    return { ...crop, ...tidy({ ...crop, x, y }) };
  }
  let [left, top, right, bottom] = [crop.x, crop.y, crop.x + crop.width, crop.y + crop.height];
  const between = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
  if (handle.includes('w')) left = between(left + dx, 0, right - smallestCrop);
  if (handle.includes('e')) right = between(right + dx, left + smallestCrop, 1);
  if (handle.includes('n')) top = between(top + dy, 0, bottom - smallestCrop);
  if (handle.includes('s')) bottom = between(bottom + dy, top + smallestCrop, 1);
  const ratio = aspectRatio(crop.aspect, frame);
  if (ratio === null) return { ...crop, ...tidy({ x: left, y: top, width: right - left, height: bottom - top }) };
  const shape = (ratio * frame.height) / frame.width;
  // The side that was not dragged follows; the corner or edge opposite the handle stays where it is.
  const vertical = handle === 'n' || handle === 's';
  let width = vertical ? (bottom - top) * shape : right - left;
  const anchorX = handle.includes('w') ? right : handle.includes('e') ? left : (crop.x + crop.x + crop.width) / 2;
  const anchorY = handle.includes('n') ? bottom : handle.includes('s') ? top : (crop.y + crop.y + crop.height) / 2;
  const roomX = handle.includes('w')
    ? anchorX
    : handle.includes('e')
      ? 1 - anchorX
      : 2 * Math.min(anchorX, 1 - anchorX);
  const roomY = handle.includes('n')
    ? anchorY
    : handle.includes('s')
      ? 1 - anchorY
      : 2 * Math.min(anchorY, 1 - anchorY);
  width = Math.max(Math.min(width, roomX, roomY * shape), smallestCrop, smallestCrop * shape);
  const height = width / shape;
  const x = handle.includes('w') ? anchorX - width : handle.includes('e') ? anchorX : anchorX - width / 2;
  const y = handle.includes('n') ? anchorY - height : handle.includes('s') ? anchorY : anchorY - height / 2;
  return { ...crop, ...tidy({ x, y, width, height }) };
}
