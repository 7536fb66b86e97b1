/**
 * Raised whenever any input, output or name of the contract changes: a window and a core that disagree must say so instead
 * of guessing. `npm run contract:accept` raises it and writes the hash; a test fails when somebody forgot.
 */
export const contractVersion: number = 7;

/** SHA-256 over the JSON schemas of every procedure (build/contractHash.ts). */
export const contractHash: string = '35350293df8ab2b4a471cdaac7de2bab1594d22bef476ae49c83c179745b2859';
