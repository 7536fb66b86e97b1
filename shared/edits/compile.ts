import { identity3, luminanceWeights, multiply, whiteBalanceMatrix } from './colourSpace.ts';
import type { Matrix3, Triple, WorkingSpace } from './colourSpace.ts';
import { compileGeometry } from './geometry.ts';
import type { CompiledGeometry, Size } from './geometry.ts';
import { stepOf } from './stack.ts';
import type { EditStack } from './stack.ts';
import type { BlackAndWhiteStep, ScalarKind } from './steps.ts';
import { scalarRanges } from './steps.ts';
import { compileTone } from './tone.ts';

/** The colour part: a matrix in linear light, one tone table, then saturation and toning in encoded values. */
export interface CompiledColour {
  /** True when the colour part changes no pixel, so it need not run. */
  readonly identity: boolean;
  /** Linear RGB to linear RGB: black and white mix times white balance times exposure. */
  readonly matrix: Matrix3;
  /** True when the matrix is one factor on the diagonal, so channels do not mix. */
  readonly plain: boolean;
  /** See compileTone. */
  readonly tone: Float32Array;
  /** Factor on the distance from luma, 1 = unchanged. */
  readonly saturation: number;
  /** -1..1, stronger the less colourful a pixel is. */
  readonly vibrance: number;
  /** Factor on each encoded channel, black and white only. */
  readonly toning: Triple;
  /** Luma of an encoded pixel: the luminance weights of the working space. */
  readonly luma: Triple;
}

/** The part that looks at neighbours or at the place in the picture. All radii scale with the photo. */
export interface CompiledDetail {
  /** -1..1 on the difference from the guided base. */
  readonly clarity: number;
  /** 0..1 on the difference from the blurred luma. */
  readonly sharpness: number;
  /** Standard deviation of the sharpening blur, in pixels of the full-size result. */
  readonly sharpnessSigma: number;
  /** -1..1, below 0 darkens the corners. */
  readonly vignette: number;
  /** 0..1. */
  readonly grain: number;
  /** Cells of the grain lattice per pixel of the full-size result. */
  readonly grainScale: number;
}

/** A stack ready to be executed, the same for the preview and for the full render. */
export interface CompiledStack {
  readonly space: WorkingSpace;
  readonly geometry: CompiledGeometry;
  readonly colour: CompiledColour;
  readonly detail: CompiledDetail;
  /** Kinds of the steps a newer version added; they are not executed. */
  readonly newerKinds: readonly string[];
}

/** The sharpening blur is 1/2000 of the long edge: 3 px at 24 MP, so that every size of the photo looks alike. */
const sharpnessOfLongEdge = 1 / 2000;
/** Grain cells along the long edge. */
const grainCells = 1600;

/**
 * Compiles a stack for one photo. The only place where the meaning of the numbers in a stack is decided.
 * @param source size of the upright photo in pixels. @param space see {@link WorkingSpace}.
 */
export function compileStack(stack: EditStack, source: Size, space: WorkingSpace): CompiledStack {
  const value = (kind: ScalarKind): number => stepOf(stack, kind)?.value ?? scalarRanges[kind].neutral;
  const part = (kind: ScalarKind): number => value(kind) / 100;
  const long = Math.max(source.width, source.height);
  const mix = stepOf(stack, 'blackAndWhite');

  const gain = 2 ** value('exposure');
  const exposed: Matrix3 = [gain, 0, 0, 0, gain, 0, 0, 0, gain];
  const balanced = multiply(whiteBalanceMatrix(space, part('warmth'), part('tint')), exposed);
  const matrix = mix ? multiply(greyMatrix(mix), balanced) : balanced;
  const plain =
    [1, 2, 3, 5, 6, 7].every((i) => matrix[i as 1] === 0) && matrix[0] === matrix[4] && matrix[4] === matrix[8];

  const tone = {
    contrast: part('contrast'),
    highlights: part('highlights'),
    shadows: part('shadows'),
    whites: part('whites'),
    blacks: part('blacks'),
    gamma: value('gamma'),
    points: stepOf(stack, 'curve')?.points ?? null,
  };
  const neutralTone =
    tone.points === null &&
    tone.gamma === 1 &&
    [tone.contrast, tone.highlights, tone.shadows, tone.whites, tone.blacks].every((one) => one === 0);
  // A grey picture has no colour to saturate.
  const saturation = mix ? 1 : 1 + part('saturation');
  const vibrance = mix ? 0 : part('vibrance');

  return {
    space,
    geometry: compileGeometry(stack, source),
    colour: {
      identity:
        neutralTone && matrix.every((one, i) => one === identity3[i as 0]) && saturation === 1 && vibrance === 0,
      matrix,
      plain,
      tone: compileTone(tone),
      saturation,
      vibrance,
      toning: mix ? toningOf(mix.toning / 100) : [1, 1, 1],
      luma: luminanceWeights(space),
    },
    detail: {
      clarity: part('clarity'),
      sharpness: part('sharpness'),
      sharpnessSigma: long * sharpnessOfLongEdge,
      vignette: part('vignette'),
      grain: part('grain'),
      grainScale: grainCells / long,
    },
    newerKinds: stack.newer.map((step) => step.kind),
  };
}

function greyMatrix(mix: BlackAndWhiteStep): Matrix3 {
  const sum = mix.red + mix.green + mix.blue;
  const [r, g, b] = [mix.red / sum, mix.green / sum, mix.blue / sum];
  return [r, g, b, r, g, b, r, g, b];
}

/** Toning lowers one end of the spectrum only, so white never clips: warm takes from blue, cold from red. */
function toningOf(amount: number): Triple {
  return amount >= 0 ? [1, 1 - 0.06 * amount, 1 - 0.22 * amount] : [1 + 0.2 * amount, 1 + 0.07 * amount, 1];
}

/** True when no pixel changes at all: neither place nor colour. */
export function changesNothing(compiled: CompiledStack): boolean {
  const { geometry, colour, detail } = compiled;
  return (
    geometry.identity &&
    colour.identity &&
    detail.clarity === 0 &&
    detail.sharpness === 0 &&
    detail.vignette === 0 &&
    detail.grain === 0
  );
}
