import { thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';

/** The bytes of a thumbhash, or null when the text is none. */
function hashBytes(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The mean colour of a thumbhash as CSS; costs next to nothing, so a tile has it in its first frame. */
export function placeholderColour(base64: string): string | null {
  const bytes = hashBytes(base64);
  if (bytes === null || bytes.length < 5) return null;
  const { r, g, b } = thumbHashToAverageRGBA(bytes);
  return `rgb(${Math.round(r * 255)} ${Math.round(g * 255)} ${Math.round(b * 255)})`;
}

export type PlaceholderQueue = {
  /** Draws the blurred picture of a hash into a canvas when there is time. @returns takes the wish back */
  readonly draw: (canvas: HTMLCanvasElement, base64: string) => () => void;
  readonly dispose: () => void;
};

export type PlaceholderQueueDeps = {
  readonly now: () => number;
  readonly requestFrame: (run: () => void) => number;
  readonly cancelFrame: (frame: number) => void;
};

/** Time per frame for drawing placeholders, ms: scrolling must keep the rest. */
const budget = 3;

/** Decodes thumbhashes a few per frame, newest wish first: what was just scrolled into view matters most. */
export function createPlaceholderQueue(deps: PlaceholderQueueDeps): PlaceholderQueue {
  const waiting = new Map<HTMLCanvasElement, string>();
  let frame = 0;

  function run(): void {
    frame = 0;
    const end = deps.now() + budget;
    for (const [canvas, hash] of [...waiting].reverse()) {
      waiting.delete(canvas);
      paint(canvas, hash);
      if (deps.now() > end) break;
    }
    if (waiting.size > 0) frame = deps.requestFrame(run);
  }

  return {
    draw: (canvas, hash) => {
      waiting.set(canvas, hash);
      if (frame === 0) frame = deps.requestFrame(run);
      return () => waiting.delete(canvas);
    },
    dispose: () => {
      waiting.clear();
      deps.cancelFrame(frame);
    },
  };
}

function paint(canvas: HTMLCanvasElement, base64: string): void {
  const bytes = hashBytes(base64);
  const context = canvas.getContext('2d');
  if (bytes === null || bytes.length < 5 || context === null) return;
  const { w, h, rgba } = thumbHashToRGBA(bytes);
  canvas.width = w;
  canvas.height = h;
  const pixels = context.createImageData(w, h);
  pixels.data.set(rgba);
  context.putImageData(pixels, 0, 0);
}
