/**
 * Raised whenever any input, output or name of the contract changes: a window and a core that disagree must say so instead
 * of guessing. `npm run contract:accept` raises it and writes the hash; a test fails when somebody forgot.
 */
export const contractVersion: number = 6;

/** SHA-256 over the JSON schemas of every procedure (build/contractHash.ts). */
export const contractHash: string = 'c5e35df9225048a1dc2e1db0b4b58817d257051ec66d857d49997ca13d49ca5d';
