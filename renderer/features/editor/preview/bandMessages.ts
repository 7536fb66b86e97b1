import type { Band } from '../../../../shared/edits/execute.ts';
import type { BandPixels, BandSource } from './bandPainter.ts';
import type { PreviewView } from './preview.ts';

/** What the window asks of a painting thread. A newer view takes the place of the one being painted. */
export type BandRequest =
  | { readonly kind: 'source'; readonly source: BandSource }
  | {
      readonly kind: 'paint';
      readonly id: number;
      readonly view: PreviewView;
      readonly band: Band;
      readonly spare: BandPixels | null;
    };

/** The answer to the `paint` of this id; no pixels when it was given up. */
export interface BandAnswer {
  readonly id: number;
  readonly pixels: BandPixels | null;
}
