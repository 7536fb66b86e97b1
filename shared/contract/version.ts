/**
 * Raised whenever any input, output or name of the contract changes: a window and a core that disagree must say so instead
 * of guessing. `npm run contract:accept` raises it and writes the hash; a test fails when somebody forgot.
 */
export const contractVersion: number = 17;

/** SHA-256 over the JSON schemas of every procedure (build/contractHash.ts). */
export const contractHash: string = '4d257762b44144c275887a2ea3ac0ebabf3f081cc0489321c4622da2457c3977';
