/**
 * Raised whenever any input, output or name of the contract changes: a window and a core that disagree must say so instead
 * of guessing. `npm run contract:accept` raises it and writes the hash; a test fails when somebody forgot.
 */
export const contractVersion: number = 2;

/** SHA-256 over the JSON schemas of every procedure (build/contractHash.ts). */
export const contractHash: string = '5c17d8e96dc619f6756e669d0624b306da03adc513eb8d2697a186a9a258e908';
