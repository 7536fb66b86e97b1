import { compileStack } from '../../../../shared/edits/compile.ts';
import type { CompiledStack } from '../../../../shared/edits/compile.ts';
import { grainTile } from '../../../../shared/edits/effects.ts';
import { createScratch, placeBand, renderStrips } from '../../../../shared/edits/execute.ts';
import type { Band, PlacedBand } from '../../../../shared/edits/execute.ts';
import { scaledMap } from '../../../../shared/edits/geometry.ts';
import type { Size } from '../../../../shared/edits/geometry.ts';
import { lightKey, placeLight } from '../../../../shared/edits/light.ts';
import type { PlacedLight } from '../../../../shared/edits/light.ts';
import { emptyStack } from '../../../../shared/edits/stack.ts';
import type { PreviewSource, PreviewView } from './preview.ts';

/** What a painter needs of a source; it can be sent to another thread. */
export type BandSource = Pick<PreviewSource, 'pixels' | 'small'>;

export type BandPixels = Uint8ClampedArray<ArrayBuffer>;

/** Paints bands of a view with the export's own executor. Keeps what only the geometry decides for the next frame. */
export interface BandPainter {
  setSource(source: BandSource): void;
  /**
   * RGBA pixels of a band. @param pause is waited for now and then; true when the result is not wanted any more
   * @param spare pixels of a frame before, to be painted over where the size is the same @returns null when it was given up
   */
  paint(
    view: PreviewView,
    band: Band,
    pause: () => Promise<boolean>,
    spare: BandPixels | null,
  ): Promise<BandPixels | null>;
}

/** After this much work without a pause, ms, a painter looks whether it is still wanted. */
const workAtOnce = 8;

/** @param now milliseconds on a clock that only goes forward */
export function createBandPainter(now: () => number): BandPainter {
  const grain = grainTile();
  const scratch = createScratch();
  let latest = 0;
  let source: BandSource | null = null;
  let light: { readonly rows: PlacedBand | null; readonly key: string | null; placed: PlacedLight | undefined } = {
    rows: null,
    key: null,
    placed: undefined,
  };
  let placed: { readonly key: string; readonly rows: PlacedBand } | null = null;

  function place({ pixels }: BandSource, compiled: CompiledStack, output: Size, band: Band): PlacedBand {
    const key = JSON.stringify([compiled.geometry.toSource, compiled.geometry.output, output, band]);
    if (placed?.key !== key) placed = { key, rows: placeBand({ compiled, source: pixels, output, band }) };
    return placed.rows;
  }

  /** The light of what is placed: kept from the second frame of one white balance on, for the first may be the only one. */
  function lightOf({ colour }: CompiledStack, rows: PlacedBand): PlacedLight | undefined {
    const key = lightKey(colour);
    if (light.rows !== rows || light.key !== key) light = { rows, key, placed: undefined };
    else if (key !== null) light.placed ??= placeLight(colour, rows);
    return light.placed;
  }

  return {
    setSource: (next) => {
      source = next;
      placed = null;
      light = { rows: null, key: null, placed: undefined };
    },
    paint: async ({ compiled, output, warn, split }, band, pause, spare) => {
      if (source === null) return null;
      latest += 1;
      const mine = latest;
      /** The scratch belongs to the newest: what is painted besides has to be given up. */
      const overtaken = async (): Promise<boolean> => (await pause()) || mine !== latest;
      const { pixels: held, small } = source;
      const stride = output.width * 4;
      const length = (band.to - band.from) * stride;
      const result = spare?.length === length ? spare : new Uint8ClampedArray(length);
      const job = { source: held, output, small, band, grain, scratch, opaque: true };
      const rows = place(source, compiled, output, band);
      let worked = now();
      for (const strip of renderStrips({ ...job, compiled, placed: rows, light: lightOf(compiled, rows) })) {
        result.set(strip.data, (strip.y - band.from) * stride);
        if (now() - worked < workAtOnce) continue;
        if (await overtaken()) return null;
        worked = now();
      }
      blankOutside(result, compiled, held, output, band);
      if (warn) paintWarnings(result);
      const edge = Math.round(output.width * split) * 4;
      if (edge > 0) {
        const plain = compileStack(emptyStack, compiled.geometry.source, compiled.space);
        const before = { ...plain, geometry: compiled.geometry };
        for (const { y, rows: count, data } of renderStrips({ ...job, compiled: before, placed: rows }))
          for (let i = 0; i < count; i++)
            result.set(data.subarray(i * stride, i * stride + edge), (y + i - band.from) * stride);
      }
      return result;
    },
  };
}

function paintWarnings(pixels: Uint8ClampedArray): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const high = Math.max(pixels[i] as number, pixels[i + 1] as number, pixels[i + 2] as number);
    if (high === 255) pixels.set([237, 59, 51], i);
    else if (high === 0) pixels.set([61, 117, 245], i);
  }
}

/** Empties what lies outside the photo while the crop tool shows the straightened frame whole. */
function blankOutside(
  pixels: Uint8ClampedArray,
  { geometry }: CompiledStack,
  { width, height }: Size,
  output: Size,
  band: Band,
): void {
  if (geometry.exact) return;
  const map = scaledMap(geometry, { width, height }, output);
  for (let y = band.from, at = 3; y < band.to; y++)
    for (let x = 0; x < output.width; x++, at += 4) {
      const sx = map.xx * (x + 0.5) + map.xy * (y + 0.5) + map.x0;
      const sy = map.yx * (x + 0.5) + map.yy * (y + 0.5) + map.y0;
      if (sx < 0 || sy < 0 || sx > width || sy > height) pixels.fill(0, at - 3, at + 1);
    }
}
