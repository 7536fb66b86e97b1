/** The grain tile's side; a power of two so that it repeats without a seam on every device. */
export const grainTileSize = 256;

/** Integer hash of a lattice point, uniform in 0..1 (a 32-bit mix by two multiplications and shifts). */
function hash(x: number, y: number, seed: number): number {
  let h = (Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return ((h ^ (h >>> 16)) >>> 0) / 0x1_0000_0000;
}

/**
 * The grain: a repeating tile of noise around 128, the sum of three uniform values (near Gaussian, Irwin-Hall), in
 * bytes so that a texture holds exactly what the CPU reads. The same for every photo: grain must not change between
 * preview and export.
 */
export function grainTile(): Uint8Array {
  const tile = new Uint8Array(grainTileSize * grainTileSize);
  for (let y = 0; y < grainTileSize; y++)
    for (let x = 0; x < grainTileSize; x++) {
      const sum = hash(x, y, 1) + hash(x, y, 2) + hash(x, y, 3);
      tile[y * grainTileSize + x] = Math.round(((sum / 3) * 2 - 1) * 127) + 128;
    }
  return tile;
}

/** Encoded amplitude of full grain. */
export const grainReach = 0.3;
/** Squared distance (corner = 1) at which the vignette begins. */
export const vignetteStart = 0.12;
/** How much of the light full vignette takes from, or gives to, the corners. */
export const vignetteReach = 0.85;

/**
 * How strongly the vignette acts at a squared distance from the centre (0 centre, 1 corner): a smooth step.
 */
export function vignetteFalloff(squared: number): number {
  const t = Math.max(0, Math.min(1, (squared - vignetteStart) / (1 - vignetteStart)));
  return t * t * (3 - 2 * t);
}

/** Full clarity adds this much of the difference from the base. */
export const clarityReach = 0.9;
/** Full sharpness adds this much of the difference from the blur. */
export const sharpnessReach = 2;
/** Sharpening never moves a pixel further than this, so that hard edges get no halo. */
export const sharpnessLimit = 0.12;
