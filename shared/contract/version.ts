/**
 * Raised whenever any input, output or name of the contract changes: a window and a core that disagree must say so instead
 * of guessing. `npm run contract:accept` raises it and writes the hash; a test fails when somebody forgot.
 */
export const contractVersion: number = 5;

/** SHA-256 over the JSON schemas of every procedure (build/contractHash.ts). */
export const contractHash: string = 'aa5f21c9543198883198eea589103738cadf8efad96a796fd5a6d11431ee2d22';
