/** Chooses how large a dragged picture may be drawn, from how long the last ones took. */
export interface Pace {
  /** The long edge for the next frame, pixels: `full` where the machine keeps up, smaller where it does not. */
  edge(full: number): number;
  /** Tells how long the frame just drawn took. @param ms time until it was really there. */
  drew(ms: number): void;
}

/** A dragged frame should take no longer, in ms: with what the browser adds it stays under 60. */
const budgetMs = 50;
/** Sizes are eighths of the full edge: another size means resampling the photo anew, so they shall be few. */
const steps = 8;
const fewest = 3;

/**
 * A pace that starts at full size. Cost goes with the number of pixels, so a frame tells the size that fits. One slow
 * frame is no proof (the first of a size also resamples), two in a row are; larger again when that would fit with room.
 */
export function createPace(): Pace {
  let step = steps;
  let slowFrames = 0;
  /** What a frame of `other` eighths costs when one of `step` cost `ms`. */
  const costAt = (other: number, ms: number): number => ms * (other / step) ** 2;
  return {
    edge: (full) => Math.ceil((full * step) / steps),
    drew: (ms) => {
      slowFrames = ms > budgetMs ? slowFrames + 1 : 0;
      if (slowFrames >= 2) {
        while (step > fewest && costAt(step, ms) > budgetMs) {
          const smaller = step - 1;
          ms = costAt(smaller, ms);
          step = smaller;
        }
        slowFrames = 0;
      } else if (step < steps && costAt(step + 1, ms) < budgetMs * 0.7) step += 1;
    },
  };
}
